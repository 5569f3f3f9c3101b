//! The vocabulary of Longhouse and its pure decisions.
//!
//! Everything here is data in, data out: no async, no files, no SQL, no HTTP, no clock and no chance.
//! Time comes in as a [`Timestamp`]; identifiers come in from whoever makes them.

pub mod actor;
pub mod agent;
pub mod audit;
pub mod clock;
pub mod container;
pub mod disk;
pub mod egress;
pub mod event;
pub mod git;
pub mod id;
pub mod lifecycle;
pub mod metrics;
pub mod name;
pub mod news;
pub mod patience;
pub mod publish;
pub mod query;
pub mod scope;
pub mod secret;
pub mod session;
pub mod share;
pub mod ssh;
pub mod terminal;
pub mod user;
pub mod working_copy;

pub use actor::{Actor, Permission, Role};
pub use clock::{Clock, Timestamp};
pub use id::{SessionId, UserId};
pub use lifecycle::{Phase, Status, Wish};
pub use patience::Patience;
pub use scope::{Scope, Scopes};
pub use secret::{SecretText, Secrets};
pub use session::{Session, SessionSpec};
pub use share::{Audience, ShareAccess};
