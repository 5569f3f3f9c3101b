//! Everything Longhouse remembers: one [`Store`] on SQLite or PostgreSQL, with one module per group of tables.
//!
//! It keeps and finds; it decides nothing. What may happen to a session is the domain's business, and what a user may do
//! is asked of the domain's `Actor`: whatever a user reads goes through a query that takes the actor, so that the ownership
//! is checked where the data is read.
//!
//! **One SQL text for both.** Queries run over sqlx's `Any` driver: one pool type, one transaction type, one row type. The
//! price is a short list of column types (text, bigint, real), which is what portable SQL has anyway. The other way, an
//! enum over two native pools and a macro that expands each query twice, buys native JSON and time types that we must not
//! use, and doubles what the compiler has to build.
//!
//! **Writers.** SQLite has one writer connection whose transactions begin IMMEDIATE, and a few read-only connections beside
//! it: a transaction that begins by reading and goes on to write fails with BUSY whatever the time-out is. PostgreSQL has
//! one pool for both.
//!
//! **Durability.** SQLite runs in WAL mode with `synchronous=full` for all writes: what was acknowledged survives the loss
//! of power, not only the death of the process. One mode for all keeps that sentence true without exceptions; callers batch
//! what comes often (log lines, activity), and one transaction costs one fsync.
//!
//! Time and identifiers come in as arguments. Nothing here takes the present moment or rolls a die.

pub mod accounts;
pub mod api_tokens;
pub mod audit;
mod connection;
mod credentials;
pub mod error;
pub mod events;
pub mod external;
mod git_identity;
pub mod git_tokens;
pub mod idempotency;
pub mod known_hosts;
pub mod logs;
pub mod metrics;
mod migrations;
pub mod news;
pub mod repositories;
mod row;
pub mod screens;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod shares;
mod sight;
mod snapshot;
pub mod ssh_keys;
pub mod tickets;
pub mod tokens;
pub mod url;
pub mod users;
mod volumes;

pub use accounts::{Account, Person, Removed};
pub use api_tokens::{ApiToken, NewApiToken};
pub use audit::{AuditCut, AuditFault, AuditKey, AuditPage, AuditQuery, AuditReport, Deed};
pub use connection::{Health, Store};
pub use error::StoreError;
pub use events::{CatchUp, EventBounds};
pub use external::{ExternalIdentity, Link, Linking, Unlinking, WaysIn};
pub use git_tokens::GitToken;
pub use idempotency::{IdempotencyKey, IdempotentClaim};
pub use known_hosts::KnownHost;
pub use logs::{LogQuery, MAX_LOG_LINES, NewLogLine};
pub use news::{NewNews, WrittenNews};
pub use repositories::{Listed, ListedCopy, RepositoryChange, RepositoryQuery};
pub use screens::LastScreen;
pub use secrets::{SealedDataKey, SealedSecret, SecretScope, SecretsChange};
pub use sessions::{
    Alongside, Changed, Created, Crowd, NewRecord, Places, SessionRef, StatusCounts, Visible,
};
pub use shares::{Share, Shared};
pub use snapshot::Snapshot;
pub use ssh_keys::{NewSshKey, SshKey};
pub use tokens::{NewSignIn, NewToken, Rotation, SignIn};
pub use url::StoreUrl;
pub use users::{Credentials, NewUser, UserChange};
