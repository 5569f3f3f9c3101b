//! Which repository of a session is meant, and where it comes from.

use longhouse_domain::git::RepositoryUrl;
use longhouse_domain::session::Session;
use longhouse_domain::working_copy::CopyPath;

use crate::engine::Engine;
use crate::error::EngineError;

/// A repository that lies in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryAt {
    /// Whose: the session's identifier or name.
    pub session: String,
    /// Where in its workspace.
    pub path: CopyPath,
}

impl RepositoryAt {
    /// The one that the session's workspace is.
    #[must_use]
    pub fn workspace(session: &str) -> Self {
        Self {
            session: session.to_owned(),
            path: CopyPath::default(),
        }
    }
}

impl Engine {
    /// Where a repository comes from, and where all goes that is pushed from it, as it is written down here: with the session for its
    /// workspace, in the list of repositories for another place. Where nothing is, the repository's own `origin` counts.
    pub(super) async fn stored_remote(
        &self,
        session: &Session,
        path: &CopyPath,
    ) -> Result<Option<RepositoryUrl>, EngineError> {
        if path.is_workspace() {
            let repository = session.spec.repository.as_ref();
            return Ok(repository.map(|repository| repository.url.clone()));
        }
        let store = &self.context().store;
        Ok(store.repository_url(session.id, path).await?)
    }
}
