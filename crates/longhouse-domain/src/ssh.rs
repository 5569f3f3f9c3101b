//! SSH, as far as a session's git needs it: what its agent is asked, which hosts are known, and the alphabet that both are written in.
//!
//! Nothing here signs, verifies or connects.

pub mod agent;
mod host;
pub mod known;
pub mod wire;

pub use host::SshHost;
