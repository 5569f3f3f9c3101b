//! Everything that is measured of terminals, of everybody in turn.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::peer::{Peer, Running};
use crate::report::Report;
use crate::samples::Samples;
use crate::server::Server;
use crate::{
    ROUNDS, begin, echo, interrupt, memory, rejoin, restart, say, scale, stall, text, throughput,
};

/// What is to be measured, and of whom; everything, where nothing is named.
#[derive(Debug)]
pub(crate) struct Wanted {
    of: Vec<String>,
    only: Vec<String>,
}

impl Wanted {
    /// What `--of=NAME` and `--only=MEASURE` say.
    pub(crate) fn of(arguments: &[String]) -> Self {
        let named = |flag: &str| {
            let values = arguments.iter().filter_map(|a| a.strip_prefix(flag));
            values.map(str::to_owned).collect()
        };
        Self {
            of: named("--of="),
            only: named("--only="),
        }
    }

    pub(crate) fn is_all(&self) -> bool {
        self.of.is_empty() && self.only.is_empty()
    }

    fn has(&self, peer: Peer) -> bool {
        self.of.is_empty() || self.of.contains(&peer.name())
    }

    fn measures(&self, what: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == what)
    }
}

/// What the machine can do at the best, and with what it was measured.
struct Limits {
    corpus: PathBuf,
    rate: Samples,
    echo: Samples,
}

pub(crate) async fn measure(scratch: &Path, wanted: &Wanted) -> Result<Report> {
    let mut report = Report::new("bench");
    let corpus = text::write(scratch)?;
    let limits = Limits {
        rate: throughput::limit(&corpus, ROUNDS).await?,
        echo: echo::limit(ROUNDS).await?,
        corpus,
    };
    let (rate, limit) = (limits.rate.clone(), Some(limits.rate.median()));
    report.row("one viewer", "raw PTY", "MB/s", rate, limit);
    echo::limit_rows(&mut report, &limits.echo);
    for peer in Peer::all().into_iter().filter(|peer| wanted.has(*peer)) {
        against(peer, scratch, &limits, wanted, &mut report)
            .await
            .with_context(|| peer.name())?;
    }
    if wanted.measures("restart") {
        let server = Server::start(&scratch.join("restarted")).await?;
        restart::measure(server, &mut report).await?.stop().await?;
    }
    if wanted.measures("scale") {
        let server = Server::start(&scratch.join("scale")).await?;
        let measured = scale::measure(&server, &mut report).await;
        server.stop().await?;
        measured?;
    }
    report.sort();
    Ok(report)
}

/// Everything that is measured of one of them.
async fn against(
    peer: Peer,
    scratch: &Path,
    limits: &Limits,
    wanted: &Wanted,
    report: &mut Report,
) -> Result<()> {
    let name = peer.name();
    say(&format!("{name} begins"));
    let (running, answered_after) = Running::start(peer, scratch).await?;
    let answered = Samples::new(vec![answered_after]);
    let what = "first start, to the first answer";
    report.row(what, &name, "ms", answered, None);
    let measured = everything(&running, limits, wanted, report).await;
    // Sessions outlive their server, also one that is only measured: they are ended whatever came of it.
    running.stop().await?;
    measured?;
    if wanted.measures("memory") && peer.shares() {
        let (fresh, _) = Running::start(peer, scratch).await?;
        let measured = memory::viewers(&fresh, report).await;
        fresh.stop().await?;
        measured?;
    }
    Ok(())
}

async fn everything(
    running: &Running,
    limits: &Limits,
    wanted: &Wanted,
    report: &mut Report,
) -> Result<()> {
    let Limits { corpus, rate, echo } = limits;
    // Memory first: what a flood leaves in an allocator is not what an idle server needs.
    if wanted.measures("memory") {
        memory::measure(running, report).await?;
    }
    if wanted.measures("begin") {
        begin::measure(running, report).await?;
    }
    if wanted.measures("throughput") {
        throughput::measure(running, corpus, ROUNDS, rate, report).await?;
    }
    if wanted.measures("echo") {
        echo::measure(running, ROUNDS, echo, report).await?;
    }
    if wanted.measures("stall") {
        stall::measure(running, report).await?;
    }
    if wanted.measures("interrupt") {
        interrupt::measure(running, ROUNDS, report).await?;
    }
    if wanted.measures("rejoin") {
        rejoin::measure(running, corpus, report).await?;
    }
    Ok(())
}
