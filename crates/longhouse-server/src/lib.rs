//! The face of Longhouse: HTTP, WebSocket and Socket.IO, the login, the embedded web UI, the document of the API.
//!
//! It turns requests into questions to the engine, and answers into JSON. It decides nothing about sessions, runs no program,
//! knows no SQL. All routes stand on one page, [`routes`].

mod access;
mod address;
mod audit;
mod auth;
mod containers;
mod document;
mod edge;
mod extract;
mod files;
#[cfg(fuzzing)]
pub mod fuzzing;
mod git;
mod guard;
mod limits;
mod meta;
mod preview;
mod problem;
mod repositories;
mod repository;
mod routes;
mod secrets;
mod serve;
mod sessions;
mod settings;
mod socketio;
mod state;
mod terminals;
mod tls;
mod ui;
mod users;
mod volumes;
mod websocket;

pub use access::{Access, ForTokens};
pub use address::{Network, NotANetwork};
pub use auth::OidcProvider;
pub use problem::{FieldError, Problem, ProblemBody};
pub use routes::{
    access_table, audit_table, behind_the_edge, deed_table, openapi_json, router, token_table,
};
pub use serve::{LocalSocket, Peer, serve, serve_local, serve_redirect, serve_tls};
pub use settings::{Limits, PlainHttp, Scheme, ServerSettings, SigningKey};
pub use socketio::{client_events, recorded_events};
pub use state::AppState;
pub use tls::{
    Acme, AcmeError, AcmeSettings, Certificate, CertificateError, CertificateFiles, Certificates,
    Challenge, Tls,
};
