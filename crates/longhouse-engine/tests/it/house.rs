//! A store, a runtime and an engine for one test, and the ways to wait for what should become true.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::agent::{Agents, Mode};
use longhouse_domain::audit::{AuditActor, AuditEntry};
use longhouse_domain::clock::{Clock, Timestamp};
use longhouse_domain::git::AutoCommit;
use longhouse_domain::session::{GitIdentity, Multiplexer};
use longhouse_domain::{Actor, Role, Secrets, Status, UserId};
use longhouse_engine::secrets::{Key, Vault};
use longhouse_engine::{
    Engine, EngineSettings, NewContainer, NewSession, RecordingPolicy, RecordingSettings,
    SessionView, UnsavedWork,
};
use longhouse_runtime::Runtime;
use longhouse_runtime::echo::EchoRuntime;
use longhouse_store::{Deed, NewUser, Store, StoreUrl};

/// How long anything may take before a test says that it does not happen.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the tests' own door for time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) runtime: EchoRuntime,
    pub(crate) ann: Actor,
    dir: tempfile::TempDir,
    /// How many sessions one user may have running.
    room: u32,
}

pub(crate) fn actor(name: &str, role: Role) -> Actor {
    let id = UserId(uuid::Uuid::new_v5(
        &uuid::Uuid::NAMESPACE_OID,
        name.as_bytes(),
    ));
    Actor {
        user: id,
        username: name.to_owned(),
        role,
        may_use_host: true,
        only_looks: false,
        disabled: false,
    }
}

pub(crate) fn shell(name: &str) -> NewSession {
    NewSession {
        name: name.parse().unwrap(),
        description: String::new(),
        labels: BTreeMap::new(),
        agent: "shell".to_owned(),
        flags: Vec::new(),
        mode: Mode::Interactive,
        prompt: None,
        runtime: None,
        container: NewContainer::default(),
        network: None,
        allow_hosts: Default::default(),
        workdir: None,
        multiplexer: None,
        env: BTreeMap::new(),
        secrets: Secrets::new(),
        git: GitIdentity::default(),
        repository: None,
        new_repository: None,
        worktree: None,
        ssh_key: None,
        auto_commit: AutoCommit::default(),
        idle_timeout_seconds: None,
        recording: None,
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::on(4, |runtime| runtime).await
    }

    /// One whose runtime has counters of its own.
    pub(crate) async fn with_meter() -> Self {
        Self::on(4, EchoRuntime::with_meter).await
    }

    /// One where a user may have so many sessions running.
    pub(crate) async fn with_room_for(sessions: u32) -> Self {
        Self::on(sessions, |runtime| runtime).await
    }

    async fn on(room: u32, adapt: impl FnOnce(EchoRuntime) -> EchoRuntime) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime = adapt(EchoRuntime::new(dir.path().join("run")).unwrap());
        let ann = actor("ann", Role::Member);
        let store = open(dir.path()).await;
        for user in [&ann, &actor("bob", Role::Member)] {
            let new = NewUser {
                id: user.user,
                username: user.username.clone(),
                role: user.role,
                may_use_host: true,
                password_hash: None,
            };
            let made =
                AuditEntry::new(SystemClock.now(), AuditActor::system("test"), "user.create");
            let (made, now) = (Deed::new(made), SystemClock.now());
            store.create_user(&new, &made, now).await.unwrap();
        }
        let engine = start(store, &runtime, dir.path(), room).await;
        Self {
            engine,
            runtime,
            ann,
            dir,
            room,
        }
    }

    /// The server goes away and comes back; what happens in between happens to sessions that nobody watches.
    pub(crate) async fn restart(&mut self, between: impl AsyncFnOnce(&Store, &EchoRuntime)) {
        self.engine.shutdown().await;
        let store = open(self.dir.path()).await;
        between(&store, &self.runtime).await;
        self.engine = start(store, &self.runtime, self.dir.path(), self.room).await;
    }

    pub(crate) async fn running(&self, name: &str) -> SessionView {
        self.engine
            .create_session(&self.ann, shell(name), None)
            .await
            .unwrap();
        self.wait_for_status(name, Status::Running).await
    }

    pub(crate) async fn wait_for_status(&self, name: &str, status: Status) -> SessionView {
        self.wait_for(name, |session| session.session.status() == status)
            .await
    }

    pub(crate) async fn wait_for(
        &self,
        name: &str,
        wanted: impl Fn(&SessionView) -> bool,
    ) -> SessionView {
        let mut last = None;
        let found = tokio::time::timeout(DEADLINE, async {
            let mut notices = self.engine.notices();
            loop {
                let session = self.engine.get_session(&self.ann, name).await.unwrap();
                if wanted(&session) {
                    return session;
                }
                last = Some(session);
                // An event is a good moment to look again; what changes without one is found a moment later.
                let _ = tokio::time::timeout(Duration::from_millis(20), notices.recv()).await;
            }
        });
        match found.await {
            Ok(session) => session,
            Err(_) => panic!("not in time; the session last was {last:#?}"),
        }
    }

    /// Ends everything; fails where something of a session is left.
    pub(crate) async fn close(self) {
        loop {
            let sessions = self.engine.list_sessions(&self.ann, all()).await.unwrap();
            if sessions.items.is_empty() {
                break;
            }
            for session in sessions.items {
                let id = session.session.id.to_string();
                let deleted = self
                    .engine
                    .delete_session(&self.ann, &id, UnsavedWork::GivenUp);
                deleted.await.unwrap();
            }
        }
        assert_eq!(self.runtime.leftovers().await.unwrap(), []);
        self.engine.shutdown().await;
        self.runtime.shutdown().await;
    }
}

pub(crate) fn all() -> longhouse_domain::query::SessionQuery {
    longhouse_domain::query::SessionQuery {
        limit: 100,
        ..Default::default()
    }
}

pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(done) => done,
        Err(_) => panic!("not in time: {what}"),
    }
}

async fn open(dir: &Path) -> Store {
    Store::open(&StoreUrl::Sqlite(dir.join("longhouse.db")))
        .await
        .unwrap()
}

async fn start(store: Store, runtime: &EchoRuntime, dir: &Path, room: u32) -> Engine {
    let settings = EngineSettings {
        agents: Agents::with_configured(BTreeMap::new()),
        default_multiplexer: Multiplexer::None,
        tmux_installed: false,
        git_transports: Default::default(),
        repository_ports: longhouse_domain::publish::PortRange::REPOSITORIES,
        publish: Default::default(),
        disk_mb: None,
        default_image: "busybox".parse().unwrap(),
        max_sessions: room + 1,
        max_sessions_per_user: room,
        keep_volumes: Some(Duration::from_secs(30 * 24 * 3600)),
        allowed_dirs: Vec::new(),
        stop_grace: Duration::from_secs(1),
        // Many sessions are looked at less often, as a server does.
        sample_every: Duration::from_millis(100) * room.div_ceil(4),
        recordings: RecordingSettings {
            policy: RecordingPolicy::Asked,
            dir: dir.join("recordings"),
            bytes: 32 * 1024 * 1024,
        },
        audit_archive: None,
        version: "test",
    };
    let runtimes: Vec<Arc<dyn Runtime>> = vec![Arc::new(runtime.clone())];
    let clock = Arc::new(SystemClock);
    let master = Arc::new(Key::from_bytes(&[5; 32]).unwrap());
    let secrets = Vault::open(store.clone(), master, clock.clone());
    Engine::start(settings, store, secrets.await.unwrap(), runtimes, clock)
        .await
        .unwrap()
}
