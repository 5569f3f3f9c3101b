//! What the binary itself puts on record: its start, its end, and the account that it makes.

use std::net::SocketAddr;

use longhouse_domain::audit::{AuditActor, AuditTarget};
use longhouse_domain::user::User;
use longhouse_engine::{AuditUnavailable, Engine};

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

/// The first account was made with the password that the environment gave.
pub(super) async fn first_admin(engine: &Engine, user: &User) -> Result<(), AuditUnavailable> {
    let audit = engine.audit();
    let target = AuditTarget::new("user", Some(user.id.to_string()), &user.username);
    let entry = audit.entry(server(), "user.create").about(target);
    audit.record(entry.with("role", user.role.as_str())).await
}
