//! Accounts on a server that runs, over its HTTP interface.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{Listed, Wish};
use crate::cli;
use crate::client::{Client, ClientError, query, segment};

const PATH: &str = "/api/users";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    username: String,
    role: String,
    may_use_host: bool,
    disabled: bool,
    sessions: u64,
    last_seen_at: Option<String>,
}

#[derive(Deserialize)]
struct Accounts {
    items: Vec<Account>,
}

#[derive(Serialize)]
struct NewAccount<'a> {
    username: &'a str,
    password: &'a str,
    role: &'a str,
    permissions: &'a [&'a str],
}

#[derive(Default, Serialize)]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<&'a [&'a str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

/// Does what is wished.
pub(super) async fn carry_out(wish: &Wish<'_>, client: &Client) -> Result<(), ClientError> {
    match wish {
        Wish::Add(new, password) => {
            let account = NewAccount {
                username: &new.name,
                password: password.reveal(),
                role: &new.role,
                permissions: permissions(new.host),
            };
            client.send(Method::POST, PATH, Some(&account)).await?;
            Ok(())
        }
        Wish::Remove(removal) => remove(removal, client).await,
        Wish::Role(wanted) => {
            let change = Change {
                role: Some(&wanted.role),
                permissions: wanted.host.map(permissions),
                ..Change::default()
            };
            update(&wanted.name, &change, client).await
        }
        Wish::Password(name, password) => {
            let change = Change {
                password: Some(password.reveal()),
                ..Change::default()
            };
            update(name, &change, client).await
        }
    }
}

/// All accounts by name.
pub(super) async fn list(client: &Client) -> Result<Vec<Listed>, ClientError> {
    let accounts: Accounts = client.get(PATH).await?;
    let listed = accounts.items.into_iter().map(|account| Listed {
        username: account.username,
        role: account.role,
        may_use_host: account.may_use_host,
        disabled: account.disabled,
        sessions: account.sessions,
        last_seen_at: account.last_seen_at,
    });
    Ok(listed.collect())
}

async fn update(name: &str, change: &Change<'_>, client: &Client) -> Result<(), ClientError> {
    let path = format!("{PATH}/{}", segment(name));
    client.send(Method::PATCH, &path, Some(change)).await?;
    Ok(())
}

async fn remove(removal: &cli::RemoveUser, client: &Client) -> Result<(), ClientError> {
    let mut pairs = Vec::new();
    if let Some(heir) = &removal.hand_over_to {
        pairs.push(("handOverTo", heir.clone()));
    }
    if removal.remove_sessions {
        pairs.push(("removeSessions", "true".to_owned()));
    }
    let path = format!("{PATH}/{}{}", segment(&removal.name), query(&pairs));
    client.act(Method::DELETE, &path).await
}

fn permissions(host: bool) -> &'static [&'static str] {
    if host { &["host"] } else { &[] }
}
