//! What the session uses, as it can be seen from inside: processor time, memory, tasks, disk, and whether the agent is at work.
//!
//! The agent counts as at work while its terminal's program runs and either wrote something of its own accord within the last five seconds
//! (what follows a key within a second is the echo of typing), or has, with its children, kept a fifth of a core busy since the reading
//! before. So an agent that thinks shows by its spinner, one that builds by its compiler, and one that waits for a person by neither.
//!
//! It is deliberately no accounting: what nobody asks for is not looked at.

mod disk;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use longhouse_domain::name::TerminalName;
use longhouse_link::proto::{UsageReply, UsageRequest};

use crate::processes::{self, Process};
use crate::session::Session;
use disk::{Disk, Haste};

/// How long a reading stands for those who ask right after.
const FRESH: Duration = Duration::from_millis(200);

/// How long after its last output an agent still counts as at work. A spinner turns several times a second; the pause between two
/// answers of a model is longer only where it waits for a person.
const OUTPUT: Duration = Duration::from_secs(5);

/// The share of one core from which on an agent counts as at work. Terminal programs that wait keep below a twentieth.
const BUSY: f64 = 0.2;

/// Over how short a time that share means something: the kernel counts in hundredths of a second.
const SPAN: Duration = Duration::from_millis(400);

/// See the module. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    began: Instant,
    disk: Arc<Disk>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<(Instant, UsageReply)>,
    agent: Share,
}

/// A family's share of the processor between two looks.
#[derive(Debug, Default)]
struct Share {
    before: Option<(Instant, u64)>,
    share: Option<f64>,
}

/// What tells whether an agent is at work.
#[derive(Clone, Copy, Debug)]
struct Signs {
    running: bool,
    /// How long ago it wrote of its own accord.
    quiet_for: Option<Duration>,
    share: Option<f64>,
}

impl Usage {
    pub(crate) fn new(own_home: Option<PathBuf>) -> Self {
        Self {
            began: Instant::now(),
            disk: Arc::new(Disk::new(own_home)),
            state: Arc::default(),
        }
    }

    /// Reads. It goes through the session's processes, so it is to be called where one may block.
    pub(crate) fn read(&self, session: &Session, question: UsageRequest) -> UsageReply {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some((at, reply)) = &state.last
            && now.duration_since(*at) < FRESH
        {
            return *reply;
        }
        let terminals = session.terminals();
        let own = std::process::id();
        let mut roots: Vec<u32> = terminals.iter().filter_map(|t| t.status().pid).collect();
        roots.push(own);
        let mut family = processes::families(&roots);
        let sessiond = family.iter().position(|process| process.pid == own);
        let sessiond = sessiond.map(|at| family.swap_remove(at));
        let ticks = ticks(&family).saturating_add(sessiond.map_or(0, |own| own.waited_ticks));
        let agent = terminals.iter().find(|t| t.name == TerminalName::agent());
        let signs = agent.map(|terminal| {
            let status = terminal.status();
            let pid = status.pid.filter(|_| status.running);
            let used = pid.map(|pid| self::ticks(&processes::families(&[pid])));
            Signs {
                running: status.running,
                quiet_for: terminal.quiet_for(session.now()),
                share: state.agent.since_before(now, used),
            }
        });
        let haste = if question.unhurried {
            Haste::None
        } else {
            Haste::Some
        };
        let disk_limit = Some(question.disk_limit_bytes).filter(|limit| *limit > 0);
        let pages: u64 = family.iter().map(|process| process.resident_pages).sum();
        let reply = UsageReply {
            cpu_us: ticks.saturating_mul(1_000_000 / processes::ticks_per_second()),
            passed_us: micros(now.duration_since(self.began)),
            memory_bytes: pages.saturating_mul(processes::page_bytes()),
            tasks: family.iter().map(|process| process.threads).sum(),
            disk_bytes: self.disk.known(haste, ticks, disk_limit),
            agent_active: signs.map(Signs::at_work),
        };
        state.last = Some((now, reply));
        reply
    }
}

/// Processor time of processes, and of their children that have ended.
fn ticks(family: &[Process]) -> u64 {
    let ticks = family.iter().flat_map(|p| [p.cpu_ticks, p.waited_ticks]);
    ticks.fold(0, u64::saturating_add)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Share {
    /// The share since the look before; the last one that was known, where too little time has passed.
    fn since_before(&mut self, now: Instant, used: Option<u64>) -> Option<f64> {
        let Some(used) = used else {
            *self = Self::default();
            return None;
        };
        if let Some((at, before)) = self.before {
            let passed = now.duration_since(at);
            if passed < SPAN {
                return self.share;
            }
            let ticks = f64::from(u32::try_from(used.saturating_sub(before)).unwrap_or(u32::MAX));
            let core = f64::from(u32::try_from(processes::ticks_per_second()).unwrap_or(100));
            self.share = Some(ticks / core / passed.as_secs_f64());
        }
        self.before = Some((now, used));
        self.share
    }
}

impl Signs {
    fn at_work(self) -> bool {
        let speaks = self.quiet_for.is_some_and(|quiet| quiet < OUTPUT);
        self.running && (speaks || self.share.is_some_and(|share| share >= BUSY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_that_speaks_or_computes_is_at_work() {
        let seconds = |n| Some(Duration::from_secs(n));
        for (running, quiet_for, share, at_work) in [
            (true, seconds(1), None, true),
            (true, seconds(6), None, false),
            (true, None, None, false),
            (true, seconds(60), Some(0.5), true),
            (true, seconds(60), Some(0.05), false),
            (false, seconds(1), Some(0.5), false),
        ] {
            let signs = Signs {
                running,
                quiet_for,
                share,
            };
            assert_eq!(signs.at_work(), at_work, "{signs:?}");
        }
    }

    #[test]
    fn a_share_is_told_between_two_looks_that_lie_apart() {
        let (mut share, began) = (Share::default(), Instant::now());
        let second = Duration::from_secs(1);
        let core = processes::ticks_per_second();
        assert_eq!(share.since_before(began, Some(1_000)), None);
        let half = share.since_before(began + second, Some(1_000 + core / 2));
        assert_eq!(half, Some(0.5));
        // Too soon after: what was known stands.
        let soon = began + second + SPAN / 2;
        assert_eq!(share.since_before(soon, Some(9_000)), Some(0.5));
        let none = share.since_before(began + 2 * second, Some(1_000 + core / 2));
        assert_eq!(none, Some(0.0));
        assert_eq!(share.since_before(began + 3 * second, None), None);
        assert_eq!(share.since_before(began + 4 * second, Some(5)), None);
    }
}
