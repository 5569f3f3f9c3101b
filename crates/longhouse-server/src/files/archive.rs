//! A directory as one file.

use axum::extract::State;
use axum::response::Response;
use longhouse_engine::FilePlace;

use super::content::download;
use super::question::{FilePath, PlaceOf};
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Gives a directory as a tar archive, made as it is sent. Links are packed as links; pipes, sockets and devices are left out. An
/// archive that cannot be finished is cut off.
#[utoipa::path(get, path = "/api/files/archive", tag = "files", params(
        ("session" = Option<String>, Query, description = "The session in whose working directory the path begins; without it the path is absolute, on this machine"),
        ("path" = Option<String>, Query, description = "Percent-encoded bytes, decoded once; in a session the working directory by default")),
    responses((status = 200, body = Vec<u8>, content_type = "application/x-tar"), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub(crate) async fn archive_files(
    state: State<AppState>,
    caller: Caller,
    place: PlaceOf,
    path: FilePath,
) -> Result<Response, Problem> {
    let (engine, actor) = (state.engine(), &caller.actor);
    let archive = engine.archive_files(actor, place.place(), &path.0).await?;
    let mut name = last_name(&path.0).to_vec();
    if name.is_empty() {
        name = match place.place() {
            FilePlace::Session(session) => {
                let session = engine.get_session(actor, session).await?.session;
                session.name.to_string().into_bytes()
            }
            FilePlace::Machine => b"files".to_vec(),
        };
    }
    name.extend_from_slice(b".tar");
    Ok(download(&name, "application/x-tar", archive))
}

fn last_name(path: &[u8]) -> &[u8] {
    let mut names = path.rsplit(|byte| *byte == b'/');
    let last = names.find(|name| !matches!(*name, b"" | b"."));
    last.unwrap_or_default()
}
