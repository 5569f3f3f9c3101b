//! A certificate from an authority that speaks ACME: Pebble, the one that Let's Encrypt tests clients with.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use longhouse_domain::clock::{Clock, Timestamp};
use longhouse_server::{Acme, AcmeSettings, Certificate, Challenge, Tls, serve_redirect};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::house::{House, HouseClock, in_time};
use crate::tls_client::Pair;

/// A clock that can be put forward.
#[derive(Default)]
struct Later(AtomicI64);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        let now = HouseClock::default().now();
        Timestamp::from_second(now.as_second() + self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// An authority of one's own, which looks at these ports for its proofs.
struct Authority {
    child: Child,
    directory: String,
    ca: PathBuf,
    _dir: tempfile::TempDir,
}

fn free_port() -> u16 {
    StdListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Authority {
    async fn start(http: u16, tls: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let own = Pair::new();
        let (ca, key) = (dir.path().join("ca.pem"), dir.path().join("key.pem"));
        own.write(&ca, &key);
        let (port, management) = (free_port(), free_port());
        let config = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": ca, "privateKey": key, "httpPort": http, "tlsPort": tls,
            "ocspResponderURL": "", "externalAccountBindingRequired": false,
        }});
        let path = dir.path().join("config.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let mut child = Command::new("pebble")
            .arg("-config")
            .arg(&path)
            .env_clear()
            // Without these it waits on purpose, and refuses some nonces on purpose: the second is worth having.
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "5")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("pebble, which `cargo xtask test` installs: {error}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains("ACME directory available at") {
                    return;
                }
            }
            panic!("pebble ended");
        };
        in_time("pebble to listen", listening).await;
        // Its log is read on, for it would wait for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            child,
            directory: format!("https://localhost:{port}/dir"),
            ca,
            _dir: dir,
        }
    }

    async fn end(mut self) {
        self.child.kill().await.unwrap();
    }
}

fn settings(authority: &Authority, challenge: Challenge, kept_in: &Path) -> AcmeSettings {
    AcmeSettings {
        directory: authority.directory.clone(),
        directory_ca: Some(authority.ca.clone()),
        domains: vec!["localhost".to_owned()],
        email: Some("admin@box.example".to_owned()),
        challenge,
        kept_in: kept_in.to_owned(),
        check_every: Duration::from_millis(20),
    }
}

/// The certificate that is shown, once it is another than `before`. Meanwhile the clock runs fast: where the authority refuses a nonce
/// once too often, the keeper pauses for minutes before it asks again.
async fn another(tls: &Tls, before: Option<&Certificate>, clock: &Later) -> Certificate {
    let found = async {
        loop {
            match tls.certificates().current() {
                Some(shown) if before != Some(&shown) => {
                    return shown;
                }
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
            clock.0.fetch_add(1, Ordering::Relaxed);
        }
    };
    in_time("a certificate", found).await
}

#[tokio::test]
async fn a_certificate_is_got_by_either_proof_kept_privately_and_taken_up_again() {
    use std::os::unix::fs::PermissionsExt as _;
    for challenge in [Challenge::Http01, Challenge::TlsAlpn01] {
        let tls = Tls::new().unwrap();
        let house = House::over_tls(tls.clone(), |_| {}).await;
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http: SocketAddr = door.local_addr().unwrap();
        let serving = tokio::spawn(serve_redirect(door, tls.clone(), house.app.clone()));
        let authority = Authority::start(http.port(), house.address.port()).await;
        let kept = tempfile::tempdir().unwrap();
        let wanted = settings(&authority, challenge, kept.path());
        let clock = Arc::new(Later::default());
        let acme = Acme::open(wanted.clone(), tls.certificates().clone(), clock.clone()).unwrap();
        let keeping = tokio::spawn(acme.keep(house.stop.clone()));
        let got = another(&tls, None, &clock).await;

        let files: Vec<PathBuf> = std::fs::read_dir(kept.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(files.len(), 2, "{files:?}");
        for file in &files {
            let mode = std::fs::metadata(file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
        // The next start needs no authority.
        authority.end().await;
        let again = Tls::new().unwrap();
        Acme::open(
            wanted,
            again.certificates().clone(),
            Arc::new(HouseClock::default()),
        )
        .unwrap();
        assert_eq!(again.certificates().current(), Some(got));

        house.stop.cancel();
        in_time("the keeper's end", keeping).await.unwrap();
        in_time("the plain door's end", serving)
            .await
            .unwrap()
            .unwrap();
        house.close().await;
    }
}

#[tokio::test]
async fn a_certificate_is_renewed_when_two_thirds_of_its_life_are_over() {
    let tls = Tls::new().unwrap();
    let house = House::over_tls(tls.clone(), |_| {}).await;
    let authority = Authority::start(1, house.address.port()).await;
    let kept = tempfile::tempdir().unwrap();
    let clock = Arc::new(Later::default());
    let wanted = settings(&authority, Challenge::TlsAlpn01, kept.path());
    let acme = Acme::open(wanted, tls.certificates().clone(), clock.clone()).unwrap();
    let keeping = tokio::spawn(acme.keep(house.stop.clone()));
    let first = another(&tls, None, &clock).await;

    let life = first.not_after.as_second() - first.not_before.as_second();
    clock.0.store(life / 3 * 2 + 60, Ordering::Relaxed);
    another(&tls, Some(&first), &clock).await;

    house.stop.cancel();
    in_time("the keeper's end", keeping).await.unwrap();
    house.close().await;
    authority.end().await;
}
