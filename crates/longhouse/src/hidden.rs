//! Text that a person types and nobody else should see: read from standard input, without an echo where that is a terminal.

use std::io::{IsTerminal as _, Read as _, stdin};

use anyhow::Context as _;
use longhouse_engine::accounts::Secret;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::output;

/// More than any password takes.
const INPUT_LIMIT: u64 = 64 << 10;

/// What stands on standard input, without its line end.
pub(crate) fn read(prompt: &str) -> anyhow::Result<Secret> {
    if !stdin().is_terminal() {
        return read_all();
    }
    let _hidden = HiddenInput::begin().context("cannot hide what is typed")?;
    ask(prompt).map(Secret::new)
}

/// The same for something new: at a terminal it is asked for twice.
pub(crate) fn read_new(what: &str) -> anyhow::Result<Secret> {
    let secret = if stdin().is_terminal() {
        let _hidden = HiddenInput::begin().context("cannot hide what is typed")?;
        let first = ask(&format!("{what}: "))?;
        if first != ask("Once more: ")? {
            anyhow::bail!("the two are not the same");
        }
        Secret::new(first)
    } else {
        read_all()?
    };
    anyhow::ensure!(
        !secret.reveal().is_empty(),
        "nothing was given on standard input"
    );
    Ok(secret)
}

fn read_all() -> anyhow::Result<Secret> {
    let mut text = String::new();
    stdin()
        .take(INPUT_LIMIT)
        .read_to_string(&mut text)
        .context("cannot read standard input")?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

fn ask(prompt: &str) -> anyhow::Result<String> {
    output::ask(prompt);
    let mut line = String::new();
    stdin()
        .read_line(&mut line)
        .context("cannot read standard input")?;
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
