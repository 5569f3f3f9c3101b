//! Which file of a repository a question is about.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use longhouse_domain::git::GitPath;

use crate::files::decoded;
use crate::problem::Problem;
use crate::state::AppState;

/// The path in a question, any bytes, if there is one.
#[derive(Debug)]
pub(crate) struct PathIn(pub(super) Option<GitPath>);

impl FromRequestParts<AppState> for PathIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let path = decoded(query, "path").filter(|path| !path.is_empty());
        let path = path.map(GitPath::try_from).transpose();
        let wrong = |error: longhouse_domain::git::BadGitPath| {
            Problem::invalid_field("path", error.to_string())
        };
        Ok(Self(path.map_err(wrong)?))
    }
}
