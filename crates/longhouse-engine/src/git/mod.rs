//! A session's repository: how it stands, what happened in it, what differs, and work with it by hand.
//!
//! All git runs in the session. What comes back is what git said there, and is read here by the domain's readers: what they cannot read was
//! not said by git, and goes no further.

mod ask;
mod change;
mod failure;
mod kept_work;
mod look;
mod place;
mod tokens;
mod transport;
mod typed;
mod unsaved;

pub(crate) use ask::{ask_at, is_no_repository, succeeded};
pub use change::NewCommit;
pub(crate) use look::LOOK_TIME;
pub use look::{CommitPage, RepositoryStatus};
pub use place::RepositoryAt;
pub use tokens::GitTokenWish;
pub(crate) use transport::check_transport;
pub use typed::GitOutcome;
pub use unsaved::UnsavedWork;
