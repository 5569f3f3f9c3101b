//! What processes hold, and whether it becomes more and more. Judged by comparing the second half of a time with its first, after a warm-up,
//! by a ratio and an allowance: how much is held at all depends on the machine and the build.

use std::fmt;

/// The part of a series that is not judged: what is only used after a while is made then.
const WARM_UP: f64 = 0.25;

/// The least number of measurements that is judged.
const LEAST: usize = 12;

/// What is held at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    /// Memory of its own, kilobytes.
    pub(crate) memory: u64,
    pub(crate) descriptors: u64,
    /// Threads; of the server its tasks, too.
    pub(crate) tasks: u64,
}

impl Held {
    /// What the process holds. `None` where it is gone.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
        Some(Self {
            memory: field("RssAnon:")?,
            descriptors: descriptors as u64,
            tasks: field("Threads:")?,
        })
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            memory: self.memory + other.memory,
            descriptors: self.descriptors + other.descriptors,
            tasks: self.tasks + other.tasks,
        }
    }
}

/// How much more the second half may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    pub(crate) ratio: f64,
    pub(crate) beyond: Held,
}

/// One quantity in the two halves.
#[derive(Debug)]
pub(crate) struct Growth {
    what: String,
    first: u64,
    second: u64,
    most: f64,
}

impl Growth {
    pub(crate) fn is_too_much(&self) -> bool {
        self.second as f64 > self.most
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            first,
            second,
            most,
        } = self;
        write!(
            f,
            "{what:<28} {first:>9} -> {second:>9}   allowed {most:>9.0}"
        )
    }
}

/// Compares the halves of a series. Nothing where it is too short to say anything.
pub(crate) fn judge(of: &str, series: &[Held], allowed: Allowed) -> Vec<Growth> {
    let judged = &series[(series.len() as f64 * WARM_UP) as usize..];
    if judged.len() < LEAST {
        return Vec::new();
    }
    let (first, second) = judged.split_at(judged.len() / 2);
    let of_one = |unit: &str, of_held: fn(&Held) -> u64| {
        let (first, second) = (median(first, of_held), median(second, of_held));
        Growth {
            what: format!("{of}, {unit}"),
            first,
            second,
            most: first as f64 * allowed.ratio + of_held(&allowed.beyond) as f64,
        }
    };
    vec![
        of_one("memory, kB", |held| held.memory),
        of_one("descriptors", |held| held.descriptors),
        of_one("tasks", |held| held.tasks),
    ]
}

fn median(part: &[Held], of_held: fn(&Held) -> u64) -> u64 {
    let mut values: Vec<u64> = part.iter().map(of_held).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// Shows that growth would be seen: a judge that lets everything pass proves nothing.
pub(crate) fn prove() {
    let allowed = Allowed {
        ratio: 1.1,
        beyond: Held {
            memory: 10,
            descriptors: 1,
            tasks: 1,
        },
    };
    let series = |more: u64| -> Vec<Held> {
        let held = |at: u64| Held {
            memory: 1_000 + at * more,
            descriptors: 10 + at * more,
            tasks: 10,
        };
        (0..60).map(held).collect()
    };
    assert!(
        judge("still", &series(0), allowed)
            .iter()
            .all(|it| !it.is_too_much())
    );
    let leaking = judge("leaking", &series(10), allowed);
    let seen: Vec<bool> = leaking.iter().map(Growth::is_too_much).collect();
    assert_eq!(seen, [true, true, false]);
}
