//! One session's record: read, changed, deleted.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::name::SessionName;
use longhouse_engine::{SecretsPatch, SessionPatch, UnsavedWork};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::body::SessionBody;
use super::create::{allow_list, megabytes};
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, PathOf, Question, parse_switch};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A change of a session's record. What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateSession {
    name: Option<String>,
    description: Option<String>,
    /// In place of all old ones.
    labels: Option<BTreeMap<String, String>>,
    /// null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>)]
    idle_timeout_seconds: Option<Option<u32>>,
    /// In place of the old one, from the next start on.
    env: Option<BTreeMap<String, String>>,
    /// Sets these, removes those that are null, and leaves the others. They hold at once.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Option<String>>, write_only)]
    secrets: SecretsPatch,
    /// Of the agent, from the next start on.
    flags: Option<Vec<String>>,
    /// What is reached with the network `allowlist`, in place of the old list. It holds at once: connections that it does not allow
    /// any more end.
    allow_hosts: Option<Vec<String>>,
    /// Megabytes on disk of a container; null for as many as are usual. It holds at once.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    disk_limit: Option<Option<u64>>,
    /// Whether its terminals are recorded. It holds at once.
    recording: Option<bool>,
}

/// Tells null from absence.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    json: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(json).map(Some)
}

/// Gives one session.
#[utoipa::path(get, path = "/api/sessions/{id}", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = SessionBody), (status = 404, body = ProblemBody)))]
pub(crate) async fn get_session(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<SessionBody>, Problem> {
    let view = state.engine().get_session(&caller.actor, &id.0).await?;
    Ok(Json(SessionBody::new(state.previews(), &view)))
}

/// Changes a session's record.
#[utoipa::path(patch, path = "/api/sessions/{id}", tag = "sessions", request_body = UpdateSession,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = SessionBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn update_session(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    note: Note,
    body: Body<UpdateSession>,
) -> Result<Json<SessionBody>, Problem> {
    let change = body.0;
    let name = change
        .name
        .map(SessionName::try_from)
        .transpose()
        .map_err(|error| Problem::invalid_field("name", error.to_string()))?;
    let mut errors = Vec::new();
    let allow_hosts = change.allow_hosts.as_deref();
    let allow_hosts = allow_hosts.map(|list| allow_list(list, &mut errors));
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    if let Some(list) = &allow_hosts {
        note.detail("allowHosts", list.to_string());
    }
    if let Some(limit) = change.disk_limit {
        let limit = limit.map_or_else(|| "usual".to_owned(), |limit| limit.to_string());
        note.detail("diskLimit", limit);
    }
    if let Some(recording) = change.recording {
        note.detail("recording", recording.to_string());
    }
    let patch = SessionPatch {
        name,
        description: change.description,
        labels: change.labels,
        idle_timeout_seconds: change.idle_timeout_seconds,
        env: change.env,
        secrets: change.secrets,
        flags: change.flags,
        allow_hosts,
        disk_mb: change.disk_limit.map(|limit| limit.map(megabytes)),
        recording: change.recording,
    };
    let view = state
        .engine()
        .update_session(&caller.actor, &id.0, patch)
        .await?;
    Ok(Json(SessionBody::new(state.previews(), &view)))
}

/// Deletes a session with everything that Longhouse made for it; answers when it is gone. A working directory that a person
/// named stays. 409 `session.unsaved_work` where work would be lost that is neither committed nor pushed: `errors` names files and commits; 409
/// `session.work_not_kept` where a working tree's work is to be kept in its repository and cannot be: it is tried further, and shown with the session.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("force" = Option<bool>, Query, description = "Also where work would be lost that is neither committed nor pushed"),
        ("discard" = Option<bool>, Query, description = "With force: nothing is kept of a working tree in the repository that it is of")),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn delete_session(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    id: PathOf<String>,
    mut question: Question,
) -> Result<StatusCode, Problem> {
    let force = question.parsed("force", "true or false", parse_switch);
    let discard = question.parsed("discard", "true or false", parse_switch);
    let unsaved = match (force == Some(true), discard == Some(true)) {
        (true, true) => UnsavedWork::Discarded,
        (true, false) => UnsavedWork::GivenUp,
        (false, false) => UnsavedWork::Kept,
        (false, true) => {
            question.complain("discard", "belongs to force");
            UnsavedWork::Kept
        }
    };
    question.done()?;
    if unsaved == UnsavedWork::Discarded {
        note.detail("discard", "true");
    }
    let engine = state.engine();
    engine.delete_session(&caller.actor, &id.0, unsaved).await?;
    Ok(StatusCode::NO_CONTENT)
}
