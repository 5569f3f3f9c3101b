//! The engine at its boundary: a real store in a throw-away file, and the echo runtime over real sockets.

mod house;
mod sessions;
mod terminals;
