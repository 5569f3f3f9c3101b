//! Why the server did not do what was asked, and what to do about it.

use std::path::PathBuf;

use serde::Deserialize;

use crate::failure::{Code, Failure};
use crate::text;

/// The server's error format, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// In a few words.
    #[serde(default)]
    pub(crate) title: String,
    /// In full.
    #[serde(default)]
    pub(crate) detail: Option<String>,
    /// The stable name.
    #[serde(default)]
    pub(crate) code: String,
    /// What is wrong with which field.
    #[serde(default)]
    pub(crate) errors: Vec<FieldProblem>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FieldProblem {
    /// Which.
    pub(crate) field: String,
    /// What.
    pub(crate) message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let detail = self.detail.as_deref().unwrap_or(&self.title);
        f.write_str(&text::line(detail))?;
        for problem in &self.errors {
            let (field, message) = (text::line(&problem.field), text::line(&problem.message));
            write!(f, "\n  {field}: {message}")?;
        }
        match self.status {
            401 if self.code == "auth.setup_required" => Ok(()),
            401 => f.write_str("\nPut an API token into LONGHOUSE_TOKEN, or leave --url away to use this machine's server."),
            _ => Ok(()),
        }
    }
}

/// Why the server did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The local server is not running.
    #[error("no server is running here (nothing listens at {}): start it with `longhouse serve`, or name another with --url", .0.display())]
    NotRunning(PathBuf),
    /// The server cannot be reached.
    #[error("cannot reach {address}: {error}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        error: std::io::Error,
    },
    /// An address that this client cannot use.
    #[error("{0}")]
    Address(String),
    /// The settings that say where the server is cannot be used.
    #[error("{0}")]
    Configuration(String),
    /// The server said no.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The connection ended early, or what came is not our server's.
    #[error("the server's answer cannot be used: {0}")]
    Protocol(String),
}

impl ClientError {
    pub(super) fn protocol(error: impl std::fmt::Display) -> Self {
        Self::Protocol(error.to_string())
    }

    /// Whether trying again later may help.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::NotRunning(_) | Self::Unreachable { .. } | Self::Protocol(_) => true,
            Self::Refused(problem) => matches!(problem.status, 429 | 503),
            Self::Address(_) | Self::Configuration(_) => false,
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let code = match &error {
            ClientError::NotRunning(_) | ClientError::Unreachable { .. } => Code::Unreachable,
            ClientError::Address(_) | ClientError::Configuration(_) => Code::Usage,
            ClientError::Protocol(_) => Code::Failed,
            ClientError::Refused(problem) => match problem.status {
                401 | 403 => Code::Forbidden,
                404 => Code::NotFound,
                409 => Code::Conflict,
                503 => Code::Unreachable,
                _ => Code::Failed,
            },
        };
        Self::new(code, error)
    }
}
