//! The settings that decide who reaches the server and how: whether they hold together, and what they come to.

use std::net::{IpAddr, SocketAddr};

use longhouse_server::{CertificateFiles, PlainHttp, Scheme};

use super::error::ConfigError;
use super::settings::Settings;

/// Where the encryption comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// Not from this server.
    Elsewhere,
    /// From a certificate that somebody else renews.
    Files(CertificateFiles),
    /// From a certificate that this server gets.
    Acme,
}

impl Settings {
    /// Where the encryption comes from.
    pub(crate) fn encryption(&self) -> Encryption {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Encryption::Files(CertificateFiles {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            _ if !self.acme_domains.is_empty() => Encryption::Acme,
            _ => Encryption::Elsewhere,
        }
    }

    /// Whether browsers come over TLS, from here or from a proxy.
    pub(crate) fn scheme(&self) -> Scheme {
        let https = |url: &String| url.to_ascii_lowercase().starts_with("https://");
        let public = self.public_url.as_ref().is_some_and(https);
        if public || self.encryption() != Encryption::Elsewhere {
            Scheme::Https
        } else {
            Scheme::Http
        }
    }

    /// Whose plain HTTP is answered. Where others than this machine can knock, only a proxy brings encryption.
    pub(crate) fn plain_http(&self) -> PlainHttp {
        let encrypted = self.encryption() != Encryption::Elsewhere;
        if encrypted || self.insecure || is_loopback(self.listen) {
            PlainHttp::FromAnybody
        } else {
            PlainHttp::FromProxies
        }
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// Refuses what would be open to the world, or could not work.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let encryption = check_encryption(settings)?;
    let open = encryption == Encryption::Elsewhere
        && !is_loopback(settings.listen)
        && !settings.insecure
        && settings.trusted_proxies.is_empty();
    if open {
        return Err(ConfigError::Unencrypted {
            listen: settings.listen,
        });
    }
    let everybody = [
        IpAddr::from([203, 0, 113, 1]),
        IpAddr::from([198, 51, 100, 1]),
    ];
    let too_wide =
        |network: &&longhouse_server::Network| everybody.iter().all(|ip| network.contains(*ip));
    if let Some(network) = settings.trusted_proxies.iter().find(too_wide) {
        return wrong(format!(
            "trusted_proxies: {network} is nearly everybody; name the proxies themselves"
        ));
    }
    let limits = &settings.limits;
    let counts = [
        limits.connections as u64,
        limits.connections_per_address as u64,
        limits.sockets as u64,
        limits.sockets_per_user as u64,
        limits.requests_per_second.into(),
        limits.logins_per_minute.into(),
        limits.file_read,
        limits.file_write,
    ];
    if counts.contains(&0) {
        return wrong("every limit in [limits] must be at least 1".to_owned());
    }
    check_preview_host(settings)?;
    check_url(settings)
}

fn check_preview_host(settings: &Settings) -> Result<(), ConfigError> {
    let Some(text) = &settings.preview_host else {
        return Ok(());
    };
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let usable = name.strip_prefix("*.").is_some_and(|name| {
        name.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
    }) && port.parse::<u16>().is_ok_and(|port| port > 0);
    if usable {
        return Ok(());
    }
    wrong(format!(
        "preview_host: \"{}\" should look like *.preview.example.org: a name below which every name leads to this server",
        text.escape_debug()
    ))
}

fn wrong<T>(message: String) -> Result<T, ConfigError> {
    Err(ConfigError::Inconsistent(message))
}

fn check_encryption(settings: &Settings) -> Result<Encryption, ConfigError> {
    if settings.tls_cert.is_some() != settings.tls_key.is_some() {
        return wrong("tls_cert and tls_key go together: set both or neither".to_owned());
    }
    if settings.tls_cert.is_some() && !settings.acme_domains.is_empty() {
        return wrong("choose one: tls_cert and tls_key, or acme_domains".to_owned());
    }
    let encryption = settings.encryption();
    if encryption == Encryption::Elsewhere && settings.redirect_listen.is_some() {
        return wrong(
            "redirect_listen leads to HTTPS: set tls_cert and tls_key, or acme_domains".to_owned(),
        );
    }
    if encryption == Encryption::Acme {
        check_acme(settings)?;
    }
    Ok(encryption)
}

fn check_acme(settings: &Settings) -> Result<(), ConfigError> {
    if !settings.acme_accept_terms {
        return wrong(format!(
            "acme_domains needs acme_accept_terms = true: read the terms of service that {} names, then accept them",
            settings.acme_directory
        ));
    }
    let name = |name: &&String| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
    };
    if let Some(bad) = settings.acme_domains.iter().find(|domain| !name(domain)) {
        return wrong(format!(
            "acme_domains: \"{}\" is no host name; a wildcard would need DNS, which this server cannot change",
            bad.escape_debug()
        ));
    }
    if !settings.acme_directory.starts_with("https://") {
        return wrong("acme_directory must begin with https://".to_owned());
    }
    Ok(())
}

fn check_url(settings: &Settings) -> Result<(), ConfigError> {
    let Some(text) = &settings.public_url else {
        return Ok(());
    };
    let parsed: Result<http::Uri, _> = text.parse();
    let usable = parsed.is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some()
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none()
    });
    if !usable {
        return wrong(format!(
            "public_url: \"{}\" should look like https://longhouse.example.org, without a path",
            text.escape_debug()
        ));
    }
    let plain = text.to_ascii_lowercase().starts_with("http://");
    if plain && settings.encryption() != Encryption::Elsewhere {
        return wrong("public_url begins with http://, but this server serves HTTPS".to_owned());
    }
    Ok(())
}

/// Files that the settings name, for making them absolute.
pub(super) const PATHS: &[&str] = &[
    "data_dir",
    "run_dir",
    "master_key_file",
    "tls_cert",
    "tls_key",
    "acme_ca",
];

#[cfg(test)]
mod tests;
