//! Files of a session's working directory, and of this machine for those who may use the host.
//!
//! Where a path begins is said by the question's `session`; without it the path is absolute and lies below an allowed directory. A
//! path in a question may hold any bytes: it is percent-decoded exactly once, and not read as text. In JSON, names are text, and
//! those that are not UTF-8 come and go in a second field, in base64.
//!
//! It is deliberately no web server: what is in a workspace is handed out to be kept or read by a program, and never rendered on this
//! server's origin, whatever it claims to be.

mod archive;
mod body;
mod change;
mod content;
mod list;
mod question;
mod range;
mod save;

pub(crate) use archive::*;
pub(crate) use body::text;
pub(crate) use change::*;
pub(crate) use content::*;
pub(crate) use list::*;
pub(crate) use question::decoded;
pub(crate) use save::*;
