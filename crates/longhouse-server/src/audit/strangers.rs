//! How much of what strangers are refused is recorded: all of it, as long as it is not a flood meant to fill the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::auth::RateLimiter;

/// Refusals that are recorded of one address in the long run, and how many of them at once.
const INTERVAL: Duration = Duration::from_millis(600);
const BURST: u32 = 200;

/// Counts refusals of people who did not say who they are.
pub(crate) struct Strangers {
    limit: RateLimiter<String>,
    passed_over: AtomicU64,
}

impl Strangers {
    pub(crate) fn new() -> Self {
        Self {
            limit: RateLimiter::new(INTERVAL, BURST),
            passed_over: AtomicU64::new(0),
        }
    }

    /// Whether this one is recorded, and how many were passed over before it.
    pub(super) fn admit(&self, address: &str) -> Option<u64> {
        match self.limit.check(address.to_owned(), Instant::now()) {
            Ok(()) => Some(self.passed_over.swap(0, Ordering::Relaxed)),
            Err(_) => {
                self.passed_over.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_recorded() {
        let strangers = Strangers::new();
        let told = (0..BURST + 50).filter(|_| strangers.admit("203.0.113.7").is_some());
        // The clock goes on while this runs, so a few more may get through.
        assert!((BURST as usize..BURST as usize + 50).contains(&told.count()));
        assert!(
            strangers
                .admit("203.0.113.8")
                .is_some_and(|passed_over| passed_over > 0)
        );
        assert_eq!(strangers.admit("203.0.113.9"), Some(0));
    }
}
