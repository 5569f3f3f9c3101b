//! Files below a directory that cannot be left: listing, reading, saving, moving, copying, deleting, packing.
//!
//! A path that somebody named is resolved by the kernel beneath the handle of its directory (`openat2` with `RESOLVE_BENEATH`), and
//! whatever is then done is done on the handle that came out. No check of a path's text stands between the two, so nobody can win a
//! race against it. Where the kernel has no `openat2` everything is refused: there is no second way.
//!
//! It is deliberately without tasks, sockets and HTTP: sessiond, its twin in tests and the server itself use this one implementation,
//! each from threads that may block. Everything is pulled in pieces, so that none of them holds a thread for a slow reader.

mod archive;
mod copy;
mod delete;
mod entry;
mod error;
mod list;
mod path;
mod place;
mod read;
mod root;
mod space;
mod tar;
mod temporary;
mod tree;
mod walk;
mod write;

pub use archive::Archive;
pub use copy::copy;
pub use delete::Depth;
pub use entry::{Entry, Kind};
pub use error::FileError;
pub use list::Listing;
pub use path::{NAME_BYTES, PATH_BYTES, TreePath};
pub use place::{AllowedFiles, Locate, Workspace};
pub use read::{Content, Part};
pub use root::{Root, Spot};
pub use tree::{Parents, Replace, rename};
pub use walk::Budget;
pub use write::{Condition, Draft, Turns, Written};
