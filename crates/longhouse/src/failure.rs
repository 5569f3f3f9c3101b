//! How a command ends when it fails: one text for people, one exit code for scripts.

use crate::config::ConfigError;

/// The exit codes, as the help lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Anything without a code of its own.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// No server answers.
    Unreachable = 3,
    /// Not logged in, or not allowed.
    Forbidden = 4,
    /// No such session or terminal.
    NotFound = 5,
    /// It cannot be done now.
    Conflict = 6,
    /// Longhouse's own failure in a command whose exit code is the program's.
    OwnFailure = 125,
}

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the process ends with.
    pub(crate) code: Code,
    /// What was tried, what happened, and what to do.
    pub(crate) error: anyhow::Error,
}

impl Failure {
    /// A failure with this code.
    pub(crate) fn new(code: Code, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            error: error.into(),
        }
    }

    /// The same failure where the exit code belongs to a program.
    pub(crate) fn into_own(self) -> Self {
        Self {
            code: Code::OwnFailure,
            ..self
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Code::Failed, error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Code::Usage, error)
    }
}
