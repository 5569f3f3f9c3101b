//! The audit log: appended to, read, verified, cut; never changed.
//!
//! ```text
//!   hash(n) = SHA-256(form, hash(n-1), seq, at, every text with its length)      hash(0) = 64 zeros
//!   head    = (seq, hash, HMAC(key, seq, hash))                                  the key is not in the database
//! ```
//!
//! Places come from the head's row: raising it locks it until the commit, so concurrent writers keep one chain without gaps.
//! A removed tail shows in the head, a changed, swapped, inserted or removed row in the hashes after it. Where the head itself
//! is found not to be ours, the log goes on with a row that says so for ever; a writer never seals over what it did not write.

mod append;
mod chain;
mod cut;
mod deed;
mod list;
mod verify;

pub use chain::AuditKey;
pub use cut::AuditCut;
pub use deed::Deed;
pub use list::{AuditPage, AuditQuery};
pub use verify::{AuditFault, AuditReport};

/// The action of the row that tells that the head had been tampered with.
pub const BREAK_ACTION: &str = "audit.break";

/// The action of the row that tells of a cut.
pub const CUT_ACTION: &str = "audit.cut";
