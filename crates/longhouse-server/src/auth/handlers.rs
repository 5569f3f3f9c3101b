//! Set-up, login, refresh, logout, password, tickets.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use longhouse_engine::accounts::{
    AccountError, Secret, SignedIn, TICKET_LIFETIME, Visitor, recordable,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{MeBody, UserBody};
use super::cookies::Cookie;
use super::identify::{Caller, Presented, identify};
use super::token::ACCESS_LIFETIME;
use super::tries::{Attempt, wrong_is_no_logout};
use crate::audit::Note;
use crate::extract::{Body, OptionalBody};
use crate::problem::{Problem, ProblemBody};
use crate::serve::ClientAddress;
use crate::state::AppState;

/// What a login gives. The refresh token comes as a cookie.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Login {
    /// For `Authorization: Bearer`; the same stands in a cookie.
    access_token: String,
    /// Seconds for which the access token is good.
    expires_in: u64,
    user: UserBody,
}

/// The first account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SetupRequest {
    /// As it stands on the server's console.
    token: String,
    /// 1 to 64 of `a-z A-Z 0-9 . _ @ -`.
    username: String,
    /// 8 to 1024 bytes.
    password: String,
}

/// A login.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LoginRequest {
    username: String,
    password: String,
}

/// A new password for oneself.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordRequest {
    current_password: String,
    /// 8 to 1024 bytes.
    new_password: String,
}

/// What a ticket is wanted for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TicketRequest {
    /// The path of the WebSocket's address, as in `terminals[].wsUrl`.
    resource: String,
}

/// A ticket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ticket {
    /// For `?ticket=`, once.
    ticket: String,
    /// Seconds for which it is good.
    expires_in: u64,
}

/// Nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// Makes the first account.
#[utoipa::path(post, path = "/api/auth/setup", tag = "auth", request_body = SetupRequest, security(()), responses(
    (status = 201, body = Login), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub(crate) async fn set_up(
    state: State<AppState>,
    address: ClientAddress,
    note: Note,
    headers: HeaderMap,
    body: Body<SetupRequest>,
) -> Result<Response, Problem> {
    let request = body.0;
    note.target("user", None, recordable(&request.username));
    passwords_will_do(&state)?;
    let attempt = Attempt::begin(&state, "(set-up)", address.0)?;
    let user = state
        .accounts()
        .set_up(
            &Secret::new(request.token.trim()),
            request.username,
            Secret::new(request.password),
            &note.deed()?,
        )
        .await?;
    attempt.succeeded();
    note.signed_in(&user);
    let signed = state
        .accounts()
        .begin(user, &visitor(&headers, address.0))
        .await?;
    signed_in(&state, StatusCode::CREATED, &signed)
}

/// Logs in.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = LoginRequest, security(()), responses(
    (status = 200, body = Login), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody),
    (status = 429, body = ProblemBody)))]
pub(crate) async fn log_in(
    state: State<AppState>,
    address: ClientAddress,
    note: Note,
    headers: HeaderMap,
    body: Body<LoginRequest>,
) -> Result<Response, Problem> {
    let request = body.0;
    note.target("user", None, recordable(&request.username));
    passwords_will_do(&state)?;
    let attempt = Attempt::begin(&state, &request.username, address.0)?;
    let signed = state
        .accounts()
        .log_in(
            &request.username,
            Secret::new(request.password),
            &visitor(&headers, address.0),
        )
        .await;
    match &signed {
        Ok(signed) => {
            attempt.succeeded();
            note.signed_in(&signed.user);
        }
        Err(AccountError::WrongCredentials) => {
            tracing::warn!(address = %address.0, "a login failed");
        }
        Err(_) => {}
    }
    signed_in(&state, StatusCode::OK, &signed?)
}

/// Exchanges the refresh cookie for a new one and a new access token.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "auth", security(()), responses(
    (status = 200, body = Login), (status = 401, body = ProblemBody)))]
pub(crate) async fn refresh(
    state: State<AppState>,
    note: Note,
    headers: HeaderMap,
    _body: OptionalBody<Empty>,
) -> Result<Response, Problem> {
    let Some(token) = Cookie::Refresh.read(&headers, state.scheme()) else {
        // So the page asks whether anybody is logged in, each time that it is opened.
        note.nothing();
        return Err(Problem::unauthenticated(
            "there is no refresh cookie: log in",
        ));
    };
    let (accounts, deed) = (state.accounts(), note.deed()?);
    match accounts.refresh(&token, state.refresh_key(), &deed).await {
        Ok(signed) => signed_in(&state, StatusCode::OK, &signed),
        Err(error @ (AccountError::NotSignedIn | AccountError::TokenReused { .. })) => {
            if let AccountError::TokenReused { user, sign_in } = &error {
                // Whether the thief or the robbed shows it cannot be told; whose it is can.
                note.critical();
                note.target("user", Some(user.id.to_string()), &user.username);
                note.detail("signIn", sign_in.to_string());
            }
            Ok(with_cleared_cookies(&state, Problem::from(error)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the sign-in. Answers the same where there is none.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth", security(()), responses((status = 204)))]
pub(crate) async fn log_out(
    state: State<AppState>,
    note: Note,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    // Each of the two tokens may have run out by itself, so each is tried.
    let presented = Presented::by(&state, &headers, request.extensions());
    if let Presented::Bearer(_) | Presented::Cookie(_) = presented
        && let Ok(identity) = identify(&state, presented).await
    {
        note.signed_in(&identity.user);
        state.accounts().log_out(&identity, &note.deed()?).await?;
    } else if let Some(token) = Cookie::Refresh.read(&headers, state.scheme())
        && let Some(user) = state
            .accounts()
            .log_out_token(&token, &note.deed()?)
            .await?
    {
        note.signed_in(&user);
    }
    Ok(with_cleared_cookies(&state, StatusCode::NO_CONTENT))
}

/// Says who is logged in.
#[utoipa::path(get, path = "/api/auth/me", tag = "auth", responses(
    (status = 200, body = MeBody), (status = 401, body = ProblemBody)))]
pub(crate) async fn get_me(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<MeBody>, Problem> {
    let user = &caller.identity.user;
    let has_password =
        state.settings().password_login && state.accounts().has_password(user.id).await?;
    Ok(Json(MeBody {
        user: UserBody::from(user),
        has_password,
    }))
}

/// Changes one's own password. All other sign-ins end.
#[utoipa::path(post, path = "/api/auth/password", tag = "auth", request_body = PasswordRequest, responses(
    (status = 200, body = Login), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub(crate) async fn change_password(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    address: ClientAddress,
    headers: HeaderMap,
    body: Body<PasswordRequest>,
) -> Result<Response, Problem> {
    note.signed_in(&caller.identity.user);
    let attempt = Attempt::begin(&state, &caller.identity.user.username, address.0)?;
    let signed = state
        .accounts()
        .change_own_password(
            &caller.identity,
            Secret::new(body.0.current_password),
            Secret::new(body.0.new_password),
            &visitor(&headers, address.0),
            &note.deed()?,
        )
        .await
        .map_err(wrong_is_no_logout)?;
    attempt.succeeded();
    signed_in(&state, StatusCode::OK, &signed)
}

/// Gives out a ticket that opens one WebSocket.
#[utoipa::path(post, path = "/api/auth/ticket", tag = "auth", request_body = TicketRequest, responses(
    (status = 201, body = Ticket), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn create_ticket(
    state: State<AppState>,
    caller: Caller,
    body: Body<TicketRequest>,
) -> Result<(StatusCode, Json<Ticket>), Problem> {
    let ticket = state
        .accounts()
        .issue_ticket(&caller.identity, &body.0.resource)
        .await?;
    let ticket = Ticket {
        ticket: ticket.reveal().to_owned(),
        expires_in: TICKET_LIFETIME.as_secs(),
    };
    Ok((StatusCode::CREATED, Json(ticket)))
}

/// Refuses where people log in through a provider alone.
fn passwords_will_do(app: &AppState) -> Result<(), Problem> {
    if app.settings().password_login {
        return Ok(());
    }
    Err(Problem::forbidden(
        "auth.password_login_off",
        "passwords are switched off on this server: log in through its identity provider",
    ))
}

/// What signs in, for its user to recognise.
pub(super) fn visitor(headers: &HeaderMap, address: IpAddr) -> Visitor {
    let client = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Visitor {
        client: client.to_owned(),
        address: address.to_string(),
    }
}

/// An access token for a sign-in, and the cookies that go with it.
pub(super) fn login_cookies(
    app: &AppState,
    signed: &SignedIn,
) -> Result<(String, [Option<HeaderValue>; 2]), Problem> {
    let access = app
        .tokens()
        .issue(signed)
        .map_err(|error| Problem::internal(format!("no access token: {error}")))?;
    let cookies = [
        Cookie::Access.set(&Secret::new(access.as_str()), app.scheme()),
        Cookie::Refresh.set(&signed.refresh, app.scheme()),
    ];
    Ok((access, cookies))
}

fn signed_in(app: &AppState, status: StatusCode, signed: &SignedIn) -> Result<Response, Problem> {
    let (access, cookies) = login_cookies(app, signed)?;
    let login = Login {
        access_token: access,
        expires_in: ACCESS_LIFETIME.as_secs(),
        user: UserBody::from(&signed.user),
    };
    let mut response = (status, Json(login)).into_response();
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn with_cleared_cookies(app: &AppState, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    for cookie in [Cookie::Access, Cookie::Refresh] {
        if let Some(cookie) = cookie.clear(app.scheme()) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}
