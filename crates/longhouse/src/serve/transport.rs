//! How the network reaches the server: which addresses are listened on, and with which certificate.
//!
//! It puts together what the settings say; the encryption itself is the server's.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use longhouse_server::{
    Acme, AcmeSettings, AppState, Challenge, Limits, Tls, serve, serve_redirect, serve_tls,
};
use rustix::process::{Resource, getrlimit};
use tokio::task::JoinSet;

use crate::clock::SystemClock;
use crate::config::{Encryption, Settings};
use crate::places::{Places, make_private};

/// How often certificate files are looked at.
const LOOK_AT_FILES: Duration = Duration::from_secs(5);

/// How often it is seen whether a certificate is due. Its life is counted in days.
const LOOK_AT_LIFE: Duration = Duration::from_secs(60);

/// Descriptors that are not for connections: a database, a link to each session, what a request opens.
const DESCRIPTORS_FOR_US: u64 = 64;

/// The listeners, bound, and their encryption.
pub(super) struct Transport {
    listener: TcpListener,
    address: SocketAddr,
    redirect: Option<TcpListener>,
    tls: Option<Tls>,
}

impl Transport {
    /// Binds what the settings name, and reads the certificate. What cannot be used ends the start.
    pub(super) fn prepare(settings: &Settings, places: &Places) -> anyhow::Result<Self> {
        let tls = match settings.encryption() {
            Encryption::Elsewhere => None,
            Encryption::Files(files) => {
                let tls = Tls::new()?;
                let certificate = files.load().with_context(|| {
                    format!("cannot serve HTTPS with {}", files.certificate.display())
                })?;
                tls.certificates().show(certificate);
                Some(tls)
            }
            Encryption::Acme => {
                make_private(&places.acme_dir())?;
                Some(Tls::new()?)
            }
        };
        let (listener, address) = listen(settings.listen, "--listen")?;
        let redirect = settings
            .redirect_listen
            .map(|address| listen(address, "--redirect-listen"))
            .transpose()?;
        Ok(Self {
            listener,
            address,
            redirect: redirect.map(|(listener, _)| listener),
            tls,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// An address that a browser can open, on this machine at least.
    pub(super) fn url(&self, settings: &Settings) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        match settings.acme_domains.first() {
            Some(name) => format!("{scheme}://{}", self.named(name)),
            None => format!("{scheme}://{}", reachable(self.address)),
        }
    }

    /// The names for which this server gets its certificate, as they stand in a `Host` header.
    pub(super) fn names(&self, settings: &Settings) -> Vec<String> {
        let names = settings.acme_domains.iter();
        names.map(|name| self.named(name)).collect()
    }

    fn named(&self, name: &str) -> String {
        match self.address.port() {
            443 => name.to_owned(),
            port => format!("{name}:{port}"),
        }
    }

    /// Begins to serve. What is begun ends when the state's stop token is cancelled.
    pub(super) fn serve(
        &self,
        settings: &Settings,
        places: &Places,
        state: &AppState,
        serving: &mut JoinSet<anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener.try_clone()?)?;
        let app = state.clone();
        let Some(tls) = self.tls.clone() else {
            let served = serve(listener, app);
            serving.spawn(async { served.await.context("serving HTTP failed") });
            return Ok(());
        };
        if let Some(redirect) = &self.redirect {
            let redirect = tokio::net::TcpListener::from_std(redirect.try_clone()?)?;
            let (tls, app) = (tls.clone(), app.clone());
            serving.spawn(async {
                let served = serve_redirect(redirect, tls, app).await;
                served.context("redirecting to HTTPS failed")
            });
        }
        self.keep_certificate(settings, places, &tls, state, serving)?;
        let served = serve_tls(listener, tls, app);
        serving.spawn(async { served.await.context("serving HTTPS failed") });
        Ok(())
    }

    fn keep_certificate(
        &self,
        settings: &Settings,
        places: &Places,
        tls: &Tls,
        state: &AppState,
        serving: &mut JoinSet<anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let (certificates, stop) = (tls.certificates().clone(), state.stop_token());
        match settings.encryption() {
            Encryption::Elsewhere => {}
            Encryption::Files(files) => {
                serving.spawn(async move {
                    files.follow(certificates, LOOK_AT_FILES, stop).await;
                    Ok(())
                });
            }
            Encryption::Acme => {
                let acme = acme_settings(settings, places);
                let acme = Acme::open(acme, certificates, Arc::new(SystemClock))?;
                serving.spawn(async move {
                    acme.keep(stop).await;
                    Ok(())
                });
            }
        }
        Ok(())
    }
}

/// Which certificate is got, and from whom.
pub(crate) fn acme_settings(settings: &Settings, places: &Places) -> AcmeSettings {
    AcmeSettings {
        directory: settings.acme_directory.clone(),
        directory_ca: settings.acme_ca.clone(),
        domains: settings.acme_domains.clone(),
        email: settings.acme_email.clone(),
        challenge: match settings.redirect_listen {
            Some(_) => Challenge::Http01,
            None => Challenge::TlsAlpn01,
        },
        kept_in: places.acme_dir(),
        check_every: LOOK_AT_LIFE,
    }
}

/// The server's bounds. No more connections than descriptors: beyond that nothing else would work either.
pub(super) fn limits(settings: &Settings) -> Limits {
    let wanted = &settings.limits;
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = descriptors
        .saturating_sub(DESCRIPTORS_FOR_US)
        .max(descriptors / 2)
        .max(1);
    Limits {
        connections: wanted
            .connections
            .min(usize::try_from(room).unwrap_or(usize::MAX)),
        connections_per_address: wanted.connections_per_address,
        sockets: wanted.sockets,
        sockets_per_user: wanted.sockets_per_user,
        requests_per_second: wanted.requests_per_second,
        logins_per_minute: wanted.logins_per_minute,
        file_read: wanted.file_read,
        file_write: wanted.file_write,
        ..Limits::default()
    }
}

fn listen(address: SocketAddr, flag: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let advice = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "cannot listen on {address}: another program does already; end it, or choose another address with {flag}"
        ),
        std::io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "cannot listen on {address}: ports below 1024 are root's; choose another with {flag}"
        ),
        _ => anyhow::anyhow!("cannot listen on {address}: {error}"),
    };
    let listener = TcpListener::bind(address).map_err(advice)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// An address that a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, address.port())
}
