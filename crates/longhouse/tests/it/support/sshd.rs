//! A host that is reached over SSH: OpenSSH's own server, a process for each connection, on a loopback port. Who logs in may run git and
//! nothing else.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio::net::{TcpListener, TcpStream};

/// See the module.
pub(crate) struct Sshd {
    dir: tempfile::TempDir,
    pub(crate) port: u16,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Sshd {
    /// A host that lets nobody in yet.
    pub(crate) async fn new() -> Self {
        Self::at("127.0.0.1").await
    }

    /// The same at an address that containers do not take for their own.
    pub(crate) async fn at(host: &'static str) -> Self {
        let dir = tempfile::Builder::new().prefix("lh").tempdir().unwrap();
        // Where it runs as root, it wants an empty directory for itself, which the package's service makes.
        if rustix::process::geteuid().is_root() {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = dir.path().join("config");
        let home = dir.path().display();
        std::fs::write(
            &config,
            format!(
                "HostKey {home}/host_key\nAuthorizedKeysFile {home}/authorized_keys\nStrictModes no\nUsePAM no\nPidFile none\n\
                 PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nLogLevel VERBOSE\n\
                 ForceCommand /usr/bin/env -i HOME={home} PATH=/usr/bin:/bin git shell -c \"$SSH_ORIGINAL_COMMAND\"\n"
            ),
        )
        .unwrap();
        let log = dir.path().join("log");
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_blocking({
                    let (config, log) = (config.clone(), log.clone());
                    move || serve(stream, &config, &log)
                });
            }
        });
        let sshd = Self { dir, port, serving };
        sshd.authorize("");
        sshd.change_host_key();
        sshd
    }

    /// Lets in whoever holds these keys, and nobody else.
    pub(crate) fn authorize(&self, keys: &str) {
        std::fs::write(self.path("authorized_keys"), format!("{keys}\n")).unwrap();
    }

    /// It has another key from now on, of the kind that the number chooses; gives the fingerprint.
    pub(crate) fn change_host_key(&self) -> String {
        let path = self.path("host_key");
        _ = std::fs::remove_file(&path);
        _ = std::fs::remove_file(self.path("host_key.pub"));
        make_key(&path);
        let shown = Command::new("ssh-keygen").arg("-lf").arg(&path).output();
        let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
        shown.split(' ').nth(1).unwrap().to_owned()
    }

    /// The address of a repository on this machine.
    pub(crate) fn url(&self, repository: &Path) -> String {
        self.url_at("127.0.0.1", repository)
    }

    /// The same, where the host is called so.
    pub(crate) fn url_at(&self, host: &str, repository: &Path) -> String {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        let (user, path) = (user.trim(), repository.display());
        format!("ssh://{user}@{host}:{}{path}", self.port)
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// Makes an ed25519 key there.
pub(crate) fn make_key(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "sample", "-f"])
        .arg(path)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

/// Serves one connection to its end.
fn serve(stream: TcpStream, config: &Path, log: &Path) {
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    let log = File::options().create(true).append(true).open(log).unwrap();
    let (input, output) = (stream.try_clone().unwrap(), stream);
    let mut served = Command::new("/usr/sbin/sshd")
        .args(["-i", "-e", "-f"])
        .arg(config)
        .env_clear()
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(input)))
        .stdout(Stdio::from(std::os::fd::OwnedFd::from(output)))
        .stderr(log)
        .spawn()
        .unwrap();
    _ = served.wait();
}
