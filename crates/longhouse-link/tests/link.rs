//! The link over a real Unix socket, with the roles turned round: the listener's side calls, the dialling side serves.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics; clippy knows only functions marked as tests"
)]

mod echo;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::SessionId;
use longhouse_link::proto::*;
use longhouse_link::{
    AcceptError, BindError, Link, LinkListener, Peer, PeerError, dial, limits, never_sent, was_lost,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Code, Status};

use echo::Echo;

/// A socket's place, and a dialling echo that ends with it.
struct House {
    directory: tempfile::TempDir,
    session: SessionId,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl House {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        private(directory.path(), 0o700);
        Self {
            directory,
            session: SessionId(uuid::Uuid::from_u128(7)),
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("link.sock")
    }

    fn bind(&self) -> LinkListener {
        LinkListener::bind(&self.socket(), self.session, "test").unwrap()
    }

    fn hello(&self) -> HelloReply {
        HelloReply {
            protocol: limits::PROTOCOL,
            session_id: self.session.to_string(),
            pid: 42,
            ..HelloReply::default()
        }
    }

    fn dial(&self, hello: HelloReply) {
        let (path, cancel) = (self.socket(), self.cancel.clone());
        self.tasks
            .spawn(async move { dial(&path, Echo { hello }, cancel).await });
    }

    /// Nothing may be left running: the dialler ends when it is told to.
    async fn end(self) {
        self.cancel.cancel();
        self.tasks.close();
        within(self.tasks.wait()).await;
    }
}

fn private(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("the deadline passed")
}

async fn exec(link: &Link, word: &str) -> Result<Bytes, Status> {
    let request = ExecRequest {
        argv: vec![word.to_owned()],
        ..ExecRequest::default()
    };
    Ok(within(link.client().exec(request))
        .await?
        .into_inner()
        .stdout)
}

#[tokio::test]
async fn the_server_calls_the_sessiond_that_dialled() {
    let house = House::new();
    let listener = house.bind();
    house.dial(house.hello());
    let link = within(listener.accept()).await.unwrap();
    assert_eq!(link.hello().pid, 42);
    assert_eq!(exec(&link, "hello").await.unwrap(), "hello");

    let from = OutputRequest {
        name: "t".into(),
        from: 5,
        timed: false,
    };
    let mut output = link.client().output(from).await.unwrap().into_inner();
    let mut expected = 5;
    while let Some(chunk) = within(output.message()).await.unwrap() {
        assert_eq!(chunk.offset, expected);
        expected += chunk.data.len() as u64;
    }
    assert_eq!(expected, 5 + 64 * limits::OUTPUT_CHUNK_BYTES as u64);
    house.end().await;
}

#[tokio::test]
async fn a_server_that_vanished_and_came_back_is_dialled_again() {
    let house = House::new();
    house.dial(house.hello());
    for round in 0..5 {
        let listener = house.bind();
        let link = within(listener.accept()).await.unwrap();
        let mut watch = link
            .client()
            .watch(WatchRequest {})
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            exec(&link, "again").await.unwrap(),
            "again",
            "round {round}"
        );
        drop((link, listener));
        assert!(within(watch.message()).await.is_err());
        assert!(!house.socket().exists(), "the socket file is removed");
    }
    house.end().await;
}

#[tokio::test]
async fn a_socket_file_that_a_killed_server_left_is_replaced() {
    let house = House::new();
    // A std listener leaves its file behind, as a killed process does.
    drop(std::os::unix::net::UnixListener::bind(house.socket()).unwrap());
    let listener = house.bind();
    let mode = std::fs::metadata(listener.path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    house.dial(house.hello());
    assert!(within(listener.accept()).await.is_ok());
    house.end().await;
}

#[tokio::test]
async fn the_end_of_sessiond_is_noticed() {
    let house = House::new();
    let listener = house.bind();
    house.dial(house.hello());
    let link = within(listener.accept()).await.unwrap();
    assert!(!link.is_closed());
    let token = link.closed_token();
    house.cancel.cancel();
    within(link.closed()).await;
    assert!(token.is_cancelled());
    let lost = exec(&link, "x").await.unwrap_err();
    assert_eq!(lost.code(), Code::Unavailable);
    assert!(was_lost(&lost) && never_sent(&lost), "{lost:?}");
    house.end().await;
}

#[tokio::test]
async fn what_sessiond_refuses_is_not_taken_for_a_lost_connection() {
    let house = House::new();
    let listener = house.bind();
    house.dial(house.hello());
    let link = within(listener.accept()).await.unwrap();
    let refused = exec(&link, "refuse").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(!was_lost(&refused) && !never_sent(&refused), "{refused:?}");
    house.end().await;
}

#[tokio::test]
async fn another_protocol_version_is_refused_with_both_versions() {
    let house = House::new();
    let listener = house.bind();
    house.dial(HelloReply {
        protocol: limits::PROTOCOL + 1,
        ..house.hello()
    });
    match within(listener.accept()).await.unwrap_err() {
        AcceptError::Peer(PeerError::Version { ours, theirs }) => {
            assert_eq!((ours, theirs), (limits::PROTOCOL, limits::PROTOCOL + 1));
        }
        other => panic!("{other:?}"),
    }
    house.end().await;
}

#[tokio::test]
async fn the_sessiond_of_another_session_is_refused() {
    let house = House::new();
    let listener = house.bind();
    let other = SessionId(uuid::Uuid::from_u128(8));
    house.dial(HelloReply {
        session_id: other.to_string(),
        ..house.hello()
    });
    let error = within(listener.accept()).await.unwrap_err();
    assert!(
        matches!(error, AcceptError::Peer(PeerError::Session)),
        "{error:?}"
    );
    house.end().await;
}

#[tokio::test]
async fn a_call_before_the_hello_is_refused() {
    let house = House::new();
    let socket = tokio::net::UnixListener::bind(house.socket()).unwrap();
    house.dial(house.hello());
    let (stream, _) = within(socket.accept()).await.unwrap();
    let mut stream = Some(hyper_util::rt::TokioIo::new(stream));
    let connector = tower::service_fn(move |_| {
        std::future::ready(stream.take().ok_or(std::io::ErrorKind::NotConnected.into()))
            as std::future::Ready<Result<_, std::io::Error>>
    });
    let channel = tonic::transport::Endpoint::from_static("http://x.invalid")
        .connect_with_connector(connector)
        .await
        .unwrap();
    let mut client = sessiond_client::SessiondClient::new(channel);
    let refusal = within(client.exec(ExecRequest::default()))
        .await
        .unwrap_err();
    assert_eq!(refusal.code(), Code::FailedPrecondition);
    house.end().await;
}

#[tokio::test]
async fn a_mute_peer_does_not_become_a_link() {
    let house = House::new();
    let listener = house.bind();
    let mute = tokio::net::UnixStream::connect(house.socket())
        .await
        .unwrap();
    drop(mute);
    let error = within(listener.accept()).await.unwrap_err();
    assert!(
        matches!(error, AcceptError::Peer(PeerError::Hello(_))),
        "{error:?}"
    );
    // The listener still serves whoever comes next.
    house.dial(house.hello());
    assert!(within(listener.accept()).await.is_ok());
    house.end().await;
}

#[tokio::test]
async fn a_socket_is_only_offered_in_a_private_directory() {
    let house = House::new();
    let bind = |path: PathBuf| LinkListener::bind(&path, house.session, "test");
    private(house.directory.path(), 0o755);
    assert!(matches!(
        bind(house.socket()),
        Err(BindError::NotPrivate { mode: 0o755, .. })
    ));
    private(house.directory.path(), 0o700);
    std::fs::write(house.socket(), "precious").unwrap();
    assert!(matches!(
        bind(house.socket()),
        Err(BindError::Occupied { .. })
    ));
    assert_eq!(std::fs::read(house.socket()).unwrap(), b"precious");
    let long = house
        .directory
        .path()
        .join("x".repeat(limits::SOCKET_PATH_BYTES));
    assert!(matches!(bind(long), Err(BindError::TooLong { .. })));
    house.end().await;
}

#[tokio::test]
async fn a_guests_socket_is_open_below_a_private_directory_and_for_that_guest_alone() {
    let house = House::new();
    let open = house.directory.path().join("link");
    std::fs::create_dir(&open).unwrap();
    private(&open, 0o755);
    let path = open.join("link.sock");
    let own = rustix::process::geteuid().as_raw();
    let bind = |peer| LinkListener::bind_for(peer, &path, house.session, "test");
    for (directory, mode) in [(house.directory.path(), 0o755), (open.as_path(), 0o777)] {
        let before = std::fs::metadata(directory).unwrap().permissions();
        private(directory, mode);
        assert!(matches!(
            bind(Peer::Guest(own)),
            Err(BindError::NotPrivate { .. })
        ));
        std::fs::set_permissions(directory, before).unwrap();
    }
    let stranger = bind(Peer::Guest(own + 1)).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
    let dialled = tokio::net::UnixStream::connect(&path).await.unwrap();
    let refused = within(stranger.accept()).await.unwrap_err();
    assert!(
        matches!(refused, AcceptError::Peer(PeerError::User { expected, theirs }) if (expected, theirs) == (own + 1, own)),
        "{refused:?}"
    );
    drop((dialled, stranger));
    let guest = bind(Peer::Guest(own)).unwrap();
    let dialled = tokio::net::UnixStream::connect(&path).await.unwrap();
    drop(dialled);
    // It got as far as the hello.
    let hung_up = within(guest.accept()).await.unwrap_err();
    assert!(
        matches!(hung_up, AcceptError::Peer(PeerError::Hello(_))),
        "{hung_up:?}"
    );
    house.end().await;
}
