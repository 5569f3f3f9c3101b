//! A request handed on to the program, and its answer handed back.

use std::error::Error as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use longhouse_engine::PortError;

use super::names::Place;
use super::origin::follows_a_link;
use super::page::{BAD_ANSWER, NO_ANSWER, Trouble};
use super::visitor::Visitor;
use super::watched::{Watched, join};
use super::{Foreign, dial, headers};
use crate::problem::Problem;
use crate::state::AppState;
use crate::websocket;

/// How long a program may take to begin its answer. Long polls end before that.
const ANSWER_TIME: Duration = Duration::from_secs(5 * 60);

/// Hands the request on as the visitor's, for as long as they may.
pub(super) async fn forward(
    app: &AppState,
    (place, host): (Place, &str),
    visitor: Visitor,
    mut request: Request,
) -> Response {
    let person = wants_page(&request);
    let upgrade = match wanted_upgrade(&mut request) {
        Ok(upgrade) => upgrade,
        Err(problem) => return problem.into_response(),
    };
    let Some(inward) = inward(app, (place, host), request, upgrade.is_some()) else {
        return bad_request("the address cannot be read").into_response();
    };
    let asked = tokio::select! {
        asked = tokio::time::timeout(ANSWER_TIME, app.preview_caller().request(inward)) => asked,
        () = visitor.clone().gone(app.clone()) => return super::nobody().into_response(),
    };
    let response = match asked {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return trouble(&error).answer(person, place.port),
        Err(_) => return NO_ANSWER.answer(person, place.port),
    };
    match (response.status(), upgrade) {
        (StatusCode::SWITCHING_PROTOCOLS, Some(browser))
            if websocket::is_upgrade(response.headers()) =>
        {
            switched(app, host, visitor, browser, response)
        }
        // Nobody asked for another protocol, or not for that one.
        (StatusCode::SWITCHING_PROTOCOLS, _) => BAD_ANSWER.answer(person, place.port),
        _ => {
            let (mut parts, body) = response.into_parts();
            headers::outward(&mut parts.headers, host);
            parts.extensions.clear();
            parts.extensions.insert(Foreign);
            let gone = Box::pin(visitor.gone(app.clone()));
            Response::from_parts(parts, Body::new(Watched::new(body, gone)))
        }
    }
}

/// The request as the program gets it.
fn inward(
    app: &AppState,
    (place, host): (Place, &str),
    request: Request,
    upgrades: bool,
) -> Option<Request> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = dial::address(place, path)?;
    parts.version = Version::HTTP_11;
    let caller = headers::Caller {
        host,
        scheme: app.scheme().as_str(),
        address: app
            .client_address(&parts.headers, &parts.extensions)
            .to_string(),
    };
    let is_ours = |token: &str| app.tokens().is_ours(token);
    headers::inward(&mut parts.headers, &caller, is_ours);
    if upgrades {
        switch(&mut parts.headers);
    }
    parts.extensions.clear();
    Some(Request::from_parts(parts, body))
}

/// The browser's side of a WebSocket, where it asks for one. It asks for nothing else.
fn wanted_upgrade(request: &mut Request) -> Result<Option<OnUpgrade>, Problem> {
    if !request.headers().contains_key(UPGRADE) {
        return Ok(None);
    }
    let proper = websocket::is_upgrade(request.headers())
        && request.method() == Method::GET
        && request.version() == Version::HTTP_11;
    if !proper {
        return Err(bad_request(
            "a preview is upgraded to a WebSocket or not at all",
        ));
    }
    Ok(Some(hyper::upgrade::on(request)))
}

fn switched(
    app: &AppState,
    host: &str,
    visitor: Visitor,
    browser: OnUpgrade,
    mut response: hyper::Response<Incoming>,
) -> Response {
    let program = hyper::upgrade::on(&mut response);
    let gone = Box::pin(visitor.gone(app.clone()));
    let stop = app.stop().clone();
    app.tasks()
        .spawn(stop.run_until_cancelled_owned(async move {
            if let (Ok(browser), Ok(program)) = tokio::join!(browser, program) {
                join(browser, program, gone).await;
            }
        }));
    let (mut parts, _) = response.into_parts();
    headers::outward(&mut parts.headers, host);
    switch(&mut parts.headers);
    parts.extensions.clear();
    parts.extensions.insert(Foreign);
    Response::from_parts(parts, Body::empty())
}

fn switch(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

fn trouble(error: &hyper_util::client::legacy::Error) -> Trouble {
    let known = error
        .source()
        .and_then(|source| source.downcast_ref::<PortError>());
    known.map_or(BAD_ANSWER, Trouble::from)
}

/// Whether a person looks at the answer.
pub(super) fn wants_page(request: &Request) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let accepts = request
        .headers()
        .get(axum::http::header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    reads && accepts && follows_a_link(request.headers())
}

pub(super) fn bad_request(detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "preview.request", detail)
}
