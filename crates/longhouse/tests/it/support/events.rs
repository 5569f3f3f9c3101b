//! The server's events, as a page hears them: Socket.IO over a WebSocket, by hand
//! (<https://socket.io/docs/v4/engine-io-protocol/>, <https://socket.io/docs/v4/socket-io-protocol/>).

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::PATIENCE;
use super::http::Client;

/// Packets of the two protocols: a letter of Engine.IO's, and where that is a message one of Socket.IO's.
const PING: &str = "2";
const PONG: &str = "3";
const CONNECT: &str = "40";
const EVENT: &str = "42";

/// Who listens.
pub(crate) struct Events {
    socket: WebSocketStream<TcpStream>,
}

impl Events {
    /// Listens to whatever the client's user may hear.
    pub(crate) async fn of(client: &Client) -> Self {
        Self::with(client, json!({"token": client.token})).await
    }

    /// The same, after what came since this position in the log.
    pub(crate) async fn since(client: &Client, seq: i64) -> Self {
        Self::with(client, json!({"token": client.token, "lastSeq": seq})).await
    }

    async fn with(client: &Client, handshake: Value) -> Self {
        let stream = TcpStream::connect(&client.address).await.unwrap();
        let url = format!(
            "ws://{}/socket.io/?EIO=4&transport=websocket",
            client.address
        );
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        let mut events = Self { socket };
        events.send(format!("{CONNECT}{handshake}")).await;
        while !events.packet().await.starts_with(CONNECT) {}
        events
    }

    /// What the next event of this name says.
    pub(crate) async fn next(&mut self, name: &str) -> Value {
        loop {
            let (found, data) = self.next_of_all().await;
            if found == name {
                return data;
            }
        }
    }

    /// The next event: its name, and what it says.
    pub(crate) async fn next_of_all(&mut self) -> (String, Value) {
        loop {
            let packet = self.packet().await;
            if let Some(event) = packet.strip_prefix(EVENT) {
                let event: Value = serde_json::from_str(event).unwrap();
                return (event[0].as_str().unwrap().to_owned(), event[1].clone());
            }
        }
    }

    async fn packet(&mut self) -> String {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            let message = message.expect("nothing came");
            let Some(Ok(Message::Text(text))) = message else {
                panic!("the server hung up: {message:?}");
            };
            match text.as_str() {
                PING => self.send(PONG.to_owned()).await,
                packet => return packet.to_owned(),
            }
        }
    }

    async fn send(&mut self, packet: String) {
        self.socket.send(Message::text(packet)).await.unwrap();
    }
}
