//! `longhouse user passwd`: a way back in for whoever owns the data directory. It needs no login, and no server.

use std::io::{IsTerminal as _, Read as _, stdin};
use std::sync::Arc;

use anyhow::Context as _;
use longhouse_domain::Clock as _;
use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget};
use longhouse_domain::user::User;
use longhouse_engine::accounts::{Accounts, Secret};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::audit::open_store;
use crate::config::Settings;
use crate::failure::{Code, Failure};
use crate::places::Places;
use crate::serve::describe_account_error;
use crate::serve::lock::{DataDirLock, LockError};
use crate::{Context, output, text};

/// More than any password takes.
const INPUT_LIMIT: u64 = 64 << 10;

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
    let password = read_password()?;
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

/// The password from standard input, without its line end; at a terminal it is not shown.
fn read_password() -> anyhow::Result<Secret> {
    if !stdin().is_terminal() {
        let mut text = String::new();
        stdin()
            .take(INPUT_LIMIT)
            .read_to_string(&mut text)
            .context("cannot read the password")?;
        return Ok(Secret::new(text.trim_end_matches(['\r', '\n'])));
    }
    let _hidden = HiddenInput::begin().context("cannot hide what is typed")?;
    let first = ask("New password: ")?;
    if first != ask("Once more: ")? {
        anyhow::bail!("the two are not the same");
    }
    Ok(Secret::new(first))
}

fn ask(prompt: &str) -> anyhow::Result<String> {
    output::ask(prompt);
    let mut line = String::new();
    stdin()
        .read_line(&mut line)
        .context("cannot read the password")?;
    output::say("");
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The terminal shows nothing of what is typed as long as this lives.
struct HiddenInput(rustix::termios::Termios);

impl HiddenInput {
    fn begin() -> std::io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for HiddenInput {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        _ = tcsetattr(stdin(), OptionalActions::Drain, &self.0);
    }
}
