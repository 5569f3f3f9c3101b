//! The outermost layer: every request gets an identifier, a deadline, a log line and figures; every answer gets the headers
//! that bind browsers; every error leaves in the one envelope, whatever made it; a panic becomes a 500.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ALLOW, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::preview::Foreign;
use crate::problem::{Number, Problem};
use crate::settings::Scheme;
use crate::state::AppState;

/// The header that carries a request's identifier in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_JSON: &str = "application/problem+json";
const LONGEST_REQUEST_ID: usize = 64;

/// The identifier of the request in hand.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// The client's own identifier where it can be printed safely, otherwise a new one.
    fn of(headers: &HeaderMap) -> Self {
        let sane = |id: &&str| {
            (1..=LONGEST_REQUEST_ID).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        headers
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(sane)
            .map_or_else(
                || Self(uuid::Uuid::now_v7().simple().to_string()),
                |id| Self(id.to_owned()),
            )
    }
}

/// The layer itself.
pub(crate) async fn edge(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    // The template, not the address: it holds neither tickets nor names, and the figures stay few.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(other)", MatchedPath::as_str)
        .to_owned();
    let browses_api = request.uri().path().starts_with("/api/");

    let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            Problem::internal(format!("panic: {}", panic_text(panic.as_ref()))).into_response()
        }
    };
    // What a program of a session answers is its own, whatever it says.
    if response.extensions().get::<Foreign>().is_some() {
        app.metrics().request(
            method.as_str(),
            "(preview)",
            response.status().as_u16(),
            begun.elapsed(),
        );
        tracing::debug!(request = %id.0, %method, status = response.status().as_u16(), "preview");
        return response;
    }
    render_problem(&mut response, &id);
    set_headers(
        response.headers_mut(),
        app.scheme(),
        app.policy(),
        browses_api,
    );
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }

    let took = begun.elapsed();
    let status = response.status().as_u16();
    app.metrics().request(method.as_str(), &route, status, took);
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    // Probes come every few seconds and say nothing new.
    if route == "/livez" || route == "/readyz" || route == "/metrics" {
        tracing::debug!(request = %id.0, %method, route, status, milliseconds, "request");
    } else {
        tracing::info!(request = %id.0, %method, route, status, milliseconds, "request");
    }
    response
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)")
}

/// Gives an error answer its body. Layers that know nothing of the envelope (a missing route, a wrong method) are covered too.
fn render_problem(response: &mut Response, id: &RequestId) {
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if status.is_client_error() || status.is_server_error() => {
            let ours = response
                .headers()
                .get(CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().starts_with(PROBLEM_JSON.as_bytes()));
            // Health answers with 503 and a body of its own; Socket.IO has error bodies of its own.
            if ours || response.extensions().get::<OwnBody>().is_some() {
                return;
            }
            Problem::for_status(status)
        }
        None => return,
    };
    if let Some(private) = problem.private() {
        tracing::error!(request = %id.0, code = problem.code(), "{private}");
    }
    let allow = response.headers_mut().remove(ALLOW);
    let mut rendered = (problem.status(), Json(problem.body(&id.0))).into_response();
    let headers = rendered.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(allow) = allow {
        headers.insert(ALLOW, allow);
    }
    match problem.number() {
        Some(Number::RetryAfter(seconds)) => {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Some(Number::WholeSize(bytes)) => {
            if let Ok(value) = HeaderValue::from_str(&format!("bytes */{bytes}")) {
                headers.insert(CONTENT_RANGE, value);
            }
        }
        None => {}
    }
    if problem.status() == StatusCode::UNAUTHORIZED {
        headers.insert(
            axum::http::header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer"),
        );
    }
    for (name, value) in response.headers() {
        if name == axum::http::header::SET_COOKIE || name.as_str().starts_with("access-control-") {
            headers.append(name, value.clone());
        }
    }
    *response = rendered;
}

/// Marks an error answer whose body is not the envelope on purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnBody;

/// The content security policy of every page of this server. xterm.js sets styles on elements, hence `style-src`.
pub(crate) fn content_security_policy(socket_origins: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
         connect-src 'self'{socket_origins}; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

fn set_headers(headers: &mut HeaderMap, scheme: Scheme, policy: &HeaderValue, api: bool) {
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(self), clipboard-write=(self), fullscreen=(self)",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    // A capture in HTML brings a stricter one of its own.
    headers
        .entry("content-security-policy")
        .or_insert_with(|| policy.clone());
    if api {
        headers
            .entry("cache-control")
            .or_insert(HeaderValue::from_static("no-store"));
    }
    if scheme == Scheme::Https {
        headers.insert(
            "strict-transport-security",
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_identifier_is_kept_only_where_it_can_be_printed() {
        let id = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(text).unwrap());
            RequestId::of(&headers).0
        };
        assert_eq!(id("a-1_B.2"), "a-1_B.2");
        for bad in ["", "a b", "a;b", &"x".repeat(65)] {
            assert_ne!(id(bad), bad);
        }
    }
}
