//! Sessions: what people ask of them, and the tasks that drive each to its wish.

pub(crate) mod ask;
pub(crate) mod clone_failure;
pub(crate) mod connection;
mod container;
pub(crate) mod create;
pub(crate) mod driver;
pub(crate) mod handle;
pub(crate) mod inside;
pub(crate) mod kept;
mod lists;
pub(crate) mod live;
pub(crate) mod logs;
mod operate;
pub(crate) mod place;
pub(crate) mod ports;
pub(crate) mod request;
mod restart;
pub(crate) mod right;
mod secrets;
pub(crate) mod share;
mod ssh_key;
pub(crate) mod terminals;
pub(crate) mod view;
mod watch;
mod work;
pub(crate) mod worktree;
