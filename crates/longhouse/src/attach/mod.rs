//! `longhouse attach`: a session's terminal in the terminal at hand.
//!
//! Bytes pass through unchanged in both directions; there is no emulator and no alternate screen of our own. The
//! connection may break and come back (a server restart) without the program or the person losing a byte.

mod connection;
mod console;
mod detach;
mod modes;
mod protocol;
mod raw_mode;
mod relay;
mod signals;

use std::time::Duration;

use longhouse_domain::Status;
use longhouse_domain::name::TerminalName;

use crate::cli;
use crate::client::Client;
use crate::failure::{Code, Failure};
use crate::session::{ExitCode, SessionView, path};
use crate::{output, text};

pub(crate) use protocol::Access;
pub(crate) use raw_mode::require_terminal;

/// How long a session may take to start before attaching gives up.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How often a starting session is looked at.
const START_POLL: Duration = Duration::from_millis(50);

/// What to attach to, and how.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Name or id.
    pub(crate) session: String,
    /// Which of its terminals; the agent's, if absent.
    pub(crate) terminal: Option<TerminalName>,
    /// Type or only watch.
    pub(crate) access: Access,
}

impl Target {
    /// What the command line says. A session's name holds no slash.
    pub(crate) fn parse(arguments: &cli::Attach) -> Result<Self, Failure> {
        let (session, terminal) = match arguments.target.split_once('/') {
            Some((session, terminal)) => (session, Some(terminal)),
            None => (arguments.target.as_str(), None),
        };
        let terminal = terminal
            .map(|name| {
                name.parse().map_err(|error| {
                    let name = text::line(name);
                    Failure::new(
                        Code::Usage,
                        anyhow::anyhow!("the terminal's name \"{name}\" {error}"),
                    )
                })
            })
            .transpose()?;
        Ok(Self {
            session: session.to_owned(),
            terminal,
            access: if arguments.read_only {
                Access::Read
            } else {
                Access::Write
            },
        })
    }
}

/// Attaches until the person leaves or the program ends; the answer is the program's exit code, or 0 after leaving.
pub(crate) async fn run(target: Target, client: &Client) -> Result<ExitCode, Failure> {
    require_terminal()?;
    let session = running(&target.session, client)
        .await
        .map_err(Failure::into_own)?;
    let terminal = target.terminal.unwrap_or_else(TerminalName::agent);
    if !session
        .terminals
        .iter()
        .any(|found| found.name == terminal.as_str())
    {
        let names: Vec<_> = session
            .terminals
            .iter()
            .map(|found| text::line(&found.name))
            .collect();
        let error = anyhow::anyhow!(
            "the session has no terminal \"{terminal}\"; it has: {}",
            names.join(", ")
        );
        return Err(Failure::new(Code::NotFound, error).into_own());
    }
    let address = connection::Address {
        // The identifier stays the same when somebody renames the session meanwhile.
        path: format!("{}/terminals/{terminal}/ws", path(&session.id)),
        access: target.access,
    };
    let end = relay::run(client, address)
        .await
        .map_err(Failure::into_own)?;
    let name = text::line(&session.name).into_owned();
    match end {
        relay::End::Detached => {
            output::say(&format!("detached from {name}, which goes on"));
            Ok(0)
        }
        relay::End::Exited(code) => {
            output::say(&format!(
                "the program in {name}/{terminal} ended with {code}"
            ));
            Ok(crate::session::shell_code(code))
        }
        relay::End::Signal(number) => Ok(128_u8.saturating_add(number)),
    }
}

/// The session, once it runs.
async fn running(session: &str, client: &Client) -> Result<SessionView, Failure> {
    let begun = tokio::time::Instant::now();
    loop {
        let view: SessionView = client.get(&path(session)).await?;
        let name = text::line(&view.name).into_owned();
        let conflict = |text: String| Failure::new(Code::Conflict, anyhow::anyhow!(text));
        match view.status {
            Status::Running => return Ok(view),
            Status::Pending | Status::Starting if begun.elapsed() < START_LIMIT => {
                tokio::time::sleep(START_POLL).await;
            }
            Status::Pending | Status::Starting => {
                return Err(conflict(format!(
                    "{name} is still starting; try again later"
                )));
            }
            Status::Stopped | Status::Error => {
                let status = view.status.as_str();
                let reason = view.status_reason.as_deref().map(text::line);
                let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
                return Err(conflict(format!(
                    "{name} does not run: {status}{reason}; start it with `longhouse session start \"{name}\"`"
                )));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(target: &str) -> Option<(String, Option<String>)> {
        let arguments = cli::Attach {
            target: target.to_owned(),
            read_only: false,
        };
        let target = Target::parse(&arguments).ok()?;
        Some((target.session, target.terminal.map(String::from)))
    }

    #[test]
    fn a_target_is_a_session_and_perhaps_a_terminal() {
        assert_eq!(parse("fix login"), Some(("fix login".to_owned(), None)));
        assert_eq!(
            parse("a/manual"),
            Some(("a".to_owned(), Some("manual".to_owned())))
        );
        assert_eq!(parse("a/"), None);
        assert_eq!(parse("a/b/c"), None);
    }
}
