//! Resident memory: the server alone, and what each idle session adds to it and has of its own.

use anyhow::{Context, Result};

use crate::report::Report;
use crate::samples::Samples;
use crate::server::Server;

/// How many idle sessions are kept at once.
const SESSIONS: usize = 50;

pub(crate) async fn measure(server: &Server, report: &mut Report) -> Result<()> {
    let pid = server.pid()?;
    let before = kilobytes(pid, "Rss:")?;
    let mut sessions = Vec::new();
    for i in 0..SESSIONS {
        sessions.push(server.api.create(&format!("idle {i}"), "none").await?);
    }
    let after = kilobytes(pid, "Rss:")?;
    let (mut resident, mut private) = (Vec::new(), Vec::new());
    for session in &sessions {
        let pid = session["pid"]
            .as_u64()
            .and_then(|pid| u32::try_from(pid).ok())
            .context("a session without a process")?;
        resident.push(kilobytes(pid, "Rss:")?);
        private.push(kilobytes(pid, "Private_Clean:")? + kilobytes(pid, "Private_Dirty:")?);
    }
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let each = (after - before) / SESSIONS as f64;
    report.row(
        "server, resident, idle",
        "kB",
        &Samples::new(vec![before]),
        None,
    );
    report.row(
        &format!("server, added by each of {SESSIONS} idle sessions"),
        "kB",
        &Samples::new(vec![each]),
        None,
    );
    report.row(
        "sessiond of an idle session, resident",
        "kB",
        &Samples::new(resident),
        None,
    );
    report.row(
        "sessiond of an idle session, private",
        "kB",
        &Samples::new(private),
        None,
    );
    for session in &sessions {
        server.api.delete(session).await?;
    }
    Ok(())
}

/// What the server holds after the other measurements.
pub(crate) fn afterwards(server: &Server, report: &mut Report) -> Result<()> {
    let now = kilobytes(server.pid()?, "Rss:")?;
    report.row(
        "server, resident, after floods",
        "kB",
        &Samples::new(vec![now]),
        None,
    );
    Ok(())
}

pub(crate) fn kilobytes(pid: u32, field: &str) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text
        .lines()
        .find(|line| line.starts_with(field))
        .with_context(|| format!("no {field}"))?;
    let number = line.split_whitespace().nth(1).context("no number")?;
    Ok(number.parse()?)
}
