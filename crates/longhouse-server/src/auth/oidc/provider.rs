//! One provider: what it says of itself, its keys, and the exchange of a code for its word on who somebody is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::OidcProvider;
use super::id_token::{Expected, TokenFault, Vouched, verify};
use super::rights::lacks;
use super::web::{Ask, Web, WebError, is_safe};

/// How long what a provider says of itself is believed.
const BELIEVED: Duration = Duration::from_secs(3600);

/// Most keys that are looked at.
const MOST_KEYS: usize = 64;

/// Why a provider could not be used. The texts are for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum OidcError {
    /// It cannot be reached.
    #[error("the identity provider is away: {0}")]
    Away(String),
    /// It did not take the code, or what it gave will not do.
    #[error("what the identity provider says is not valid: {0}")]
    Invalid(String),
}

impl From<WebError> for OidcError {
    fn from(error: WebError) -> Self {
        match error {
            WebError::Away { .. } => Self::Away(error.to_string()),
            WebError::Refused { .. } => Self::Invalid(error.to_string()),
        }
    }
}

impl From<TokenFault> for OidcError {
    fn from(fault: TokenFault) -> Self {
        Self::Invalid(format!("the ID token: {fault}"))
    }
}

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    #[serde(default = "usual_algorithm")]
    id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

fn usual_algorithm() -> Vec<String> {
    vec!["RS256".to_owned()]
}

/// A provider, and what is known of it.
pub(super) struct Provider {
    pub(super) settings: OidcProvider,
    known: Mutex<Option<Arc<Known>>>,
}

/// What a provider said, and when.
pub(super) struct Known {
    pub(super) metadata: Metadata,
    keys: Vec<Jwk>,
    at: Instant,
}

/// What the browser brought back, and what goes with it.
pub(super) struct Code<'a> {
    pub(super) code: &'a str,
    pub(super) verifier: &'a str,
    pub(super) redirect: &'a str,
    pub(super) nonce: &'a str,
    /// Seconds since 1970.
    pub(super) now: i64,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Provider {
    pub(super) fn new(settings: OidcProvider) -> Self {
        Self {
            settings,
            known: Mutex::new(None),
        }
    }

    /// What the provider says of itself, asked anew after a while.
    pub(super) async fn known(&self, web: &Web) -> Result<Arc<Known>, OidcError> {
        let known = self.lock().clone();
        match known {
            Some(known) if known.at.elapsed() < BELIEVED => Ok(known),
            _ => self.learn(web).await,
        }
    }

    async fn learn(&self, web: &Web) -> Result<Arc<Known>, OidcError> {
        let base = self.settings.issuer.trim_end_matches('/');
        let address = format!("{base}/.well-known/openid-configuration");
        let metadata: Metadata = read(web.ask(Ask::get(&address)).await?)?;
        // Somebody else's description would lead people, and their codes, to somebody else.
        if metadata.issuer != self.settings.issuer {
            return Err(OidcError::Invalid(format!(
                "{address} describes another issuer, {}",
                metadata.issuer.escape_debug()
            )));
        }
        let addresses = [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.jwks_uri,
        ];
        if !addresses.into_iter().all(|address| is_safe(address)) {
            return Err(OidcError::Invalid(format!(
                "{address} names an address that is not https"
            )));
        }
        let set: KeySet = read(web.ask(Ask::get(&metadata.jwks_uri)).await?)?;
        let keys = set
            .keys
            .into_iter()
            .take(MOST_KEYS)
            // A set may hold keys of kinds that we know nothing of.
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect();
        let known = Arc::new(Known {
            metadata,
            keys,
            at: Instant::now(),
        });
        *self.lock() = Some(Arc::clone(&known));
        Ok(known)
    }

    /// Exchanges a code for the provider's word on who somebody is.
    pub(super) async fn redeem(&self, web: &Web, code: Code<'_>) -> Result<Vouched, OidcError> {
        let known = self.known(web).await?;
        let tokens: Tokens = read(web.ask(self.exchange(&known.metadata, &code)).await?)?;
        let mut vouched = match self.verified(&known, &tokens, &code) {
            // The provider may have changed its keys since it was asked.
            Err(TokenFault::UnknownKey) => {
                let known = self.learn(web).await?;
                self.verified(&known, &tokens, &code)?
            }
            other => other?,
        };
        if lacks(&self.settings, &vouched)
            && let (Some(endpoint), Some(token)) =
                (&known.metadata.userinfo_endpoint, &tokens.access_token)
        {
            let ask = Ask::get(endpoint).authorized(&format!("Bearer {token}"));
            let more: Map<String, Value> = read(web.ask(ask).await?)?;
            // What is said of somebody else is not said of them.
            if more.get("sub").and_then(Value::as_str) != Some(&vouched.subject) {
                return Err(OidcError::Invalid(
                    "the user information is of somebody else".to_owned(),
                ));
            }
            for (name, value) in more {
                vouched.claims.entry(name).or_insert(value);
            }
        }
        Ok(vouched)
    }

    fn exchange<'a>(&self, metadata: &'a Metadata, code: &Code<'_>) -> Ask<'a> {
        let (settings, mut form) = (
            &self.settings,
            form_urlencoded::Serializer::new(String::new()),
        );
        form.extend_pairs([
            ("grant_type", "authorization_code"),
            ("code", code.code),
            ("redirect_uri", code.redirect),
            ("code_verifier", code.verifier),
        ]);
        let by_header = metadata
            .token_endpoint_auth_methods_supported
            .as_ref()
            .is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        match &settings.client_secret {
            Some(secret) if by_header => {
                let encoded = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let pair = format!(
                    "{}:{}",
                    encoded(&settings.client_id),
                    encoded(secret.reveal())
                );
                Ask::post(&metadata.token_endpoint, form.finish())
                    .authorized(&format!("Basic {}", STANDARD.encode(pair)))
            }
            secret => {
                form.append_pair("client_id", &settings.client_id);
                if let Some(secret) = secret {
                    form.append_pair("client_secret", secret.reveal());
                }
                Ask::post(&metadata.token_endpoint, form.finish())
            }
        }
    }

    fn verified(
        &self,
        known: &Known,
        tokens: &Tokens,
        code: &Code<'_>,
    ) -> Result<Vouched, TokenFault> {
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce: code.nonce,
            algorithms: &known.metadata.id_token_signing_alg_values_supported,
            now: code.now,
        };
        verify(&tokens.id_token, &known.keys, &expected)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read<T: DeserializeOwned>(body: axum::body::Bytes) -> Result<T, OidcError> {
    serde_json::from_slice(&body).map_err(|error| OidcError::Invalid(error.to_string()))
}
