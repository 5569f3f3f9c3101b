//! Linking a login at a provider with the account of whoever is logged in, and taking the link away.
//!
//! ```text
//! page ── POST link, with the password ──► we: who and which sign-in into the attempt's cookie ──► the provider's address
//! page ──► provider ── 303 ──► callback ── 303 ──► page, with the provider's answer
//! page ── POST identities, with the answer ──► we: cookie, state, the very sign-in? code ──► ID token ──► linked
//! ```
//!
//! The last step is the page's, not the callback's: a browser that is led here by another site does not show who is logged in.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use longhouse_domain::Timestamp;
use longhouse_engine::accounts::{AccountError, ExternalIdentity, Link, Secret, WaysIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attempt::Purpose;
use super::way::{Answer, Failure, add_cookies, attempt, depart, known_provider, spent, vouched};
use crate::audit::Note;
use crate::auth::identify::Caller;
use crate::auth::tries;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::serve::ClientAddress;
use crate::state::AppState;

/// What is asked before a login at a provider is linked.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LinkRequest {
    /// One's password here. Whoever has none must have logged in within the last ten minutes.
    #[serde(default)]
    password: Option<String>,
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkStart {
    /// The provider's page. It leads back to `/profile#...` with the fields of a `NewIdentity`.
    url: String,
}

/// What the provider answered, as it stands behind the `#`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewIdentity {
    provider: String,
    state: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    iss: Option<String>,
}

/// A login at a provider that opens one's account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    /// The provider, as `/api/auth/methods` names it; null for one that is not configured any more.
    provider: Option<String>,
    /// What people call it.
    name: String,
    issuer: String,
    created_at: Timestamp,
    last_used_at: Timestamp,
}

/// One's own logins at providers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdentityList {
    items: Vec<Identity>,
    total: usize,
    /// Always null: the list is short.
    next_cursor: Option<String>,
}

/// Begins to link a login at a provider with one's account: says where the browser is to go.
#[utoipa::path(post, path = "/api/auth/oidc/{provider}/link", tag = "auth", params(("provider" = String, Path)),
    request_body = LinkRequest, responses(
    (status = 200, body = LinkStart), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 404, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody),
    (status = 503, body = ProblemBody)))]
pub(crate) async fn begin_link(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<String>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Body<LinkRequest>,
) -> Result<Response, Problem> {
    let provider = known_provider(&state, &path.0)?;
    let user = &caller.identity.user;
    let sign_in = caller.identity.sign_in().ok_or(AccountError::LoginTooOld)?;
    let attempt = tries::Attempt::begin(&state, &user.username, address.0)?;
    state
        .accounts()
        .confirm(
            &caller.identity,
            body.0.password.map(Secret::new),
            &ways_in(&state),
        )
        .await
        .map_err(tries::wrong_is_no_logout)?;
    attempt.succeeded();
    let purpose = Purpose::Link {
        user: user.id.0,
        sign_in,
    };
    let departure = depart(&state, provider, purpose, &headers).await?;
    let start = LinkStart {
        url: departure.target,
    };
    let mut response = Json(start).into_response();
    add_cookies(&mut response, departure.cookies);
    Ok(response)
}

/// Links a login at a provider with one's account, with what the provider answered. Only the sign-in that began it ends it.
#[utoipa::path(post, path = "/api/auth/identities", tag = "auth", request_body = NewIdentity, responses(
    (status = 201, body = Identity), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody),
    (status = 503, body = ProblemBody)))]
pub(crate) async fn link_identity(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    headers: HeaderMap,
    body: Body<NewIdentity>,
) -> Result<Response, Problem> {
    let (new, user) = (body.0, &caller.identity.user);
    note.detail("provider", &new.provider);
    note.target("user", Some(user.id.to_string()), &user.username);
    let answer = Answer {
        state: &new.state,
        code: &new.code,
        error: new.error.as_deref(),
        issuer: new.iss.as_deref(),
    };
    let who = linked_with(&state, &caller, &new.provider, answer, &headers).await;
    let linked = match who {
        Ok(who) => {
            let deed = note.deed()?;
            let linked = state.accounts().link(&caller.identity, &who, &deed).await;
            linked.map_err(Problem::from)
        }
        Err(problem) => Err(problem),
    };
    let mut response = match linked {
        Ok(link) => (StatusCode::CREATED, Json(described(&state, link))).into_response(),
        Err(problem) => problem.into_response(),
    };
    add_cookies(&mut response, spent(&state, answer));
    Ok(response)
}

/// Lists one's own logins at providers.
#[utoipa::path(get, path = "/api/auth/identities", tag = "auth", responses(
    (status = 200, body = IdentityList), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn list_identities(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<IdentityList>, Problem> {
    let links = state.accounts().links(&caller.identity).await?;
    let items: Vec<_> = links
        .into_iter()
        .map(|link| described(&state, link))
        .collect();
    Ok(Json(IdentityList {
        total: items.len(),
        items,
        next_cursor: None,
    }))
}

/// Takes a provider's login away from one's account, unless nothing would be left to log in with.
#[utoipa::path(delete, path = "/api/auth/identities/{provider}", tag = "auth",
    params(("provider" = String, Path, description = "The provider, or its issuer where it is not configured any more")), responses(
    (status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn unlink_identity(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<String>,
    note: Note,
) -> Result<StatusCode, Problem> {
    let user = &caller.identity.user;
    note.detail("provider", &path.0);
    note.target("user", Some(user.id.to_string()), &user.username);
    let known = state.oidc().provider(&path.0);
    let issuer = known.map_or(&path.0, |provider| &provider.settings.issuer);
    state
        .accounts()
        .unlink(&caller.identity, issuer, &ways_in(&state), &note.deed()?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom the provider vouches for, if it was this caller who asked.
async fn linked_with(
    app: &AppState,
    caller: &Caller,
    provider: &str,
    answer: Answer<'_>,
    headers: &HeaderMap,
) -> Result<ExternalIdentity, Problem> {
    let provider = known_provider(app, provider)?;
    let attempt = attempt(app, provider, answer, headers)?;
    let own = Purpose::Link {
        user: caller.identity.user.id.0,
        sign_in: caller.identity.sign_in().unwrap_or_default(),
    };
    if attempt.purpose != own {
        return Err(Failure::foreign("another sign-in has begun it").into());
    }
    let login = vouched(app, provider, &attempt, answer.code, headers).await?;
    Ok(ExternalIdentity {
        issuer: login.issuer,
        subject: login.subject,
    })
}

fn described(app: &AppState, link: Link) -> Identity {
    let mut configured = app.settings().oidc.iter();
    let known = configured.find(|provider| provider.issuer == link.issuer);
    Identity {
        provider: known.map(|provider| provider.id.clone()),
        name: known.map_or_else(|| link.issuer.clone(), |provider| provider.name.clone()),
        issuer: link.issuer,
        created_at: link.created_at,
        last_used_at: link.last_used_at,
    }
}

/// By what people can log in here.
fn ways_in(app: &AppState) -> WaysIn {
    let settings = app.settings();
    let issuers = settings.oidc.iter().map(|provider| provider.issuer.clone());
    WaysIn {
        passwords: settings.password_login,
        issuers: issuers.collect(),
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        tracing::warn!(code = failure.code, why = %failure.why, "a login at an identity provider was not linked");
        match failure.code {
            "auth.oidc_unavailable" => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                failure.code,
                "the provider does not answer: try again in a moment",
            )
            .retry_after(5),
            "auth.oidc_refused" => {
                Self::forbidden(failure.code, "the provider did not let that login through")
            }
            "auth.oidc_not_allowed" => Self::forbidden(
                failure.code,
                "the provider knows you, but none of your groups or domains is let in here",
            ),
            "auth.oidc_invalid" => Self::forbidden(
                failure.code,
                "the provider's answer did not fit the login that was begun here: try again",
            ),
            code => Self::forbidden(
                code,
                "that login was begun in another browser or by another login, or too long ago: try again",
            ),
        }
    }
}
