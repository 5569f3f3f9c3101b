//! `longhouse session ...`: each subcommand asks the server one thing and shows the answer.

mod exec;
mod list;
mod logs;
mod new;
mod view;

pub(crate) use exec::shell_code;
pub(crate) use view::SessionView;

use http::Method;

use crate::cli;
use crate::client::{Client, ClientError, query, segment};
use crate::failure::Failure;
use crate::output;
use crate::text;

/// What the process ends with when all went well.
pub(crate) type ExitCode = u8;

/// What a session is addressed by.
pub(crate) fn path(session: &str) -> String {
    format!("/api/sessions/{}", segment(session))
}

/// Carries out a subcommand.
pub(crate) async fn run(
    command: &cli::Session,
    client: &Client,
    context: &crate::Context,
) -> Result<ExitCode, Failure> {
    match command {
        cli::Session::Ls(arguments) => list::run(arguments, client, context).await?,
        cli::Session::New(arguments) => return new::run(arguments, client, context).await,
        cli::Session::Start(arguments) => act(client, arguments, "start", "starting").await?,
        cli::Session::Stop(arguments) => act(client, arguments, "stop", "stopped").await?,
        cli::Session::Restart(arguments) => act(client, arguments, "restart", "restarting").await?,
        cli::Session::Rm(arguments) => remove(client, arguments).await?,
        cli::Session::Logs(arguments) => logs::run(arguments, client).await?,
        cli::Session::Exec(arguments) => return exec::run(arguments, client).await,
    }
    Ok(0)
}

/// Does one thing to each of several sessions. One that fails does not hinder the others; the last failure is the end's.
async fn each(
    sessions: &[String],
    mut one: impl AsyncFnMut(&str) -> Result<(), ClientError>,
    done: &str,
) -> Result<(), Failure> {
    let mut result = Ok(());
    for session in sessions {
        match one(session).await {
            Ok(()) => output::print(&format!("{}: {done}\n", text::line(session)))?,
            Err(error) => {
                if let Err(earlier) = std::mem::replace(&mut result, Err(Failure::from(error))) {
                    output::say(&format!("longhouse: {:#}", earlier.error));
                }
            }
        }
    }
    result
}

async fn act(
    client: &Client,
    arguments: &cli::Sessions,
    action: &str,
    done: &str,
) -> Result<(), Failure> {
    let one = async |session: &str| {
        let path = format!("{}/{action}", path(session));
        client.act(Method::POST, &path).await
    };
    each(&arguments.sessions, one, done).await
}

async fn remove(client: &Client, arguments: &cli::Remove) -> Result<(), Failure> {
    let force = if arguments.force {
        query(&[("force", "true".to_owned())])
    } else {
        String::new()
    };
    let one = async |session: &str| {
        let path = format!("{}{force}", path(session));
        client.act(Method::DELETE, &path).await
    };
    each(&arguments.sessions, one, "deleted").await
}
