//! `cargo xtask bench`: what Longhouse costs, measured in one run beside the raw PTY, the usual ways to a terminal in a browser, and the
//! container engine. Prints its tables, and writes them into `docs/performance.md`. `terminal`, `containers` or
//! `git` measures one of them alone.
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
mod server;
mod stall;
mod text;
mod throughput;
mod viewer;

use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context, Result};

use peer::{Peer, Running};
use report::Report;
use samples::Samples;
use server::Server;

/// How often each measurement is taken; the table shows the median, the least and the most.
const ROUNDS: usize = 5;

/// When it all began.
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told = |word: &str| arguments.iter().any(|argument| argument == word);
    let all = !["terminal", "containers", "git"].into_iter().any(&told);
    let scratch = tempfile::tempdir().context("no directory for the benchmark")?;
    let mut reports = Vec::new();
    if all || told("terminal") {
        let named: Vec<&str> = arguments
            .iter()
            .filter_map(|a| a.strip_prefix("--of="))
            .collect();
        let of = |name: &str| named.is_empty() || named.contains(&name);
        reports.push(terminals(scratch.path(), of).await?);
    }
    if all || told("containers") {
        reports.push(containers(scratch.path()).await?);
    }
    if all || told("git") {
        reports.push(commits(scratch.path()).await?);
    }
    for report in reports {
        report.print();
        if !told("--no-write") {
            report.write("docs/performance.md")?;
        }
    }
    Ok(())
}

async fn terminals(scratch: &Path, of: impl Fn(&str) -> bool) -> Result<Report> {
    let mut report = Report::new("bench");
    let corpus = text::write(scratch)?;
    let rate = throughput::limit(&corpus, ROUNDS).await?;
    report.row(
        "one viewer",
        "raw PTY",
        "MB/s",
        rate.clone(),
        Some(rate.median()),
    );
    let echo = echo::limit(ROUNDS).await?;
    echo::limit_rows(&mut report, &echo);
    for peer in Peer::all().into_iter().filter(|peer| of(&peer.name())) {
        against(peer, scratch, &corpus, &rate, &echo, &mut report)
            .await
            .with_context(|| peer.name())?;
    }
    let server = Server::start(&scratch.join("restarted")).await?;
    restart::measure(server, &mut report).await?.stop().await?;
    report.sort();
    Ok(report)
}

/// Everything that is measured of one of them.
async fn against(
    peer: Peer,
    scratch: &Path,
    corpus: &Path,
    rate: &Samples,
    echo: &Samples,
    report: &mut Report,
) -> Result<()> {
    let name = peer.name();
    say(&format!("{name} begins"));
    let (running, answered_after) = Running::start(peer, scratch).await?;
    let answered = Samples::new(vec![answered_after]);
    let what = "first start, to the first answer";
    report.row(what, &name, "ms", answered, None);
    let measured = everything(&running, corpus, rate, echo, report).await;
    // Sessions outlive their server, also one that is only measured: they are ended whatever came of it.
    running.stop().await?;
    measured
}

async fn everything(
    running: &Running,
    corpus: &Path,
    rate: &Samples,
    echo: &Samples,
    report: &mut Report,
) -> Result<()> {
    // Memory first: what a flood leaves in an allocator is not what an idle server needs.
    memory::measure(running, report).await?;
    begin::measure(running, report).await?;
    throughput::measure(running, corpus, ROUNDS, rate, report).await?;
    echo::measure(running, ROUNDS, echo, report).await?;
    stall::measure(running, report).await?;
    interrupt::measure(running, ROUNDS, report).await?;
    rejoin::measure(running, corpus, report).await
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
