//! The list of repositories: git working copies, each of a session that holds it. Whoever may look at the session sees its entries, whoever
//! may drive it changes them; what an entry says of its working copy is asked of the session.

mod change;
mod create;
mod list;

pub(crate) use create::{entry_of_workspace, port_taken};
use longhouse_domain::clock::Timestamp;
use longhouse_domain::git::RepositoryUrl;
use longhouse_domain::lifecycle::Status;
use longhouse_domain::name::SessionName;
use longhouse_domain::session::Session;
use longhouse_domain::working_copy::{CopyPath, CopyState, PortChoice, WorkingCopy};
use longhouse_domain::{Permission, SessionId};
use longhouse_store::ListedCopy;
use uuid::Uuid;

use crate::error::FieldProblem;
use crate::session::request::NewSession;

/// A repository to be put into the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRepository {
    /// What people call it.
    pub name: SessionName,
    /// Where its working copy is.
    pub place: NewPlace,
    /// The port for its program; by default the lowest that is free.
    pub port: Option<u16>,
}

/// Where a repository's working copy is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewPlace {
    /// It is in a session already: whose identifier or name, and where in it.
    In(String, CopyPath),
    /// In a session that is made for it, as its workspace.
    New(Box<NewSession>),
}

/// How a new session's workspace stands in the list.
#[derive(Clone, Debug)]
pub(crate) struct ListedAs {
    /// What people call it.
    pub(crate) name: SessionName,
    /// The port for its program.
    pub(crate) port: PortChoice,
}

/// A change of an entry; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryPatch {
    /// What people call it.
    pub name: Option<SessionName>,
    /// The port for its program.
    pub port: Option<u16>,
    /// Where it comes from.
    pub git_url: Option<RepositoryUrl>,
}

/// What becomes of the files of a repository that leaves the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepositoryFiles {
    /// They stay, in their session.
    Kept,
    /// They are deleted, with their session.
    Deleted,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryQuestion {
    /// Only those of this session.
    pub session: Option<SessionId>,
    /// Where the page before ended.
    pub after: Option<Uuid>,
    /// How many.
    pub limit: u32,
}

/// Some entries, the newest first.
#[derive(Clone, Debug)]
pub struct RepositoryPage {
    /// They.
    pub items: Vec<RepositoryView>,
    /// How many there are on all pages.
    pub total: u64,
    /// Where the next page begins, if there is one.
    pub next: Option<Uuid>,
}

/// An entry, as an actor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryView {
    /// The entry.
    pub copy: WorkingCopy,
    /// The session that holds it.
    pub session: Session,
    /// Branch and changes: of this moment where the session could be asked, else as they were last heard of.
    pub heard: Option<(CopyState, Timestamp)>,
    /// Why there is nothing to hear of it, where the session says that: it is no repository any more.
    pub problem: Option<FieldProblem>,
    /// Whether a program of the session listens on its port.
    pub listening: bool,
    /// What the actor may do with the session.
    pub access: Permission,
}

impl RepositoryView {
    /// As it is remembered.
    fn remembered(found: ListedCopy) -> Self {
        Self {
            heard: found.copy.heard.clone(),
            copy: found.copy,
            session: found.holder.session,
            problem: None,
            listening: false,
            access: found.holder.access,
        }
    }

    /// Whether its session runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.session.status() == Status::Running
    }

    /// Whether the actor may change the entry, and take it out of the list.
    #[must_use]
    pub fn may_be_changed(&self) -> bool {
        self.access >= Permission::Drive
    }

    /// Whether the actor may delete its files with it, and give it another address.
    #[must_use]
    pub fn is_the_actors_own(&self) -> bool {
        self.access >= Permission::Own
    }
}
