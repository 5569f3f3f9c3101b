//! What every handler can reach. A plain struct, handed down: two servers in one process share nothing.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Extensions, HeaderMap, HeaderValue};
use longhouse_domain::{Clock, UserId};
use longhouse_engine::Engine;
use longhouse_engine::accounts::Accounts;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::address::Neighbourhood;
use crate::audit::Refusals;
use crate::auth::{AccessTokens, Oidc};
use crate::edge::content_security_policy;
use crate::limits::{LoginLimits, RateLimiter, SocketSlots};
use crate::meta::Metrics;
use crate::preview::{self, Passes, PreviewNames};
use crate::serve::Peer;
use crate::settings::{Limits, OwnNames, Scheme, ServerSettings};

/// The server's parts. A clone is another handle on the same ones.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

struct Parts {
    engine: Engine,
    accounts: Accounts,
    settings: ServerSettings,
    names: OwnNames,
    previews: PreviewNames,
    passes: Passes,
    preview_caller: preview::Caller,
    policy: HeaderValue,
    tokens: AccessTokens,
    refresh_key: [u8; 32],
    oidc: Oidc,
    logins: LoginLimits,
    address_limit: RateLimiter<Neighbourhood>,
    user_limit: RateLimiter<UserId>,
    sockets: Arc<SocketSlots>,
    refusals: Refusals,
    metrics: Metrics,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl AppState {
    /// The state of one server over an engine. When `stop` is cancelled, every connection and task of this server ends.
    pub fn new(
        engine: Engine,
        clock: Arc<dyn Clock>,
        settings: ServerSettings,
        stop: CancellationToken,
    ) -> Self {
        let names = settings.own_names();
        let sockets: String = names
            .hosts
            .iter()
            // A policy has no form for an IPv6 address: browsers complain of it on every page, and `'self'` covers it.
            .filter(|host| !host.starts_with('['))
            .map(|host| match settings.scheme {
                Scheme::Http => format!(" ws://{host}"),
                Scheme::Https => format!(" wss://{host}"),
            })
            .collect();
        let policy = HeaderValue::from_str(&content_security_policy(&sockets))
            .unwrap_or(HeaderValue::from_static("default-src 'self'"));
        let tasks = TaskTracker::new();
        let preview_caller = preview::caller(engine.clone(), tasks.clone(), stop.clone());
        let per_request = Duration::from_secs(1) / settings.limits.requests_per_second.max(1);
        let burst = settings.limits.requests_per_second.saturating_mul(5);
        Self(Arc::new(Parts {
            accounts: engine.accounts().clone(),
            tokens: AccessTokens::new(&settings.signing_key, clock),
            refresh_key: crate::auth::derived(&settings.signing_key, "refresh token"),
            oidc: Oidc::new(
                &settings.oidc,
                settings.provider_tls.clone(),
                &settings.signing_key,
            ),
            logins: LoginLimits::new(settings.limits.logins_per_minute),
            address_limit: RateLimiter::new(per_request, burst),
            user_limit: RateLimiter::new(per_request, burst),
            sockets: SocketSlots::new(settings.limits.sockets, settings.limits.sockets_per_user),
            refusals: Refusals::new(),
            metrics: Metrics::new(),
            tasks,
            engine,
            names,
            previews: PreviewNames::new(&settings),
            passes: Passes::new(&settings.signing_key),
            preview_caller,
            policy,
            settings,
            stop,
        }))
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The people.
    pub fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    /// What the binary said.
    pub fn settings(&self) -> &ServerSettings {
        &self.0.settings
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.settings.limits
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.0.settings.scheme
    }

    pub(crate) fn names(&self) -> &OwnNames {
        &self.0.names
    }

    /// The names of previews.
    pub(crate) fn previews(&self) -> &PreviewNames {
        &self.0.previews
    }

    /// The passes to previews.
    pub(crate) fn passes(&self) -> &Passes {
        &self.0.passes
    }

    /// Calls programs of sessions.
    pub(crate) fn preview_caller(&self) -> &preview::Caller {
        &self.0.preview_caller
    }

    pub(crate) fn policy(&self) -> &HeaderValue {
        &self.0.policy
    }

    pub(crate) fn tokens(&self) -> &AccessTokens {
        &self.0.tokens
    }

    pub(crate) fn oidc(&self) -> &Oidc {
        &self.0.oidc
    }

    pub(crate) fn refresh_key(&self) -> &[u8; 32] {
        &self.0.refresh_key
    }

    pub(crate) fn logins(&self) -> &LoginLimits {
        &self.0.logins
    }

    /// Requests by address, and by user.
    pub(crate) fn request_limits(&self) -> (&RateLimiter<Neighbourhood>, &RateLimiter<UserId>) {
        (&self.0.address_limit, &self.0.user_limit)
    }

    /// What was refused, and how much of it is recorded.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    /// Open sockets.
    pub(crate) fn sockets(&self) -> &Arc<SocketSlots> {
        &self.0.sockets
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Cancelled when the server goes away, for those who work beside it.
    pub fn stop_token(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    /// Cancelled when the server goes away.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// Every task that outlives the request that began it.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// The address that a request comes from: the peer's, or what a trusted proxy says.
    pub(crate) fn client_address(&self, headers: &HeaderMap, extensions: &Extensions) -> IpAddr {
        let Some(Peer::Network(peer)) = extensions.get() else {
            return IpAddr::V4(Ipv4Addr::LOCALHOST);
        };
        let trusted = |ip: &IpAddr| self.0.settings.trusts(*ip);
        if !trusted(&peer.ip()) {
            return peer.ip();
        }
        // The last entry is what the nearest proxy saw; earlier ones are what clients claim, unless a proxy of ours said them.
        headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .filter_map(|entry| entry.trim().parse().ok())
            .rfind(|ip| !trusted(ip))
            .unwrap_or(peer.ip())
    }
}
