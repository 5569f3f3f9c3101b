//! What can go wrong, named for what the caller will do about it.

use longhouse_store::Crowd;

use crate::files::{FileError, UploadError};

/// One field of a request that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name as the caller wrote it.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl FieldProblem {
    /// A problem with `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// Why the engine did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No such session, or none that the actor may know of.
    #[error("there is no such session")]
    SessionNotFound,
    /// No such container, or none that the actor may know of.
    #[error("there is no such container")]
    ContainerNotFound,
    /// The session has no such terminal.
    #[error("there is no such terminal")]
    TerminalNotFound,
    /// No such volume, or none that the actor may know of, or one that a session owns.
    #[error("there is no such volume")]
    VolumeNotFound,
    /// No such SSH key, or none that the actor keeps.
    #[error("there is no such SSH key")]
    SshKeyNotFound,
    /// No such host among those that the actor's sessions know.
    #[error("there is no such known host")]
    KnownHostNotFound,
    /// No such git token, or none that the actor keeps.
    #[error("there is no such git token")]
    GitTokenNotFound,
    /// No such repository in the list, or none that the actor may know of.
    #[error("there is no such repository")]
    RepositoryNotFound,
    /// No such checkpoint of the session.
    #[error("there is no such checkpoint")]
    CheckpointNotFound,
    /// Nothing was recorded of the terminal, and nothing is kept of it.
    #[error("nothing was recorded of this terminal")]
    NoRecording,
    /// The session is not shared with that user.
    #[error("the session is not shared with that user")]
    ShareNotFound,
    /// The actor may look, but not do this.
    #[error("{detail}")]
    Forbidden {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
    },
    /// Fields to correct.
    #[error("the request has {} field(s) to correct", .0.len())]
    Invalid(Vec<FieldProblem>),
    /// Not in the present state; the text says what to do first.
    #[error("{detail}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
    },
    /// The same, with what is in the way one by one.
    #[error("{detail}")]
    InTheWay {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
        /// Each, and what is the matter with it.
        items: Vec<FieldProblem>,
    },
    /// Something that is needed is away: try again later.
    #[error("{detail}")]
    Unavailable {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
    },
    /// A file operation was refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// What was to be saved did not arrive.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// A fault of ours. The text is for the log, not for the caller.
    #[error("{0}")]
    Internal(String),
}

impl EngineError {
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
        }
    }

    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem::new(field, message)])
    }

    pub(crate) fn port_taken(port: u16, whose: &str) -> Self {
        let text = format!(
            "port {port} of this machine is taken ({whose}): choose another, or leave host out"
        );
        Self::conflict("port.taken", text)
    }

    pub(crate) fn not_running() -> Self {
        Self::conflict(
            "session.not_running",
            "the session does not run: start it first",
        )
    }

    pub(crate) fn unreachable(what: &str) -> Self {
        Self::Unavailable {
            code: "session.unreachable",
            detail: format!("the session's sessiond did not answer ({what}): try again shortly"),
        }
    }
}

/// What sessiond answered, as what the caller will do about it. Its words are foreign input: they are cut and cleaned.
impl From<tonic::Status> for EngineError {
    fn from(status: tonic::Status) -> Self {
        use tonic::Code;
        let said = plain(status.message());
        match status.code() {
            Code::NotFound => Self::TerminalNotFound,
            Code::InvalidArgument => Self::Invalid(vec![FieldProblem::new("", said)]),
            Code::FailedPrecondition | Code::AlreadyExists | Code::OutOfRange => Self::Conflict {
                code: "terminal.conflict",
                detail: said,
            },
            Code::ResourceExhausted => Self::Conflict {
                code: "terminal.limit_reached",
                detail: said,
            },
            _ => Self::unreachable(&said),
        }
    }
}

impl From<longhouse_store::StoreError> for EngineError {
    fn from(error: longhouse_store::StoreError) -> Self {
        use longhouse_store::StoreError as E;
        match error {
            E::NameTaken => Self::conflict(
                "session.name_taken",
                "another session has that name: choose another",
            ),
            E::Full { whose, limit } => {
                let whose = match whose {
                    Crowd::Everybody => "this server",
                    Crowd::Owner => "one user",
                };
                let text = format!(
                    "{whose} may have {limit} running sessions, and has them: stop one first"
                );
                Self::conflict("session.limit_reached", text)
            }
            E::PortTaken(port) => Self::port_taken(port, "another session has it"),
            E::Conflict(why) => Self::conflict("request.conflict", why),
            E::InvalidQuery { field, message } => Self::invalid(field, message),
            E::Unavailable(_) => {
                tracing::warn!(%error, "the database is not available");
                Self::Unavailable {
                    code: "database.unavailable",
                    detail: "the database is not available: try again shortly".to_owned(),
                }
            }
            E::Corrupt(_) | E::SchemaTooNew { .. } | E::Other(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}

impl From<crate::secrets::SecretsError> for EngineError {
    fn from(error: crate::secrets::SecretsError) -> Self {
        use crate::secrets::SecretsError as E;
        match error {
            E::Store(error) => error.into(),
            E::Busy => Self::conflict("secrets.busy", error.to_string()),
            E::Source(detail) => Self::conflict("secrets.master_key", detail),
            E::WrongMasterKey { .. } | E::Damaged { .. } | E::NoChance(_) | E::TooLong => {
                Self::Internal(error.to_string())
            }
        }
    }
}

/// Foreign words for people: one line, no control characters, at most 300 characters.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sessiond_says_is_cleaned_before_anybody_reads_it() {
        assert_eq!(plain("a\x1b[31m\nb"), "a [31m b");
        assert_eq!(plain(&"x".repeat(1000)).len(), 300);
    }
}
