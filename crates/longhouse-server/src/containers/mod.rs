//! Containers over HTTP, for programs that know containers: the sessions whose runtime is Docker, by another name. Every operation is that
//! of sessions; what is said here is only which one is meant, and how it looks as a container.

mod body;
mod create;
mod list;
mod one;

pub(crate) use body::{ContainerBody, HealthName};
pub(crate) use create::*;
pub(crate) use list::*;
pub(crate) use one::*;
