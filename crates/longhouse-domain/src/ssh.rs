//! SSH, as far as a person's keys need it: which hosts a key is for, and the alphabet that keys and signatures are written in.
//!
//! Nothing here signs, verifies or connects.

mod host;
pub mod wire;

pub use host::SshHost;
