//! A whole server for one test, and a client for it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use longhouse_domain::Role;
use longhouse_domain::agent::Agents;
use longhouse_domain::audit::AuditActor;
use longhouse_domain::clock::{Clock, Timestamp};
use longhouse_domain::session::Multiplexer;
use longhouse_engine::accounts::{NewAccount, Secret};
use longhouse_engine::secrets::{Key, Vault};
use longhouse_engine::{Deed, Engine, EngineSettings, RecordingPolicy, RecordingSettings};
use longhouse_runtime::Runtime;
use longhouse_runtime::echo::EchoRuntime;
use longhouse_server::{AppState, Scheme, ServerSettings, SigningKey, Tls, serve, serve_tls};
use longhouse_store::{Store, StoreUrl};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long anything may take before a test says that it does not happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// How long what is open may stay so when the reason for letting it in is gone: what is promised.
pub(crate) const PROMPT: Duration = Duration::from_secs(2);

pub(crate) const PASSWORD: &str = "correct horse";

/// The system's clock, which a test may put forward.
#[derive(Default)]
pub(crate) struct HouseClock(AtomicU64);

impl HouseClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}

impl Clock for HouseClock {
    #[expect(clippy::disallowed_methods, reason = "the tests' own door for time")]
    fn now(&self) -> Timestamp {
        Timestamp::now() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct House {
    pub(crate) app: AppState,
    pub(crate) engine: Engine,
    pub(crate) runtime: EchoRuntime,
    /// The other runtime, where there are containers.
    pub(crate) containers: Option<EchoRuntime>,
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) clock: Arc<HouseClock>,
    pub(crate) http: reqwest::Client,
    pub(crate) dir: tempfile::TempDir,
    server: JoinHandle<std::io::Result<()>>,
}

/// Somebody who has logged in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) token: String,
    /// `name=value` of the access cookie.
    pub(crate) cookie: String,
    /// `name=value` of the refresh cookie.
    pub(crate) refresh: String,
}

impl House {
    /// A server with one admin, `admin`.
    pub(crate) async fn new() -> Self {
        Self::changed(|_| {}).await
    }

    /// The same, changed.
    pub(crate) async fn changed(change: impl FnOnce(&mut ServerSettings)) -> Self {
        let house = Self::without_people(change).await;
        house.make_admin("admin").await;
        house
    }

    /// A server with one admin that serves HTTPS with these certificates.
    pub(crate) async fn over_tls(tls: Tls, change: impl FnOnce(&mut ServerSettings)) -> Self {
        let secure = |settings: &mut ServerSettings| {
            settings.scheme = Scheme::Https;
            change(settings);
        };
        let house = Self::serving(Some(tls), false, secure).await;
        house.make_admin("admin").await;
        house
    }

    pub(crate) async fn make_admin(&self, username: &str) {
        let (accounts, deed) = (self.engine.accounts(), self.deed());
        let made = accounts.ensure_admin(username, Secret::new(PASSWORD), &deed);
        assert!(made.await.unwrap().is_some());
    }

    /// A server on which nobody has an account.
    pub(crate) async fn without_people(change: impl FnOnce(&mut ServerSettings)) -> Self {
        Self::serving(None, false, change).await
    }

    /// A server with one admin that has containers, too; whoever says nothing gets a session on the host.
    pub(crate) async fn with_containers() -> Self {
        let house = Self::serving(None, true, |_| {}).await;
        house.make_admin("admin").await;
        house
    }

    async fn serving(
        tls: Option<Tls>,
        containers: bool,
        change: impl FnOnce(&mut ServerSettings),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("base");
        std::fs::create_dir(&base).unwrap();
        // Its own directory lies in the second: that must not open it.
        let allowed = [base, dir.path().to_owned(), "/dev".into(), "/proc".into()];
        let runtime = EchoRuntime::new(dir.path().join("run"))
            .unwrap()
            .with_files(&allowed);
        let containers = containers.then(|| {
            let runtime = EchoRuntime::new(dir.path().join("engine")).unwrap();
            runtime.as_containers()
        });
        let clock = Arc::new(HouseClock::default());
        let runtimes: Vec<_> = containers.iter().chain([&runtime]).cloned().collect();
        let engine = start_engine(&dir, runtimes, clock.clone()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut settings = ServerSettings::new(address, SigningKey([9; 32]), "test");
        change(&mut settings);
        let stop = CancellationToken::new();
        let app = AppState::new(engine.clone(), clock.clone(), settings, stop.clone());
        let server = match tls {
            None => tokio::spawn(serve(listener, app.clone())),
            Some(tls) => tokio::spawn(serve_tls(listener, tls, app.clone())),
        };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            app,
            engine,
            runtime,
            containers,
            address,
            stop,
            clock,
            http,
            dir,
            server,
        }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.origin()))
    }

    pub(crate) async fn user(&self, username: &str, role: Role) -> Person {
        let new = NewAccount {
            username: username.to_owned(),
            password: Secret::new(PASSWORD),
            role,
            may_use_host: true,
        };
        self.create_user(new).await;
        self.log_in(username).await
    }

    /// Makes an account, as the command line would.
    pub(crate) async fn create_user(&self, new: NewAccount) {
        let made = self.engine.accounts().create_user(new, &self.deed()).await;
        made.unwrap();
    }

    /// The record of what a test does past the routes.
    pub(crate) fn deed(&self) -> Deed {
        let actor = AuditActor::system("test");
        self.engine.audit().deed(actor, "test.change")
    }

    pub(crate) async fn log_in(&self, username: &str) -> Person {
        let body = json!({"username": username, "password": PASSWORD});
        let answer = self
            .request(Method::POST, "/api/auth/login")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        Person::of(answer).await
    }

    /// An API token of somebody's.
    pub(crate) async fn api_token(&self, person: &Person, name: &str, scopes: &[&str]) -> String {
        let body = json!({"name": name, "scopes": scopes, "expiresInDays": 1});
        let (status, made) = self.ask(person, Method::POST, "/api/tokens", body).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        made["token"].as_str().unwrap().to_owned()
    }

    /// A session that runs, by its name; gives its identifier.
    pub(crate) async fn running(&self, person: &Person, name: &str) -> String {
        self.made(person, json!({"name": name, "agent": "shell"}))
            .await
    }

    /// A session in a container that runs, by its name; gives its identifier.
    pub(crate) async fn boxed(&self, person: &Person, name: &str) -> String {
        self.made(person, json!({"name": name, "runtime": "docker"}))
            .await
    }

    async fn made(&self, person: &Person, body: Value) -> String {
        let made = self.ask(person, Method::POST, "/api/sessions", body).await;
        assert_eq!(made.0, StatusCode::CREATED, "{}", made.1);
        let id = made.1["id"].as_str().unwrap().to_owned();
        self.wait_for_status(person, &id, "running").await;
        id
    }

    pub(crate) async fn wait_for_status(
        &self,
        person: &Person,
        session: &str,
        status: &str,
    ) -> Value {
        let path = format!("/api/sessions/{session}");
        let found = tokio::time::timeout(DEADLINE, async {
            let mut notices = self.engine.notices();
            loop {
                let (_, body) = self.get(person, &path).await;
                if body["status"] == status {
                    return body;
                }
                // An event is a good moment to look again; what changes without one is found a moment later.
                let _ = tokio::time::timeout(Duration::from_millis(20), notices.recv()).await;
            }
        });
        found
            .await
            .unwrap_or_else(|_| panic!("{session} did not become {status} in time"))
    }

    pub(crate) async fn ask(
        &self,
        person: &Person,
        method: Method,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let request = self.request(method, path).bearer_auth(&person.token);
        answer(request.json(&body)).await
    }

    pub(crate) async fn get(&self, person: &Person, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path).bearer_auth(&person.token)).await
    }

    /// How much there is of sessions beyond those that are known.
    pub(crate) async fn runtime_leftovers(&self) -> usize {
        self.runtime.leftovers().await.unwrap().len()
    }

    /// Ends everything; fails where the server does not end in time.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        in_time("the server's end", self.server)
            .await
            .unwrap()
            .unwrap();
        self.engine.shutdown().await;
        self.runtime.shutdown().await;
        if let Some(containers) = self.containers {
            containers.shutdown().await;
        }
    }
}

impl Person {
    /// Somebody who brings nothing but this token.
    pub(crate) fn bearing(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            cookie: String::new(),
            refresh: String::new(),
        }
    }

    pub(crate) async fn of(answer: reqwest::Response) -> Self {
        let cookies: Vec<String> = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|line| line.to_str().unwrap().split(';').next().unwrap().to_owned())
            .collect();
        let named = |name: &str| {
            cookies
                .iter()
                .find(|cookie| cookie.starts_with(name))
                .unwrap()
                .clone()
        };
        let (cookie, refresh) = (named("longhouse_access="), named("longhouse_refresh="));
        let body: Value = answer.json().await.unwrap();
        Self {
            token: body["accessToken"].as_str().unwrap().to_owned(),
            cookie,
            refresh,
        }
    }
}

/// Sends a request and reads JSON; null where there is none.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(done) => done,
        Err(_) => panic!("not in time: {what}"),
    }
}

/// Like [`in_time`], in the time that is promised for the end of what is open. The time begins when the one who ended it has
/// the answer, and what is there when it is over counts, so that a busy machine is no reason to fail.
pub(crate) async fn promptly<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PROMPT, future).await {
        Ok(done) => done,
        Err(_) => panic!("not within {PROMPT:?}: {what}"),
    }
}

async fn start_engine(
    dir: &tempfile::TempDir,
    runtimes: Vec<EchoRuntime>,
    clock: Arc<HouseClock>,
) -> Engine {
    let store = Store::open(&StoreUrl::Sqlite(dir.path().join("longhouse.db")))
        .await
        .unwrap();
    let settings = EngineSettings {
        agents: Agents::with_configured(BTreeMap::new()),
        default_multiplexer: Multiplexer::None,
        tmux_installed: false,
        git_transports: Default::default(),
        repository_ports: longhouse_domain::publish::PortRange::REPOSITORIES,
        publish: Default::default(),
        disk_mb: None,
        default_image: "busybox".parse().unwrap(),
        max_sessions: 20,
        max_sessions_per_user: 10,
        keep_volumes: Some(Duration::from_secs(30 * 24 * 3600)),
        allowed_dirs: vec!["/srv/work".into()],
        stop_grace: Duration::from_secs(1),
        sample_every: Duration::from_secs(60),
        recordings: RecordingSettings {
            policy: RecordingPolicy::Asked,
            dir: dir.path().join("recordings"),
            bytes: 32 * 1024 * 1024,
        },
        audit_archive: None,
        version: "test",
    };
    let runtimes = runtimes
        .into_iter()
        .map(|runtime| Arc::new(runtime) as Arc<dyn Runtime>);
    let runtimes = runtimes.collect();
    let master = Arc::new(Key::from_bytes(&[5; 32]).unwrap());
    let secrets = Vault::open(store.clone(), master, clock.clone());
    Engine::start(settings, store, secrets.await.unwrap(), runtimes, clock)
        .await
        .unwrap()
}
