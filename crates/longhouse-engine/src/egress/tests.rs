//! The way out of a session of the echo runtime, whose programs are the test.

use std::collections::BTreeMap;

use longhouse_domain::clock::from_millis;
use longhouse_domain::session::{Multiplexer, Workdir};
use longhouse_domain::{Clock, Timestamp};
use longhouse_link::{Link, LinkListener, Outbound};
use longhouse_runtime::echo::EchoRuntime;
use longhouse_runtime::{Plan, Runtime};
use longhouse_store::{AuditKey, AuditQuery, Store, StoreUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::*;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        from_millis(1_800_000_000_000)
    }
}

struct Bed {
    outbound: Outbound,
    list: watch::Sender<Arc<AllowList>>,
    passages: mpsc::Receiver<Passage>,
    store: Store,
    runtime: EchoRuntime,
    link: Link,
    tasks: TaskTracker,
    stop: CancellationToken,
    _dir: tempfile::TempDir,
}

impl Bed {
    /// A session that may reach what the list has, with its way out served.
    async fn new(entries: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreUrl::Sqlite(dir.path().join("longhouse.db")))
            .await
            .unwrap()
            .with_audit_key(AuditKey([3; 32]));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let audit = Audit::start(store.clone(), Arc::new(Stopped), &tasks, stop.clone());
        let session = SessionId(Uuid::from_u128(7));
        let runtime = EchoRuntime::new(dir.path().join("run")).unwrap();
        runtime.socket_dir(session).unwrap();
        let listener = LinkListener::bind(&runtime.link_path(session), session, "test").unwrap();
        runtime.provision(&plan(session)).await.unwrap();
        let link = listener.accept().await.unwrap();
        let (told, passages) = mpsc::channel(8);
        let list = watch::Sender::new(list_of(entries));
        let gate = Gate {
            list: list.subscribe(),
            audit,
            session,
            session_name: "one".to_owned(),
            owner: UserId(Uuid::from_u128(8)),
            owner_name: "ann".to_owned(),
            traffic: Arc::default(),
            told,
        };
        tasks.spawn(gate.serve(link.client()));
        Self {
            outbound: runtime.outbound(session).unwrap(),
            list,
            passages,
            store,
            runtime,
            link,
            tasks,
            stop,
            _dir: dir,
        }
    }

    /// What the audit log says, oldest first: destination and result.
    async fn log(&self) -> Vec<(String, Outcome)> {
        let everything = AuditQuery::default();
        let found = self.store.audit_after(&everything, 0, 100).await.unwrap();
        let line = |entry: AuditEntry| (entry.detail["destination"].clone(), entry.outcome);
        found.into_iter().map(|record| line(record.entry)).collect()
    }

    async fn end(self) {
        drop(self.link);
        self.stop.cancel();
        self.tasks.close();
        self.runtime.shutdown().await;
        self.tasks.wait().await;
    }
}

fn list_of(entries: &[&str]) -> Arc<AllowList> {
    let list = entries.iter().map(|entry| entry.parse().unwrap()).collect();
    Arc::new(AllowList::new(list).unwrap())
}

fn plan(session: SessionId) -> Plan {
    Plan {
        session,
        owner: UserId(Uuid::from_u128(8)),
        start: 1,
        workdir: Workdir::Own,
        multiplexer: Multiplexer::None,
        env: BTreeMap::new(),
        first_offset: 0,
        lends_key: false,
        lends_token: false,
        agent_program: None,
        container: None,
    }
}

#[tokio::test]
async fn a_program_reaches_what_the_list_has_and_every_byte_goes_both_ways() {
    let outside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = outside.local_addr().unwrap().port();
    let entry = format!("127.0.0.1:{port}");
    let mut bed = Bed::new(&[&entry]).await;
    let mut tunnel = bed.outbound.open("127.0.0.1", port).await.unwrap();
    let (mut there, _) = outside.accept().await.unwrap();
    tunnel.write_all(b"question").await.unwrap();
    tunnel.shutdown().await.unwrap();
    let mut heard = String::new();
    there.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "question");
    there.write_all(b"answer").await.unwrap();
    drop(there);
    let mut said = String::new();
    tunnel.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "answer");
    let passage = bed.passages.recv().await.unwrap();
    let address = Some("127.0.0.1".parse().unwrap());
    assert_eq!((passage.port, passage.came), (port, Came::Opened(address)));
    let ended = bed.passages.recv().await.unwrap();
    let (sent, received) = (8, 6);
    assert_eq!(ended.came, Came::Ended { sent, received });
    assert_eq!(bed.log().await, [(entry, Outcome::Ok)]);
    bed.end().await;
}

#[tokio::test]
async fn what_is_refused_is_said_to_the_program_and_written_down() {
    let mut bed = Bed::new(&["example.org", "localhost"]).await;
    for (host, port, words) in [
        (
            "example.net",
            443,
            "example.net:443 is not on this session's list",
        ),
        ("169.254.169.254", 80, "is not on this session's list"),
        ("0177.0.0.1", 80, "an address in its usual form"),
        ("evil\r\nX: y", 80, "must be a host name"),
    ] {
        let refused = bed.outbound.open(host, port).await.unwrap_err();
        assert_eq!(refused.why, Why::NotAllowed, "{host}");
        assert!(refused.text.contains(words), "{host}: {}", refused.text);
        assert!(!refused.text.contains(['\r', '\n']));
        let passage = bed.passages.recv().await.unwrap();
        assert_eq!(passage.came, Came::Refused(refused.text));
    }
    // Nothing listens on port 1 of this machine: it was allowed, and failed.
    let failed = bed.outbound.open("localhost", 1).await.unwrap_err();
    assert_eq!(failed.why, Why::Failed);
    let outcomes: Vec<Outcome> = bed
        .log()
        .await
        .into_iter()
        .map(|(_, outcome)| outcome)
        .collect();
    let denied = [Outcome::Denied; 4];
    assert_eq!(outcomes, [&denied[..], &[Outcome::Failed]].concat());
    bed.end().await;
}

#[tokio::test]
async fn nothing_is_opened_that_cannot_be_written_down() {
    let outside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = outside.local_addr().unwrap().port();
    let bed = Bed::new(&["127.0.0.1"]).await;
    bed.store.close().await;
    for _ in 0..2 {
        let refused = bed.outbound.open("127.0.0.1", port).await.unwrap_err();
        assert_eq!(refused.why, Why::Failed);
        assert!(refused.text.contains("written down"), "{}", refused.text);
    }
    bed.end().await;
}

#[tokio::test]
async fn a_changed_list_holds_at_once_for_what_is_asked_and_for_what_is_open() {
    let outside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = outside.local_addr().unwrap().port();
    let entry = format!("127.0.0.1:{port}");
    let mut bed = Bed::new(&[]).await;
    let refused = bed.outbound.open("127.0.0.1", port).await.unwrap_err();
    assert_eq!(refused.why, Why::NotAllowed);
    bed.passages.recv().await.unwrap();

    bed.list.send_replace(list_of(&[&entry]));
    let mut tunnel = bed.outbound.open("127.0.0.1", port).await.unwrap();
    let (mut there, _) = outside.accept().await.unwrap();
    let opened = bed.passages.recv().await.unwrap();
    assert!(matches!(opened.came, Came::Opened(_)), "{opened:?}");

    // What is still allowed goes on, by whichever entry.
    bed.list.send_replace(list_of(&["127.0.0.0/8"]));
    tunnel.write_all(b"still").await.unwrap();
    let mut heard = [0; 5];
    there.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"still");

    bed.list.send_replace(list_of(&["example.org"]));
    let told = bed.passages.recv().await.unwrap();
    let why = "it is not on this session's list any more";
    assert_eq!(told.came, Came::Refused(why.to_owned()));
    assert_eq!(there.read(&mut heard).await.unwrap_or(0), 0);
    assert_eq!(tunnel.read(&mut heard).await.unwrap_or(0), 0);
    bed.end().await;
}
