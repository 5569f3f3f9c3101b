//! The list that the dashboard asks for.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::report::{OURS, Report};
use crate::samples::Samples;
use crate::server::Server;

/// How many sessions there are, and how often they are listed.
const SESSIONS: usize = 100;
const LISTED: usize = 40;

pub(crate) async fn measure(server: &Server, report: &mut Report) -> Result<()> {
    for n in 0..SESSIONS {
        server.api.create(&format!("listed {n}"), "none").await?;
    }
    let mut taken = Vec::new();
    for _ in 0..LISTED {
        let begun = Instant::now();
        let list = server
            .api
            .call("GET", "/api/sessions?limit=100", None)
            .await?;
        taken.push(begun.elapsed().as_secs_f64() * 1000.0);
        let listed = list["items"].as_array().context("no list")?.len();
        anyhow::ensure!(listed == SESSIONS, "{listed} sessions are listed");
    }
    let what = format!("list of {SESSIONS} running sessions");
    report.row(&what, OURS, "ms", Samples::new(taken), None);
    Ok(())
}
