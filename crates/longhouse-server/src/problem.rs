//! The one error envelope: RFC 9457 `application/problem+json`.
//!
//! A handler answers with a [`Problem`]; the [edge](crate::edge) renders it, for only the edge knows the request's identifier,
//! and logs it. Nothing else in this crate makes an error body.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use longhouse_engine::{EngineError, FieldProblem, FileError, UploadError};
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field, as a path: `env.PATH`, `flags[0]`; empty for the body as a whole.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl FieldError {
    /// A complaint about one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// The body of every error answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:longhouse:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, for a person.
    pub detail: String,
    /// What happened, for a program; stable.
    #[schema(example = "session.not_found")]
    pub code: String,
    /// The identifier under which the server's log speaks of this request.
    pub request_id: String,
    /// The fields at fault, where there are such.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

/// What a problem says in a header of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// Seconds after which to try again: `Retry-After`.
    RetryAfter(u64),
    /// The size in bytes of that of which a part was asked for that is not there: `Content-Range`.
    WholeSize(u64),
}

/// An error on its way out.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    number: Option<Number>,
    private: Option<String>,
}

impl Problem {
    /// A problem with a status, a stable code and a sentence.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            errors: Vec::new(),
            number: None,
            private: None,
        }
    }

    /// 422 with the fields at fault.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(
            || "the request is not valid".to_owned(),
            |first| match first.field.as_str() {
                "" => first.message.clone(),
                field => format!("{field}: {}", first.message),
            },
        );
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request.invalid", detail);
        problem.errors = errors;
        problem
    }

    /// 422 for one field.
    pub fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, message)])
    }

    /// The same, to somebody who calls a field by another name.
    #[must_use]
    pub(crate) fn renamed(mut self, from: &str, to: &str) -> Self {
        for error in &mut self.errors {
            error.field = error.field.replace(from, to);
            error.message = error.message.replace(from, to);
        }
        self.detail = self.detail.replace(from, to).into();
        self
    }

    /// 401: nobody has logged in, or what they brought is no longer good.
    pub fn unauthenticated(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "auth.required", detail)
    }

    /// 403.
    pub fn forbidden(
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 500; `private` goes to the log and nowhere else.
    pub fn internal(private: impl Into<String>) -> Self {
        let mut problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong inside the server; its log says more under the request's identifier",
        );
        problem.private = Some(private.into());
        problem
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.number = Some(Number::RetryAfter(seconds.max(1)));
        self
    }

    /// Says how large that is of which a part was asked for that is not there.
    #[must_use]
    fn of_size(mut self, bytes: u64) -> Self {
        self.number = Some(Number::WholeSize(bytes));
        self
    }

    /// The problem that stands for a status which some layer answered without a body of ours.
    pub fn for_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::BAD_REQUEST => ("request.malformed", "the request cannot be read"),
            StatusCode::UNAUTHORIZED => ("auth.required", "log in first"),
            StatusCode::FORBIDDEN => ("auth.forbidden", "this is not allowed"),
            StatusCode::NOT_FOUND => ("request.not_found", "there is nothing at this address"),
            StatusCode::METHOD_NOT_ALLOWED => (
                "request.method_not_allowed",
                "this address does not answer to this method; Allow lists those it does",
            ),
            StatusCode::REQUEST_TIMEOUT => {
                ("request.timeout", "the request took too long to arrive")
            }
            StatusCode::PAYLOAD_TOO_LARGE => ("request.too_large", "the body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "request.media_type",
                "the body must be JSON, with content type application/json",
            ),
            StatusCode::UPGRADE_REQUIRED => (
                "request.upgrade_required",
                "this address speaks WebSocket only",
            ),
            _ if status.is_server_error() => ("internal", "something went wrong inside the server"),
            _ => ("request.refused", "the request was refused"),
        };
        Self::new(status, code, detail)
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What only the log may know.
    pub(crate) fn private(&self) -> Option<&str> {
        self.private.as_deref()
    }

    /// What the answer's headers say besides.
    pub(crate) fn number(&self) -> Option<Number> {
        self.number
    }

    /// The body as the client gets it.
    pub fn body(&self, request_id: &str) -> ProblemBody {
        ProblemBody {
            kind: format!("urn:longhouse:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone().into_owned(),
            code: self.code.clone().into_owned(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// How long a client waits before it asks an engine or a database again that was away, in seconds.
const UNAVAILABLE_RETRY_SECONDS: u64 = 2;

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::SessionNotFound => {
                missing("session.not_found", "there is no such session")
            }
            EngineError::ContainerNotFound => {
                missing("container.not_found", "there is no such container")
            }
            EngineError::TerminalNotFound => {
                missing("terminal.not_found", "the session has no such terminal")
            }
            EngineError::NoRecording => missing(
                "recording.none",
                "nothing was recorded of this terminal: switch the session's `recording` on, and what it shows from then on is kept",
            ),
            EngineError::CheckpointNotFound => missing(
                "checkpoint.not_found",
                "the session has no such checkpoint: the newest hundred are kept",
            ),
            EngineError::VolumeNotFound => missing(
                "volume.not_found",
                "there is no such volume, or a session owns it",
            ),
            EngineError::SshKeyNotFound => missing("ssh_key.not_found", "there is no such SSH key"),
            EngineError::GitTokenNotFound => {
                missing("git_token.not_found", "there is no such git token")
            }
            EngineError::RepositoryNotFound => {
                missing("repository.not_found", "there is no such repository")
            }
            EngineError::KnownHostNotFound => {
                missing("known_host.not_found", "there is no such known host")
            }
            EngineError::ShareNotFound => missing(
                "share.not_found",
                "the session is not shared with that user",
            ),
            EngineError::Forbidden { code, detail } => Self::forbidden(code, detail),
            EngineError::Invalid(fields) => Self::invalid(
                fields
                    .into_iter()
                    .map(|problem| FieldError::new(problem.field, problem.message))
                    .collect(),
            ),
            EngineError::InTheWay {
                code,
                detail,
                items,
            } => in_the_way(code, detail, items),
            EngineError::Conflict { code, detail } => Self::new(StatusCode::CONFLICT, code, detail),
            EngineError::Unavailable { code, detail } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
                    .retry_after(UNAVAILABLE_RETRY_SECONDS)
            }
            EngineError::File(error) => of_file(error),
            EngineError::Upload(UploadError::Broken) => of_file(FileError::Incomplete),
            EngineError::Upload(UploadError::Slow) => Self::for_status(StatusCode::REQUEST_TIMEOUT),
            EngineError::Internal(detail) => Self::internal(detail),
        }
    }
}

fn missing(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, code, detail)
}

fn in_the_way(code: &'static str, detail: String, items: Vec<FieldProblem>) -> Problem {
    let items = items.into_iter();
    let items = items.map(|item| FieldError::new(item.field, item.message));
    let mut problem = Problem::new(StatusCode::CONFLICT, code, detail);
    problem.errors = items.collect();
    problem
}

fn of_file(error: FileError) -> Problem {
    let status = match error {
        FileError::Path(_) | FileError::Incomplete => StatusCode::BAD_REQUEST,
        FileError::NotFound => StatusCode::NOT_FOUND,
        FileError::Outside | FileError::Denied | FileError::ReadOnly => StatusCode::FORBIDDEN,
        FileError::Changed => StatusCode::PRECONDITION_FAILED,
        FileError::TooLarge(_) | FileError::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
        FileError::BeyondEnd(_) => StatusCode::RANGE_NOT_SATISFIABLE,
        FileError::NoSpace => StatusCode::INSUFFICIENT_STORAGE,
        FileError::Unsupported => StatusCode::NOT_IMPLEMENTED,
        FileError::NotRegular
        | FileError::NotDirectory
        | FileError::Exists
        | FileError::NotEmpty
        | FileError::OtherFileSystem
        | FileError::Busy
        | FileError::Failed(_) => StatusCode::CONFLICT,
    };
    let problem = Problem::new(status, format!("file.{}", error.code()), error.to_string());
    match error {
        FileError::BeyondEnd(size) => problem.of_size(size),
        _ => problem,
    }
}
