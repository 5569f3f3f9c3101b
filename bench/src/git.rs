//! Commits that make themselves, in a repository of a hundred thousand files: how soon it is watched, what that costs, how soon a changed
//! file is committed beside what git itself takes, and what becomes of ten thousand files that change at once.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::process::kilobytes;
use crate::report::{OURS, Report};
use crate::samples::Samples;
use crate::server::Server;

const DIRECTORIES: usize = 1_000;
const FILES_IN_EACH: usize = 100;

/// How many files change at once.
const BURST: usize = 10_000;

/// The pause after the last change before a commit is made, seconds: the least there is.
const DEBOUNCE: u64 = 1;

/// Over how long it is looked whether a watcher that watches nothing happen works.
const IDLE: Duration = Duration::from_secs(20);

/// How long between two looks, and how long one waits at most.
const LOOK: Duration = Duration::from_millis(2);
const AT_MOST: Duration = Duration::from_secs(180);

/// A session that works in the repository.
struct Watched<'a> {
    server: &'a Server,
    id: String,
    sessiond: u32,
    repository: PathBuf,
}

pub(crate) async fn measure(
    server: &Server,
    scratch: &Path,
    rounds: usize,
    report: &mut Report,
) -> Result<()> {
    let repository = scratch.join("many");
    fill(&repository).await?;
    let body = json!({
        "name": "many", "agent": "shell", "runtime": "host", "multiplexer": "none", "workdir": repository,
    });
    let session = server.api.create_as(body).await?;
    let watched = Watched {
        server,
        id: session["id"].as_str().context("no id")?.to_owned(),
        sessiond: u32::try_from(session["pid"].as_u64().context("no pid")?)?,
        repository,
    };
    watched.begin(report).await?;
    watched.rest(report).await?;
    watched.one_file(rounds, report).await?;
    watched.burst(report).await?;
    server.api.delete(&session).await
}

/// Makes the repository, with everything in its first commit.
async fn fill(repository: &Path) -> Result<()> {
    for directory in 0..DIRECTORIES {
        let directory = repository.join(format!("d{directory}"));
        std::fs::create_dir_all(&directory)?;
        for file in 0..FILES_IN_EACH {
            std::fs::write(directory.join(format!("f{file}.txt")), format!("{file}\n"))?;
        }
    }
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["config", "user.name", "Bench"],
        &["config", "user.email", "bench@localhost"],
        &["config", "gc.auto", "0"],
        &["add", "--all"],
        &["commit", "--quiet", "--message=all"],
    ] {
        git(repository, arguments).await?;
    }
    Ok(())
}

async fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .output()
        .await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("git {arguments:?}: {said}");
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

impl Watched<'_> {
    /// Switches commits on, and waits until the repository is watched.
    async fn begin(&self, report: &mut Report) -> Result<()> {
        let before = self.memory()?;
        let begun = Instant::now();
        let settings = json!({"mode": "commit", "debounceSeconds": DEBOUNCE, "maxFiles": 1000});
        self.call("PATCH", Some(settings)).await?;
        self.until("it is watched", async || {
            let state = self.call("GET", None).await?;
            Ok(state["state"]["activity"] == "watching")
        })
        .await?;
        let taken = Samples::new(vec![milliseconds(begun.elapsed())]);
        report.row("100,000 files, until watched", OURS, "ms", taken, None);
        let more = Samples::new(vec![self.memory()? - before]);
        report.row("100,000 files, added to sessiond", OURS, "kB", more, None);
        Ok(())
    }

    /// What a watcher takes while nothing happens.
    async fn rest(&self, report: &mut Report) -> Result<()> {
        // It looks at everything once.
        self.until_clean().await?;
        let before = self.processor_time()?;
        tokio::time::sleep(IDLE).await;
        let taken = self.processor_time()? - before;
        let share = taken / milliseconds(IDLE) * 60_000.0;
        let what = "sessiond while nothing changes, processor time a minute";
        report.row(what, OURS, "ms", Samples::new(vec![share]), None);
        Ok(())
    }

    /// From the end of the pause until a changed file is committed, turn by turn with git's own status, add and commit.
    async fn one_file(&self, rounds: usize, report: &mut Report) -> Result<()> {
        let file = self.repository.join("d7/f7.txt");
        let (mut own, mut ours) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            let before = self.head()?;
            std::fs::write(&file, format!("changed {round}\n"))?;
            let changed = Instant::now();
            self.until("it is committed", async || Ok(self.head()? != before))
                .await?;
            let pause = Duration::from_secs(DEBOUNCE);
            ours.push(milliseconds(changed.elapsed().saturating_sub(pause)));
            self.until_clean().await?;
            // Beside the repository's own watcher, so in a clone of it.
            own.push(self.by_hand(round).await?);
        }
        let own = Samples::new(own);
        let ours = Samples::new(ours);
        let what = "commit of one changed file, after its pause";
        let limit = Some(own.median());
        report.row(what, "git's own status, add and commit", "ms", own, limit);
        report.row(what, OURS, "ms", ours, limit);
        Ok(())
    }

    async fn by_hand(&self, round: usize) -> Result<f64> {
        let other = self.repository.with_extension("clone");
        if !other.exists() {
            let (from, to) = (&self.repository, &other);
            let words = ["clone", "--quiet", "--no-hardlinks", "."];
            let to = to.to_str().context("its path is not text")?;
            git(from, &[&words[..], &[to]].concat()).await?;
            git(&other, &["config", "user.name", "Bench"]).await?;
            git(&other, &["config", "user.email", "bench@localhost"]).await?;
        }
        std::fs::write(other.join("d7/f7.txt"), format!("by hand {round}\n"))?;
        let begun = Instant::now();
        git(&other, &["status", "--porcelain"]).await?;
        git(&other, &["add", "d7/f7.txt"]).await?;
        git(&other, &["commit", "--quiet", "--message=one"]).await?;
        Ok(milliseconds(begun.elapsed()))
    }

    /// Ten thousand files change at once.
    async fn burst(&self, report: &mut Report) -> Result<()> {
        let before = git(&self.repository, &["rev-parse", "HEAD"]).await?;
        for file in 0..BURST {
            let (directory, file) = (file / FILES_IN_EACH, file % FILES_IN_EACH);
            let path = self.repository.join(format!("d{directory}/f{file}.txt"));
            std::fs::write(path, "changed with many others\n")?;
        }
        let changed = Instant::now();
        self.until_clean().await?;
        let taken = Samples::new(vec![milliseconds(changed.elapsed())]);
        report.row(
            "10,000 files changed at once, until committed",
            OURS,
            "ms",
            taken,
            None,
        );
        let range = format!("{before}..HEAD");
        let commits = git(&self.repository, &["rev-list", "--count", &range]).await?;
        let commits = Samples::new(vec![commits.parse()?]);
        report.row(
            "10,000 files changed at once",
            OURS,
            "commits",
            commits,
            None,
        );
        let more = Samples::new(vec![self.memory()?]);
        report.row("sessiond after that, private", OURS, "kB", more, None);
        Ok(())
    }

    async fn until_clean(&self) -> Result<()> {
        self.until("all is committed", async || {
            let state = self.call("GET", None).await?;
            let rests =
                state["state"]["activity"] == "watching" && state["state"]["pending"] == false;
            if !rests {
                return Ok(false);
            }
            let status = ["status", "--porcelain", "--untracked-files=no"];
            let status = [&["--no-optional-locks"][..], &status].concat();
            Ok(git(&self.repository, &status).await?.is_empty())
        })
        .await
    }

    /// The branch's commit, without a question to anybody.
    fn head(&self) -> Result<String> {
        Ok(std::fs::read_to_string(
            self.repository.join(".git/refs/heads/main"),
        )?)
    }

    async fn until(&self, what: &str, condition: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < AT_MOST {
            if condition().await? {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("waited in vain until {what}")
    }

    async fn call(&self, method: &str, body: Option<Value>) -> Result<Value> {
        let path = format!("/api/sessions/{}/git/autocommit", self.id);
        self.server.api.call(method, &path, body).await
    }

    fn memory(&self) -> Result<f64> {
        let (clean, dirty) = ("Private_Clean:", "Private_Dirty:");
        Ok(kilobytes(self.sessiond, clean)? + kilobytes(self.sessiond, dirty)?)
    }

    /// Of sessiond and of what it started and has ended, milliseconds.
    fn processor_time(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.sessiond))?;
        let (_, rest) = stat.rsplit_once(") ").context("no status")?;
        // Fields 14 to 17 of the documentation, in hundredths of a second; the state is field 3, and 0 here.
        let ticks = rest.split_whitespace().skip(11).take(4);
        let ticks: Result<Vec<f64>, _> = ticks.map(str::parse).collect();
        Ok(ticks?.iter().sum::<f64>() * 10.0)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
