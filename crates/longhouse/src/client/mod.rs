//! A small HTTP client for our own server: over its local socket, or over the network with an API token.
//!
//! It knows addresses, authentication and the error format, and nothing of sessions.

mod error;
mod transport;
mod trust;

pub(crate) use error::{ClientError, Problem};
pub(crate) use transport::{Connection, Endpoint};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cli::Place;
use crate::config::{self, ConfigError};
use crate::environment::Environment;
use crate::places::Places;

/// The largest answer that is taken whole. A thousand sessions take about two megabytes.
const ANSWER_LIMIT: usize = 64 << 20;

/// A server, and who we are to it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    endpoint: Endpoint,
    /// `Bearer ...`, marked as sensitive.
    authorization: Option<HeaderValue>,
}

impl Client {
    /// The server that the command line means: the one at `--url` or `LONGHOUSE_URL`, or this machine's own.
    pub(crate) fn new(
        place: &Place,
        environment: &Environment,
        directory: &std::path::Path,
    ) -> Result<Self, ClientError> {
        let url = place.url.as_deref().or(environment.get("LONGHOUSE_URL"));
        let ca = place
            .ca
            .clone()
            .or_else(|| environment.get("LONGHOUSE_CA").map(Into::into))
            .map(|path| directory.join(path));
        if let Some(url) = url {
            return Ok(Self {
                endpoint: Endpoint::parse(url, ca.as_deref())?,
                authorization: bearer(environment)?,
            });
        }
        let flags = config::Flags {
            config: place.config.clone(),
            data_dir: place.data_dir.clone(),
            ..config::Flags::default()
        };
        let settings = config::load(&flags, environment, directory)
            .map(|configuration| configuration.settings)
            .map_err(|error: ConfigError| ClientError::Configuration(error.to_string()))?;
        Ok(Self {
            endpoint: Endpoint::Local(Places::new(&settings).control_socket()),
            authorization: None,
        })
    }

    /// The server.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The head of a request to this server, for this path and query.
    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.endpoint.host());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request
    }

    /// Asks, and takes the answer's body as it comes. A refusal is an error.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Response<Incoming>, ClientError> {
        let request = self
            .request(method, path)
            .header(ACCEPT, "application/json, text/plain");
        let request = match body {
            Some(body) => {
                let json = serde_json::to_vec(body).map_err(ClientError::protocol)?;
                request
                    .header(CONTENT_TYPE, "application/json")
                    .body(Full::new(Bytes::from(json)))
            }
            None => request.body(Full::new(Bytes::new())),
        }
        .map_err(ClientError::protocol)?;
        let connection = self.endpoint.connect().await?;
        let response = transport::exchange(connection, request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(response).await)
    }

    /// Asks and reads the JSON of the answer.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ClientError> {
        let response = self.send(method, path, body).await?;
        let bytes = whole(response).await?;
        serde_json::from_slice(&bytes).map_err(ClientError::protocol)
    }

    /// Gets JSON.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.json(Method::GET, path, None::<&()>).await
    }

    /// Asks for something to be done and drops the answer.
    pub(crate) async fn act(&self, method: Method, path: &str) -> Result<(), ClientError> {
        let response = self.send(method, path, None::<&()>).await?;
        whole(response).await.map(|_| ())
    }
}

/// The token of the environment: the text itself, or that of a file, where other programs of the user do not see it.
fn bearer(environment: &Environment) -> Result<Option<HeaderValue>, ClientError> {
    let (name, token) = match (
        environment.get("LONGHOUSE_TOKEN"),
        environment.get("LONGHOUSE_TOKEN_FILE"),
    ) {
        (Some(token), _) => ("LONGHOUSE_TOKEN", token.to_owned()),
        (None, Some(path)) => {
            let read = std::fs::read_to_string(path).map_err(|error| {
                ClientError::Configuration(format!("LONGHOUSE_TOKEN_FILE: {path}: {error}"))
            });
            ("LONGHOUSE_TOKEN_FILE", read?)
        }
        (None, None) => return Ok(None),
    };
    let no_token = || ClientError::Configuration(format!("{name} holds no token"));
    let token = token.trim();
    if token.is_empty() {
        return Err(no_token());
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| no_token())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

async fn whole(response: Response<Incoming>) -> Result<Bytes, ClientError> {
    let body = Limited::new(response.into_body(), ANSWER_LIMIT);
    let collected = body.collect().await.map_err(ClientError::protocol)?;
    Ok(collected.to_bytes())
}

async fn refusal(response: Response<Incoming>) -> ClientError {
    let status = response.status();
    match whole(response).await {
        Ok(body) => refusal_of(status, &body),
        Err(error) => error,
    }
}

/// The error that an answer with this status and body stands for.
pub(crate) fn refusal_of(status: StatusCode, body: &[u8]) -> ClientError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => ClientError::Refused(Box::new(problem)),
        Err(_) => ClientError::Protocol(format!("it answered {status}")),
    }
}

/// A segment of a path, with everything but plain letters, digits and `-._~` escaped.
pub(crate) fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// A query string, empty or with its `?`.
pub(crate) fn query(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", segment(value)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_another_path() {
        assert_eq!(segment("fix login"), "fix%20login");
        assert_eq!(segment("../a?b#c"), "..%2Fa%3Fb%23c");
        let pairs = [("q", "a&b".to_owned()), ("limit", "5".to_owned())];
        assert_eq!(query(&pairs), "?q=a%26b&limit=5");
        assert_eq!(query(&[]), "");
    }
}
