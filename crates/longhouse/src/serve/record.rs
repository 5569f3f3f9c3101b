//! What the binary itself puts on record: its start, its end, and the account that it makes.

use std::net::SocketAddr;

use longhouse_domain::audit::AuditActor;
use longhouse_engine::{AuditUnavailable, Deed, Engine};

use super::VERSION;
use crate::config::Settings;

fn server() -> AuditActor {
    AuditActor::system("server")
}

/// The server begins to serve, with what decides who can reach it.
pub(super) async fn start(
    engine: &Engine,
    settings: &Settings,
    address: SocketAddr,
) -> Result<(), AuditUnavailable> {
    let audit = engine.audit();
    let entry = audit
        .entry(server(), "server.start")
        .with("version", VERSION)
        .with("listen", address.to_string())
        .with("insecure", settings.insecure.to_string());
    audit.record(entry).await
}

/// The server ends. Nothing can be done any more where that cannot be recorded.
pub(super) async fn stop(engine: &Engine) {
    let audit = engine.audit();
    if let Err(error) = audit.record(audit.entry(server(), "server.stop")).await {
        tracing::warn!(%error, "the server's end is not recorded");
    }
}

/// The first account is made with the password that the environment gave.
pub(super) fn first_admin(engine: &Engine) -> Deed {
    engine.audit().deed(server(), "user.create")
}
