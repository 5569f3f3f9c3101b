//! How much one user, one address and everybody together may take. What a connection may take stands in [`crate::serve`].

mod logins;
mod rate;
mod sockets;

pub(crate) use logins::LoginLimits;
pub(crate) use rate::RateLimiter;
pub(crate) use sockets::{SocketSlot, SocketSlots};
