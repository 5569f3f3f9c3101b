//! `cargo xtask bench`: what Longhouse costs, measured in one run beside the raw PTY, the usual ways to a terminal in a browser, and the
//! container engine. Prints its tables, and writes them into `docs/performance.md`. `terminal`, `containers` or
//! `git` measures one of them alone; `--of=NAME` only that program, `--only=MEASURE` only that measure of terminals, both as often as
//! one likes, and then nothing is written.
//!
//! Shared machines are noisy: only ratios within one run mean anything, so every row stands beside the limit that was measured with it.
//! It is deliberately not a test: nothing here passes or fails by a number.

mod api;
mod begin;
mod containers;
mod echo;
mod engine;
mod git;
mod interrupt;
mod lists;
mod memory;
mod peer;
mod process;
mod rejoin;
mod report;
mod restart;
mod samples;
mod scale;
mod server;
mod stall;
mod terminals;
mod text;
mod throughput;
mod viewer;

use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context, Result};

use report::Report;
use server::Server;
use terminals::Wanted;

/// How often each measurement is taken; the table shows the median, the least and the most.
const ROUNDS: usize = 3;

/// When it all began.
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told = |word: &str| arguments.iter().any(|argument| argument == word);
    let all = !["terminal", "containers", "git"].into_iter().any(&told);
    process::open_many_files()?;
    let wanted = Wanted::of(&arguments)?;
    let scratch = tempfile::tempdir().context("no directory for the benchmark")?;
    let mut reports = Vec::new();
    if all || told("terminal") {
        reports.push(terminals::measure(scratch.path(), &wanted).await?);
    }
    if all || told("containers") {
        reports.push(containers(scratch.path()).await?);
    }
    if all || told("git") {
        reports.push(commits(scratch.path()).await?);
    }
    for report in reports {
        report.print();
        if !told("--no-write") && wanted.is_all() {
            report.write("docs/performance.md")?;
        }
    }
    Ok(())
}

async fn containers(scratch: &Path) -> Result<Report> {
    let server = Server::start(&scratch.join("containers")).await?;
    let mut report = Report::new("bench containers");
    containers::measure(&server, ROUNDS, &mut report).await?;
    lists::measure(&server, &mut report).await?;
    server.stop().await?;
    Ok(report)
}

async fn commits(scratch: &Path) -> Result<Report> {
    let server = Server::start(&scratch.join("commits")).await?;
    let mut report = Report::new("bench git");
    git::measure(&server, scratch, ROUNDS, &mut report).await?;
    server.stop().await?;
    Ok(report)
}

#[expect(
    clippy::print_stderr,
    reason = "a benchmark takes minutes, and says where it is"
)]
fn say(what: &str) {
    eprintln!("{:>4} s  {what}", STARTED.elapsed().as_secs());
}
