//! The steady run: sessions whose programs write numbered lines, calmly and in floods; viewers that come and go, lag, resize, and check every
//! byte; `kill -9` of the server again and again. In the end every session has to have all of its lines, and neither the server nor any
//! sessiond may hold more and more memory, descriptors or tasks.
//!
//! `cargo test` runs it small and short, which shows that nothing is lost and that the run itself works; whether something grows only shows
//! in time: `cargo xtask steady` takes an hour, and the stage `steady` of `cargo xtask test` ten minutes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a run may end where its ground is missing, and says what it found"
)]

mod generator;
mod growth;
mod run;
mod session;
#[expect(
    dead_code,
    unused_imports,
    reason = "this run needs a part of what the tests share"
)]
#[path = "../it/support/mod.rs"]
mod support;
mod viewer;

use std::process::ExitCode;
use std::time::Duration;

use run::Plan;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let plan = match words[..] {
        ["generate", number, seconds] => {
            let every = Duration::from_secs(seconds.parse().unwrap());
            generator::run(number.parse().unwrap(), every);
            return ExitCode::SUCCESS;
        }
        ["--minutes", minutes] => {
            Plan::of(Duration::from_secs(60 * minutes.parse::<u64>().unwrap()))
        }
        // `cargo test` hands everybody the names of the tests that are wanted.
        _ if words
            .iter()
            .any(|word| !word.starts_with('-') && !"steady".contains(word)) =>
        {
            return ExitCode::SUCCESS;
        }
        _ => Plan::short(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let summary = runtime.block_on(run::run(&plan));
    println!("{summary}");
    if summary.has_grown() {
        eprintln!("something grows without end");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
