//! The tests' own container engine, a server that uses it, and a door between the two at which a call can be lost.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::support::http::Client;
use crate::support::{House, wait_for};

/// An image that holds nothing but busybox.
pub(super) const IMAGE: &str = "longhouse-test/busybox:1";

/// The same with git and ssh.
pub(super) const GIT_IMAGE: &str = "longhouse-test/git:2";

/// The longest head of a request, bytes.
const HEAD_BYTES: usize = 64 * 1024;

/// Where the engine listens.
fn socket() -> PathBuf {
    let told = std::env::var_os("LONGHOUSE_TEST_ENGINE");
    let told = told.expect("no container engine for tests: run this as `cargo xtask engine -- cargo test -p longhouse`");
    PathBuf::from(told)
}

/// What `docker` prints.
pub(super) fn docker(args: &[&str]) -> String {
    let output = Command::new("docker")
        .arg("--host")
        .arg(format!("unix://{}", socket().display()))
        .args(args)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The containers and volumes of a session.
pub(super) fn of_session(id: &str) -> (Vec<String>, Vec<String>) {
    let label = format!("label=longhouse.session={id}");
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    (
        lines(docker(&["ps", "--all", "--quiet", "--filter", &label])),
        lines(docker(&["volume", "ls", "--quiet", "--filter", &label])),
    )
}

/// What a server is told that uses the engine there.
pub(super) fn variables(address: String) -> [(String, String); 3] {
    let embedded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/embed/sessiond");
    let sessiond = embedded
        .canonicalize()
        .expect("no static sessiond: run `cargo xtask build` first");
    [
        ("LONGHOUSE_DOCKER_HOST", address),
        ("LONGHOUSE_DOCKER_IMAGE", IMAGE.to_owned()),
        ("LONGHOUSE_SESSIOND", sessiond.to_str().unwrap().to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

/// A house whose server uses the engine by way of the door.
pub(super) struct Yard {
    pub(super) house: House,
    pub(super) door: Door,
    /// The sessions that were made, to be cleared away where a test fails.
    made: Vec<String>,
}

impl Yard {
    pub(super) fn new() -> Self {
        let mut house = House::new();
        let door = Door::open(&house.home().join("engine.sock"));
        house.variables.extend(variables(door.address()));
        Self {
            house,
            door,
            made: Vec::new(),
        }
    }

    pub(super) fn started() -> Self {
        let mut yard = Self::new();
        yard.house.start();
        yard
    }

    /// Asks for a session in a container; answers its identifier.
    pub(super) async fn create(&mut self, client: &Client, name: &str) -> String {
        let made = client.post("/api/sessions", &small(name)).await.created();
        let id = made["id"].as_str().unwrap().to_owned();
        self.remember(&id);
        id
    }

    /// Asks for a session that begins with a clone, with `more` fields; answers its identifier.
    pub(super) async fn clone_of(&mut self, client: &Client, url: &str, more: Value) -> String {
        let mut body = small("cloned");
        body["image"] = json!(GIT_IMAGE);
        body["repoUrl"] = json!(url);
        let fields = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        let made = client.post("/api/sessions", &body).await.created();
        let id = made["id"].as_str().unwrap().to_owned();
        self.remember(&id);
        id
    }

    /// Sees that the session is cleared away, should the test fail.
    pub(super) fn remember(&mut self, id: &str) {
        self.made.push(id.to_owned());
    }

    /// A session in a container that runs.
    pub(super) async fn running(&mut self, client: &Client, name: &str) -> Value {
        let id = self.create(client, name).await;
        until_running(client, &id).await
    }

    /// Deletes the session, whatever it holds, and sees that nothing of it is left.
    pub(super) async fn delete(&self, client: &Client, id: &str) {
        client
            .delete(&format!("/api/sessions/{id}?force=true"))
            .await
            .created();
        self.assert_gone(client, id).await;
    }

    pub(super) async fn assert_gone(&self, client: &Client, id: &str) {
        wait_for("the session is gone", async || {
            let answer = client.get(&format!("/api/sessions/{id}")).await;
            (answer.status == 404).then_some(())
        })
        .await;
        // It is hidden as soon as it is to be deleted, and deleted shortly after.
        wait_for("nothing of it is left", async || {
            let nothing = of_session(id) == (Vec::new(), Vec::new());
            (nothing && self.left_on_disk().is_empty()).then_some(())
        })
        .await;
    }

    /// What sessions have on the disk; the directory that all containers share stays.
    fn left_on_disk(&self) -> Vec<PathBuf> {
        let mut left = self.house.leftovers();
        left.retain(|path| !path.ends_with("run/docker"));
        left
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        for id in &self.made {
            let (containers, volumes) = of_session(id);
            for container in containers {
                docker(&["rm", "--force", &container]);
            }
            for volume in volumes {
                docker(&["volume", "rm", &volume]);
            }
        }
    }
}

/// The body that asks for a small session in a container.
pub(super) fn small(name: &str) -> Value {
    json!({"name": name, "runtime": "docker", "network": "none", "memoryLimit": 128, "cpuLimit": 0.5, "pidsLimit": 64})
}

/// The session, once its terminals are there.
pub(super) async fn until_running(client: &Client, id: &str) -> Value {
    wait_for("the session runs", async || {
        let session = client.session_in(id, "running").await?;
        let terminals = session["terminals"].as_array().unwrap();
        terminals
            .iter()
            .all(|terminal| terminal["running"] == true)
            .then_some(session)
    })
    .await
}

/// What a shell script in the session says.
pub(super) async fn sh(client: &Client, id: &str, script: &str) -> String {
    let body = json!({"command": ["sh", "-c", script]});
    let path = format!("/api/sessions/{id}/exec");
    let answer = client.post(&path, &body).await.created();
    answer["stdout"].as_str().unwrap().trim().to_owned()
}

/// A socket that stands before the engine's. It can be told to lose the answer to one call: the engine has done it, and nobody hears.
pub(super) struct Door {
    path: PathBuf,
    /// How many more changing calls pass; 0 is no bound.
    armed: Arc<AtomicUsize>,
    lost: watch::Receiver<usize>,
    /// Whether the engine's events are kept back.
    deaf: Arc<AtomicBool>,
    /// How many had been lost when it was told to lose the next.
    before: usize,
    serving: tokio::task::JoinHandle<()>,
}

impl Door {
    fn open(path: &Path) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let armed = Arc::new(AtomicUsize::new(0));
        let deaf = Arc::new(AtomicBool::new(false));
        let (told, lost) = watch::channel(0);
        let told = Arc::new(told);
        let serving = tokio::spawn({
            let (armed, deaf) = (armed.clone(), deaf.clone());
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(pass(stream, armed.clone(), told.clone(), deaf.clone()));
                }
            }
        });
        Self {
            path: path.to_owned(),
            armed,
            lost,
            deaf,
            before: 0,
            serving,
        }
    }

    pub(super) fn address(&self) -> String {
        format!("unix://{}", self.path.display())
    }

    /// The answer to the `number`th call from now that changes something is lost.
    pub(super) fn lose(&mut self, number: usize) {
        self.before = *self.lost.borrow();
        self.armed.store(number, Ordering::SeqCst);
    }

    /// Nothing is lost any more.
    pub(super) fn lose_nothing(&self) {
        self.armed.store(0, Ordering::SeqCst);
    }

    /// From now on nothing is heard of the engine's events, and their stream stays open.
    pub(super) fn deafen(&self) {
        self.deaf.store(true, Ordering::SeqCst);
    }

    /// Waits until that answer is lost.
    pub(super) async fn lost(&self) {
        let mut lost = self.lost.clone();
        lost.wait_for(|number| *number > self.before).await.unwrap();
    }

    /// From now on nobody is let in.
    pub(super) fn shut(&self) {
        self.serving.abort();
        std::fs::remove_file(&self.path).unwrap();
    }

    /// Lets everybody through again.
    pub(super) fn reopen(&mut self) {
        *self = Self::open(&self.path);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One connection, which is one call: the client keeps none.
async fn pass(
    mut client: UnixStream,
    armed: Arc<AtomicUsize>,
    lost: Arc<watch::Sender<usize>>,
    deaf: Arc<AtomicBool>,
) {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") && head.len() < HEAD_BYTES {
        match client.read_buf(&mut head).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    let Ok(mut engine) = UnixStream::connect(socket()).await else {
        return;
    };
    if engine.write_all(&head).await.is_err() {
        return;
    }
    if is_events(&head) {
        return pass_events(client, engine, &deaf).await;
    }
    let changes = !head.starts_with(b"GET ");
    let next = |left: usize| left.checked_sub(1);
    let is_lost = changes && armed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next) == Ok(1);
    if !is_lost {
        // Whoever hangs up first ends the call.
        let _ = copy_bidirectional(&mut client, &mut engine).await;
        return;
    }
    let (mut asking, _unheard) = client.split();
    let (mut answering, mut asked) = engine.split();
    let mut answer = [0; 1];
    tokio::select! {
        // The engine's answer begins: it has done what it was asked.
        read = answering.read_exact(&mut answer) => drop(read),
        // The rest of the request; whoever asked waits, and so does this.
        _ = async {
            let _ = tokio::io::copy(&mut asking, &mut asked).await;
            std::future::pending::<()>().await
        } => {}
    }
    lost.send_modify(|number| *number += 1);
    std::future::pending().await
}

fn is_events(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).contains("/events?")
}

/// The engine's events, unless they are kept back.
async fn pass_events(mut client: UnixStream, mut engine: UnixStream, deaf: &AtomicBool) {
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = engine.read(&mut piece).await {
        let is_kept = deaf.load(Ordering::SeqCst);
        if !is_kept && client.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
