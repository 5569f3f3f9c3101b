//! Terminals as many people see them: one stream from sessiond per watched terminal, fanned out to any number of viewers.
//!
//! ```text
//!   sessiond ── Output ──► pump ──► ring (1 MiB, by offset) ──► viewer's cursor ──► WebSocket
//!                                                        └────► viewer's cursor ──► Socket.IO
//! ```
//!
//! A viewer pulls; nobody pushes to it. One that reads slowly falls behind the ring, then reads what sessiond still keeps, and
//! when that is gone is repainted. Only the pump waits for viewers: for the fastest, and for a moment ([`longhouse_domain::Patience`]).

mod fetch;
mod hub;
mod input;
mod presence;
mod pump;
mod repaints;
mod ring;
mod state;
mod viewer;

pub(crate) use fetch::screen;
pub(crate) use hub::Hub;
pub use input::ViewerInput;
pub(crate) use input::pieces;
pub use presence::{Access, PresentViewer};
pub use viewer::{Closed, Hello, Viewer, ViewerEvent};
