//! Putting a repository into the list.

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use longhouse_domain::name::SessionName;
use longhouse_domain::session::RuntimeKind;
use longhouse_domain::working_copy::CopyPath;
use longhouse_engine::{NewPlace, NewRepository};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::RepositoryBody;
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::Body;
use crate::problem::{FieldError, Problem, ProblemBody};
use crate::sessions::{ListedSession, RuntimeName, idempotency_key, in_words_of_the_list};
use crate::state::AppState;

/// A repository to be put into the list: with `sessionId` one that this session holds already, otherwise one for which a session is made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateRepository {
    /// 1 to 64 of `a-z A-Z 0-9 . _ -` and space. A session that is made for it has this name, too.
    name: String,
    /// The session that holds it: identifier or unique name.
    session_id: Option<String>,
    /// With `sessionId`: where it lies in the session's workspace; by default it is the workspace.
    path: Option<String>,
    /// What is cloned: `https://host/path`, `ssh://user@host/path` or `user@host:path`, without a password or a token. Without it (and
    /// without `sessionId`) an empty repository is made.
    git_url: Option<String>,
    /// The branch or tag to clone, by default the repository's own; of an empty repository its branch, by default `main`.
    branch: Option<String>,
    /// How many commits of history to fetch; by default all of them.
    #[schema(minimum = 1)]
    clone_depth: Option<u32>,
    /// Whether the repositories inside it are fetched too; by default not.
    #[serde(default)]
    clone_submodules: bool,
    /// Where the session that is made for it lives.
    runtime: Option<RuntimeName>,
    /// Where that session works: an absolute path below an allowed base directory. What is a repository there already is left as it is.
    workdir: Option<String>,
    /// One of the SSH keys that one keeps, by its identifier.
    ssh_key_id: Option<Uuid>,
    /// The port that its program is expected to listen on; by default the lowest that is free in the server's range.
    #[schema(minimum = 1024)]
    port: Option<u16>,
}

impl CreateRepository {
    /// What the engine can do with it, or everything that is wrong with it.
    fn checked(self, runtimes: &[RuntimeKind]) -> Result<NewRepository, Problem> {
        let mut errors = Vec::new();
        let name = SessionName::try_from(self.name.clone())
            .map_err(|error| errors.push(FieldError::new("name", error.to_string())));
        let path = self.path.as_deref().unwrap_or_default().parse::<CopyPath>();
        if let Err(error) = &path {
            errors.push(FieldError::new("path", error.to_string()));
        }
        errors.extend(self.misplaced());
        let (Ok(name), Ok(path), true) = (name, path, errors.is_empty()) else {
            return Err(Problem::invalid(errors));
        };
        let place = match self.session_id {
            Some(session) => NewPlace::In(session, path),
            None => NewPlace::New(Box::new(
                ListedSession {
                    name: self.name,
                    git_url: self.git_url,
                    branch: self.branch,
                    clone_depth: self.clone_depth,
                    clone_submodules: self.clone_submodules,
                    runtime: self.runtime,
                    workdir: self.workdir,
                    ssh_key_id: self.ssh_key_id,
                }
                .checked(runtimes)?,
            )),
        };
        Ok(NewRepository {
            name,
            place,
            port: self.port,
        })
    }

    /// The fields that make no sense where the repository is.
    fn misplaced(&self) -> Vec<FieldError> {
        let of_new = "is for a repository that gets a session of its own: leave it out, or leave out sessionId";
        let of_old = "is for a repository that a session holds already: name that by sessionId";
        let held = self.session_id.is_some();
        let asked = [
            ("path", !held && self.path.is_some(), of_old),
            ("gitUrl", held && self.git_url.is_some(), of_new),
            ("branch", held && self.branch.is_some(), of_new),
            ("cloneDepth", held && self.clone_depth.is_some(), of_new),
            ("cloneSubmodules", held && self.clone_submodules, of_new),
            ("runtime", held && self.runtime.is_some(), of_new),
            ("workdir", held && self.workdir.is_some(), of_new),
            ("sshKeyId", held && self.ssh_key_id.is_some(), of_new),
        ];
        let asked = asked.into_iter().filter(|(_, asked, _)| *asked);
        asked
            .map(|(field, _, text)| FieldError::new(field, text))
            .collect()
    }
}

/// Puts a repository into the list. Where a session is made for it, this answers at once with the session `starting`, and the clone goes on in
/// the background; one that a session holds already is looked at, if the session runs.
#[utoipa::path(post, path = "/api/repositories", tag = "git", request_body = CreateRepository,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key within 24 hours gives the same answer and no second session")),
    responses((status = 201, body = RepositoryBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn create_repository(
    state: State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    note: Note,
    body: Body<CreateRepository>,
) -> Result<impl IntoResponse, Problem> {
    let key = idempotency_key(&headers)?;
    let new = body.0.checked(&state.engine().runtimes())?;
    let made = state.engine().create_repository(&caller.actor, new, key);
    let made = made
        .await
        .map_err(|error| in_words_of_the_list(error.into()))?;
    note.detail("session", made.session.id.to_string());
    let repository = RepositoryBody::new(state.previews(), made);
    let location = format!("/api/repositories/{}", repository.id);
    Ok((
        StatusCode::CREATED,
        [(LOCATION, location)],
        Json(repository),
    ))
}
