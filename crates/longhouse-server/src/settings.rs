//! What the binary tells the server. Plain values: nothing here reads a file or the environment.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::address::Network;
use crate::auth::OidcProvider;

/// Whether browsers reach this server over TLS, ended here or by a trusted proxy before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP, for loopback.
    Http,
    /// HTTPS: cookies are marked `Secure`, HSTS is sent.
    Https,
}

impl Scheme {
    /// As it stands in an origin.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    pub(crate) fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Whose plain HTTP is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Everybody's: only loopback can knock, or the risk was accepted.
    FromAnybody,
    /// That of this machine and of the trusted proxies, which bring the encryption.
    FromProxies,
}

/// The server's own secret, from which the keys for access and refresh tokens are derived. Never printed.
#[derive(Clone)]
pub struct SigningKey(pub [u8; 32]);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// Bounds on what one request may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest body of an ordinary request, in bytes.
    pub body: usize,
    /// Largest body that carries terminal input, in bytes.
    pub input: usize,
    /// The most bytes of a file that are given out at once.
    pub file_read: u64,
    /// The largest file that can be saved, in bytes.
    pub file_write: u64,
    /// How long a request's head may take to arrive.
    pub head_time: Duration,
    /// How long a request's body may take to arrive.
    pub body_time: Duration,
    /// How long an ordinary request may take to be answered.
    pub answer_time: Duration,
    /// How long a WebSocket's message may take to arrive, from its first byte to its last.
    pub message_time: Duration,
    /// How many connections may be open at once. Some more are let in to see whether an admin sends them.
    pub connections: usize,
    /// How many connections one address may have, or one /64 of IPv6. Loopback and trusted proxies may have any number.
    pub connections_per_address: usize,
    /// Terminal and event sockets that may be open; some more are kept for admins.
    pub sockets: usize,
    /// Those of one user.
    pub sockets_per_user: usize,
    /// Requests a second that one address, and one user, may make in the long run; five times as many in a burst.
    pub requests_per_second: u32,
    /// Failed logins a minute per account, and ten times as many per address.
    pub logins_per_minute: u32,
    /// For how long refusals are gathered that one record then tells of.
    pub refusals_told: Duration,
    /// How long a viewer's connection may make no progress while something waits to be sent.
    pub viewer_stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            input: 16 << 20,
            file_read: 64 << 20,
            file_write: 512 << 20,
            head_time: Duration::from_secs(15),
            body_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(60),
            message_time: Duration::from_secs(60),
            connections: 10_000,
            connections_per_address: 256,
            sockets: 4_000,
            sockets_per_user: 400,
            requests_per_second: 500,
            logins_per_minute: 10,
            refusals_told: Duration::from_secs(60),
            viewer_stall: Duration::from_secs(30),
        }
    }
}

/// Everything the server needs to know besides the engine.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The address it listens on: decides which `Host` values are its own.
    pub listen: SocketAddr,
    /// Whether browsers come over TLS.
    pub scheme: Scheme,
    /// The address under which people reach it from elsewhere, such as `https://longhouse.example.com`.
    pub public_url: Option<String>,
    /// Further `Host` values that are its own, such as `box.lan:7070`.
    pub allowed_hosts: Vec<String>,
    /// The host below which previews have their names, such as `*.preview.example.com`. Without it they stand below `localhost`.
    pub preview_host: Option<String>,
    /// Further origins whose pages may use the API, such as `https://dash.example.com`. Switches CORS on for them.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Whose plain HTTP is answered.
    pub plain_http: PlainHttp,
    /// The server's secret.
    pub signing_key: SigningKey,
    /// The version to show.
    pub version: &'static str,
    /// Bounds.
    pub limits: Limits,
    /// Whether a user name and a password will do to log in. The control socket asks for neither.
    pub password_login: bool,
    /// Identity providers to log in through.
    pub oidc: Vec<OidcProvider>,
    /// How identity providers' certificates are checked; without it only those on this machine can be reached.
    pub provider_tls: Option<Arc<rustls::ClientConfig>>,
}

impl ServerSettings {
    /// The settings of a server on this address, with every default.
    pub fn new(listen: SocketAddr, signing_key: SigningKey, version: &'static str) -> Self {
        Self {
            listen,
            scheme: Scheme::Http,
            public_url: None,
            allowed_hosts: Vec::new(),
            preview_host: None,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            plain_http: PlainHttp::FromAnybody,
            signing_key,
            version,
            limits: Limits::default(),
            password_login: true,
            oidc: Vec::new(),
            provider_tls: None,
        }
    }

    /// Whether an address is a trusted proxy's.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(address))
    }

    /// The names and origins that are this server's own.
    pub(crate) fn own_names(&self) -> OwnNames {
        let port = self.listen.port();
        let mut hosts = BTreeSet::new();
        let mut own = |name: &str| {
            hosts.insert(format!("{name}:{port}"));
            if port == self.scheme.default_port() {
                hosts.insert(name.to_owned());
            }
        };
        // A wildcard address is every name there is, so it allows none but loopback's: the others are named one by one.
        if self.listen.ip().is_loopback() || self.listen.ip().is_unspecified() {
            own("127.0.0.1");
            own("localhost");
            own("[::1]");
        }
        match self.listen.ip() {
            ip if ip.is_unspecified() => {}
            IpAddr::V4(ip) => own(&ip.to_string()),
            IpAddr::V6(ip) => own(&format!("[{ip}]")),
        }
        hosts.extend(
            self.allowed_hosts
                .iter()
                .map(|host| host.to_ascii_lowercase()),
        );

        let mut origins: BTreeSet<String> = hosts
            .iter()
            .map(|host| format!("{}://{host}", self.scheme.as_str()))
            .collect();
        if let Some(url) = &self.public_url {
            let origin = origin_of(url);
            if let Some((_, host)) = origin.split_once("://") {
                hosts.insert(host.to_owned());
            }
            origins.insert(origin);
        }
        let foreign: BTreeSet<String> = self
            .allowed_origins
            .iter()
            .map(|url| origin_of(url))
            .collect();
        origins.extend(foreign.iter().cloned());
        OwnNames {
            hosts,
            origins,
            foreign,
        }
    }
}

/// The `scheme://host[:port]` of an address, in lower case.
pub(crate) fn origin_of(url: &str) -> String {
    let lower = url.trim().to_ascii_lowercase();
    match lower.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
        None => lower,
    }
}

/// The names by which this server may be called, and the origins whose pages may call it.
#[derive(Clone, Debug)]
pub(crate) struct OwnNames {
    pub(crate) hosts: BTreeSet<String>,
    pub(crate) origins: BTreeSet<String>,
    /// Those origins that are not the server's own, for which CORS is on.
    pub(crate) foreign: BTreeSet<String>,
}

impl OwnNames {
    /// The origin over TLS that a browser meant which asked for this host in plain text. Only names of our own are sent
    /// anywhere.
    pub(crate) fn secure_origin(&self, host: &str) -> Option<&str> {
        let host = host.to_ascii_lowercase();
        let name = without_port(&host);
        let mut secure = self
            .origins
            .iter()
            .filter(|origin| !self.foreign.contains(*origin))
            .filter(|origin| {
                let own = origin.strip_prefix("https://");
                own.is_some_and(|own| without_port(own) == name)
            });
        // The shortest is the one without a port, where 443 is the port.
        let first = secure.next()?;
        Some(secure.fold(
            first,
            |best, next| {
                if next.len() < best.len() { next } else { best }
            },
        ))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listen: &str, change: impl FnOnce(&mut ServerSettings)) -> OwnNames {
        let mut settings =
            ServerSettings::new(listen.parse().unwrap(), SigningKey([0; 32]), "test");
        change(&mut settings);
        settings.own_names()
    }

    #[test]
    fn a_loopback_server_answers_to_loopback_names_with_its_port() {
        let own = names("127.0.0.1:7070", |_| {});
        assert_eq!(
            own.hosts.iter().map(String::as_str).collect::<Vec<_>>(),
            ["127.0.0.1:7070", "[::1]:7070", "localhost:7070"]
        );
        assert!(own.origins.contains("http://localhost:7070"));
        assert!(!own.origins.contains("http://localhost:7071"));
    }

    #[test]
    fn plain_requests_are_sent_to_own_names_only() {
        let own = names("0.0.0.0:8443", |settings| {
            settings.scheme = Scheme::Https;
            settings.public_url = Some("https://box.example".to_owned());
            settings.allowed_hosts.push("box.lan:8443".to_owned());
            settings
                .allowed_origins
                .push("https://dash.example".to_owned());
        });
        for (host, target) in [
            ("box.example", Some("https://box.example")),
            ("BOX.example:80", Some("https://box.example")),
            ("box.lan", Some("https://box.lan:8443")),
            ("localhost:8080", Some("https://localhost:8443")),
            ("[::1]:8080", Some("https://[::1]:8443")),
            ("dash.example", None),
            ("evil.example", None),
            ("", None),
        ] {
            assert_eq!(own.secure_origin(host), target, "{host}");
        }
    }

    #[test]
    fn a_wildcard_address_does_not_switch_the_check_off() {
        let own = names("0.0.0.0:7070", |settings| {
            settings.allowed_hosts.push("Box.lan:7070".to_owned());
        });
        assert!(own.hosts.contains("box.lan:7070"));
        assert!(!own.hosts.contains("0.0.0.0:7070"));
    }

    #[test]
    fn the_public_address_is_the_servers_own() {
        let own = names("127.0.0.1:7070", |settings| {
            settings.public_url = Some("https://longhouse.example.com/".to_owned());
        });
        assert!(own.hosts.contains("longhouse.example.com"));
        assert!(own.origins.contains("https://longhouse.example.com"));
        assert!(own.foreign.is_empty());
    }
}
