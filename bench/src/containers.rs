//! Sessions in containers: from the request to the first byte of the prompt, one at a time and ten at once, beside what the engine itself
//! needs for a container with a shell.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use serde_json::json;

use crate::engine;
use crate::report::{OURS, Report};
use crate::samples::Samples;
use crate::server::Server;

/// How many are made at once.
const AT_ONCE: usize = 10;

/// How long between two looks for the prompt, times the number that look: their questions must not be what is measured.
const LOOK: Duration = Duration::from_millis(2);
/// How long to wait for anything at the most.
const AT_MOST: Duration = Duration::from_secs(120);

pub(crate) async fn measure(server: &Server, rounds: usize, report: &mut Report) -> Result<()> {
    wait_for_engine(server).await?;
    // The first of each finds cold caches, and is not counted.
    for (count, what) in [
        (1, "one container, to the prompt"),
        (AT_ONCE, "ten containers at once, to the prompts"),
    ] {
        let (mut raw, mut ours) = (Vec::new(), Vec::new());
        for round in 0..=rounds {
            let names: Vec<String> = (0..count)
                .map(|n| format!("bench-{count}-{round}-{n}"))
                .collect();
            // Turn by turn, so that both meet the machine in the same mood.
            let (bare, sessions) = (bare(&names).await?, sessions(server, &names).await?);
            if round > 0 {
                raw.push(bare);
                ours.push(sessions);
            }
        }
        let (raw, ours) = (Samples::new(raw), Samples::new(ours));
        let limit = Some(raw.median());
        report.row(what, "the engine: create, start, exec", "ms", raw, limit);
        report.row(what, OURS, "ms", ours, limit);
    }
    Ok(())
}

async fn wait_for_engine(server: &Server) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < AT_MOST {
        let health = server.api.call("GET", "/health", None).await?;
        if health["checks"]["docker"]["status"] == "ok" {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    bail!("the server does not find the container engine")
}

/// How long the engine takes, in milliseconds.
async fn bare(names: &[String]) -> Result<f64> {
    let begun = Instant::now();
    try_join_all(names.iter().map(|name| engine::first_byte(name))).await?;
    let taken = begun.elapsed();
    try_join_all(names.iter().map(|name| engine::remove(name))).await?;
    Ok(taken.as_secs_f64() * 1000.0)
}

/// How long sessions take, in milliseconds.
async fn sessions(server: &Server, names: &[String]) -> Result<f64> {
    let begun = Instant::now();
    let pause = LOOK * u32::try_from(names.len())?;
    let sessions = try_join_all(names.iter().map(|name| until_prompt(server, name, pause))).await?;
    let taken = begun.elapsed();
    for id in sessions {
        let path = format!("/api/sessions/{id}?force=true");
        server.api.call("DELETE", &path, None).await?;
    }
    Ok(taken.as_secs_f64() * 1000.0)
}

async fn until_prompt(server: &Server, name: &str, pause: Duration) -> Result<String> {
    let body = json!({
        "name": name, "agent": "shell", "runtime": "docker", "network": "none", "image": engine::IMAGE,
        "memoryLimit": engine::MEMORY_MB, "pidsLimit": engine::PIDS, "cpuLimit": 1,
    });
    let made = server.api.call("POST", "/api/sessions", Some(body)).await?;
    let id = made["id"].as_str().context("no id")?.to_owned();
    let screen = format!("/api/sessions/{id}/terminals/agent/screen?format=text");
    let begun = Instant::now();
    while begun.elapsed() < AT_MOST {
        // While it starts there is no screen.
        let shown = server.api.answer("GET", &screen, None).await;
        if shown.is_ok_and(|shown| !shown.trim_ascii().is_empty()) {
            return Ok(id);
        }
        tokio::time::sleep(pause).await;
    }
    bail!("the session {name} shows no prompt")
}
