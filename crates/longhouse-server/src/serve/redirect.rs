//! The plain door beside the one with TLS: it sends browsers to the other one, answers the certificate authority's questions,
//! and does nothing else.

use std::io;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use super::berths::Berths;
use super::listen;
use crate::state::AppState;
use crate::tls::Tls;

/// How many connections this door takes, and of one place. Nobody stays here.
const MOST_CONNECTIONS: usize = 512;
const MOST_FROM_ONE_PLACE: usize = 64;

/// Where a certificate authority asks, by RFC 8555.
const CHALLENGES: &str = "/.well-known/acme-challenge/";

/// Redirects to https until the state's stop token is cancelled.
///
/// # Errors
/// None after the start.
pub async fn serve_redirect(listener: TcpListener, tls: Tls, app: AppState) -> io::Result<()> {
    let service = Router::new()
        .fallback(redirect)
        .with_state((app.clone(), tls));
    let berths = Berths::new(MOST_CONNECTIONS, MOST_FROM_ONE_PLACE);
    listen(listener, None, service, berths, &app).await;
    Ok(())
}

async fn redirect(State((app, tls)): State<(AppState, Tls)>, request: Request) -> Response {
    let address = request.uri();
    if let Some(token) = address.path().strip_prefix(CHALLENGES) {
        return match tls.certificates().answer_to(token) {
            Some(answer) => ([(CONTENT_TYPE, "application/octet-stream")], answer).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let path = address.path_and_query().map_or("/", |path| path.as_str());
    let target = app
        .names()
        .secure_origin(host_of(request.headers()))
        .and_then(|origin| HeaderValue::from_str(&format!("{origin}{path}")).ok());
    match target {
        // 308 and not 301: what was a POST stays one, and is refused there by its missing Origin rather than lost here.
        Some(target) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, target)]).into_response(),
        None => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}

fn host_of(headers: &HeaderMap) -> &str {
    headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
}
