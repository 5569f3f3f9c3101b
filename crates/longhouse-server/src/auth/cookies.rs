//! The cookies of a login. None can be read by a page's script. Those that log in are never sent from another site.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use longhouse_engine::accounts::{REFRESH_LIFETIME, Secret};

use super::oidc::ATTEMPT_LIFETIME;
use super::token::ACCESS_LIFETIME;
use crate::settings::Scheme;

/// Which cookie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cookie<'a> {
    /// The access token, for every address: WebSockets and downloads cannot carry a header.
    Access,
    /// The refresh token. Over plain HTTP it is sent to the addresses of the login alone.
    Refresh,
    /// One attempt to log in through a provider, by its label: several tabs may be under way at once. The way back begins on
    /// the provider's site, so it must be `Lax`.
    Oidc(&'a str),
}

impl Cookie<'_> {
    /// Under TLS the prefix keeps other hosts of the same domain from planting one of the same name.
    fn name(self, scheme: Scheme) -> Cow<'static, str> {
        match (self, scheme) {
            (Self::Access, Scheme::Http) => "longhouse_access".into(),
            (Self::Access, Scheme::Https) => "__Host-longhouse_access".into(),
            (Self::Refresh, Scheme::Http) => "longhouse_refresh".into(),
            (Self::Refresh, Scheme::Https) => "__Host-longhouse_refresh".into(),
            (Self::Oidc(label), _) => format!("{}{label}", attempt_prefix(scheme)).into(),
        }
    }

    /// The prefix demands `/`. That is worth more than a path, which keeps nothing from a page of the same origin.
    fn path(self, scheme: Scheme) -> &'static str {
        match (self, scheme) {
            (Self::Refresh | Self::Oidc(_), Scheme::Http) => "/api/auth",
            (Self::Access, Scheme::Http) | (_, Scheme::Https) => "/",
        }
    }

    fn lifetime(self) -> Duration {
        match self {
            Self::Access => ACCESS_LIFETIME,
            Self::Refresh => REFRESH_LIFETIME,
            Self::Oidc(_) => ATTEMPT_LIFETIME,
        }
    }

    /// Its value in a request. Where a name stands twice, none of them is believed: one may have been planted.
    pub(super) fn read(self, headers: &HeaderMap, scheme: Scheme) -> Option<Secret> {
        let name = self.name(scheme);
        let mut found = pairs(headers)
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(value), None) if !value.is_empty() => Some(Secret::new(value)),
            _ => None,
        }
    }

    /// The header that sets it.
    pub(super) fn set(self, value: &Secret, scheme: Scheme) -> Option<HeaderValue> {
        self.header(value.reveal(), self.lifetime().as_secs(), scheme)
    }

    /// The header that removes it.
    pub(super) fn clear(self, scheme: Scheme) -> Option<HeaderValue> {
        self.header("", 0, scheme)
    }

    fn header(self, value: &str, max_age: u64, scheme: Scheme) -> Option<HeaderValue> {
        let secure = match scheme {
            Scheme::Http => "",
            Scheme::Https => "; Secure",
        };
        let site = match self {
            Self::Access | Self::Refresh => "Strict",
            Self::Oidc(_) => "Lax",
        };
        let text = format!(
            "{}={value}; Path={}; Max-Age={max_age}; HttpOnly; SameSite={site}{secure}",
            self.name(scheme),
            self.path(scheme)
        );
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// The attempts that a browser has under way, by label and value.
pub(super) fn attempts_in(
    headers: &HeaderMap,
    scheme: Scheme,
) -> impl Iterator<Item = (&str, Secret)> {
    pairs(headers).filter_map(move |(key, value)| {
        Some((
            key.strip_prefix(attempt_prefix(scheme))?,
            Secret::new(value),
        ))
    })
}

fn attempt_prefix(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Http => "longhouse_oidc_",
        Scheme::Https => "__Host-longhouse_oidc_",
    }
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_stands_twice_is_not_believed() {
        let read = |line: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(line));
            Cookie::Access
                .read(&headers, Scheme::Http)
                .map(|secret| secret.reveal().to_owned())
        };
        assert_eq!(
            read("a=1; longhouse_access=x.y.z").as_deref(),
            Some("x.y.z")
        );
        assert_eq!(read("longhouse_access=x; longhouse_access=y"), None);
        assert_eq!(read("xlonghouse_access=x"), None);
    }

    #[test]
    fn cookies_cannot_be_read_by_scripts_or_sent_from_elsewhere() {
        let line = |cookie: Cookie<'_>, scheme| {
            let header = cookie.set(&Secret::new("t"), scheme).unwrap();
            header.to_str().unwrap().to_owned()
        };
        assert_eq!(
            line(Cookie::Access, Scheme::Https),
            "__Host-longhouse_access=t; Path=/; Max-Age=900; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            line(Cookie::Refresh, Scheme::Https),
            "__Host-longhouse_refresh=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            line(Cookie::Refresh, Scheme::Http),
            "longhouse_refresh=t; Path=/api/auth; Max-Age=2592000; HttpOnly; SameSite=Strict"
        );
    }
}
