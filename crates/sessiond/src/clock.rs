//! The system's clock: the one door by which time enters sessiond.

use longhouse_domain::{Clock, Timestamp, clock::to_millis};

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The present moment in whole milliseconds since 1970, as the link counts it.
pub(crate) fn millis(clock: &dyn Clock) -> u64 {
    u64::try_from(to_millis(clock.now())).unwrap_or(0)
}
