//! Previews: what a session's programs serve, seen through the server, by whom it may be and by nobody else.

mod access;
mod browser;
mod program;
mod proxy;
mod raw;
