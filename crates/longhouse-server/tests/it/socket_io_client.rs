//! A client of Socket.IO over a WebSocket, frame by frame, for tests.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::house::{House, Person, in_time};

/// A client's connection.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

/// An event with its arguments; binary ones stand in place of their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Value>,
    pub(crate) bytes: Vec<u8>,
}

impl House {
    pub(crate) async fn dial(&self, path: &str, headers: &[(&'static str, String)]) -> Client {
        let address = format!("ws://{}{path}?EIO=4&transport=websocket", self.address);
        let mut request = address.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (socket, _) = client_async(request, stream).await.unwrap();
        let mut client = Client { socket };
        let open = client.frame().await;
        assert!(open.starts_with("0{"), "{open}");
        client
    }

    pub(crate) async fn connect(&self, person: &Person, last_seq: Option<i64>) -> Client {
        let mut client = self.dial("/socket.io/", &[]).await;
        client
            .log_in(&json!({"token": person.token, "lastSeq": last_seq}))
            .await;
        client
    }
}

impl Client {
    pub(crate) async fn send(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn frame(&mut self) -> String {
        loop {
            match in_time("a frame", self.socket.next())
                .await
                .unwrap()
                .unwrap()
            {
                Message::Text(text) if text.as_str() == "2" => self.send("3".to_owned()).await,
                Message::Text(text) => return text.as_str().to_owned(),
                other => panic!("{other:?} in place of text"),
            }
        }
    }

    /// Joins a session's terminal. Answers its history.
    pub(crate) async fn join(&mut self, session: &str) -> Event {
        self.send(format!("42{}", json!(["terminal:join", session])))
            .await;
        self.event("terminal:history").await
    }

    pub(crate) async fn log_in(&mut self, auth: &Value) {
        self.send(format!("40{auth}")).await;
        let answer = self.frame().await;
        assert!(answer.starts_with("40{"), "{answer}");
    }

    /// The next packet: an event, or the arguments of an acknowledgement with its number.
    pub(crate) async fn packet(&mut self) -> Result<Event, (u64, Value)> {
        let text = self.frame().await;
        if let Some(rest) = text.strip_prefix("43") {
            let digits = rest.find('[').unwrap();
            return Err((
                rest[..digits].parse().unwrap(),
                serde_json::from_str(&rest[digits..]).unwrap(),
            ));
        }
        let (attachments, json) = match text.strip_prefix("45") {
            Some(rest) => {
                let (count, json) = rest.split_once('-').unwrap();
                (count.parse().unwrap(), json.to_owned())
            }
            None => (
                0,
                text.strip_prefix("42")
                    .unwrap_or_else(|| panic!("{text}"))
                    .to_owned(),
            ),
        };
        let mut bytes = Vec::new();
        for _ in 0..attachments {
            match in_time("an attachment", self.socket.next())
                .await
                .unwrap()
                .unwrap()
            {
                Message::Binary(data) => bytes.extend(data),
                other => panic!("{other:?} in place of an attachment"),
            }
        }
        let mut arguments: Vec<Value> = serde_json::from_str(&json).unwrap();
        let name = arguments.remove(0).as_str().unwrap().to_owned();
        Ok(Event {
            name,
            arguments,
            bytes,
        })
    }

    pub(crate) async fn event(&mut self, name: &str) -> Event {
        loop {
            if let Ok(event) = self.packet().await
                && event.name == name
            {
                return event;
            }
        }
    }

    pub(crate) async fn ask(&mut self, number: u64, arguments: Value) -> Value {
        self.send(format!("42{number}{arguments}")).await;
        loop {
            if let Err((of, answer)) = self.packet().await {
                assert_eq!(of, number);
                return answer[0].clone();
            }
        }
    }

    pub(crate) async fn output(&mut self, count: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while all.len() < count {
            all.extend(self.event("terminal:output").await.bytes);
        }
        all
    }
}
