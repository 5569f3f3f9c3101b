//! Everything that is measured of terminals, of everybody in turn.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::peer::{Peer, Running};
use crate::report::Report;
use crate::samples::Samples;
use crate::server::Server;
use crate::{
    ROUNDS, begin, echo, interrupt, memory, rejoin, restart, say, scale, stall, text, throughput,
};

/// What `--only=MEASURE` can name.
const MEASURES: [&str; 9] = [
    "memory",
    "begin",
    "throughput",
    "echo",
    "stall",
    "interrupt",
    "rejoin",
    "restart",
    "scale",
];

/// What is to be measured, and of whom; everything, where nothing is named.
#[derive(Debug)]
pub(crate) struct Wanted {
    of: Vec<String>,
    only: Vec<String>,
}

impl Wanted {
    /// What `--of=NAME` and `--only=MEASURE` say.
    pub(crate) fn of(arguments: &[String]) -> Result<Self> {
        let peers: Vec<String> = Peer::all().into_iter().map(Peer::name).collect();
        Ok(Self {
            of: named(arguments, "--of=", &peers)?,
            only: named(arguments, "--only=", &MEASURES.map(str::to_owned))?,
        })
    }

    pub(crate) fn is_all(&self) -> bool {
        self.of.is_empty() && self.only.is_empty()
    }

    fn peers(&self) -> impl Iterator<Item = Peer> {
        let wanted = |peer: &Peer| self.of.is_empty() || self.of.contains(&peer.name());
        Peer::all().into_iter().filter(wanted)
    }

    fn measures(&self, what: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == what)
    }
}

/// The values of a flag, each of which is one of `choices`.
fn named(arguments: &[String], flag: &str, choices: &[String]) -> Result<Vec<String>> {
    let values = arguments.iter().filter_map(|a| a.strip_prefix(flag));
    values
        .map(|value| match choices.iter().any(|choice| choice == value) {
            true => Ok(value.to_owned()),
            false => bail!("{flag}{value} names none of: {}", choices.join(", ")),
        })
        .collect()
}

pub(crate) async fn measure(scratch: &Path, wanted: &Wanted) -> Result<Report> {
    let mut report = Report::new("bench");
    let mut all = Vec::new();
    let measured = side_by_side(&mut all, scratch, wanted, &mut report).await;
    // Sessions outlive their server, also one that is only measured: they are ended whatever came of it.
    let mut stopped = Ok(());
    for running in all {
        stopped = stopped.and(running.stop().await);
    }
    measured.and(stopped)?;
    if wanted.measures("memory") {
        for peer in wanted.peers().filter(|peer| peer.shares()) {
            say(&format!("{}: what viewers take", peer.name()));
            let (fresh, _) = Running::start(peer, scratch).await?;
            let measured = memory::viewers(&fresh, &mut report).await;
            fresh.stop().await?;
            report.or_missed("what viewers take", peer, measured)?;
        }
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

/// What is measured of all of them while all of them run. A shared machine is faster in one minute than in the next: what takes long, each of
/// them does in turn, round by round.
async fn side_by_side(
    all: &mut Vec<Running>,
    scratch: &Path,
    wanted: &Wanted,
    report: &mut Report,
) -> Result<()> {
    for peer in wanted.peers() {
        let name = peer.name();
        say(&format!("{name} begins"));
        let (running, answered_after) = Running::start(peer, scratch).await?;
        let answered = Samples::new(vec![answered_after]);
        let what = "first start, to the first answer";
        report.row(what, &name, "ms", answered, None);
        all.push(running);
        // Memory first: what a flood leaves in an allocator is not what an idle server needs.
        if wanted.measures("memory") {
            let measured = memory::measure(&all[all.len() - 1], report).await;
            measured.with_context(|| name)?;
        }
    }
    let corpus = text::write(scratch)?;
    if wanted.measures("begin") {
        begin::measure(all, report).await?;
    }
    if wanted.measures("throughput") {
        throughput::measure(all, &corpus, ROUNDS, report).await?;
    }
    if wanted.measures("echo") {
        echo::measure(all, report).await?;
    }
    for running in all.iter() {
        one_by_one(running, &corpus, wanted, report).await?;
    }
    Ok(())
}

async fn one_by_one(
    running: &Running,
    corpus: &Path,
    wanted: &Wanted,
    report: &mut Report,
) -> Result<()> {
    let peer = running.peer;
    if wanted.measures("stall") {
        let what = "a viewer that never reads";
        say(&format!("{}: {what}", peer.name()));
        let measured = stall::measure(running, report).await;
        report.or_missed(what, peer, measured)?;
    }
    if wanted.measures("interrupt") {
        let what = "Ctrl-C in a flood";
        say(&format!("{}: {what}", peer.name()));
        let measured = interrupt::measure(running, ROUNDS, report).await;
        report.or_missed(what, peer, measured)?;
    }
    if wanted.measures("rejoin") {
        let what = "coming back";
        say(&format!("{}: {what}", peer.name()));
        let measured = rejoin::measure(running, corpus, report).await;
        report.or_missed(what, peer, measured)?;
    }
    Ok(())
}
