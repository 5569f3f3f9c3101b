//! Time, as the rest of the house sees it: handed in, never taken.

/// A moment in UTC. Shown as RFC 3339 with a `Z`; stored as whole milliseconds since 1970.
pub type Timestamp = jiff::Timestamp;

/// Where the present moment comes from. The binary hands in the system's clock, tests their own.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Cuts a moment down to the whole milliseconds that the store keeps, so that what is read back equals what was written.
#[must_use]
pub fn to_millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The moment `millis` milliseconds after 1970 began; the earliest or latest one that can be shown where it lies outside.
#[must_use]
pub fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}
