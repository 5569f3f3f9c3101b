//! A session's repository over HTTP: looked at, and worked with by hand.

mod body;
mod commit;
mod diff;
mod log;
mod path;
mod status;

pub(crate) use commit::*;
pub(crate) use diff::*;
pub(crate) use log::*;
pub(crate) use status::*;
