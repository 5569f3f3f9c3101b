//! What a session uses: readings of counters in, figures out. Who reads, and how often, is decided elsewhere.

use std::time::Duration;

use crate::clock::{Timestamp, from_millis, to_millis};

/// More than any machine has: what is beyond it is nonsense, and counts as not known.
const MOST_BYTES: u64 = 1 << 50;
const MOST_TASKS: u32 = 1 << 22;
const MOST_CORES: u32 = 1 << 13;

/// What a session uses at one moment. What its place cannot know is `None`, and never zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// Processor time since the reading before, as percent of one core: two busy cores are 200.
    pub cpu_percent: Option<f64>,
    /// Memory that is in use, without what the system would give back at once (the inactive part of the file cache). On the
    /// host, where nothing accounts for a session as a whole, the sum of what its processes have resident.
    pub memory_bytes: Option<u64>,
    /// The most memory that it may have.
    pub memory_limit_bytes: Option<u64>,
    /// What its workspace, and its home where it has one of its own, take up on disk.
    pub disk_bytes: Option<u64>,
    /// What came in over its own network since it was started.
    pub network_rx_bytes: Option<u64>,
    /// What went out.
    pub network_tx_bytes: Option<u64>,
    /// Processes and their threads, as the kernel counts them against a limit.
    pub tasks: Option<u32>,
    /// Whether the agent is at work.
    pub agent_active: Option<bool>,
    /// When this was read.
    pub at: Timestamp,
}

impl Metrics {
    /// How much of the memory that it may have is in use.
    #[must_use]
    pub fn memory_percent(&self) -> Option<f64> {
        let limit = self.memory_limit_bytes.filter(|limit| *limit > 0)?;
        Some(100.0 * float(self.memory_bytes?) / float(limit))
    }
}

/// Processor time that was used, and time that passed, both since some moment that is the same for all readings of one start of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuTime {
    /// What was used, of all cores together.
    pub used: Duration,
    /// What passed, of `cores` cores together.
    pub passed: Duration,
    /// How many cores' time passes.
    pub cores: u32,
}

impl CpuTime {
    /// What was used since an earlier reading, as percent of one core. Nothing can be said where no time has passed, or where the
    /// counters began anew in between.
    #[must_use]
    pub fn percent_since(&self, earlier: &Self) -> Option<f64> {
        let used = self.used.checked_sub(earlier.used)?;
        let passed = self.passed.checked_sub(earlier.passed)?;
        if passed.is_zero() || self.cores > MOST_CORES {
            return None;
        }
        let share = used.as_secs_f64() / passed.as_secs_f64() * f64::from(self.cores);
        (share <= f64::from(MOST_CORES)).then_some(share * 100.0)
    }
}

/// What was read of a session's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Processor time; what it means shows only beside another reading.
    pub cpu: Option<CpuTime>,
    /// See [`Metrics::memory_bytes`].
    pub memory_bytes: Option<u64>,
    /// See [`Metrics::memory_limit_bytes`].
    pub memory_limit_bytes: Option<u64>,
    /// See [`Metrics::disk_bytes`].
    pub disk_bytes: Option<u64>,
    /// See [`Metrics::network_rx_bytes`].
    pub network_rx_bytes: Option<u64>,
    /// See [`Metrics::network_tx_bytes`].
    pub network_tx_bytes: Option<u64>,
    /// See [`Metrics::tasks`].
    pub tasks: Option<u32>,
    /// See [`Metrics::agent_active`].
    pub agent_active: Option<bool>,
}

impl Reading {
    /// The same, without what cannot be true: a session that was taken over may say anything of itself.
    #[must_use]
    pub fn plausible(self) -> Self {
        let bytes = |bytes: Option<u64>| bytes.filter(|bytes| *bytes <= MOST_BYTES);
        Self {
            cpu: self.cpu,
            memory_bytes: bytes(self.memory_bytes),
            memory_limit_bytes: bytes(self.memory_limit_bytes).filter(|limit| *limit > 0),
            disk_bytes: bytes(self.disk_bytes),
            // A counter, which may have gone on for years.
            network_rx_bytes: self.network_rx_bytes.filter(|b| *b <= MOST_BYTES << 3),
            network_tx_bytes: self.network_tx_bytes.filter(|b| *b <= MOST_BYTES << 3),
            tasks: self.tasks.filter(|tasks| *tasks <= MOST_TASKS),
            agent_active: self.agent_active,
        }
    }

    /// What was read from outside a session, completed by what was read inside.
    #[must_use]
    pub fn or(self, inside: Self) -> Self {
        Self {
            cpu: self.cpu.or(inside.cpu),
            memory_bytes: self.memory_bytes.or(inside.memory_bytes),
            memory_limit_bytes: self.memory_limit_bytes.or(inside.memory_limit_bytes),
            disk_bytes: self.disk_bytes.or(inside.disk_bytes),
            network_rx_bytes: self.network_rx_bytes.or(inside.network_rx_bytes),
            network_tx_bytes: self.network_tx_bytes.or(inside.network_tx_bytes),
            tasks: self.tasks.or(inside.tasks),
            agent_active: self.agent_active.or(inside.agent_active),
        }
    }

    /// The figures, given the processor time of the reading before.
    #[must_use]
    pub fn metrics(&self, before: Option<CpuTime>, at: Timestamp) -> Metrics {
        let cpu = self.cpu.zip(before);
        Metrics {
            cpu_percent: cpu.and_then(|(now, before)| now.percent_since(&before)),
            memory_bytes: self.memory_bytes,
            memory_limit_bytes: self.memory_limit_bytes,
            disk_bytes: self.disk_bytes,
            network_rx_bytes: self.network_rx_bytes,
            network_tx_bytes: self.network_tx_bytes,
            tasks: self.tasks,
            agent_active: self.agent_active,
            at,
        }
    }
}

/// How far back somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsRange {
    /// An hour, minute by minute.
    Hour,
    /// Six hours, minute by minute.
    SixHours,
    /// A day, in steps of five minutes.
    Day,
}

impl MetricsRange {
    /// How long that is.
    #[must_use]
    pub fn span(self) -> Duration {
        let hours = match self {
            Self::Hour => 1,
            Self::SixHours => 6,
            Self::Day => 24,
        };
        Duration::from_secs(hours * 3600)
    }

    /// What one point stands for.
    #[must_use]
    pub fn resolution(self) -> Duration {
        match self {
            Self::Hour | Self::SixHours => Duration::from_secs(60),
            Self::Day => Duration::from_secs(300),
        }
    }
}

/// Points in order of time, drawn together to one for each step: means of what goes up and down, the last of what adds up, and whether the
/// agent was ever at work. A step of which nothing is known has no point.
#[must_use]
pub fn drawn_together(points: &[Metrics], step: Duration) -> Vec<Metrics> {
    let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
    let begin = |point: &Metrics| to_millis(point.at).div_euclid(step) * step;
    points
        .chunk_by(|a, b| begin(a) == begin(b))
        .filter_map(|group| one_of(group, from_millis(begin(group.first()?))))
        .collect()
}

fn one_of(group: &[Metrics], at: Timestamp) -> Option<Metrics> {
    let last = group.last()?;
    Some(Metrics {
        cpu_percent: mean(group.iter().filter_map(|point| point.cpu_percent)),
        memory_bytes: mean(group.iter().filter_map(|p| p.memory_bytes).map(float)).map(whole),
        tasks: group.iter().filter_map(|point| point.tasks).max(),
        agent_active: group.iter().filter_map(|point| point.agent_active).max(),
        at,
        ..*last
    })
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures for people; below 2^53 it is exact"
)]
fn float(bytes: u64) -> f64 {
    bytes as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of bytes is not negative, and the cast stops at the bounds"
)]
fn whole(bytes: f64) -> u64 {
    bytes.round() as u64
}

#[cfg(test)]
mod tests;
