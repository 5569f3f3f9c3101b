//! A viewer of a terminal over its WebSocket, as a browser would be.

use bytes::{Buf as _, Bytes};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::PATIENCE;
use super::http::Client;

/// An open WebSocket.
pub(crate) struct Viewer {
    pub(crate) socket: WebSocketStream<TcpStream>,
    snapshot_next: Option<u64>,
}

/// What came.
#[derive(Debug)]
pub(crate) enum Came {
    /// Anything in text, but for the announcement of a repaint.
    Text,
    /// A repaint after which output goes on at this offset.
    Snapshot(u64, Bytes),
    Output(u64, Bytes),
    Closed(Option<u16>),
}

impl Viewer {
    /// Joins; `query` such as `?from=12`.
    pub(crate) async fn join(client: &Client, id: &str, terminal: &str, query: &str) -> Self {
        Self::try_join(client, id, terminal, query).await.unwrap()
    }

    /// The same; the error is a connection that is refused or breaks, as it does when the server is killed.
    pub(crate) async fn try_join(
        client: &Client,
        id: &str,
        terminal: &str,
        query: &str,
    ) -> Result<Self, tokio_tungstenite::tungstenite::Error> {
        let path = format!("/api/sessions/{id}/terminals/{terminal}/ws{query}");
        let mut request = format!("ws://{}{path}", client.address)
            .into_client_request()
            .unwrap();
        let headers = request.headers_mut();
        let token = client.token.as_deref().unwrap();
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        headers.insert(
            "sec-websocket-protocol",
            "longhouse.terminal.v1".parse().unwrap(),
        );
        let stream = TcpStream::connect(&client.address).await?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Self {
            socket,
            snapshot_next: None,
        })
    }

    pub(crate) async fn next(&mut self) -> Came {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            let message = message.expect("nothing came");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if value["type"] == "snapshot" {
                        self.snapshot_next = value["offset"].as_u64();
                    } else {
                        return Came::Text;
                    }
                }
                Some(Ok(Message::Binary(mut bytes))) => {
                    return match self.snapshot_next.take() {
                        Some(offset) => Came::Snapshot(offset, bytes),
                        None => Came::Output(bytes.get_u64(), bytes),
                    };
                }
                Some(Ok(Message::Close(frame))) => {
                    return Came::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Came::Closed(None),
            }
        }
    }

    pub(crate) async fn send_input(&mut self, data: &str) {
        self.socket
            .send(Message::binary(data.as_bytes().to_vec()))
            .await
            .unwrap();
    }

    /// Reads output until `enough` says so of everything read from here on; the offsets must follow one another.
    pub(crate) async fn read_until(
        &mut self,
        mut expected: Option<u64>,
        enough: impl Fn(&[u8]) -> bool,
    ) -> (u64, Vec<u8>) {
        let mut read = Vec::new();
        while !enough(&read) {
            match self.next().await {
                Came::Output(offset, bytes) => {
                    assert_eq!(expected.unwrap_or(offset), offset, "a gap or a repetition");
                    read.extend_from_slice(&bytes);
                    expected = Some(offset + bytes.len() as u64);
                }
                Came::Snapshot(offset, painted) => {
                    assert!(!painted.is_empty(), "a repaint that paints nothing");
                    expected = Some(offset);
                }
                Came::Text => {}
                Came::Closed(code) => panic!(
                    "closed with {code:?} after {}",
                    String::from_utf8_lossy(&read)
                ),
            }
        }
        (expected.unwrap_or(0), read)
    }
}
