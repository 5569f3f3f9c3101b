//! A program that listens, as one of a session would: it shows what it was sent, and answers in all the ways there are.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{SEC_WEBSOCKET_PROTOCOL, SET_COOKIE};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use futures_util::{SinkExt as _, StreamExt as _, stream};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// The program. It ends when this is dropped.
pub(super) struct Program {
    pub(super) port: u16,
    task: AbortHandle,
}

impl Program {
    pub(super) async fn start() -> Self {
        let routes = Router::new()
            .route("/cookies", get(cookies))
            .route("/events", get(events))
            .route("/ws", any(socket))
            .route("/moved", get(moved))
            .fallback(shown);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            port,
            task: task.abort_handle(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What it was sent.
async fn shown(request: Request) -> Json<Value> {
    let (parts, body) = request.into_parts();
    let mut headers = Map::new();
    for (name, value) in &parts.headers {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match headers.get_mut(name.as_str()) {
            Some(Value::String(known)) => known.push_str(&format!("\n{text}")),
            _ => {
                headers.insert(name.to_string(), text.into());
            }
        }
    }
    let mut bytes = 0;
    let mut body = body.into_data_stream();
    while let Some(Ok(piece)) = body.next().await {
        bytes += piece.len();
    }
    let (method, address) = (parts.method.to_string(), parts.uri.to_string());
    Json(json!({"method": method, "address": address, "headers": headers, "bytes": bytes}))
}

async fn cookies() -> impl IntoResponse {
    let headers = [
        (SET_COOKIE, "own=1; Path=/; HttpOnly"),
        (SET_COOKIE, "wide=1; Domain=localhost; Path=/"),
        (SET_COOKIE, "longhouse_access=evil; Path=/"),
    ];
    (AppendHeaders(headers), "set")
}

async fn moved() -> impl IntoResponse {
    let headers = [
        ("location", "/elsewhere"),
        ("service-worker-allowed", "/"),
        ("clear-site-data", "\"*\""),
        ("content-security-policy", "default-src *"),
    ];
    (axum::http::StatusCode::FOUND, headers)
}

/// A piece at once, and another whenever.
async fn events() -> Response {
    let pieces = stream::unfold(0, |n| async move {
        if n > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Some((Ok::<_, Infallible>(format!("data: {n}\n\n")), n + 1))
    });
    let headers = [("content-type", "text/event-stream")];
    (headers, Body::from_stream(pieces)).into_response()
}

/// Repeats what it is told, over a WebSocket.
async fn socket(mut request: Request) -> Response {
    let mut asked = axum::http::Request::get(request.uri()).body(()).unwrap();
    *asked.headers_mut() = request.headers().clone();
    let mut response = create_response(&asked).unwrap();
    let spoken = request.headers().get(SEC_WEBSOCKET_PROTOCOL);
    if spoken.is_some_and(|spoken| spoken.to_str().unwrap().contains("chat.v1")) {
        let chosen = HeaderValue::from_static("chat.v1");
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, chosen);
    }
    let upgrading = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let connection = TokioIo::new(upgrading.await.unwrap());
        let config = WebSocketConfig::default()
            .max_message_size(Some(64 << 20))
            .max_frame_size(Some(64 << 20));
        let server = Role::Server;
        repeat(WebSocketStream::from_raw_socket(connection, server, Some(config)).await).await;
    });
    response.map(|()| Body::empty())
}

async fn repeat(mut socket: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>) {
    while let Some(Ok(message)) = socket.next().await {
        if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
            return;
        }
    }
}
