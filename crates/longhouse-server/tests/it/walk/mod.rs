//! The access walk: every route, every event of Socket.IO clients and every WebSocket path, asked by everybody there is, with
//! what each of them must get. A route, event or path without a row here fails the walk, and so does a row without one.
//!
//! A new route needs one line in `cases.rs`, a new event one in `events.rs`, a new WebSocket path one in `sockets.rs`.

mod cases;
mod cast;
mod events;
mod routes;
mod sockets;
mod tokens;
