//! A server of one's own for a test: started, asked, killed, started again, and at the end shown to have left nothing.

pub(crate) mod chance;
pub(crate) mod events;
pub(crate) mod forge;
pub(crate) mod forms;
pub(crate) mod http;
pub(crate) mod keeper;
pub(crate) mod postgres;
pub(crate) mod processes;
pub(crate) mod pty;
pub(crate) mod sshd;
pub(crate) mod terminal;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long anything may take that a test waits for. Far beyond what it takes, since the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The first account's password in every test.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Waits until `condition` gives a value.
pub(crate) async fn wait_for<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The sessiond to test with.
pub(crate) fn sessiond() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(path) = std::env::var_os("LONGHOUSE_SESSIOND") {
            return path.into();
        }
        let longhouse = Path::new(env!("CARGO_BIN_EXE_longhouse"));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let profile = longhouse.parent().unwrap();
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "sessiond", "--target-dir"])
            .arg(profile.parent().unwrap())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(built.success(), "sessiond could not be built");
        profile.join("sessiond")
    })
}

/// A home directory with a server's data, with or without a server that runs.
pub(crate) struct House {
    home: tempfile::TempDir,
    depth: String,
    running: Option<Running>,
    /// The program that is run.
    pub(crate) program: PathBuf,
    /// Further variables for the server.
    pub(crate) variables: Vec<(String, String)>,
}

struct Running {
    child: Child,
    url: String,
}

impl House {
    /// An empty home. Its path is short, for sockets lie in it.
    pub(crate) fn new() -> Self {
        let home = tempfile::Builder::new()
            .prefix("lh")
            .tempdir_in("/tmp")
            .unwrap();
        Self {
            home,
            depth: String::new(),
            running: None,
            program: env!("CARGO_BIN_EXE_longhouse").into(),
            variables: vec![("LONGHOUSE_ADMIN_PASSWORD".to_owned(), PASSWORD.to_owned())],
        }
    }

    /// A home with a server that is ready.
    pub(crate) fn started() -> Self {
        let mut house = Self::new();
        house.start();
        house
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.home().join(format!("data{}", self.depth))
    }

    /// Makes the data directory's path too long for a socket.
    pub(crate) fn deepen(&mut self) {
        self.depth = "-deep".repeat(20);
    }

    /// Where a running server has its sockets: in the directory of the one that it listens on.
    pub(crate) fn run_dir(&self) -> PathBuf {
        let shown = self.succeed(&["doctor", "--json"]);
        let findings: Vec<Value> = serde_json::from_str(&shown).unwrap();
        let sockets = findings.iter().find(|finding| finding["name"] == "sockets");
        sockets.unwrap()["detail"].as_str().unwrap().into()
    }

    /// `longhouse` in this home, with an environment built from nothing.
    pub(crate) fn command(&self) -> Command {
        self.command_through(&[])
    }

    fn command_through(&self, words: &[&str]) -> Command {
        let words = [words, &[self.program.to_str().unwrap()]].concat();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .envs(self.environment())
            .current_dir(self.home())
            .arg("--data-dir")
            .arg(self.data_dir());
        command
    }

    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let pair = |name: &str, value: &Path| (name.to_owned(), value.to_str().unwrap().to_owned());
        let mut variables = vec![
            pair("HOME", self.home()),
            pair("LONGHOUSE_SESSIOND", sessiond()),
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("SHELL".to_owned(), "/bin/sh".to_owned()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            // A container engine of this machine is none of a test's business.
            ("LONGHOUSE_DOCKER_HOST".to_owned(), "off".to_owned()),
        ];
        variables.extend(self.variables.iter().cloned());
        variables
    }

    /// Starts the server and waits until it says that it is ready.
    pub(crate) fn start(&mut self) {
        self.start_through(&[]);
    }

    /// The same, where these words come before the program on the command line.
    pub(crate) fn start_through(&mut self, words: &[&str]) {
        assert!(self.running.is_none(), "the server runs already");
        let mut child = self.spawn_through(words);
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let ready = stdout.lines().map_while(Result::ok).find_map(|line| {
            let (_, url) = line.split_once("is ready at ")?;
            Some(url.to_owned())
        });
        let Some(url) = ready else {
            let status = child.wait().unwrap();
            panic!("the server did not start ({status}):\n{}", self.log());
        };
        self.running = Some(Running { child, url });
    }

    /// Starts the server and waits for nothing.
    pub(crate) fn spawn(&self) -> Child {
        self.spawn_through(&[])
    }

    fn spawn_through(&self, words: &[&str]) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .unwrap();
        let mut command = self.command_through(words);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.home().join("server.log")
    }

    /// What the server has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    pub(crate) fn url(&self) -> &str {
        &self.running.as_ref().expect("the server runs").url
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running.as_ref().expect("the server runs").child.id()
    }

    /// `kill -9`, as a crash or the kernel would do it.
    pub(crate) fn kill(&mut self) {
        let mut running = self.running.take().expect("the server runs");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// SIGTERM, and how the server ended.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let mut running = self.running.take().expect("the server runs");
        processes::signal(running.child.id(), rustix::process::Signal::TERM);
        running.child.wait().unwrap()
    }

    /// Runs a command of the command line to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command()
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The same, where it is to succeed; what it printed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(
            output.status.success(),
            "{arguments:?}: {}\n{stdout}{stderr}\n{}",
            output.status,
            self.log()
        );
        stdout
    }

    /// Logs in.
    pub(crate) async fn client(&self) -> http::Client {
        self.client_with(PASSWORD).await
    }

    /// Logs in with another password.
    pub(crate) async fn client_with(&self, password: &str) -> http::Client {
        self.client_of("admin", password).await
    }

    /// Logs somebody in.
    pub(crate) async fn client_of(&self, username: &str, password: &str) -> http::Client {
        let mut client = http::Client::new(self.url());
        let login = json!({"username": username, "password": password});
        let answer = client.post("/api/auth/login", &login).await.created();
        client.token = Some(answer["accessToken"].as_str().unwrap().to_owned());
        client
    }

    /// Every file and socket below the data directory that belongs to a session or was never finished, and the control
    /// socket where no server runs.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(&self.data_dir(), &mut found);
        let of_a_session = |path: &PathBuf| {
            let below = path.strip_prefix(self.data_dir()).unwrap();
            let text = below.to_str().unwrap();
            let own = self.running.is_some() && text == "run/ctl.sock";
            let in_run = below.starts_with("run") && below.components().count() > 1 && !own;
            let in_sessions = below.starts_with("sessions") && below.components().count() > 1;
            in_run || in_sessions || text.ends_with(".tmp") || text.contains("unfinished")
        };
        found.into_iter().filter(of_a_session).collect()
    }
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let entry = entry.unwrap();
        found.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), found);
        }
    }
}

impl Drop for House {
    /// Ends the server and every process that was started in this home, by its pid.
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // A test that failed: nothing is owed to the server any more.
            _ = running.child.kill();
            _ = running.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
        processes::end_all_of(self.home());
        // What lies in memory outlives a server that was killed; a server that ends sessions in order is held to it by tests.
        let data_dir = self.data_dir();
        let in_memory =
            longhouse_runtime::host::choose_secrets_dir(&data_dir, &data_dir.join("run"));
        _ = std::fs::remove_dir_all(in_memory);
    }
}

/// A session that runs a shell, ready to be typed into.
pub(crate) async fn running_shell(client: &http::Client, name: &str, multiplexer: &str) -> Value {
    let body = json!({"name": name, "agent": "shell", "multiplexer": multiplexer});
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap().to_owned();
    with_processes(client, &id).await
}

/// The session, once sessiond has told of its processes.
pub(crate) async fn with_processes(client: &http::Client, id: &str) -> Value {
    wait_for("the processes are known", async || {
        let session = client.session_in(id, "running").await?;
        let terminals = session["terminals"].as_array().unwrap();
        let known = terminals.iter().all(|terminal| terminal["pid"].is_number());
        (known && session["pid"].is_number()).then_some(session)
    })
    .await
}
