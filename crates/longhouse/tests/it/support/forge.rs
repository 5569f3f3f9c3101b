//! A place where repositories are: real git behind HTTP (`git http-backend`) on a loopback port, with doors that a forge has too: a login, a
//! move, a repository that does not come to its end.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The most bytes of a request's head.
const HEAD_BYTES: usize = 64 * 1024;

/// What opens `locked/`: as the user `git`, and as it is sent.
pub(crate) const TOKEN: &str = "canary-token-7f3e91";
const LOGIN: &str = "Basic Z2l0OmNhbmFyeS10b2tlbi03ZjNlOTE=";

/// See the module.
pub(crate) struct Forge {
    dir: tempfile::TempDir,
    host: &'static str,
    pub(crate) port: u16,
    stalled: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Forge {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Forge {
    /// A forge with one repository, `a.git`, of one file on the branches `main` and `dev`.
    pub(crate) async fn new() -> Self {
        Self::at("127.0.0.1").await
    }

    /// The same at an address that containers do not take for their own.
    pub(crate) async fn at(host: &'static str) -> Self {
        let dir = tempfile::Builder::new().prefix("lh").tempdir().unwrap();
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stalled = Arc::new(AtomicUsize::new(0));
        let (root, count) = (dir.path().to_owned(), stalled.clone());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, root.clone(), count.clone()));
            }
        });
        let forge = Self {
            dir,
            host,
            port,
            stalled,
            serving,
        };
        forge.git(&["init", "--quiet", "--initial-branch=main", "made"]);
        forge.write("readme", "hello\n");
        forge.publish();
        forge.git(&["-C", "made", "branch", "dev"]);
        forge.publish();
        forge
    }

    /// The address of what is there at a path: below `private/` a login is asked for and none is known, below `locked/` one is, `moved/` leads elsewhere, `stalled/` never answers.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}:{}/{path}", self.host, self.port)
    }

    /// How many requests wait for ever.
    pub(crate) fn stalled(&self) -> usize {
        self.stalled.load(Ordering::SeqCst)
    }

    /// Where the repository is made.
    pub(crate) fn made(&self) -> PathBuf {
        self.dir.path().join("made")
    }

    /// Writes a file into it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.made().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Commits everything, and lets it be cloned.
    pub(crate) fn publish(&self) {
        self.git(&["-C", "made", "add", "--all", "--force"]);
        self.git(&[
            "-C",
            "made",
            "commit",
            "--quiet",
            "--allow-empty",
            "--message=more",
        ]);
        let bare = self.dir.path().join("a.git");
        _ = std::fs::remove_dir_all(&bare);
        self.git(&["clone", "--quiet", "--bare", "made", "a.git"]);
    }

    /// How many commits a branch has.
    pub(crate) fn commits(&self, repository: &str, branch: &str) -> usize {
        self.git(&["-C", repository, "rev-list", "--count", branch, "--"])
            .parse()
            .unwrap()
    }

    /// Puts a repository elsewhere: it is away.
    pub(crate) fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.dir.path().join(from), self.dir.path().join(to)).unwrap();
    }

    /// The machine's git, as the forge's owner uses it. What it says.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let done = Command::new("git")
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.dir.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "git {args:?}: {said}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }
}

/// Answers one request.
async fn serve(mut stream: TcpStream, root: PathBuf, stalled: Arc<AtomicUsize>) {
    let Some((line, headers, body)) = read(&mut stream).await else {
        return;
    };
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    // A program that takes the session's way out names the host as well.
    let target = match target.strip_prefix("http://") {
        Some(rest) => &rest[rest.find('/').unwrap()..],
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let is_known = headers
        .get("authorization")
        .is_some_and(|login| login == LOGIN);
    let answer = match path.split('/').nth(1) {
        Some("locked") if is_known => {
            let path = path.trim_start_matches("/locked");
            backend(&root, method, path, query, &headers, body).await
        }
        Some("private" | "locked") => {
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .into()
        }
        Some("moved") => {
            "HTTP/1.1 301 Moved Permanently\r\nLocation: /a.git/info/refs?service=git-upload-pack\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .into()
        }
        Some("stalled") => {
            stalled.fetch_add(1, Ordering::SeqCst);
            // Until the other side hangs up.
            _ = stream.read(&mut [0; 16]).await;
            stalled.fetch_sub(1, Ordering::SeqCst);
            return;
        }
        _ => backend(&root, method, path, query, &headers, body).await,
    };
    _ = stream.write_all(&answer).await;
    _ = stream.shutdown().await;
}

type Headers = HashMap<String, String>;

/// The request line, the headers in small letters, the body.
async fn read(stream: &mut TcpStream) -> Option<(String, Headers, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if bytes.len() > HEAD_BYTES || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length");
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((line, headers, body))
}

/// Git's own answer, by way of the common gateway interface.
async fn backend(
    root: &Path,
    method: &str,
    path: &str,
    query: &str,
    headers: &Headers,
    body: Vec<u8>,
) -> Vec<u8> {
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", root)
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let run = move || {
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let fed = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &body));
        let output = child.wait_with_output().unwrap().stdout;
        // A git that has what it needs reads no further.
        _ = fed.join().unwrap();
        output
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let end = output
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: "));
    let mut answer = format!("HTTP/1.1 {}\r\n", status.unwrap_or("200 OK"));
    for line in head.lines().filter(|line| !line.starts_with("Status: ")) {
        answer.push_str(line);
        answer.push_str("\r\n");
    }
    answer.push_str("Connection: close\r\n\r\n");
    [answer.as_bytes(), &output[end + 4..]].concat()
}
