//! The terminal at hand: raw while attached, as it was afterwards, whatever happens in between.

use std::io::{IsTerminal as _, stdin, stdout};

use longhouse_domain::terminal::TerminalSize;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::failure::{Code, Failure};

/// Refuses to go on where there is no terminal to pass through.
pub(crate) fn require_terminal() -> Result<(), Failure> {
    if stdin().is_terminal() && stdout().is_terminal() {
        return Ok(());
    }
    let error = anyhow::anyhow!(
        "attach needs a terminal on standard input and output; for scripts there are `longhouse session exec` and the \
         HTTP interface"
    );
    Err(Failure::new(Code::Usage, error).into_own())
}

/// The terminal is raw as long as this lives; a panic drops it as well.
#[derive(Debug)]
pub(super) struct RawMode {
    before: Termios,
}

impl RawMode {
    /// Makes it raw: every key is passed on, also ctrl-C and ctrl-Z.
    pub(super) fn enter() -> std::io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Flush, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // The terminal may be gone (its window was closed); then there is nothing to restore.
        _ = tcsetattr(stdin(), OptionalActions::Drain, &self.before);
    }
}

/// The terminal's size; `None` where it does not tell (a serial line).
pub(super) fn size() -> Option<TerminalSize> {
    let size = tcgetwinsize(stdout()).ok()?;
    let told = size.ws_col > 0 && size.ws_row > 0;
    told.then(|| TerminalSize::clamped(size.ws_col.into(), size.ws_row.into()))
}
