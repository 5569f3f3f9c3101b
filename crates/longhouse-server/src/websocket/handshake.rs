//! How a connection becomes a WebSocket (RFC 6455, section 4.2).

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{Receiver, Sender, open};

/// What a client asks for that wants a WebSocket.
pub(crate) struct Upgrade {
    connection: OnUpgrade,
    accept: HeaderValue,
    protocol: Option<HeaderValue>,
}

impl Upgrade {
    /// What this request asks for, if it asks properly; of the subprotocols that it can speak, the one that is offered.
    pub(crate) fn wanted(request: &mut Request, offered: &'static str) -> Option<Self> {
        let headers = request.headers();
        let proper = request.method() == Method::GET
            && is_upgrade(headers)
            && headers.get(SEC_WEBSOCKET_VERSION)? == "13";
        let accept = derive_accept_key(headers.get(SEC_WEBSOCKET_KEY)?.as_bytes());
        let accept = HeaderValue::try_from(accept).ok()?;
        let spoken = listed(headers, SEC_WEBSOCKET_PROTOCOL).any(|one| one == offered);
        proper.then(|| Self {
            connection: hyper::upgrade::on(request),
            accept,
            protocol: spoken.then(|| HeaderValue::from_static(offered)),
        })
    }

    /// The answer that lets the client in, and both ways to it, once it is in.
    pub(crate) fn accept(self) -> (Response, impl Future<Output = Option<(Sender, Receiver)>>) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(protocol) = self.protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        let connection = self.connection;
        (response, async {
            match connection.await {
                Ok(upgraded) => Some(open(upgraded).await),
                Err(error) => {
                    tracing::debug!(%error, "a connection did not become a WebSocket");
                    None
                }
            }
        })
    }
}

/// Whether a request's head asks for a WebSocket, and for nothing else.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    let mut wanted = headers.get_all(UPGRADE).iter();
    let named = wanted
        .next()
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let connected = listed(headers, CONNECTION).any(|one| one.eq_ignore_ascii_case("upgrade"));
    named && wanted.next().is_none() && connected
}

/// The words of a header that is a list.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',').map(str::trim))
}
