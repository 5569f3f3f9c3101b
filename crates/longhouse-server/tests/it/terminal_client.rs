//! A client of the protocol `longhouse.terminal.v1`, for tests.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::house::{House, Person, in_time};

/// A viewer's connection.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) protocol: String,
    pub(crate) hello: Value,
}

/// What a client got to see.
#[derive(Debug, PartialEq)]
pub(crate) enum Got {
    Text(Value),
    Output(u64, Vec<u8>),
    Closed(u16),
}

impl House {
    pub(crate) async fn upgrade(
        &self,
        path: &str,
        headers: &[(&'static str, String)],
    ) -> Result<(WebSocketStream<TcpStream>, String), Error> {
        let mut request = format!("ws://{}{path}", self.address)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (socket, response) = client_async(request, stream).await?;
        let protocol = response.headers().get("sec-websocket-protocol");
        Ok((
            socket,
            protocol.map_or_else(String::new, |value| value.to_str().unwrap().to_owned()),
        ))
    }

    pub(crate) async fn open(&self, person: &Person, path: &str) -> Client {
        let headers = [
            ("authorization", format!("Bearer {}", person.token)),
            (
                "sec-websocket-protocol",
                "other, longhouse.terminal.v1".to_owned(),
            ),
        ];
        let (socket, protocol) = self.upgrade(path, &headers).await.unwrap();
        let mut client = Client {
            socket,
            protocol,
            hello: Value::Null,
        };
        match client.next().await {
            Got::Text(hello) => client.hello = hello,
            other => panic!("{other:?} came before hello"),
        }
        assert_eq!(client.hello["type"], "hello");
        client
    }

    /// How a connection with these headers ends, which is let in far enough to be told.
    pub(crate) async fn close_code(
        &self,
        path: &str,
        headers: &[(&'static str, String)],
    ) -> (String, u16) {
        let (socket, protocol) = self.upgrade(path, headers).await.unwrap();
        let mut client = Client {
            socket,
            protocol,
            hello: Value::Null,
        };
        let mut error = String::new();
        loop {
            match client.next().await {
                Got::Text(message) => {
                    error = message["code"].as_str().unwrap_or_default().to_owned()
                }
                Got::Closed(code) => return (error, code),
                Got::Output(..) => {}
            }
        }
    }
}

impl Client {
    /// A client over a connection of which nothing has been read yet.
    pub(crate) fn over(socket: WebSocketStream<TcpStream>) -> Self {
        Self {
            socket,
            protocol: String::new(),
            hello: Value::Null,
        }
    }

    /// The next message in text; null where the connection ends instead.
    pub(crate) async fn message_or_close(&mut self) -> Value {
        loop {
            match self.next().await {
                Got::Text(message) => return message,
                Got::Closed(_) => return Value::Null,
                Got::Output(..) => {}
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Got {
        loop {
            match in_time("a message", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => {
                    return Got::Text(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Binary(data))) => {
                    let (offset, output) = data.split_at(8);
                    return Got::Output(
                        u64::from_be_bytes(offset.try_into().unwrap()),
                        output.to_vec(),
                    );
                }
                Some(Ok(Message::Close(frame))) => {
                    return Got::Closed(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Got::Closed(1006),
            }
        }
    }

    /// The next message of that type; what else comes in text is passed over.
    pub(crate) async fn message(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Got::Text(message) if message["type"] == kind => return message,
                Got::Text(_) => {}
                other => panic!("{other:?} came before {kind}"),
            }
        }
    }

    /// Passes the repaint over.
    pub(crate) async fn snapshot(&mut self) -> u64 {
        let snapshot = self.message("snapshot").await;
        let Some(Ok(Message::Binary(data))) = in_time("the repaint", self.socket.next()).await
        else {
            panic!("no repaint followed");
        };
        assert_eq!(snapshot["bytes"], data.len());
        snapshot["offset"].as_u64().unwrap()
    }

    pub(crate) async fn output(&mut self, count: usize) -> (u64, Vec<u8>) {
        let (mut begin, mut all) = (None, Vec::new());
        while all.len() < count {
            match self.next().await {
                Got::Output(offset, data) => {
                    let first: u64 = *begin.get_or_insert(offset);
                    assert_eq!(
                        offset,
                        first + all.len() as u64,
                        "a byte was lost or came twice"
                    );
                    all.extend(data);
                }
                Got::Text(_) => {}
                Got::Closed(code) => {
                    panic!("closed with {code} after {} of {count} bytes", all.len())
                }
            }
        }
        (begin.unwrap(), all)
    }

    pub(crate) async fn type_in(&mut self, data: &[u8]) {
        self.socket
            .send(Message::binary(data.to_vec()))
            .await
            .unwrap();
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            if let Got::Closed(code) = self.next().await {
                return code;
            }
        }
    }
}
