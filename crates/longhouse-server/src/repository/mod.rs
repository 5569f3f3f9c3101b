//! A session's repository over HTTP: looked at, and worked with by hand.

mod body;
mod commit;
mod conflicts;
mod diff;
mod exchange;
mod log;
mod path;
mod place;
mod status;
mod steps;
mod typed;

pub(crate) use commit::*;
pub(crate) use conflicts::*;
pub(crate) use diff::*;
pub(crate) use exchange::*;
pub(crate) use log::*;
pub(crate) use status::*;
pub(crate) use steps::*;
pub(crate) use typed::*;
