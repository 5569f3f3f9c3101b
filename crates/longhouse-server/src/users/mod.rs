//! Accounts over HTTP, for admins; and the people with whom something can be shared, for everybody who may share.

mod body;
mod handlers;
mod people;

pub(crate) use handlers::*;
pub(crate) use people::*;
