//! How somebody gets a pass: this server's own page asks for a ticket, and the preview's origin exchanges it, once, for the cookie.
//!
//! ```text
//!   own page ── POST …/ports/3000/preview ──► {url} ──► 3000--<session>…/_longhouse/enter?ticket=… ──► cookie, and on to the path
//! ```

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use longhouse_engine::accounts::Credential;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::names::Place;
use super::visitor::Visitor;
use super::{nobody, pass};
use crate::audit::Note;
use crate::auth::{Caller, ticket_identity};
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Where passes are given out, on every preview's origin. What a program has at addresses below it cannot be seen.
pub(super) const ENTRANCE: &str = "/_longhouse/enter";

/// Longest path that a preview is opened at, in bytes.
const LONGEST_PATH: usize = 2048;

/// What is to be opened.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct PreviewRequest {
    /// The path at the preview, with its query. `/` if absent.
    path: Option<String>,
}

/// A way in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Preview)]
pub(crate) struct PreviewBody {
    /// An address that opens the preview in a browser: once, within half a minute.
    url: String,
}

/// What a ticket for a place is for.
fn resource(place: Place) -> String {
    format!("/preview/{}/{}", place.session, place.port)
}

/// Gives out the address that opens what a program of the session serves on a port. Whoever may drive the session may; whether
/// anything listens there shows when it is opened.
#[utoipa::path(post, path = "/api/sessions/{id}/ports/{port}/preview", tag = "sessions", request_body = PreviewRequest,
    params(("id" = String, Path, description = "Identifier or unique name"), ("port" = u16, Path, minimum = 1)), responses(
    (status = 201, body = PreviewBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn create_preview(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    at: PathOf<(String, u16)>,
    body: Body<PreviewRequest>,
) -> Result<(StatusCode, Json<PreviewBody>), Problem> {
    let (id, port) = at.0;
    note.detail("port", port.to_string());
    let access = state.engine().port_access(&caller.actor, &id).await?;
    let path = checked_path(body.0.path.as_deref())?;
    let session = access.session;
    let place = (port > 0).then_some(Place { session, port });
    let place = place.ok_or_else(|| Problem::invalid_field("port", "must be 1 to 65535"))?;
    if caller.identity.by == Credential::ControlSocket {
        return Err(Problem::forbidden(
            "preview.needs_login",
            "a preview is opened by somebody who has logged in: use the web page, or an API token",
        ));
    }
    let origin = state.previews().origin(place).ok_or_else(no_names)?;
    let ticket = state
        .accounts()
        .issue_ticket(&caller.identity, &resource(place))
        .await?;
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("ticket", ticket.reveal())
        .append_pair("to", path)
        .finish();
    let url = format!("{origin}{ENTRANCE}?{query}");
    Ok((StatusCode::CREATED, Json(PreviewBody { url })))
}

fn no_names() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "preview.no_host",
        "this server has no names for previews that you could reach: its admin sets preview_host",
    )
}

/// A path of the preview's own origin, whatever a browser makes of it.
fn checked_path(path: Option<&str>) -> Result<&str, Problem> {
    let path = path.unwrap_or("/");
    let plain = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
    if path.len() <= LONGEST_PATH && path.starts_with('/') && !path.starts_with("//") && plain {
        return Ok(path);
    }
    Err(Problem::invalid_field(
        "path",
        "must begin with one slash and be at most 2048 bytes of printable ASCII, without a backslash or a fragment",
    ))
}

/// Exchanges a ticket for a pass.
pub(super) async fn enter(app: &AppState, place: Place, query: &str) -> Response {
    let value = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let to = value("to");
    let Ok(path) = checked_path(to.as_deref()) else {
        return super::forward::bad_request("the address to go on to is not one of the preview")
            .into_response();
    };
    match admit(app, place, value("ticket")).await {
        Ok(cookie) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            let headers = response.headers_mut();
            headers.append(SET_COOKIE, cookie);
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            if let Ok(path) = HeaderValue::from_str(path) {
                headers.insert(LOCATION, path);
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

async fn admit(
    app: &AppState,
    place: Place,
    ticket: Option<String>,
) -> Result<HeaderValue, Problem> {
    let ticket = ticket.ok_or_else(nobody)?;
    let identity = ticket_identity(app, &ticket, &resource(place)).await;
    let identity = identity.map_err(|problem| match problem.status().is_server_error() {
        true => problem,
        false => nobody(),
    })?;
    let visitor = Visitor::admit(app, identity, place).await?;
    let visitor = visitor.ok_or_else(nobody)?;
    let pass = app
        .passes()
        .issue(visitor.identity(), place, app.tokens().now());
    pass.and_then(|pass| pass::cookie(&pass, app.scheme()))
        .ok_or_else(nobody)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_the_preview_and_nowhere_else() {
        for good in ["/", "/a/b?c=d&e=%20", "/?//x", "/a//b"] {
            assert_eq!(checked_path(Some(good)).unwrap(), good);
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for bad in [
            "",
            "a",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
            "/a\r\nb",
            "/ä",
            "/#x",
            &long,
        ] {
            assert!(checked_path(Some(bad)).is_err(), "{bad}");
        }
        assert_eq!(checked_path(None).unwrap(), "/");
    }
}
