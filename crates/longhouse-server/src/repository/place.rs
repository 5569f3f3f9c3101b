//! Which repository a request is about.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use longhouse_domain::working_copy::BadCopyPath;
use longhouse_engine::RepositoryAt;

use crate::audit::Note;
use crate::extract::{PathOf, Question};
use crate::problem::Problem;
use crate::state::AppState;

/// The session that the address names, and where in its workspace the repository lies: `in` of the question, by default the workspace itself.
#[derive(Debug)]
pub(crate) struct RepositoryOf(pub(super) RepositoryAt);

impl FromRequestParts<AppState> for RepositoryOf {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let session = PathOf::<String>::from_request_parts(parts, state).await?.0;
        let question = Question::of(parts.uri.query().unwrap_or_default());
        let path = question.text("in").unwrap_or_default().parse();
        let wrong = |error: BadCopyPath| Problem::invalid_field("in", error.to_string());
        let at = RepositoryAt {
            session,
            path: path.map_err(wrong)?,
        };
        let Ok(note) = Note::from_request_parts(parts, state).await;
        note_place(&note, &at);
        Ok(Self(at))
    }
}

/// Records where it lies, where that is not the workspace.
pub(super) fn note_place(note: &Note, at: &RepositoryAt) {
    if !at.path.is_workspace() {
        note.detail("in", at.path.as_str());
    }
}
