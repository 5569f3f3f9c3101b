//! Sessions: the record of what was asked for, what is wanted, and how far it has got.
//!
//! What a user reads goes through [`Store::session`] and [`Store::sessions`], which take the actor. The engine's own reads,
//! which serve no user, are named after what they are for.

mod cursor;
#[cfg(fuzzing)]
pub mod fuzzing;
mod list;
mod places;
mod ports;
mod read;
mod record;
mod write;

pub(crate) use read::visible_from;
pub(crate) use record::{as_stored, update};
pub(crate) use write::lock;

pub use places::{Crowd, Places};
pub use read::{SessionRef, StatusCounts, Visible};
pub use write::{Alongside, Changed, Created, NewRecord};
