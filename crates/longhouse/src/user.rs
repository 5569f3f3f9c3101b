//! `longhouse user passwd`: a way back in for whoever owns the data directory. It needs no login, and no server.

use std::sync::Arc;

use anyhow::Context as _;
use longhouse_domain::Clock as _;
use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget};
use longhouse_domain::user::User;
use longhouse_engine::accounts::Accounts;

use crate::audit::open_store;
use crate::config::Settings;
use crate::failure::{Code, Failure};
use crate::places::Places;
use crate::serve::describe_account_error;
use crate::serve::lock::{DataDirLock, LockError};
use crate::{Context, hidden, output, text};

/// Gives the account a password read from standard input. Every login of theirs ends.
pub(crate) async fn passwd(
    name: &str,
    settings: &Settings,
    context: &Context,
) -> Result<u8, Failure> {
    let places = Places::new(settings);
    // A running server keeps sign-ins in memory that would go on.
    let _lock = match DataDirLock::take(&places.data_dir, &places.lock_file()) {
        Ok(lock) => lock,
        Err(error @ LockError::Held { .. }) => {
            let error = anyhow::Error::from(error).context("stop the server first");
            return Err(Failure::new(Code::Conflict, error));
        }
        Err(error) => return Err(Failure::new(Code::Failed, error)),
    };
    let password = hidden::read_new("New password")?;
    let store = open_store(settings, &places, context).await?;
    let accounts = Accounts::new(store.clone(), Arc::new(context.clock));
    let changed = accounts.set_password(name, password).await;
    let recorded = match &changed {
        Ok(user) => store.append_audit(&[entry(user, context)]).await.map(drop),
        Err(_) => Ok(()),
    };
    store.close().await;
    recorded.context("the password was changed, but that could not be written to the audit log")?;
    let name = text::line(name);
    changed
        .map_err(describe_account_error)
        .with_context(|| format!("the password of {name} was not changed"))?;
    output::print(&format!(
        "{name} has a new password; all earlier logins have ended\n"
    ))?;
    Ok(0)
}

fn entry(user: &User, context: &Context) -> AuditEntry {
    let actor = AuditActor::system("command line");
    AuditEntry::new(context.clock.now(), actor, "user.password")
        .about(AuditTarget::new(
            "user",
            Some(user.id.to_string()),
            &user.username,
        ))
        .with("uid", rustix::process::geteuid().as_raw().to_string())
}
