//! A small HTTP client that speaks to the server as any program would.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Somebody who asks the server.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: String,
    pub(crate) token: Option<String>,
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn created(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        self.body
    }
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            address: url.strip_prefix("http://").unwrap().to_owned(),
            token: None,
        }
    }

    /// Asks; the error is a connection that broke, as it does when the server is killed.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(&self.address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.address);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body
            .map(|body| serde_json::to_vec(body).unwrap())
            .unwrap_or_default();
        let request = request.body(Full::new(Bytes::from(body)))?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        connection.abort();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, body, text })
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.try_send(method, path, body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// The session, if it has this status.
    pub(crate) async fn session_in(&self, id: &str, status: &str) -> Option<Value> {
        let session = self.get(&format!("/api/sessions/{id}")).await.created();
        assert!(
            status == "error" || session["status"] != "error",
            "{session}"
        );
        (session["status"] == status).then_some(session)
    }

    /// Types into a terminal.
    pub(crate) async fn input(&self, id: &str, terminal: &str, data: &str) {
        let path = format!("/api/sessions/{id}/terminals/{terminal}/input");
        self.post(&path, &serde_json::json!({"data": data}))
            .await
            .created();
    }

    /// A terminal's screen as text.
    pub(crate) async fn screen(&self, id: &str, terminal: &str) -> String {
        let path = format!("/api/sessions/{id}/terminals/{terminal}/screen?format=text");
        let answer = self.get(&path).await;
        assert!(
            answer.status.is_success(),
            "{}: {}",
            answer.status,
            answer.text
        );
        answer.text
    }
}
