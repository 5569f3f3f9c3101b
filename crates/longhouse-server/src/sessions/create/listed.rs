//! A session that is made for a repository of the list: its workspace is the repository, and beside the agent `shell` it has what is usual.

use longhouse_domain::git::BadBranchName;
use longhouse_domain::session::RuntimeKind;
use longhouse_engine::NewSession;
use uuid::Uuid;

use super::{CreateSession, RuntimeName};
use crate::problem::Problem;

/// The branch of a repository that is made empty, where nobody names another.
const USUAL_BRANCH: &str = "main";

/// What can be said of such a session.
#[derive(Debug)]
pub(crate) struct ListedSession {
    pub(crate) name: String,
    pub(crate) git_url: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) clone_depth: Option<u32>,
    pub(crate) clone_submodules: bool,
    pub(crate) runtime: Option<RuntimeName>,
    pub(crate) workdir: Option<String>,
    pub(crate) ssh_key_id: Option<Uuid>,
}

impl ListedSession {
    /// What the engine can do with it, or everything that is wrong with it.
    pub(crate) fn checked(self, runtimes: &[RuntimeKind]) -> Result<NewSession, Problem> {
        let is_clone = self.git_url.is_some();
        let (cloned, made) = match is_clone {
            true => (self.branch, None),
            false => (None, Some(self.branch)),
        };
        let session = CreateSession {
            name: self.name,
            agent: Some("shell".to_owned()),
            repo_url: self.git_url,
            branch: cloned,
            clone_depth: self.clone_depth,
            clone_submodules: self.clone_submodules,
            runtime: self.runtime,
            workdir: self.workdir,
            ssh_key_id: self.ssh_key_id,
            ..CreateSession::default()
        };
        let mut new = session.checked(runtimes).map_err(in_words_of_the_list)?;
        if let Some(branch) = made {
            let wrong = |error: BadBranchName| Problem::invalid_field("branch", error.to_string());
            let branch = branch.as_deref().unwrap_or(USUAL_BRANCH).parse();
            new.new_repository = Some(branch.map_err(wrong)?);
        }
        Ok(new)
    }
}

/// What is wrong with such a session, to whoever asked for a repository.
pub(crate) fn in_words_of_the_list(problem: Problem) -> Problem {
    problem.renamed("repoUrl", "gitUrl")
}
