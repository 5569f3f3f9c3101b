//! From a request to a person. The order: bearer token, cookie, control socket; a ticket only where a WebSocket opens.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode};
use longhouse_domain::Actor;
use longhouse_engine::accounts::{AccountError, Accounts, Credential, Identity, Secret};

use super::cookies::Cookie;
use super::token::Spoken;
use crate::problem::Problem;
use crate::serve::Peer;
use crate::state::AppState;

/// Longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 4096;

/// Who sent the request in hand. The [access](crate::access) layer puts it there, so a handler that asks for it on a route
/// without that layer answers 401.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) actor: Actor,
}

impl Caller {
    pub(crate) fn new(identity: Identity) -> Self {
        Self {
            actor: identity.actor(),
            identity,
        }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::unauthenticated("log in first"))
    }
}

/// What a request brought to show who sent it.
pub(crate) enum Presented {
    /// Nothing.
    Nothing,
    /// A token that the client put there itself: an access token or an API token.
    Bearer(Secret),
    /// The access token that the browser keeps.
    Cookie(Secret),
    /// It arrived on the control socket.
    ControlSocket,
}

impl Presented {
    pub(crate) fn by(app: &AppState, headers: &HeaderMap, extensions: &Extensions) -> Self {
        if let Some(value) = headers.get(AUTHORIZATION) {
            // Whoever names a token means that one; a cookie does not stand in for it.
            return Self::Bearer(bearer(value.to_str().unwrap_or_default()));
        }
        if let Some(token) = Cookie::Access.read(headers, app.scheme()) {
            return Self::Cookie(token);
        }
        match extensions.get() {
            Some(Peer::Local { .. }) => Self::ControlSocket,
            Some(Peer::Network(_)) | None => Self::Nothing,
        }
    }
}

fn bearer(value: &str) -> Secret {
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    };
    Secret::new(token)
}

/// The person behind what was presented.
pub(crate) async fn identify(app: &AppState, presented: Presented) -> Result<Identity, Problem> {
    match presented {
        Presented::Nothing => Err(Problem::unauthenticated("log in first")),
        Presented::Bearer(token) => token_identity(app, token.reveal()).await,
        Presented::Cookie(token) => access_identity(app, token.reveal()).await,
        Presented::ControlSocket => match app.accounts().first_admin().await? {
            Some(user) => Ok(Identity {
                user,
                by: Credential::ControlSocket,
            }),
            None => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "auth.setup_required",
                "there is no admin account yet: open the set-up link that the server's console shows, or stop the server and run \
                 `longhouse user add NAME --role admin`",
            )),
        },
    }
}

/// The person behind a token that a client brought: an access token or an API token.
pub(crate) async fn token_identity(app: &AppState, token: &str) -> Result<Identity, Problem> {
    if Accounts::is_api_token(token) && token.len() <= LONGEST_TOKEN {
        return Ok(app
            .accounts()
            .identify_api_token(&Secret::new(token))
            .await?);
    }
    access_identity(app, token).await
}

/// The person behind an access token.
async fn access_identity(app: &AppState, token: &str) -> Result<Identity, Problem> {
    let spoken = (token.len() <= LONGEST_TOKEN)
        .then(|| app.tokens().read(token))
        .flatten();
    let Some(Spoken {
        user,
        sign_in,
        version,
    }) = spoken
    else {
        return Err(Problem::unauthenticated(
            "the token is not valid, or not any more",
        ));
    };
    Ok(app.accounts().identify(user, version, sign_in).await?)
}

/// The person behind a ticket for this resource.
pub(crate) async fn ticket_identity(
    app: &AppState,
    ticket: &str,
    resource: &str,
) -> Result<Identity, Problem> {
    Ok(app
        .accounts()
        .redeem_ticket(&Secret::new(ticket), resource)
        .await?)
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        use axum::http::StatusCode;
        let (missing, conflict) = (StatusCode::NOT_FOUND, StatusCode::CONFLICT);
        let detail = error.to_string();
        match error {
            AccountError::WrongCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "auth.wrong_credentials", detail)
            }
            AccountError::NotSignedIn => {
                Self::unauthenticated("the sign-in is not valid, or not any more: log in again")
            }
            AccountError::TokenReused { .. } => {
                Self::new(StatusCode::UNAUTHORIZED, "auth.token_reused", detail)
            }
            AccountError::WrongSetupToken => Self::forbidden("auth.wrong_setup_token", detail),
            AccountError::SetupClosed => Self::new(conflict, "auth.setup_closed", detail),
            AccountError::NameTaken => Self::new(conflict, "user.name_taken", detail),
            AccountError::UserNotFound => Self::new(missing, "user.not_found", detail),
            AccountError::TokenNotFound => Self::new(missing, "token.not_found", detail),
            AccountError::TokenNameTaken => Self::new(conflict, "token.name_taken", detail),
            AccountError::TooManyTokens { .. } => Self::new(conflict, "token.too_many", detail),
            AccountError::SignInNotFound => Self::new(missing, "sign_in.not_found", detail),
            AccountError::NoAccount => Self::forbidden("auth.no_account", detail),
            AccountError::Disabled => Self::forbidden("auth.disabled", detail),
            AccountError::LinkNotFound => Self::new(missing, "identity.not_found", detail),
            AccountError::LinkedElsewhere => Self::new(conflict, "identity.of_another", detail),
            AccountError::LinkedAlready => Self::new(conflict, "identity.provider_linked", detail),
            AccountError::LastWayIn => Self::new(conflict, "identity.last_way_in", detail),
            AccountError::LoginTooOld => Self::forbidden("auth.login_too_old", detail),
            AccountError::LastAdmin => Self::new(conflict, "user.last_admin", detail),
            AccountError::OwnsSessions => Self::new(conflict, "user.has_sessions", detail),
            AccountError::Session(error) => Self::from(error),
            AccountError::Invalid(fields) => {
                Self::from(longhouse_engine::EngineError::Invalid(fields))
            }
            AccountError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "auth.busy", detail).retry_after(5)
            }
            AccountError::Unavailable(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "database.unavailable",
                "the database is away: try again shortly",
            )
            .retry_after(2),
            AccountError::Internal(detail) => Self::internal(detail),
        }
    }
}
