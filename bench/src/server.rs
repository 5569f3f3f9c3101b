//! A complete server with a throw-away home, as a user would start it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::api::Api;
use crate::engine;

/// A running server, logged in to.
pub(crate) struct Server {
    child: Child,
    home: PathBuf,
    /// From its start to its first answer, milliseconds.
    pub(crate) answered_after: f64,
    pub(crate) api: Api,
}

/// One user does here what hundreds do elsewhere.
const ROOM: [(&str, &str); 6] = [
    ("LONGHOUSE_LIMITS_CONNECTIONS", "14000"),
    ("LONGHOUSE_MAX_SESSIONS", "2000"),
    ("LONGHOUSE_MAX_SESSIONS_PER_USER", "2000"),
    ("LONGHOUSE_LIMITS_SOCKETS", "12000"),
    ("LONGHOUSE_LIMITS_SOCKETS_PER_USER", "12000"),
    ("LONGHOUSE_LIMITS_REQUESTS_PER_SECOND", "10000"),
];

impl Server {
    /// Starts the program that `LONGHOUSE_BIN` names, or the release build.
    pub(crate) async fn start(home: &Path) -> Result<Self> {
        let program = std::env::var("LONGHOUSE_BIN")
            .unwrap_or_else(|_| "target/release/longhouse".to_owned());
        let path = std::env::var("PATH").context("no PATH")?;
        std::fs::create_dir_all(home)?;
        let begun = Instant::now();
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .envs([("HOME", home.as_os_str()), ("PATH", path.as_ref())])
            .envs([
                ("LONGHOUSE_ADMIN_PASSWORD", "bench-bench-bench"),
                ("SHELL", "/bin/sh"),
                ("NO_COLOR", "1"),
                // Questions that are only asked to see that something is there are none that a person asks.
                ("LONGHOUSE_LIMITS_REQUESTS_PER_SECOND", "100000"),
            ])
            .env("LONGHOUSE_DATA_DIR", home.join("data"))
            .envs(ROOM)
            // Where only terminals are measured, there is no engine.
            .envs(engine::socket().map(|socket| ("LONGHOUSE_DOCKER_HOST", socket)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!("cannot start {program}: build it with `cargo xtask build --release`")
            })?;
        let stdout = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = tokio::time::timeout(Duration::from_secs(30), async {
            while let Some(line) = lines.next_line().await? {
                if let Some(address) = address_in(&line) {
                    return Ok(address);
                }
            }
            bail!("the server ended before it said where it listens")
        })
        .await??;
        // What the server prints later is read, so that it never waits for us.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Api::at(&address).call("GET", "/health", None).await?;
        let answered_after = begun.elapsed().as_secs_f64() * 1000.0;
        let api = Api::log_in(&address, "admin", "bench-bench-bench").await?;
        Ok(Self {
            child,
            home: home.to_owned(),
            answered_after,
            api,
        })
    }

    /// Kills it, and starts it again over what it remembers.
    pub(crate) async fn restart(mut self) -> Result<Self> {
        self.child.kill().await?;
        Self::start(&self.home).await
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().context("the server has ended")
    }

    /// Removes the sessions, then ends the server.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.api.delete_all().await?;
        self.child.kill().await?;
        Ok(())
    }
}

fn address_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest
        .find(|c: char| c == '/' || c.is_whitespace())
        .unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}
