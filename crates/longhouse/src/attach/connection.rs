//! One WebSocket to a terminal: opening it, and telling a refusal from a server that is away.

use http::{HeaderValue, Method};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Error};

use super::protocol::{Access, SUBPROTOCOL};
use crate::client::{Client, ClientError, Connection, Problem, query, refusal_of};

/// Bytes of output that the server may send before we have shown them. Enough for a quick screen, little enough that
/// ctrl-C in a flood is felt at once.
const WINDOW: u64 = 256 << 10;

/// The largest frame: a repaint with its history.
const MESSAGE_LIMIT: usize = 64 << 20;

/// Buffers of the connection; the library's own default is eight times as much.
const BUFFER: usize = 16 << 10;

/// An open connection to a terminal.
pub(super) type Socket = WebSocketStream<Connection>;

/// Which terminal, and what for.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// The path of its WebSocket.
    pub(super) path: String,
    /// Type or only watch.
    pub(super) access: Access,
}

/// Opens the connection. With `from` the stream goes on at that offset, without it comes a repaint.
pub(super) async fn open(
    client: &Client,
    address: &Address,
    from: Option<u64>,
) -> Result<Socket, ClientError> {
    let mut pairs = vec![
        ("mode", address.access.as_str().to_owned()),
        ("window", WINDOW.to_string()),
    ];
    pairs.extend(from.map(|from| ("from", from.to_string())));
    let path = format!("{}{}", address.path, query(&pairs));
    let request = handshake(client, &path)?;

    let mut config = WebSocketConfig::default();
    config.read_buffer_size = BUFFER;
    config.write_buffer_size = 0;
    config.max_message_size = Some(MESSAGE_LIMIT);
    config.max_frame_size = Some(MESSAGE_LIMIT);
    let connection = client.endpoint().connect().await?;
    let opened =
        tokio_tungstenite::client_async_with_config(request, connection, Some(config)).await;
    match opened {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err(refusal_of(response.status(), body))
        }
        Err(error) => Err(ClientError::Protocol(error.to_string())),
    }
}

fn handshake(client: &Client, path: &str) -> Result<http::Request<()>, ClientError> {
    let wrong = |error: &dyn std::fmt::Display| ClientError::Protocol(error.to_string());
    let head = client
        .request(Method::GET, path)
        .body(())
        .map_err(|error| wrong(&error))?;
    let uri = format!("ws://{}{path}", client.endpoint().host());
    let mut request = uri
        .into_client_request()
        .map_err(|error: tungstenite::Error| wrong(&error))?;
    for (name, value) in head.headers() {
        request.headers_mut().insert(name, value.clone());
    }
    let protocol = HeaderValue::from_static(SUBPROTOCOL);
    request
        .headers_mut()
        .insert(http::header::SEC_WEBSOCKET_PROTOCOL, protocol);
    Ok(request)
}

/// Why a closed connection need not be tried again; `None` where it may.
pub(super) fn refusal(frame: Option<CloseFrame>) -> Option<&'static str> {
    match u16::from(frame?.code) {
        4401 => Some("the login is no longer valid"),
        4403 => Some("this terminal is not yours to open"),
        4404 => Some("the terminal is gone"),
        1008 | 1009 => {
            Some("the server did not understand this client; are both of the same version?")
        }
        _ => None,
    }
}

/// Whether another attempt may succeed. After a restart the server may know a session before it has reached it again.
pub(super) fn may_come_back(error: &ClientError) -> bool {
    let settling = |problem: &Problem| problem.code == "session.not_running";
    error.is_passing() || matches!(error, ClientError::Refused(problem) if settling(problem))
}
