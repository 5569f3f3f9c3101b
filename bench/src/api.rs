//! Just enough of a client of Longhouse: JSON over HTTP.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::future::try_join_all;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::viewer::{Viewer, Words};

/// How long between two looks whether a session runs.
const LOOK: Duration = Duration::from_millis(1);

/// How long a login is used: a token lasts a quarter of an hour, and measuring takes longer.
const LOGIN: Duration = Duration::from_secs(5 * 60);

/// Somebody who is logged in.
pub(crate) struct Api {
    address: String,
    /// Who, and with what; nobody, where there is nothing.
    login: Option<(String, String)>,
    token: Mutex<Option<(String, Instant)>>,
}

impl Api {
    /// Nobody in particular.
    pub(crate) fn at(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            login: None,
            token: Mutex::new(None),
        }
    }

    pub(crate) async fn log_in(address: &str, username: &str, password: &str) -> Result<Self> {
        let api = Self {
            login: Some((username.to_owned(), password.to_owned())),
            ..Self::at(address)
        };
        api.token().await?;
        Ok(api)
    }

    /// A token that holds for a while yet; none for nobody.
    async fn token(&self) -> Result<Option<String>> {
        let Some((username, password)) = &self.login else {
            return Ok(None);
        };
        let mut token = self.token.lock().await;
        if let Some((text, _)) = token.as_ref().filter(|(_, at)| at.elapsed() < LOGIN) {
            return Ok(Some(text.clone()));
        }
        let nobody = Self::at(&self.address);
        let body = json!({"username": username, "password": password});
        // Boxed: it asks as everybody does, nobody in particular.
        let answer = Box::pin(nobody.call("POST", "/api/auth/login", Some(body))).await?;
        let text = answer["accessToken"].as_str().context("no access token")?;
        *token = Some((text.to_owned(), Instant::now()));
        Ok(Some(text.to_owned()))
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
        if let Some(token) = self.token().await? {
            request = request.header("authorization", format!("Bearer {token}"));
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
        self.create_as(shell(name, multiplexer)).await
    }

    /// Asks for a shell session, and does not wait until it runs: its terminal can be asked for at once.
    pub(crate) async fn ask_for(&self, name: &str, multiplexer: &str) -> Result<Value> {
        self.call("POST", "/api/sessions", Some(shell(name, multiplexer)))
            .await
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

    /// Deletes every session, some at a time.
    pub(crate) async fn delete_all(&self) -> Result<()> {
        loop {
            let list = self.call("GET", "/api/sessions?limit=20", None).await?;
            let items = list["items"].as_array().context("no list")?;
            if items.is_empty() {
                return Ok(());
            }
            try_join_all(items.iter().map(|session| self.delete(session))).await?;
        }
    }

    /// Watches a session's agent terminal, and waits for the first repaint.
    pub(crate) async fn watch(&self, session: &Value) -> Result<Viewer> {
        self.watch_with(session, "mode=write").await
    }

    /// The same, with a query of one's own.
    pub(crate) async fn watch_with(&self, session: &Value, query: &str) -> Result<Viewer> {
        let id = session["id"].as_str().context("no id")?;
        let path = format!("/api/sessions/{id}/terminals/agent/ws?{query}");
        let token = self.token().await?.unwrap_or_default();
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("sec-websocket-protocol", "longhouse.terminal.v1".to_owned()),
        ];
        Viewer::connect(Words::Longhouse, &self.address, &path, &headers).await
    }
}

fn shell(name: &str, multiplexer: &str) -> Value {
    json!({"name": name, "agent": "shell", "runtime": "host", "multiplexer": multiplexer})
}
