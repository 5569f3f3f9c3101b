//! Whole connections: what a stranger, a foreign page or a proxy may send, through the same router that the product serves.
//!
//! It reaches everything that reads a head (Host, Origin, cookies, tokens, forwarded addresses, questions, cursors) and the handlers
//! behind it. The runtime's twin stands in for the machine, so that nothing is started.
#![no_main]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use libfuzzer_sys::fuzz_target;
use longhouse_domain::agent::Agents;
use longhouse_domain::session::Multiplexer;
use longhouse_domain::{Clock, Timestamp};
use longhouse_engine::secrets::{Key, Vault};
use longhouse_engine::{Engine, EngineSettings};
use longhouse_runtime::Runtime;
use longhouse_runtime::echo::EchoRuntime;
use longhouse_server::{AppState, Peer, ServerSettings, SigningKey, router};
use longhouse_store::{Store, StoreUrl};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// How long one connection may take. It ends by itself, since nothing more comes.
const PATIENCE: Duration = Duration::from_secs(10);

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct House {
    tokio: tokio::runtime::Runtime,
    /// Built once: with its document it takes longer than any request.
    routes: axum::Router,
    _dir: tempfile::TempDir,
}

thread_local! {
    static HOUSE: House = build();
}

fn build() -> House {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let routes = tokio.block_on(async {
        let store = Store::open(&StoreUrl::Sqlite(dir.path().join("longhouse.db")))
            .await
            .expect("a store");
        let echo = EchoRuntime::new(dir.path().join("run")).expect("a runtime");
        let settings = EngineSettings {
            default_image: "busybox".parse().expect("a name"),
            agents: Agents::with_configured(BTreeMap::new()),
            default_multiplexer: Multiplexer::None,
            tmux_installed: false,
            max_sessions: 20,
            max_sessions_per_user: 10,
            allowed_dirs: vec!["/srv/work".into()],
            stop_grace: Duration::from_secs(1),
            audit_archive: None,
            version: "fuzz",
        };
        let runtimes: Vec<Arc<dyn Runtime>> = vec![Arc::new(echo)];
        let clock = Arc::new(SystemClock);
        let master = Arc::new(Key::from_bytes(&[5; 32]).expect("a key"));
        let secrets = Vault::open(store.clone(), master, clock.clone())
            .await
            .expect("a vault");
        let engine = Engine::start(settings, store, secrets, runtimes, clock.clone())
            .await
            .expect("an engine");
        let listen = SocketAddr::from(([127, 0, 0, 1], 7070));
        let mut settings = ServerSettings::new(listen, SigningKey([9; 32]), "fuzz");
        settings.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
        settings.limits.requests_per_second = u32::MAX / 5;
        router(&AppState::new(
            engine,
            clock,
            settings,
            CancellationToken::new(),
        ))
    });
    House {
        tokio,
        routes,
        _dir: dir,
    }
}

fuzz_target!(|bytes: &[u8]| {
    HOUSE.with(|house| house.tokio.block_on(answer(&house.routes, bytes)));
});

/// What begins with an `a`, as no method does, comes without it by the control socket: there its sender is an admin, so that the
/// handlers are reached too.
async fn answer(routes: &axum::Router, bytes: &[u8]) {
    let (peer, bytes) = match bytes.split_first() {
        Some((b'a', rest)) => (Peer::Local { uid: 0 }, rest),
        _ => (
            Peer::Network(SocketAddr::from(([127, 0, 0, 1], 40_000))),
            bytes,
        ),
    };
    let service =
        routes
            .clone()
            .map_request(move |request: hyper::Request<hyper::body::Incoming>| {
                let mut request = request.map(axum::body::Body::new);
                request.extensions_mut().insert(peer);
                request
            });
    let (mut client, server) = duplex(64 * 1024);
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(server), TowerToHyperService::new(service))
        .with_upgrades();
    let talk = async {
        let _ = client.write_all(bytes).await;
        let _ = client.shutdown().await;
        let mut answers = Vec::new();
        let _ = client.read_to_end(&mut answers).await;
        answers
    };
    let both = async { tokio::join!(connection, talk).1 };
    let answers = tokio::time::timeout(PATIENCE, both)
        .await
        .expect("an end of the connection");
    for line in answers.split(|byte| *byte == b'\n') {
        assert!(
            !line.starts_with(b"HTTP/1.1 500"),
            "an error of the server's own"
        );
    }
}
