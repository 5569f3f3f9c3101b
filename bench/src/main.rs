//! `cargo xtask bench`: the complete server, measured beside the raw PTY and the container engine in one run. Prints its tables, and
//! writes them into `docs/performance.md`. With `--containers` it measures only sessions in containers and the list, with `--git` only commits
//! that make themselves.
//!
//! Shared machines are noisy: only ratios within one run mean anything, so every row stands beside the limit that was measured with it.
//! It is deliberately not a test: nothing here passes or fails by a number.

mod api;
mod containers;
mod echo;
mod engine;
mod git;
mod lists;
mod memory;
mod report;
mod samples;
mod server;
mod text;
mod throughput;

use std::path::Path;

use anyhow::{Context, Result};

use report::Report;
use server::Server;

/// How often each measurement is taken; the table shows the median, the least and the most.
const ROUNDS: usize = 5;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told = |word: &str| arguments.iter().any(|argument| argument == word);
    let scratch = tempfile::tempdir().context("no directory for the benchmark")?;
    let server = Server::start(scratch.path()).await?;
    let measured = measure(&server, scratch.path(), &told).await;
    // Sessions outlive their server, also one that is only measured: they are ended whatever came of it.
    server.stop().await?;
    let reports = measured?;
    for report in reports {
        report.print();
        if !told("--no-write") {
            report.write("docs/performance.md")?;
        }
    }
    Ok(())
}

async fn measure(
    server: &Server,
    scratch: &Path,
    told: impl Fn(&str) -> bool,
) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    let all = !told("--containers") && !told("--git");
    if all {
        reports.push(terminals(server, scratch).await?);
    }
    if all || told("--containers") {
        reports.push(containers(server).await?);
    }
    if all || told("--git") {
        let mut report = Report::new("bench git");
        git::measure(server, scratch, ROUNDS, &mut report).await?;
        reports.push(report);
    }
    Ok(reports)
}

async fn terminals(server: &Server, scratch: &Path) -> Result<Report> {
    let mut report = Report::new("bench");
    let corpus = text::write(scratch)?;
    // Memory first: what a flood leaves in the allocator is not what an idle server needs.
    memory::measure(server, &mut report).await?;
    throughput::measure(server, &corpus, ROUNDS, &mut report).await?;
    echo::measure(server, ROUNDS, &mut report).await?;
    memory::afterwards(server, &mut report)?;
    Ok(report)
}

async fn containers(server: &Server) -> Result<Report> {
    let mut report = Report::new("bench containers");
    containers::measure(server, ROUNDS, &mut report).await?;
    lists::measure(server, &mut report).await?;
    Ok(report)
}
