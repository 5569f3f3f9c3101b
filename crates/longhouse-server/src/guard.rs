//! What keeps a web page from driving this server through somebody's browser: exact `Host` (DNS rebinding), exact `Origin`
//! (cross-site requests, cross-site WebSockets), `Sec-Fetch-Site`; and CORS for origins that were configured.
//!
//! It says nothing about who is asking: that is [`crate::auth`].

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, ORIGIN, UPGRADE,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::serve::Peer;
use crate::settings::{OwnNames, PlainHttp};
use crate::state::AppState;

/// Lets a request through that is meant for this server and does not come from a foreign page.
pub(crate) async fn guard(State(app): State<AppState>, request: Request, next: Next) -> Response {
    // No browser reaches the control socket, and nobody but this user does.
    if matches!(request.extensions().get(), Some(Peer::Local { .. })) {
        return next.run(request).await;
    }
    let names = app.names();
    if let Err(problem) = check_encryption(&app, &request)
        .and_then(|()| check_host(names, &request))
        .and_then(|()| check_origin(names, &request))
        .and_then(|()| check_form(&request))
    {
        app.refusals().turned_away(&app, &request, &problem);
        return problem.into_response();
    }
    let foreign = header(request.headers(), ORIGIN.as_str())
        .filter(|origin| names.foreign.contains(*origin))
        .and_then(|origin| HeaderValue::from_str(origin).ok());
    let Some(origin) = foreign else {
        return next.run(request).await;
    };
    let preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    add_cors(response.headers_mut(), origin);
    response
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Refuses who comes past the proxy that brings the encryption.
pub(crate) fn check_encryption(app: &AppState, request: &Request) -> Result<(), Problem> {
    let probe = matches!(request.uri().path(), "/livez" | "/readyz");
    let Some(Peer::Network(peer)) = request.extensions().get() else {
        return Ok(());
    };
    let brought = peer.ip().is_loopback() || app.settings().trusts(peer.ip());
    if app.settings().plain_http == PlainHttp::FromAnybody || brought || probe {
        return Ok(());
    }
    Err(Problem::forbidden(
        "request.unencrypted",
        "this server is reached through its proxy, which encrypts; your address is not one of trusted_proxies",
    ))
}

/// The name by which the client called: HTTP/1.1 has it in a header, HTTP/2 in the address.
pub(crate) fn host(request: &Request) -> Option<&str> {
    let mut given = request.headers().get_all(HOST).iter();
    match (given.next(), given.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, _) => request.uri().authority().map(|name| name.as_str()),
        (Some(_), Some(_)) => None,
    }
}

fn check_host(names: &OwnNames, request: &Request) -> Result<(), Problem> {
    match host(request) {
        Some(host) if names.hosts.contains(&host.to_ascii_lowercase()) => Ok(()),
        _ => Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "request.host",
            "this server does not answer to the name in the Host header; add it with --public-url or allowed_hosts",
        )),
    }
}

/// Whether a page that may not read the answer could do harm with the request all the same.
fn is_sensitive(request: &Request) -> bool {
    !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) || request.headers().contains_key(UPGRADE)
        || is_for_events(request)
}

/// Whether it is Socket.IO's.
fn is_for_events(request: &Request) -> bool {
    let path = request.uri().path();
    path.starts_with("/socket.io") || path.starts_with("/api/socket")
}

fn check_origin(names: &OwnNames, request: &Request) -> Result<(), Problem> {
    if !is_sensitive(request) {
        return Ok(());
    }
    let headers = request.headers();
    let foreign_page = || {
        Problem::forbidden(
            "request.origin",
            "the request comes from a page that is not this server's",
        )
    };
    let site = header(headers, "sec-fetch-site");
    let from_elsewhere = matches!(site, Some(site) if site != "same-origin" && site != "none");
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => {
            let origin = origin.to_str().map_err(|_| foreign_page())?;
            if !names.origins.contains(origin) {
                return Err(foreign_page());
            }
            // A browser that says "another site" and names this very address contradicts itself.
            let own = host(request).is_some_and(|host| {
                origin
                    .split_once("://")
                    .is_some_and(|(_, name)| name == host)
            });
            if own && from_elsewhere {
                return Err(foreign_page());
            }
            Ok(())
        }
        (Some(_), Some(_)) => Err(foreign_page()),
        (None, _) => {
            if from_elsewhere {
                return Err(foreign_page());
            }
            // Browsers name the origin of everything that changes something. What comes without one is a program, which
            // brings its own credentials instead of a browser's cookies.
            let ambient = headers.contains_key(COOKIE) && !headers.contains_key(AUTHORIZATION);
            let reads = matches!(
                *request.method(),
                Method::GET | Method::HEAD | Method::OPTIONS
            ) && !headers.contains_key(UPGRADE);
            if ambient && !reads {
                return Err(Problem::forbidden(
                    "request.origin",
                    "a request with cookies must carry an Origin header",
                ));
            }
            Ok(())
        }
    }
}

/// What a page can make a browser send without asking the server first.
const KINDS_OF_FORMS: [&str; 3] = [
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
];

/// Refuses what forms send, also where a route reads no body and would never look at its kind. Socket.IO sends its own messages
/// as plain text, and asks for a login in them.
fn check_form(request: &Request) -> Result<(), Problem> {
    let kind = header(request.headers(), CONTENT_TYPE.as_str())
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default()
        .trim();
    let form = KINDS_OF_FORMS
        .iter()
        .any(|form| kind.eq_ignore_ascii_case(form));
    if request.method() == Method::POST && form && !is_for_events(request) {
        return Err(Problem::for_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    Ok(())
}

/// How long a browser may remember what a preflight said, in seconds.
const PREFLIGHT_SECONDS: &str = "600";

fn add_cors(headers: &mut HeaderMap, origin: HeaderValue) {
    let fixed = [
        (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (
            ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, PATCH, DELETE",
        ),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, idempotency-key, if-match, if-none-match, range, x-request-id",
        ),
        (
            ACCESS_CONTROL_EXPOSE_HEADERS,
            "x-request-id, retry-after, etag, content-range, content-disposition",
        ),
        (ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.append(VARY, HeaderValue::from_static("Origin"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
}
