//! Just enough of a client: JSON over HTTP, and a terminal's WebSocket.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// How long between two looks whether a session runs.
const LOOK: Duration = Duration::from_millis(2);

/// Somebody who is logged in.
pub(crate) struct Api {
    address: String,
    token: String,
}

/// A terminal, watched.
pub(crate) struct Terminal {
    socket: WebSocketStream<TcpStream>,
    repaint_follows: bool,
}

impl Api {
    pub(crate) async fn log_in(address: &str, username: &str, password: &str) -> Result<Self> {
        let mut api = Self {
            address: address.to_owned(),
            token: String::new(),
        };
        let answer = api
            .call(
                "POST",
                "/api/auth/login",
                Some(json!({"username": username, "password": password})),
            )
            .await?;
        api.token = answer["accessToken"]
            .as_str()
            .context("no access token")?
            .to_owned();
        Ok(api)
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let text = self.answer(method, path, body).await?;
        Ok(if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&text)?
        })
    }

    /// What is answered, as it is.
    pub(crate) async fn answer(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Bytes> {
        let stream = TcpStream::connect(&self.address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.address);
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let answer = sender
            .send_request(request.body(Full::new(Bytes::from(body)))?)
            .await?;
        let status = answer.status();
        let text = answer.into_body().collect().await?.to_bytes();
        connection.abort();
        if !status.is_success() {
            bail!(
                "{method} {path}: {status} {}",
                String::from_utf8_lossy(&text)
            );
        }
        Ok(text)
    }

    /// Creates a shell session and waits until it runs.
    pub(crate) async fn create(&self, name: &str, multiplexer: &str) -> Result<Value> {
        let body =
            json!({"name": name, "agent": "shell", "runtime": "host", "multiplexer": multiplexer});
        self.create_as(body).await
    }

    /// Creates the session that is described so, and waits until it runs.
    pub(crate) async fn create_as(&self, body: Value) -> Result<Value> {
        let session = self.call("POST", "/api/sessions", Some(body)).await?;
        let path = format!("/api/sessions/{}", session["id"].as_str().context("no id")?);
        loop {
            let session = self.call("GET", &path, None).await?;
            match session["status"].as_str() {
                Some("running") => return Ok(session),
                Some("error") => bail!("the session did not start: {}", session["statusReason"]),
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    }

    pub(crate) async fn delete(&self, session: &Value) -> Result<()> {
        let id = session["id"].as_str().context("no id")?;
        self.call("DELETE", &format!("/api/sessions/{id}?force=true"), None)
            .await?;
        Ok(())
    }

    pub(crate) async fn delete_all(&self) -> Result<()> {
        let list = self.call("GET", "/api/sessions?limit=200", None).await?;
        for session in list["items"].as_array().into_iter().flatten() {
            self.delete(session).await?;
        }
        Ok(())
    }

    /// Watches a session's agent terminal, and waits for the first repaint.
    pub(crate) async fn watch(&self, session: &Value) -> Result<Terminal> {
        let id = session["id"].as_str().context("no id")?;
        let mut request = format!(
            "ws://{}/api/sessions/{id}/terminals/agent/ws?mode=write",
            self.address
        )
        .into_client_request()?;
        let bearer = format!("Bearer {}", self.token);
        request
            .headers_mut()
            .insert("authorization", bearer.parse()?);
        request
            .headers_mut()
            .insert("sec-websocket-protocol", "longhouse.terminal.v1".parse()?);
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(64 << 20))
            .max_frame_size(Some(64 << 20));
        let (socket, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        let mut terminal = Terminal {
            socket,
            repaint_follows: false,
        };
        terminal.wait_for_repaint().await?;
        Ok(terminal)
    }
}

impl Terminal {
    async fn wait_for_repaint(&mut self) -> Result<()> {
        loop {
            match self.message().await? {
                Message::Binary(_) if self.repaint_follows => {
                    self.repaint_follows = false;
                    return Ok(());
                }
                Message::Text(text) => self.note(&text),
                _ => {}
            }
        }
    }

    fn note(&mut self, text: &str) {
        if text.contains("\"snapshot\"") {
            self.repaint_follows = true;
        }
    }

    async fn message(&mut self) -> Result<Message> {
        Ok(self.socket.next().await.context("the terminal closed")??)
    }

    /// The next output, without its offset. A repaint is an error: then not every byte was delivered.
    pub(crate) async fn output(&mut self) -> Result<Bytes> {
        loop {
            match self.message().await? {
                Message::Binary(_) if self.repaint_follows => {
                    bail!("the viewer fell behind and was repainted")
                }
                Message::Binary(data) => return Ok(data.slice(8..)),
                Message::Text(text) => self.note(&text),
                _ => {}
            }
        }
    }

    pub(crate) async fn send(&mut self, data: &[u8]) -> Result<()> {
        Ok(self
            .socket
            .send(Message::Binary(Bytes::copy_from_slice(data)))
            .await?)
    }

    /// Reads until `mark` has gone by. Answers how many bytes there were.
    pub(crate) async fn read_until(&mut self, mark: &[u8]) -> Result<usize> {
        let mut tail = Vec::new();
        let mut count = 0;
        loop {
            let data = self.output().await?;
            count += data.len();
            tail.extend_from_slice(&data[data.len().saturating_sub(4 * mark.len())..]);
            if tail.windows(mark.len()).any(|window| window == mark) {
                return Ok(count);
            }
            let keep = tail.len().saturating_sub(2 * mark.len());
            tail.drain(..keep);
        }
    }
}
