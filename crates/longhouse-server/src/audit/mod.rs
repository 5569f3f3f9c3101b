//! Who did what, recorded around every route that changes something.
//!
//! A row of the [routes](crate::routes) names its action, and the [access](crate::access) layer records it: no handler has to
//! think of it, and none can forget it. A handler that knows more than the path says puts it into its [`Note`]. What happens
//! on sockets, where one request is followed by many acts, is recorded by whoever carries it out, with its [`Visitor`].

mod body;
mod handlers;
mod lines;
mod note;
mod pending;
mod refusals;
mod rule;
mod typist;
mod visitor;

pub(crate) use handlers::*;
#[cfg(fuzzing)]
pub(crate) use lines::fuzzing::lines;
pub(crate) use note::Note;
pub(crate) use pending::{Pending, terminal};
pub(crate) use refusals::Refusals;
pub(crate) use rule::{Audit, Subject};
pub(crate) use typist::{Onlooker, Typist};
pub(crate) use visitor::{Visitor, refused};
