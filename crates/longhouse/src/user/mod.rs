//! `longhouse user ...`: accounts, on the server that runs, or in the database where none does. Whoever owns the data directory
//! needs no login for either, and so has a way back in.

mod offline;
mod served;

use longhouse_engine::accounts::Secret;

use crate::failure::Failure;
use crate::reach::Reach;
use crate::{Context, cli, hidden, output, text};

/// An account as it is listed.
struct Listed {
    username: String,
    role: String,
    may_use_host: bool,
    disabled: bool,
    sessions: u64,
    last_seen_at: Option<String>,
}

/// What is to be done, with the password where one is needed.
enum Wish<'a> {
    Add(&'a cli::NewUser, Secret),
    Remove(&'a cli::RemoveUser),
    Role(&'a cli::ChangeRole),
    Password(&'a str, Secret),
}

impl Wish<'_> {
    fn done(&self) -> String {
        match self {
            Self::Add(new, _) => format!("{}: {}", text::line(&new.name), new.role),
            Self::Remove(removal) => format!("{}: deleted", text::line(&removal.name)),
            Self::Role(change) => format!("{}: {}", text::line(&change.name), change.role),
            Self::Password(name, _) => format!(
                "{} has a new password; all earlier logins have ended",
                text::line(name)
            ),
        }
    }
}

/// Carries out a command.
pub(crate) async fn run(
    command: &cli::User,
    place: &cli::Place,
    context: &Context,
) -> Result<u8, Failure> {
    let reach = Reach::open(place, context).await?;
    let done = match wish(command) {
        Ok(None) => list(&reach).await,
        Ok(Some(wish)) => carry_out(wish, &reach, context).await,
        Err(error) => Err(error.into()),
    };
    if let Reach::Ours { store, .. } = &reach {
        store.close().await;
    }
    done.map(|()| 0)
}

/// What the command asks for; `None` where it only lists.
fn wish(command: &cli::User) -> anyhow::Result<Option<Wish<'_>>> {
    Ok(Some(match command {
        cli::User::Ls => return Ok(None),
        cli::User::Add(new) => Wish::Add(new, hidden::read_new("Password")?),
        cli::User::Rm(removal) => Wish::Remove(removal),
        cli::User::Role(change) => Wish::Role(change),
        cli::User::Passwd { name } => Wish::Password(name, hidden::read_new("New password")?),
    }))
}

async fn carry_out(wish: Wish<'_>, reach: &Reach, context: &Context) -> Result<(), Failure> {
    let done = wish.done();
    match reach {
        Reach::Served(client) => served::carry_out(&wish, client).await?,
        Reach::Ours { store, .. } => offline::carry_out(wish, store, context).await?,
    }
    Ok(output::print(&format!("{done}\n"))?)
}

async fn list(reach: &Reach) -> Result<(), Failure> {
    let accounts = match reach {
        Reach::Served(client) => served::list(client).await?,
        Reach::Ours { store, .. } => offline::list(store).await?,
    };
    let word = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let rows: Vec<Vec<String>> = accounts
        .into_iter()
        .map(|account| {
            vec![
                account.username,
                account.role,
                word(account.may_use_host),
                word(account.disabled),
                account.sessions.to_string(),
                account.last_seen_at.unwrap_or_else(|| "never".to_owned()),
            ]
        })
        .collect();
    let head = ["NAME", "ROLE", "HOST", "DISABLED", "SESSIONS", "SEEN"];
    Ok(output::print(&text::table(&head, &rows))?)
}
