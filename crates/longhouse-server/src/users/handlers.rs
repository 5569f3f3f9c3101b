//! Accounts listed, made, changed, removed.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use longhouse_domain::Role;
use longhouse_engine::accounts::{NewAccount, Secret};
use longhouse_engine::{Inheritance, UserPatch};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{AccountBody, AccountPage};
use crate::audit::Note;
use crate::auth::{Caller, PermissionName, RoleName};
use crate::extract::{Body, PathOf, Question, parse_switch};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateUser {
    /// 1 to 64 of `a-z A-Z 0-9 . _ @ -`.
    username: String,
    /// 8 to 1024 bytes.
    password: String,
    role: RoleName,
    /// What is permitted beyond the role.
    #[serde(default)]
    permissions: Vec<PermissionName>,
}

/// A change of an account. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateUser {
    role: Option<RoleName>,
    /// In place of all old ones.
    permissions: Option<Vec<PermissionName>>,
    /// A disabled user cannot log in, and is logged out everywhere.
    disabled: Option<bool>,
    /// 8 to 1024 bytes.
    password: Option<String>,
}

impl UpdateUser {
    /// What changes, for the record; of a password only that.
    fn describe(&self, note: &Note) {
        if let Some(role) = self.role {
            note.detail("role", Role::from(role).as_str());
        }
        if let Some(permissions) = &self.permissions {
            let host = permissions.contains(&PermissionName::Host);
            note.detail("host", host.to_string());
        }
        if let Some(disabled) = self.disabled {
            note.detail("disabled", disabled.to_string());
        }
        if self.password.is_some() {
            note.detail("password", "changed");
        }
    }
}

/// Lists all accounts, by name.
#[utoipa::path(get, path = "/api/users", tag = "users", responses(
    (status = 200, body = AccountPage), (status = 404, body = ProblemBody)))]
pub(crate) async fn list_users(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<AccountPage>, Problem> {
    let accounts = state.engine().list_users(&caller.actor).await?;
    Ok(Json(AccountPage::of(&accounts)))
}

/// Makes an account.
#[utoipa::path(post, path = "/api/users", tag = "users", request_body = CreateUser, responses(
    (status = 201, body = AccountBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn create_user(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    body: Body<CreateUser>,
) -> Result<impl IntoResponse, Problem> {
    let request = body.0;
    let new = NewAccount {
        username: request.username,
        password: Secret::new(request.password),
        role: request.role.into(),
        may_use_host: request.permissions.contains(&PermissionName::Host),
    };
    let account = state
        .engine()
        .create_user(&caller.actor, new, &note.deed()?)
        .await?;
    let location = format!("/api/users/{}", account.user.id);
    let account = AccountBody::from(&account);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(account)))
}

/// Gives one account.
#[utoipa::path(get, path = "/api/users/{id}", tag = "users",
    params(("id" = String, Path, description = "Identifier or name")), responses(
    (status = 200, body = AccountBody), (status = 404, body = ProblemBody)))]
pub(crate) async fn get_user(
    state: State<AppState>,
    caller: Caller,
    user: PathOf<String>,
) -> Result<Json<AccountBody>, Problem> {
    let account = state.engine().get_user(&caller.actor, &user.0).await?;
    Ok(Json(AccountBody::from(&account)))
}

/// Changes an account. Whatever changes, its user is logged out everywhere; where they lose the right to the host, what runs
/// of theirs on the host is stopped.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "users", request_body = UpdateUser,
    params(("id" = String, Path, description = "Identifier or name")), responses(
    (status = 200, body = AccountBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn update_user(
    state: State<AppState>,
    caller: Caller,
    user: PathOf<String>,
    note: Note,
    body: Body<UpdateUser>,
) -> Result<Json<AccountBody>, Problem> {
    let change = body.0;
    change.describe(&note);
    let patch = UserPatch {
        role: change.role.map(Into::into),
        may_use_host: change
            .permissions
            .map(|permissions| permissions.contains(&PermissionName::Host)),
        disabled: change.disabled,
        password: change.password.map(Secret::new),
    };
    let account = state
        .engine()
        .change_user(&caller.actor, &user.0, patch, &note.deed()?)
        .await?;
    Ok(Json(AccountBody::from(&account)))
}

/// Removes an account. Whoever owns sessions is removed only with a word on what becomes of these.
#[utoipa::path(delete, path = "/api/users/{id}", tag = "users",
    params(("id" = String, Path, description = "Identifier or name"),
        ("handOverTo" = Option<String>, Query, description = "Identifier or name of the user who gets the sessions"),
        ("removeSessions" = Option<bool>, Query, description = "The sessions are deleted")),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn delete_user(
    state: State<AppState>,
    caller: Caller,
    user: PathOf<String>,
    note: Note,
    mut question: Question,
) -> Result<StatusCode, Problem> {
    let remove = question
        .parsed("removeSessions", "true or false", parse_switch)
        .unwrap_or(false);
    let heir = question.text("handOverTo").map(str::to_owned);
    question.done()?;
    if let Some(heir) = &heir {
        note.detail("handOverTo", heir);
    }
    if remove {
        note.detail("removeSessions", "true");
    }
    let inheritance = match (heir, remove) {
        (Some(_), true) => {
            let why = "either they are handed over, or they are removed";
            return Err(Problem::invalid_field("removeSessions", why));
        }
        (Some(heir), false) => Inheritance::HandOver(heir),
        (None, true) => Inheritance::Remove,
        (None, false) => Inheritance::None,
    };
    state
        .engine()
        .delete_user(&caller.actor, &user.0, &inheritance, &note.deed()?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
