//! Accounts in the database of a server that does not run. What would touch sessions is left to a server: nobody else can stop
//! them or hand them over.

use std::sync::Arc;

use longhouse_domain::Role;
use longhouse_domain::user::User;
use longhouse_engine::accounts::{AccountError, Accounts, NewAccount};
use longhouse_store::{Account, Deed, Store, StoreError, UserChange};

use super::{Listed, Wish};
use crate::failure::{Code, Failure};
use crate::serve::describe_account_error;
use crate::{Context, cli, record, text};

/// Does what is wished; the record of it is written with it.
pub(super) async fn carry_out(
    wish: Wish<'_>,
    store: &Store,
    context: &Context,
) -> Result<(), Failure> {
    let accounts = Accounts::new(store.clone(), Arc::new(context.clock));
    match wish {
        Wish::Add(new, password) => {
            let role = role(&new.role)?;
            if role != Role::Admin && accounts.needs_setup().await.map_err(failure)? {
                let error = anyhow::anyhow!("the first account must be an admin's: --role admin");
                return Err(Failure::new(Code::Conflict, error));
            }
            let new = NewAccount {
                username: new.name.clone(),
                password,
                role,
                may_use_host: new.host,
            };
            let deed = deed("user.create", context);
            accounts.create_user(new, &deed).await.map_err(failure)?;
        }
        Wish::Remove(removal) => {
            remove(removal, store, &accounts, &deed("user.delete", context)).await?;
        }
        Wish::Role(wanted) => {
            change_role(wanted, store, &accounts, deed("user.update", context)).await?;
        }
        Wish::Password(name, password) => {
            let deed = deed("user.password", context);
            let changed = accounts.set_password(name, password, &deed).await;
            changed.map_err(failure)?;
        }
    }
    Ok(())
}

/// All accounts by name.
pub(super) async fn list(store: &Store) -> Result<Vec<Listed>, Failure> {
    let accounts = store.accounts().await.map_err(of_store)?;
    let listed = accounts.into_iter().map(|account| Listed {
        may_use_host: account.user.actor().may_use_host(),
        role: account.user.role.as_str().to_owned(),
        username: account.user.username,
        disabled: account.user.disabled,
        sessions: account.sessions,
        last_seen_at: account.last_seen_at.map(|at| at.to_string()),
    });
    Ok(listed.collect())
}

async fn remove(
    removal: &cli::RemoveUser,
    store: &Store,
    accounts: &Accounts,
    deed: &Deed,
) -> Result<(), Failure> {
    let account = find(&removal.name, store).await?;
    if account.sessions > 0 {
        return Err(needs_server("they own sessions"));
    }
    accounts.remove(&account.user, deed).await.map_err(failure)
}

async fn change_role(
    wanted: &cli::ChangeRole,
    store: &Store,
    accounts: &Accounts,
    deed: Deed,
) -> Result<(), Failure> {
    let Account { user, sessions, .. } = find(&wanted.name, store).await?;
    let role = role(&wanted.role)?;
    let host = wanted.host.unwrap_or(user.may_use_host);
    let after = User {
        role,
        may_use_host: host,
        ..user.clone()
    };
    if sessions > 0 && user.actor().may_use_host() && !after.actor().may_use_host() {
        return Err(needs_server(
            "they lose the right to the host and own sessions, which may have to be stopped",
        ));
    }
    let change = UserChange {
        role: (role != user.role).then_some(role),
        may_use_host: (host != user.may_use_host).then_some(host),
        ..UserChange::default()
    };
    if change == UserChange::default() {
        return Ok(());
    }
    let deed = deed
        .with("role", role.as_str())
        .with("host", host.to_string());
    let changed = accounts.change(&user, &change, &deed).await;
    changed.map(drop).map_err(failure)
}

async fn find(name: &str, store: &Store) -> Result<Account, Failure> {
    let user = store.user_by_name(name).await.map_err(of_store)?;
    let account = match user {
        Some(user) => store.account(user.id).await.map_err(of_store)?,
        None => None,
    };
    account.ok_or_else(|| {
        let error = anyhow::anyhow!("there is no user {}", text::line(name));
        Failure::new(Code::NotFound, error)
    })
}

fn role(name: &str) -> Result<Role, Failure> {
    let unknown = || Failure::new(Code::Usage, anyhow::anyhow!("there is no such role"));
    Role::parse(name).ok_or_else(unknown)
}

fn needs_server(why: &str) -> Failure {
    let error = anyhow::anyhow!("{why}: start the server first (`longhouse serve`)");
    Failure::new(Code::Conflict, error)
}

fn of_store(error: StoreError) -> Failure {
    anyhow::Error::from(error).into()
}

fn failure(error: AccountError) -> Failure {
    let code = match &error {
        AccountError::UserNotFound => Code::NotFound,
        AccountError::NameTaken | AccountError::LastAdmin | AccountError::OwnsSessions => {
            Code::Conflict
        }
        _ => Code::Failed,
    };
    Failure::new(code, describe_account_error(error))
}

fn deed(action: &str, context: &Context) -> Deed {
    Deed::new(record::entry(action, context))
}
