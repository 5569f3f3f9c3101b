//! The way to a provider and back, whatever it is gone for: the browser is sent there with an attempt in a cookie, and what it
//! brings back is believed only with that attempt.

use axum::http::header::{HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use longhouse_engine::accounts::{AccountError, ExternalLogin};

use super::attempt::{Attempt, Purpose, label_of};
use super::provider::{Code, OidcError, Provider};
use super::rights::decide;
use crate::auth::cookies::{Cookie, attempts_in};
use crate::extract::Question;
use crate::problem::Problem;
use crate::state::AppState;

/// Why nothing came of an attempt, as the page is told.
pub(super) struct Failure {
    pub(super) code: &'static str,
    /// For the log.
    pub(super) why: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, why: impl ToString) -> Self {
        Self {
            code,
            why: why.to_string(),
        }
    }

    /// What came back does not belong to whoever brings it.
    pub(super) fn foreign(why: &str) -> Self {
        Self::new("auth.oidc_state", why)
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

pub(super) fn known_provider<'a>(app: &'a AppState, id: &str) -> Result<&'a Provider, Problem> {
    app.oidc().provider(id).ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "auth.no_such_provider",
            "there is no such identity provider",
        )
    })
}

/// The way to the provider, and what the browser needs on the way back.
pub(super) struct Departure {
    /// The address at the provider.
    pub(super) target: String,
    /// The attempt that begins, and those that have to end for it.
    pub(super) cookies: Vec<HeaderValue>,
}

pub(super) async fn depart(
    app: &AppState,
    provider: &Provider,
    purpose: Purpose,
    headers: &HeaderMap,
) -> Result<Departure, Failure> {
    let oidc = app.oidc();
    let known = provider.known(&oidc.web).await?;
    let settings = &provider.settings;
    let attempt = oidc
        .attempts
        .begin(&settings.id, purpose, app.tokens().now())?;
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
    let scheme = app.scheme();
    let begun = label_of(&answer_to)
        .map(|label| Cookie::Oidc(label).set(&oidc.attempts.seal(&attempt), scheme));
    let others = oidc
        .attempts
        .superfluous(attempts_in(headers, scheme), app.tokens().now());
    let ended = others
        .into_iter()
        .map(|label| Cookie::Oidc(label).clear(scheme));
    let cookies = begun.into_iter().chain(ended).flatten().collect();
    Ok(Departure { target, cookies })
}

/// What the provider says when it leads the browser back.
#[derive(Clone, Copy, Default)]
pub(super) struct Answer<'a> {
    pub(super) state: &'a str,
    pub(super) code: &'a str,
    /// Why it vouches for nobody.
    pub(super) error: Option<&'a str>,
    pub(super) issuer: Option<&'a str>,
}

impl<'a> Answer<'a> {
    pub(super) fn of(question: &'a Question) -> Self {
        Self {
            state: question.text("state").unwrap_or_default(),
            code: question.text("code").unwrap_or_default(),
            error: question.text("error"),
            issuer: question.text("iss"),
        }
    }

    /// The page that goes on with it. What stands behind the `#` is sent to nobody.
    pub(super) fn for_the_page(self, provider: &str) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.append_pair("provider", provider);
        text.append_pair("state", self.state);
        text.append_pair("code", self.code);
        for (name, value) in [("error", self.error), ("iss", self.issuer)] {
            if let Some(value) = value {
                text.append_pair(name, value);
            }
        }
        format!("/profile#{}", text.finish())
    }
}

/// The attempt that a browser comes back from, if it is the browser that began it.
pub(super) fn attempt(
    app: &AppState,
    provider: &Provider,
    answer: Answer<'_>,
    headers: &HeaderMap,
) -> Result<Attempt, Failure> {
    let attempts = &app.oidc().attempts;
    let attempt = label_of(answer.state)
        .and_then(|label| Cookie::Oidc(label).read(headers, app.scheme()))
        .and_then(|cookie| attempts.open(&cookie, app.tokens().now()))
        .filter(|attempt| attempt.provider == provider.settings.id)
        .ok_or_else(|| {
            Failure::foreign("this browser has begun no such login here, or too long ago")
        })?;
    if !attempts.is_state(&attempt, answer.state) {
        return Err(Failure::foreign("the state is another one"));
    }
    if answer
        .issuer
        .is_some_and(|issuer| issuer != provider.settings.issuer)
    {
        return Err(Failure::new(
            "auth.oidc_invalid",
            "the answer is another issuer's",
        ));
    }
    match answer.error {
        Some(error) => Err(Failure::new("auth.oidc_refused", error.escape_debug())),
        None => Ok(attempt),
    }
}

/// The cookie of an attempt that is over, taken away: it is good for one answer.
pub(super) fn spent(app: &AppState, answer: Answer<'_>) -> Option<HeaderValue> {
    Cookie::Oidc(label_of(answer.state)?).clear(app.scheme())
}

/// Who the provider says that it is, and what follows from that.
pub(super) async fn vouched(
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

pub(super) fn redirect(target: &str) -> Response {
    let Ok(target) = HeaderValue::from_str(target) else {
        return Problem::internal("a redirect cannot be written").into_response();
    };
    (StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response()
}

pub(super) fn add_cookies(response: &mut Response, cookies: impl IntoIterator<Item = HeaderValue>) {
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
