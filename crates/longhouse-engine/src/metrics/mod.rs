//! What sessions use: at this moment, as it changes, and over the last day.
//!
//! ```text
//!   the place's counters ─┐
//!                         ├─► monitor, one for each session that somebody follows ─► any number of followers, each at their own interval
//!   its sessiond ─────────┤
//!                         └─► sampler, once a minute for every session that runs ─► one write for all of them ─► the history
//! ```
//!
//! A monitor begins with its first follower and ends a little after its last one. Where a session, its sessiond or its place's counters are
//! away, followers are told, and it goes on by itself.

mod follow;
mod monitor;
mod sampler;
mod source;

pub use follow::{MetricsHistory, MetricsNews, MetricsTotals};
pub(crate) use monitor::Metering;
pub(crate) use sampler::sample;
pub(crate) use source::disk;
