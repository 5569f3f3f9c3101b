//! How much of what was refused is recorded, and how: one record each, as long as it is no flood; then one for all that are alike.
//!
//! Anybody can be refused as often as they like, so nobody may decide how many records that makes. What comes beyond a limit,
//! and everything that is refused before a route is found, is gathered: by who or from where, by action and by code. What was
//! gathered is told when the time is over, with how often it happened.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use longhouse_domain::Timestamp;
use longhouse_domain::audit::{ActorKind, AuditActor, AuditEntry, Outcome, Severity};

use super::visitor::Visitor;
use crate::address::Neighbourhood;
use crate::limits::RateLimiter;
use crate::problem::Problem;
use crate::state::AppState;

/// Refusals of one person or place that are recorded one by one in the long run, and how many of them at once.
const INTERVAL: Duration = Duration::from_millis(600);
const BURST: u32 = 200;

/// The same for all together: many places do not make more records than a few.
const INTERVAL_OF_ALL: Duration = Duration::from_millis(200);
const BURST_OF_ALL: u32 = 1000;

/// How many kinds of refusals are told apart by who and from where. What is beyond is told by action and code alone, and of
/// these there are only as many as this program knows.
const MOST_GATHERED: usize = 64;

/// As what everything is recorded that is refused before a route is found.
const TURNED_AWAY: &str = "request.refuse";

/// Counts refusals.
pub(crate) struct Refusals {
    one: RateLimiter<Who>,
    all: RateLimiter<()>,
    gathered: Mutex<Gathered>,
}

/// Who is refused: somebody who showed who they are, or somebody at a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Known(String),
    At(Neighbourhood),
    /// On the control socket.
    Here,
    /// One of those who are too many to be told apart.
    Several,
}

impl Who {
    fn of(entry: &AuditEntry) -> Self {
        let actor = &entry.actor;
        match (actor.kind, entry.address.parse::<IpAddr>()) {
            (ActorKind::Nobody, Ok(address)) => Self::At(address.into()),
            (ActorKind::Nobody, Err(_)) => Self::Here,
            _ => Self::Known(actor.id.clone().unwrap_or_default()),
        }
    }
}

/// What is alike: who, what they wanted, and the code with which it was refused.
type Kind = (Who, String, String);

/// Refusals that are alike: the first of them, how many there were, and when the last was.
struct Tally {
    first: AuditEntry,
    count: u64,
    last: Timestamp,
}

/// What is yet to be told.
#[derive(Default)]
struct Gathered {
    tallies: HashMap<Kind, Tally>,
    /// Whether a task waits to tell it.
    awaited: bool,
}

impl Gathered {
    fn add(&mut self, entry: AuditEntry, count: u64, last: Timestamp) {
        let code = entry.detail.get("code").cloned().unwrap_or_default();
        let mut kind = (Who::of(&entry), entry.action.clone(), code);
        let full = self.tallies.len() >= MOST_GATHERED;
        let (first, kind) = if full && !self.tallies.contains_key(&kind) {
            kind.0 = Who::Several;
            (from_several(&entry), kind)
        } else {
            (entry, kind)
        };
        match self.tallies.entry(kind) {
            Entry::Occupied(mut known) => {
                let tally = known.get_mut();
                tally.count += count;
                tally.last = tally.last.max(last);
            }
            Entry::Vacant(new) => {
                new.insert(Tally { first, count, last });
            }
        }
    }
}

/// The same, of nobody in particular.
fn from_several(entry: &AuditEntry) -> AuditEntry {
    let mut several = AuditEntry::new(entry.at, AuditActor::nobody(), &entry.action);
    several.outcome = entry.outcome;
    let code = entry.detail.get("code").cloned().unwrap_or_default();
    several.with("code", code).with("from", "several")
}

impl Tally {
    fn entry(&self) -> AuditEntry {
        let entry = self.first.clone().with("count", self.count.to_string());
        entry.with("last", self.last.to_string())
    }
}

impl Refusals {
    pub(crate) fn new() -> Self {
        Self {
            one: RateLimiter::new(INTERVAL, BURST),
            all: RateLimiter::new(INTERVAL_OF_ALL, BURST_OF_ALL),
            gathered: Mutex::default(),
        }
    }

    /// The entry of a request, where it is to be recorded by itself. Of those who showed who they are everything is.
    pub(super) fn admit_request(&self, app: &AppState, entry: AuditEntry) -> Option<AuditEntry> {
        if entry.actor.kind != ActorKind::Nobody {
            return Some(entry);
        }
        self.admit(app, entry)
    }

    /// The entry, where it is to be recorded by itself; otherwise it is told with others.
    pub(super) fn admit(&self, app: &AppState, entry: AuditEntry) -> Option<AuditEntry> {
        let now = Instant::now();
        let fits = entry.severity != Severity::Info
            || (self.one.check(Who::of(&entry), now).is_ok() && self.all.check((), now).is_ok());
        if fits {
            return Some(entry);
        }
        self.gather(app, entry);
        None
    }

    /// Notes that a request was refused before a route was found for it.
    pub(crate) fn turned_away(&self, app: &AppState, request: &Request, problem: &Problem) {
        let visitor = Visitor::of(app, request.headers(), request.extensions());
        let mut entry = visitor
            .entry(app, AuditActor::nobody(), TURNED_AWAY)
            .with("code", problem.code())
            .with("method", request.method().as_str())
            .with("path", request.uri().path());
        for (name, header) in [("host", HOST), ("origin", ORIGIN)] {
            if let Some(value) = request.headers().get(header) {
                entry = entry.with(name, String::from_utf8_lossy(value.as_bytes()));
            }
        }
        entry.outcome = Outcome::Denied;
        self.gather(app, entry);
    }

    fn gather(&self, app: &AppState, entry: AuditEntry) {
        let mut gathered = self.lock();
        // As it will be written: what waits here has bounds too.
        let entry = entry.legible();
        let last = entry.at;
        gathered.add(entry, 1, last);
        if !std::mem::replace(&mut gathered.awaited, true) {
            drop(gathered);
            app.tasks().spawn(tell(app.clone()));
        }
    }

    /// What was gathered; `None`, and nobody waits any more, where that is nothing.
    fn take(&self) -> Option<Vec<Tally>> {
        let mut gathered = self.lock();
        if gathered.tallies.is_empty() {
            gathered.awaited = false;
            return None;
        }
        Some(gathered.tallies.drain().map(|(_, tally)| tally).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells what was gathered, again and again until nothing new has come, and once more when the server ends.
async fn tell(app: AppState) {
    loop {
        let pause = tokio::time::sleep(app.limits().refusals_told);
        let ends = app.stop().run_until_cancelled(pause).await.is_none();
        let Some(tallies) = app.refusals().take() else {
            return;
        };
        for tally in tallies {
            match app.engine().audit().reserve().await {
                // What is in the queue is written, sooner or later.
                Ok(slot) => {
                    let _ = slot.record(tally.entry()).await;
                }
                Err(error) if ends => {
                    tracing::error!(%error, entry = ?tally.entry(), "refusals are not recorded");
                }
                Err(_) => {
                    let Tally { first, count, last } = tally;
                    app.refusals().lock().add(first, count, last);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str, code: &str) -> AuditEntry {
        let actor = AuditActor::nobody();
        let mut entry = AuditEntry::new(Timestamp::UNIX_EPOCH, actor, TURNED_AWAY);
        entry.address = address.to_owned();
        entry.with("code", code)
    }

    fn add(gathered: &mut Gathered, entry: AuditEntry) {
        gathered.add(entry, 1, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn what_is_alike_is_one_record_and_what_differs_is_not() {
        let mut gathered = Gathered::default();
        for address in ["203.0.113.7", "203.0.113.8", "2001:db8::1", "2001:db8::2"] {
            for code in ["request.host", "request.origin"] {
                for _ in 0..5 {
                    add(&mut gathered, from(address, code));
                }
            }
        }
        // A whole network of IPv6 is one place.
        let mut counts: Vec<u64> = gathered.tallies.values().map(|tally| tally.count).collect();
        counts.sort_unstable();
        assert_eq!(counts, [5, 5, 5, 5, 10, 10]);
        let one = gathered.tallies.into_values().next().unwrap().entry();
        assert!(one.detail.contains_key("count") && one.detail.contains_key("last"));
    }

    #[test]
    fn a_flood_from_everywhere_makes_a_bounded_number_of_records_and_is_counted() {
        let mut gathered = Gathered::default();
        for n in 0..20_000_u32 {
            let address = std::net::Ipv4Addr::from_bits(n).to_string();
            add(&mut gathered, from(&address, "request.host"));
            add(&mut gathered, from(&address, "request.origin"));
        }
        assert_eq!(gathered.tallies.len(), MOST_GATHERED + 2);
        let all: u64 = gathered.tallies.values().map(|tally| tally.count).sum();
        assert_eq!(all, 40_000);
        let several = |(kind, _): &(&Kind, &Tally)| kind.0 == Who::Several;
        let (_, tally) = gathered.tallies.iter().find(several).unwrap();
        assert_eq!(tally.entry().address, "");
    }
}
