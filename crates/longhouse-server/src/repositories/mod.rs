//! The list of repositories over HTTP. What is done with the repository of a session stands in `repository`.

mod body;
mod change;
mod create;
mod list;

pub(crate) use body::*;
pub(crate) use change::*;
pub(crate) use create::*;
pub(crate) use list::*;
