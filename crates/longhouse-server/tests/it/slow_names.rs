//! Name servers that never answer: whoever has to wait for one waits, and nobody else does.
//!
//! It takes a network whose only name server is ours, so the test runs itself again in a namespace of its own.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use longhouse_server::{Acme, AcmeSettings, Challenge, Limits, OidcProvider, ServerSettings, Tls};
use reqwest::StatusCode;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::house::{DEADLINE, House, HouseClock, in_time};
use crate::namespace::{is_entered, run};

/// More than tokio has threads for what blocks.
const VISITORS: usize = 600;

/// A name server that takes every question, and answers none until it is told to.
struct BlackHole {
    address: SocketAddr,
    answering: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl BlackHole {
    /// Makes it the only one that is asked, for minutes.
    fn dig(dir: &Path) -> Self {
        assert!(run(Command::new("ip").args(["link", "set", "lo", "up"])));
        for (name, content) in [
            (
                "resolv.conf",
                "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n",
            ),
            ("nsswitch.conf", "hosts: files dns\n"),
        ] {
            let (file, place) = (dir.join(name), Path::new("/etc").join(name));
            std::fs::write(&file, content).unwrap();
            let mount = || run(Command::new("mount").arg("--bind").arg(&file).arg(&place));
            assert!(!place.exists() || mount(), "{name}");
        }
        let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
        let hole = Self {
            address: socket.local_addr().unwrap(),
            answering: Arc::default(),
            asked: Arc::default(),
        };
        let (answering, asked) = (hole.answering.clone(), hole.asked.clone());
        // It ends with this process, which is there for this test alone.
        std::thread::spawn(move || swallow(&socket, &answering, &asked));
        hole
    }

    /// Lets everybody go who still waits, and gives how many questions came.
    fn open(&self) -> usize {
        self.answering.store(true, Ordering::Release);
        // It looks up with the next question.
        let nudge = UdpSocket::bind("127.0.0.1:0").unwrap();
        nudge.send_to(&[0; 12], self.address).unwrap();
        self.asked.load(Ordering::Acquire)
    }
}

fn swallow(socket: &UdpSocket, answering: &AtomicBool, asked: &AtomicUsize) {
    let mut waiting: Vec<(Vec<u8>, SocketAddr)> = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        asked.fetch_add(1, Ordering::Release);
        waiting.push((buffer[..length].to_vec(), from));
        if answering.load(Ordering::Acquire) {
            for (mut answer, from) in waiting.drain(..) {
                // The same, as an answer, with the code for: there is no such name.
                answer[2] |= 0x80;
                answer[3] = 3;
                _ = socket.send_to(&answer, from);
            }
        }
    }
}

fn change(settings: &mut ServerSettings) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty());
    settings.provider_tls = Some(Arc::new(trust.with_no_client_auth()));
    settings.limits = Limits {
        requests_per_second: 10_000,
        ..Limits::default()
    };
    settings.oidc.push(OidcProvider {
        id: "slow".to_owned(),
        name: "Slow".to_owned(),
        issuer: "https://id.never.example".to_owned(),
        client_id: "longhouse".to_owned(),
        client_secret: None,
        scopes: Vec::new(),
        groups_claim: "groups".to_owned(),
        roles: Vec::new(),
        host_groups: Vec::new(),
        default_role: None,
        create_accounts: true,
        allowed_domains: Vec::new(),
        allowed_groups: Vec::new(),
    });
}

fn keeper(kept_in: &Path) -> Acme {
    let settings = AcmeSettings {
        directory: "https://acme.never.example/dir".to_owned(),
        directory_ca: None,
        domains: vec!["box.example".to_owned()],
        email: None,
        challenge: Challenge::TlsAlpn01,
        kept_in: kept_in.to_owned(),
        check_every: Duration::from_millis(20),
    };
    let certificates = Tls::new().unwrap().certificates().clone();
    Acme::open(settings, certificates, Arc::new(HouseClock::default())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_server_that_never_answers_holds_up_nobody_else() {
    let name = "slow_names::a_name_server_that_never_answers_holds_up_nobody_else";
    if !is_entered(name, &["--mount", "--net"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let hole = BlackHole::dig(dir.path());
    let house = House::changed(change).await;
    let keeping = tokio::spawn(keeper(dir.path()).keep(house.stop.clone()));
    let mut visitors = Vec::new();
    for _ in 0..VISITORS {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        let ask = format!(
            "GET /api/auth/oidc/slow/login HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            house.address
        );
        stream.write_all(ask.as_bytes()).await.unwrap();
        visitors.push(stream);
    }
    // Whoever comes now comes after them all.
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let base = house.dir.path().join("base");
    for path in [
        "/readyz",
        &format!("/api/sessions/{id}"),
        &format!("/api/files?path={}", base.display()),
    ] {
        let (status, body) = house.get(&admin, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
    }
    for mut stream in visitors {
        let mut told = String::new();
        let answer = tokio::time::timeout(3 * DEADLINE, stream.read_to_string(&mut told));
        answer.await.unwrap().unwrap();
        assert!(told.contains("auth.oidc_unavailable"), "{told}");
    }
    house.stop.cancel();
    in_time("the keeper's end", keeping).await.unwrap();
    house.close().await;
    let questions = hole.open();
    assert!((1..VISITORS).contains(&questions), "{questions}");
}
