//! `longhouse user passwd`: a way back in for whoever owns the data directory. It needs no login, and no server.

use std::io::{IsTerminal as _, Read as _, stdin};
use std::sync::Arc;

use anyhow::Context as _;
use longhouse_engine::accounts::{Accounts, Secret};
use longhouse_store::Store;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::config::Settings;
use crate::failure::{Code, Failure};
use crate::places::Places;
use crate::serve::lock::{DataDirLock, LockError};
use crate::serve::{describe_account_error, store_url};
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
    let store = Store::open(&store_url(settings, &places)?)
        .await
        .context("cannot open the database")?;
    let accounts = Accounts::new(store.clone(), Arc::new(context.clock));
    let changed = accounts.set_password(name, password).await;
    store.close().await;
    let name = text::line(name);
    changed
        .map_err(describe_account_error)
        .with_context(|| format!("the password of {name} was not changed"))?;
    output::print(&format!(
        "{name} has a new password; all earlier logins have ended\n"
    ))?;
    Ok(0)
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
