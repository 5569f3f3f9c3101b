//! What commands put on record themselves, beside a server or without one: who ran them on this machine, and what they did.
//!
//! What a command asks of a server is recorded by the server.

use std::sync::Arc;

use anyhow::Context as _;
use longhouse_domain::Clock as _;
use longhouse_domain::audit::{AuditActor, AuditEntry};
use longhouse_engine::secrets::{Key, Vault};
use longhouse_engine::user_name;
use longhouse_store::{Store, StoreUrl};

use crate::Context;
use crate::serve::keys::audit_key;

/// A record of this moment about what the user of this process does.
pub(crate) fn entry(action: &str, context: &Context) -> AuditEntry {
    let uid = rustix::process::geteuid().as_raw();
    let actor = AuditActor::system(&user_name(uid));
    AuditEntry::new(context.clock.now(), actor, action)
        .with("via", "command line")
        .with("uid", uid.to_string())
}

/// Appends to the log of this database, whether or not a server is at work on it.
pub(crate) async fn append(
    url: &StoreUrl,
    master: Key,
    entry: AuditEntry,
    context: &Context,
) -> anyhow::Result<()> {
    let store = Store::open_unchanged(url).await?;
    let store = store.context("the database is of another version of Longhouse")?;
    let appended = async {
        let sealing = sealing(store.clone(), master, context).await?;
        sealing.append_audit(&[entry]).await?;
        anyhow::Ok(())
    };
    let appended = appended.await;
    store.close().await;
    appended
}

/// The same store, which seals its audit log with the key that lies in it under this master key.
pub(crate) async fn sealing(store: Store, master: Key, context: &Context) -> anyhow::Result<Store> {
    let vault = Vault::open(store.clone(), Arc::new(master), Arc::new(context.clock)).await?;
    Ok(store.with_audit_key(audit_key(&vault).await?))
}
