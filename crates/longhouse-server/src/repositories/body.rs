//! A repository of the list as clients see it.

use longhouse_domain::Timestamp;
use longhouse_engine::RepositoryView;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::preview::{Place, PreviewNames};
use crate::sessions::StatusName;

/// Something that the caller may do with a repository of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RepositoryAction {
    /// Change its name and its port.
    Update,
    /// Give it another address, while its session runs.
    Move,
    /// Take it out of the list.
    Delete,
    /// Delete it with its files, which are its session's.
    DeleteFiles,
}

/// Why there is nothing to be told of a working copy.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RepositoryProblem {
    /// Stable, such as `git.no_repository`.
    code: String,
    /// In words.
    detail: String,
}

/// A repository of the list: a git working copy that a session holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Repository)]
pub(crate) struct RepositoryBody {
    pub(crate) id: Uuid,
    /// What people call it; it need not be unique.
    name: String,
    session_id: Uuid,
    session_name: String,
    session_status: StatusName,
    /// Why the session has that status, where there is a reason: a clone that failed, for one.
    session_status_reason: Option<String>,
    /// Whose the session is.
    owner_id: Uuid,
    /// Where it lies in the session's workspace; empty for the workspace itself.
    path: String,
    /// Where it came from, if that is known.
    git_url: Option<String>,
    /// The branch it stands on; null on none, and where nothing was heard of it yet.
    branch: Option<String>,
    /// The branch that it follows.
    upstream: Option<String>,
    /// Whether something is not committed, new files included; null where nothing was heard of it yet.
    dirty: Option<bool>,
    /// How many commits it has before the branch that it follows.
    ahead: Option<u64>,
    /// How many commits that one has before it.
    behind: Option<u64>,
    /// When branch, changes and commits were as they stand here: now while its session runs and answers, else when it last did.
    as_of: Option<Timestamp>,
    /// Why there is nothing to be told of it now, where its session says that.
    problem: Option<RepositoryProblem>,
    /// Whether its session runs.
    running: bool,
    /// The port that its program is expected to listen on in the session; nobody else's in the list. Programs of a session whose workspace
    /// it is find it in `PORT`, from the session's next start on.
    port: u16,
    /// Whether a program of the session listens on that port.
    listening: bool,
    /// Where what listens there is looked at; null where the server has no names for previews that its visitors could reach.
    preview_url: Option<String>,
    /// What the caller may do with it now.
    allowed_actions: Vec<RepositoryAction>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl RepositoryBody {
    /// The repository of a view, with the addresses by which previews are named here.
    pub(crate) fn new(names: &PreviewNames, view: RepositoryView) -> Self {
        let place = Place {
            session: view.session.id,
            port: view.copy.port,
        };
        let allowed_actions = allowed_actions(&view);
        let running = view.is_running();
        let reason = view.session.phase.reason().map(str::to_owned);
        let problem = view.problem.map(|problem| RepositoryProblem {
            code: problem.field,
            detail: problem.message,
        });
        let (state, as_of) = view.heard.unzip();
        let (branch, upstream) = state
            .as_ref()
            .map_or((None, None), |s| (s.branch.clone(), s.upstream.clone()));
        Self {
            id: view.copy.id,
            name: view.copy.name.to_string(),
            session_id: view.session.id.0,
            session_name: view.session.name.to_string(),
            session_status: view.session.status().into(),
            session_status_reason: reason,
            owner_id: view.session.owner.0,
            path: view.copy.path.to_string(),
            git_url: view.copy.git_url.map(|url| url.to_string()),
            branch,
            upstream,
            dirty: state.as_ref().map(|state| state.dirty),
            ahead: state.as_ref().and_then(|state| state.ahead),
            behind: state.as_ref().and_then(|state| state.behind),
            as_of,
            problem,
            running,
            port: view.copy.port,
            listening: view.listening,
            preview_url: names.origin(place),
            allowed_actions,
            created_at: view.copy.created_at,
            updated_at: view.copy.updated_at,
        }
    }
}

fn allowed_actions(view: &RepositoryView) -> Vec<RepositoryAction> {
    let own = view.is_the_actors_own();
    let actions = [
        (RepositoryAction::Update, view.may_be_changed()),
        (RepositoryAction::Move, own && view.is_running()),
        (RepositoryAction::Delete, view.may_be_changed()),
        (
            RepositoryAction::DeleteFiles,
            own && view.copy.path.is_workspace(),
        ),
    ];
    let allowed = actions.into_iter().filter(|(_, may)| *may);
    allowed.map(|(action, _)| action).collect()
}
