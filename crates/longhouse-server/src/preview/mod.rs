//! Previews: what a program of a session serves on a port, shown to people on an origin of its own.
//!
//! ```text
//!   Host ──► a preview's name? ──no──► this server's own routes
//!               │ yes
//!               ├─ /_longhouse/enter: a ticket becomes the pass (enter)
//!               ├─ no good pass: a person is led to the own page that fetches one, a program is told 401
//!               ├─ from a page that is neither the preview's nor its session's: refused (origin)
//!               └─ forward: head cleaned (headers), through the link (dial), for as long as the visitor may (visitor, watched)
//! ```
//!
//! What a program answers is not touched otherwise: none of this server's own headers, policies or errors are laid over it.

mod dial;
mod enter;
mod forward;
mod headers;
mod names;
mod origin;
mod page;
mod pass;
mod visitor;
mod watched;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderValue, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub(crate) use dial::{Caller, caller};
pub(crate) use enter::*;
pub(crate) use names::{Named, Place, PreviewNames};
pub(crate) use pass::Passes;

use crate::guard;
use crate::problem::Problem;
use crate::serve::{Peer, Standing};
use crate::state::AppState;
use visitor::Visitor;

/// Marks an answer that a program of a session gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foreign;

/// Answers what is asked of previews; lets everything else through.
pub(crate) async fn divert(State(app): State<AppState>, request: Request, next: Next) -> Response {
    // No browser reaches the control socket.
    if matches!(request.extensions().get(), Some(Peer::Local { .. })) {
        return next.run(request).await;
    }
    let host = guard::host(&request).map(str::to_ascii_lowercase);
    let named = host.as_deref().and_then(|host| app.previews().read(host));
    match (named, host) {
        (Some(named), Some(host)) => answer(&app, named, &host, request).await,
        _ => next.run(request).await,
    }
}

async fn answer(app: &AppState, named: Named, host: &str, request: Request) -> Response {
    if let Err(problem) = guard::check_encryption(app, &request).and_then(|()| check(&request)) {
        return problem.into_response();
    }
    let Named::Place(place) = named else {
        return Problem::for_status(StatusCode::NOT_FOUND).into_response();
    };
    match request.uri().path() {
        ENTRANCE => {
            let query = request.uri().query().unwrap_or_default().to_owned();
            return enter(app, place, &query).await;
        }
        path if path.starts_with("/_longhouse/") => {
            return Problem::for_status(StatusCode::NOT_FOUND).into_response();
        }
        _ => {}
    }
    let visitor = match Visitor::of(app, request.headers(), place).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => return show_the_way(app, place, host, &request),
        Err(problem) => return problem.into_response(),
    };
    if !origin::is_welcome(app.previews(), place, app.scheme().as_str(), host, &request) {
        return Problem::forbidden(
            "request.origin",
            "the request comes from a page that is neither this preview's nor its session's",
        )
        .into_response();
    }
    forward::forward(app, (place, host), visitor, request).await
}

/// What no request to a preview may be.
fn check(request: &Request) -> Result<(), Problem> {
    if request.extensions().get() == Some(&Standing::Reserved) {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "connection.no_room",
            "this server has as many connections as it can hold: try again shortly",
        )
        .retry_after(5));
    }
    // A name in the address beside that in the header: two readers may believe different ones.
    if request.version() < Version::HTTP_2 && request.uri().authority().is_some() {
        return Err(forward::bad_request("a preview is asked for by its path"));
    }
    Ok(())
}

/// Without a good pass a person is led to the page of this server that fetches one. The same whether there is such a session or not.
fn show_the_way(app: &AppState, place: Place, host: &str, request: &Request) -> Response {
    let own = app.previews().own_origin(host);
    let (true, Some(own)) = (forward::wants_page(request), own) else {
        return nobody().into_response();
    };
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("path", path)
        .finish();
    let page = format!("{own}/preview/{}/{}?{query}", place.session, place.port);
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(page) = HeaderValue::from_str(&page) {
        headers.insert(LOCATION, page);
    }
    response
}

/// The answer to whoever shows no good pass, or none at all.
fn nobody() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "preview.required",
        "open this preview from its session's page",
    )
}
