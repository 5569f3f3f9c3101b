//! Logging in through an identity provider: OpenID Connect's code flow with PKCE.
//!
//! ```text
//! browser ── login ──► we: seed into a cookie; state, nonce and challenge made from it ── 303 ──► provider
//! browser ◄─────────── provider: 303 with code and state
//! browser ── callback ► we: cookie and state fit? code + verifier ──► provider's token endpoint ──► ID token
//!                       signature, issuer, audience, times, nonce fit? groups → role ──► a sign-in like any other, 303 ──► page
//! ```
//!
//! The provider is not trusted beyond its word on who somebody is: every answer is bounded in size and time, and redirects of
//! its machine-to-machine addresses are not followed. What becomes of the person is the accounts' decision.

mod attempt;
#[cfg(fuzzing)]
mod fuzzing;
mod handlers;
mod id_token;
mod link;
mod provider;
mod rights;
mod way;
mod web;

use std::sync::Arc;

use longhouse_domain::Role;
use longhouse_engine::accounts::Secret;

use crate::settings::SigningKey;
use attempt::Attempts;
use provider::Provider;
use web::Web;

pub(super) use attempt::ATTEMPT_LIFETIME;
#[cfg(fuzzing)]
pub(crate) use fuzzing::id_token;
pub(crate) use handlers::*;
pub(crate) use link::*;

/// One identity provider, as it is configured.
#[derive(Clone, Debug)]
pub struct OidcProvider {
    /// What its addresses here contain: `/api/auth/oidc/<id>/login`.
    pub id: String,
    /// What people read on the button.
    pub name: String,
    /// The issuer: HTTPS, or HTTP on loopback.
    pub issuer: String,
    /// What the provider calls this server.
    pub client_id: String,
    /// The secret that goes with it; none for a public client, which PKCE alone protects.
    pub client_secret: Option<Secret>,
    /// What is asked for; `openid` always is.
    pub scopes: Vec<String>,
    /// The claim that lists somebody's groups; dots lead into nested objects.
    pub groups_claim: String,
    /// Which group gives which role; of several the highest counts.
    pub roles: Vec<(String, Role)>,
    /// Groups that give the `host` permission.
    pub host_groups: Vec<String>,
    /// The role of those in none of these groups; without it they do not get in where there are such groups.
    pub default_role: Option<Role>,
    /// Whether somebody who comes for the first time gets an account.
    pub create_accounts: bool,
    /// Only people with a verified address of mail in one of these domains, where there are any.
    pub allowed_domains: Vec<String>,
    /// Only people in one of these groups, where there are any.
    pub allowed_groups: Vec<String>,
}

/// All providers, and what talking to them takes.
pub(crate) struct Oidc {
    providers: Vec<Provider>,
    attempts: Attempts,
    web: Web,
}

impl Oidc {
    pub(crate) fn new(
        providers: &[OidcProvider],
        tls: Option<Arc<rustls::ClientConfig>>,
        key: &SigningKey,
    ) -> Self {
        Self {
            providers: providers.iter().cloned().map(Provider::new).collect(),
            attempts: Attempts::new(key),
            web: Web::new(tls),
        }
    }

    fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers
            .iter()
            .find(|provider| provider.settings.id == id)
    }
}
