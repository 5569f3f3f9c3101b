//! One viewer of many: comes, looks at a session for a while, checks every byte, goes, and perhaps comes back to where it left.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt as _;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;

use crate::generator::{self, LINE};
use crate::support::chance::Chance;
use crate::support::http::Client;
use crate::support::terminal::{Came, Viewer};

/// The shortest and the longest stay, milliseconds.
const STAY: (u64, u64) = (500, 20_000);

/// How long a viewer that lags does not read.
const LAG: Duration = Duration::from_secs(4);

/// How soon one that was not let in knocks again.
const AGAIN: Duration = Duration::from_millis(100);

/// The close code for a viewer that took nothing for too long.
const TOO_SLOW: u16 = 4408;

/// The close code of a server that goes away.
const GOING_AWAY: u16 = 1001;

/// A session to look at.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) number: usize,
    /// The offset of the first line.
    pub(crate) begin: u64,
}

/// What all viewers share.
pub(crate) struct World {
    pub(crate) targets: Vec<Target>,
    /// The server, where it runs.
    pub(crate) server: watch::Receiver<Option<Client>>,
    pub(crate) over: watch::Receiver<bool>,
    pub(crate) tally: Tally,
}

/// What they have done together.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) bytes: AtomicU64,
    pub(crate) joins: AtomicU64,
    /// Of these, how many named the byte at which they go on.
    pub(crate) resumed: AtomicU64,
    /// Of these, how many did so after the server was killed.
    pub(crate) cut: AtomicU64,
    pub(crate) repaints: AtomicU64,
    pub(crate) resizes: AtomicU64,
}

impl Tally {
    pub(crate) fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }
}

/// How a stay ended.
enum Stay {
    /// Nobody was let in.
    Refused,
    /// The viewer went.
    Left(Option<u64>),
    /// The server was killed. Where the viewer goes on.
    Cut(Option<u64>),
}

/// Looks at one session after the other until the run is over.
pub(crate) async fn live(world: Arc<World>, seed: u64) {
    let mut chance = Chance(seed);
    let mut place: Option<(usize, u64)> = None;
    let mut server = world.server.clone();
    while !*world.over.borrow() {
        let Ok(client) = server.wait_for(Option::is_some).await.map(|it| it.clone()) else {
            return;
        };
        let Some(client) = client else { continue };
        let somewhere = chance.below(world.targets.len() as u64);
        let at = place.map_or(usize::try_from(somewhere).unwrap(), |(at, _)| at);
        let from = place.map(|(_, from)| from);
        place = match look(&world, &client, &mut chance, &world.targets[at], from).await {
            Stay::Refused => {
                sleep(AGAIN).await;
                place
            }
            Stay::Left(next) => next.filter(|_| chance.below(2) == 0).map(|next| (at, next)),
            Stay::Cut(next) => {
                Tally::add(&world.tally.cut, 1);
                sleep(AGAIN).await;
                next.map(|next| (at, next))
            }
        };
    }
}

async fn look(
    world: &World,
    client: &Client,
    chance: &mut Chance,
    target: &Target,
    from: Option<u64>,
) -> Stay {
    let query = from.map(|from| format!("?from={from}")).unwrap_or_default();
    let joined = Viewer::try_join(client, &target.id, "agent", &query).await;
    let Ok(mut viewer) = joined else {
        return Stay::Refused;
    };
    let tally = &world.tally;
    Tally::add(&tally.joins, 1);
    Tally::add(&tally.resumed, u64::from(from.is_some()));
    let mut reading = Reading {
        target,
        tally,
        next: from,
    };
    let mut over = world.over.clone();
    let until = Instant::now() + Duration::from_millis(STAY.0 + chance.below(STAY.1 - STAY.0));
    let (lags, resizes) = (chance.below(12) == 0, chance.below(3) == 0);
    if resizes {
        Tally::add(&tally.resizes, 1);
        let (cols, rows) = (72 + chance.below(100), 20 + chance.below(40));
        let resize = json!({"type": "resize", "cols": cols, "rows": rows}).to_string();
        // A connection that is gone is seen by reading.
        let _gone = viewer.socket.send(Message::text(resize)).await;
    }
    if lags {
        sleep(LAG).await;
    }
    loop {
        tokio::select! {
            came = viewer.next() => match came {
                Came::Output(offset, bytes) => reading.take(offset, &bytes),
                Came::Snapshot(offset, bytes) => reading.repaint(offset, &bytes),
                Came::Text => {}
                Came::Closed(Some(TOO_SLOW)) if lags => return Stay::Left(reading.next),
                Came::Closed(None | Some(GOING_AWAY)) => return Stay::Cut(reading.next),
                Came::Closed(Some(code)) => panic!("session {}: closed with {code}", target.number),
            },
            () = sleep_until(until) => return Stay::Left(reading.next),
            _ = over.wait_for(|over| *over) => return Stay::Left(reading.next),
        }
    }
}

/// What a viewer knows of what it looks at.
pub(crate) struct Reading<'a> {
    pub(crate) target: &'a Target,
    pub(crate) tally: &'a Tally,
    /// The offset of the byte that comes next.
    pub(crate) next: Option<u64>,
}

impl Reading<'_> {
    /// Output: it goes on where the last left off, and every byte is the right one.
    pub(crate) fn take(&mut self, offset: u64, bytes: &Bytes) {
        let number = self.target.number;
        let expected = self.next.unwrap_or(offset);
        assert_eq!(offset, expected, "session {number}: a gap or a repetition");
        let end = offset + bytes.len() as u64;
        let before = self.target.begin.saturating_sub(offset);
        let before = usize::try_from(before).unwrap().min(bytes.len());
        let behind = offset.saturating_sub(self.target.begin);
        generator::check(number, behind, &bytes[before..]);
        Tally::add(&self.tally.bytes, bytes.len() as u64);
        self.next = Some(end);
    }

    /// A repaint: what it shows are lines one after the other, up to the byte at which output goes on.
    fn repaint(&mut self, offset: u64, bytes: &Bytes) {
        let Target { number, begin, .. } = *self.target;
        let shown = generator::numbers(number, &String::from_utf8_lossy(bytes));
        let in_a_row = shown.windows(2).all(|pair| pair[1] == pair[0] + 1);
        assert!(in_a_row, "session {number}: a repaint shows {shown:?}");
        let behind = offset.saturating_sub(begin);
        let whole = behind / LINE;
        // A line whose head has come counts, too.
        let begun = u64::from(behind % LINE >= generator::head(number, 0).len() as u64 - 1);
        assert_eq!(
            shown.last().map(|last| last + 1),
            (whole + begun > 0).then_some(whole + begun),
            "session {number}: a repaint ends elsewhere than the output before byte {behind}"
        );
        Tally::add(&self.tally.repaints, 1);
        self.next = Some(offset);
    }
}
