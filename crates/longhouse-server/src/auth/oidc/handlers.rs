//! The two addresses of a login through a provider, and the list of the ways to log in.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use longhouse_engine::accounts::SignedIn;
use serde::Serialize;
use utoipa::ToSchema;

use super::attempt::Purpose;
use super::way::{
    Answer, Failure, add_cookies, attempt, depart, known_provider, redirect, spent, vouched,
};
use crate::audit::Note;
use crate::auth::handlers::{login_cookies, visitor};
use crate::extract::{PathOf, Question};
use crate::problem::{Problem, ProblemBody};
use crate::serve::ClientAddress;
use crate::state::AppState;

/// The ways to log in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoginMethods {
    /// Whether a user name and a password will do.
    password: bool,
    /// Identity providers.
    oidc: Vec<LoginProvider>,
    /// Whether the first account has yet to be made.
    setup_open: bool,
}

/// An identity provider to log in through.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoginProvider {
    id: String,
    name: String,
    /// Where the browser goes to begin; `?next=` names the page to come back to.
    url: String,
}

/// Says how one can log in.
#[utoipa::path(get, path = "/api/auth/methods", tag = "auth", security(()), responses(
    (status = 200, body = LoginMethods)))]
pub(crate) async fn get_login_methods(
    state: State<AppState>,
) -> Result<Json<LoginMethods>, Problem> {
    let password = state.settings().password_login;
    let providers = state.settings().oidc.iter().map(|provider| LoginProvider {
        id: provider.id.clone(),
        name: provider.name.clone(),
        url: format!("/api/auth/oidc/{}/login", provider.id),
    });
    Ok(Json(LoginMethods {
        password,
        oidc: providers.collect(),
        setup_open: password && state.accounts().needs_setup().await?,
    }))
}

/// Begins a login through an identity provider: leads the browser there.
#[utoipa::path(get, path = "/api/auth/oidc/{provider}/login", tag = "auth", security(()),
    params(("provider" = String, Path), ("next" = Option<String>, Query, description = "A page of this server")),
    responses((status = 303, description = "To the provider, or to /login?error="), (status = 404, body = ProblemBody)))]
pub(crate) async fn begin_oidc_login(
    state: State<AppState>,
    path: PathOf<String>,
    question: Question,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let provider = known_provider(&state, &path.0)?;
    let purpose = Purpose::log_in(question.text("next"));
    match depart(&state, provider, purpose, &headers).await {
        Ok(departure) => {
            let mut response = redirect(&departure.target);
            add_cookies(&mut response, departure.cookies);
            Ok(response)
        }
        Err(failure) => Ok(back_with(&failure)),
    }
}

/// Ends a login through an identity provider: the provider leads the browser here.
#[utoipa::path(get, path = "/api/auth/oidc/{provider}/callback", tag = "auth", security(()),
    params(("provider" = String, Path), ("code" = Option<String>, Query), ("state" = Option<String>, Query),
    ("error" = Option<String>, Query), ("iss" = Option<String>, Query)),
    responses((status = 303, description = "Into the page, or to /login?error="), (status = 404, body = ProblemBody)))]
pub(crate) async fn finish_oidc_login(
    state: State<AppState>,
    path: PathOf<String>,
    address: ClientAddress,
    note: Note,
    question: Question,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let provider = known_provider(&state, &path.0)?;
    note.detail("provider", path.0.as_str());
    let (visitor, deed) = (visitor(&headers, address.0), note.deed()?);
    let answer = Answer::of(&question);
    let finished = async {
        let attempt = attempt(&state, provider, answer, &headers)?;
        let Purpose::LogIn { next } = &attempt.purpose else {
            return Ok(None);
        };
        let login = vouched(&state, provider, &attempt, answer.code, &headers).await?;
        let signed = state
            .accounts()
            .log_in_external(&login, &visitor, &deed)
            .await?;
        Ok::<_, Failure>(Some((next.clone(), signed)))
    };
    let mut response = match finished.await {
        Ok(Some((next, signed))) => {
            note.signed_in(&signed.user);
            enter(&state, &next, &signed)?
        }
        // Coming from another site, the browser does not show here who is logged in. The page asks, and takes the answer along.
        Ok(None) => {
            note.nothing();
            return Ok(redirect(&answer.for_the_page(&path.0)));
        }
        Err(failure) => {
            note.denied(failure.code);
            back_with(&failure)
        }
    };
    add_cookies(&mut response, spent(&state, answer));
    Ok(response)
}

fn enter(app: &AppState, next: &str, signed: &SignedIn) -> Result<Response, Problem> {
    let (_, cookies) = login_cookies(app, signed)?;
    let mut response = redirect(next);
    add_cookies(&mut response, cookies.into_iter().flatten());
    Ok(response)
}

fn back_with(failure: &Failure) -> Response {
    tracing::warn!(code = failure.code, why = %failure.why, "a login through an identity provider failed");
    redirect(&format!("/login?error={}", failure.code))
}
