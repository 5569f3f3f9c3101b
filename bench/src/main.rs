//! `cargo xtask bench`: the complete server, measured beside the raw PTY in one run. Prints a table, and writes it into
//! `docs/performance.md`. With `--containers` it measures sessions in containers and the list alone, and writes nothing.
//!
//! Shared machines are noisy: only ratios within one run mean anything, so every row stands beside the limit that was measured with it.
//! It is deliberately not a test: nothing here passes or fails by a number.

mod api;
mod containers;
mod echo;
mod engine;
mod lists;
mod memory;
mod report;
mod samples;
mod server;
mod text;
mod throughput;

use anyhow::{Context, Result};

use report::Report;
use server::Server;

/// How often each measurement is taken; the table shows the median, the least and the most.
const ROUNDS: usize = 5;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told = |word: &str| arguments.iter().any(|argument| argument == word);
    let mut report = Report::default();
    let scratch = tempfile::tempdir().context("no directory for the benchmark")?;
    let server = Server::start(scratch.path()).await?;
    if told("--containers") {
        containers::measure(&server, ROUNDS, &mut report).await?;
        lists::measure(&server, &mut report).await?;
        server.stop().await?;
        report.print();
        return Ok(());
    }
    let corpus = text::write(scratch.path())?;

    // Memory first: what a flood leaves in the allocator is not what an idle server needs.
    memory::measure(&server, &mut report).await?;
    throughput::measure(&server, &corpus, ROUNDS, &mut report).await?;
    echo::measure(&server, ROUNDS, &mut report).await?;
    memory::afterwards(&server, &mut report)?;
    containers::measure(&server, ROUNDS, &mut report).await?;
    lists::measure(&server, &mut report).await?;

    server.stop().await?;
    report.print();
    if !told("--no-write") {
        report.write("docs/performance.md")?;
    }
    Ok(())
}
