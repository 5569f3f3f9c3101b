//! The two addresses of a login through a provider, and the list of the ways to log in.

use axum::Json;
use axum::extract::State;
use axum::http::header::{HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use longhouse_engine::accounts::{AccountError, ExternalLogin, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

use super::attempt::{Attempt, label_of};
use super::provider::{Code, OidcError, Provider};
use super::rights::decide;
use crate::audit::Note;
use crate::auth::cookies::{Cookie, attempts_in};
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

/// Why nobody was logged in, as the page is told.
struct Failure {
    code: &'static str,
    /// For the log.
    why: String,
}

impl Failure {
    fn new(code: &'static str, why: impl ToString) -> Self {
        Self {
            code,
            why: why.to_string(),
        }
    }
}

impl From<OidcError> for Failure {
    fn from(error: OidcError) -> Self {
        let code = match &error {
            OidcError::Away(_) => "auth.oidc_unavailable",
            OidcError::Invalid(_) => "auth.oidc_invalid",
        };
        Self::new(code, error)
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let code = match &error {
            AccountError::NoAccount => "auth.no_account",
            AccountError::Disabled => "auth.disabled",
            AccountError::LastAdmin => "user.last_admin",
            AccountError::Unavailable(_) => "database.unavailable",
            _ => "auth.oidc_failed",
        };
        Self::new(code, error)
    }
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
    match begin(&state, provider, question.text("next"), &headers).await {
        Ok(response) => Ok(response),
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
    let finished = async {
        let attempt = attempt(&state, provider, &question, &headers)?;
        let code = question.text("code").unwrap_or_default();
        let login = vouched(&state, provider, &attempt, code, &headers).await?;
        let signed = state
            .accounts()
            .log_in_external(&login, &visitor, &deed)
            .await?;
        Ok::<_, Failure>((attempt, signed))
    };
    let mut response = match finished.await {
        Ok((attempt, signed)) => {
            note.signed_in(&signed.user);
            enter(&state, &attempt, &signed)?
        }
        Err(failure) => {
            note.denied(failure.code);
            back_with(&failure)
        }
    };
    // An attempt is good for one answer.
    let over = question.text("state").and_then(label_of);
    add_cookies(
        &mut response,
        over.map(|label| Cookie::Oidc(label).clear(state.scheme())),
    );
    Ok(response)
}

fn known_provider<'a>(app: &'a AppState, id: &str) -> Result<&'a Provider, Problem> {
    app.oidc().provider(id).ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "auth.no_such_provider",
            "there is no such identity provider",
        )
    })
}

async fn begin(
    app: &AppState,
    provider: &Provider,
    next: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let oidc = app.oidc();
    let known = provider.known(&oidc.web).await?;
    let settings = &provider.settings;
    let attempt = oidc
        .attempts
        .begin(&settings.id, next, app.tokens().now())?;
    let mut scopes = vec!["openid"];
    scopes.extend(
        settings
            .scopes
            .iter()
            .map(String::as_str)
            .filter(|scope| *scope != "openid"),
    );
    let answer_to = oidc.attempts.state(&attempt);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", &settings.client_id),
        ("redirect_uri", &callback(app, provider, headers)),
        ("scope", &scopes.join(" ")),
        ("state", &answer_to),
        ("nonce", &oidc.attempts.nonce(&attempt)),
        ("code_challenge", &oidc.attempts.challenge(&attempt)),
        ("code_challenge_method", "S256"),
    ]);
    let endpoint = &known.metadata.authorization_endpoint;
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    let target = format!("{endpoint}{joint}{}", query.finish());
    let mut response = redirect(&target);
    let scheme = app.scheme();
    let begun = label_of(&answer_to)
        .map(|label| Cookie::Oidc(label).set(&oidc.attempts.seal(&attempt), scheme));
    let others = oidc
        .attempts
        .superfluous(attempts_in(headers, scheme), app.tokens().now());
    let ended = others
        .into_iter()
        .map(|label| Cookie::Oidc(label).clear(scheme));
    add_cookies(&mut response, begun.into_iter().chain(ended));
    Ok(response)
}

/// The attempt that a browser comes back from, if it is the browser that began it.
fn attempt(
    app: &AppState,
    provider: &Provider,
    question: &Question,
    headers: &HeaderMap,
) -> Result<Attempt, Failure> {
    let attempts = &app.oidc().attempts;
    let foreign = |why: &str| Failure::new("auth.oidc_state", why);
    let state = question.text("state").unwrap_or_default();
    let attempt = label_of(state)
        .and_then(|label| Cookie::Oidc(label).read(headers, app.scheme()))
        .and_then(|cookie| attempts.open(&cookie, app.tokens().now()))
        .filter(|attempt| attempt.provider == provider.settings.id)
        .ok_or_else(|| foreign("this browser has begun no login here, or too long ago"))?;
    if !attempts.is_state(&attempt, state) {
        return Err(foreign("the state is another one"));
    }
    if question
        .text("iss")
        .is_some_and(|issuer| issuer != provider.settings.issuer)
    {
        return Err(Failure::new(
            "auth.oidc_invalid",
            "the answer is another issuer's",
        ));
    }
    match question.text("error") {
        Some(error) => Err(Failure::new("auth.oidc_refused", error.escape_debug())),
        None => Ok(attempt),
    }
}

/// Who the provider says that it is, and what follows from that.
async fn vouched(
    app: &AppState,
    provider: &Provider,
    attempt: &Attempt,
    code: &str,
    headers: &HeaderMap,
) -> Result<ExternalLogin, Failure> {
    let oidc = app.oidc();
    let code = Code {
        code,
        verifier: &oidc.attempts.verifier(attempt),
        redirect: &callback(app, provider, headers),
        nonce: &oidc.attempts.nonce(attempt),
        now: app.tokens().now(),
    };
    let vouched = provider.redeem(&oidc.web, code).await?;
    decide(&provider.settings, &vouched).ok_or_else(|| {
        Failure::new(
            "auth.oidc_not_allowed",
            "none of the groups or domains gives access",
        )
    })
}

/// Our address for the provider's answer, as the browser in hand reaches us.
fn callback(app: &AppState, provider: &Provider, headers: &HeaderMap) -> String {
    let base = match &app.settings().public_url {
        Some(url) => crate::settings::origin_of(url),
        // The guard has let only our own names pass.
        None => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            format!("{}://{}", app.scheme().as_str(), host.unwrap_or_default())
        }
    };
    format!("{base}/api/auth/oidc/{}/callback", provider.settings.id)
}

fn enter(app: &AppState, attempt: &Attempt, signed: &SignedIn) -> Result<Response, Problem> {
    let (_, cookies) = login_cookies(app, signed)?;
    let mut response = redirect(&attempt.next);
    add_cookies(&mut response, cookies);
    Ok(response)
}

fn back_with(failure: &Failure) -> Response {
    tracing::warn!(code = failure.code, why = %failure.why, "a login through an identity provider failed");
    redirect(&format!("/login?error={}", failure.code))
}

fn redirect(target: &str) -> Response {
    let Ok(target) = HeaderValue::from_str(target) else {
        return Problem::internal("a redirect cannot be written").into_response();
    };
    (StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response()
}

fn add_cookies(response: &mut Response, cookies: impl IntoIterator<Item = Option<HeaderValue>>) {
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
