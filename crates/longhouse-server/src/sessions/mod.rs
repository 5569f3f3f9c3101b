//! Sessions over HTTP: one file per group of operations, and the shapes that travel.

mod autocommit;
mod body;
mod checkpoints;
mod create;
mod exec;
mod kept_work;
mod lifecycle;
mod list;
mod logs;
mod metrics;
mod names;
mod ports;
mod pushing;
mod record;
mod shares;
mod stats;

pub(crate) use autocommit::*;
pub(crate) use body::*;
pub(crate) use checkpoints::*;
pub(crate) use create::*;
pub(crate) use exec::*;
pub(crate) use kept_work::*;
pub(crate) use lifecycle::*;
pub(crate) use list::*;
pub(crate) use logs::*;
pub(crate) use metrics::*;
pub(crate) use names::*;
pub(crate) use ports::*;
pub(crate) use pushing::*;
pub(crate) use record::*;
pub(crate) use shares::*;
pub(crate) use stats::*;
