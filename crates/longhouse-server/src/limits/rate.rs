//! How often somebody may try: a leaky bucket per key, with a way to take back a try that turned out well.
//!
//! An own one, for the crates at hand cannot give a try back, and a login limit that counts good logins locks people out.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many keys are kept. Beyond that those at rest are forgotten first, and then, under a flood from that many addresses,
/// the half that asked least: who asked often is not forgotten for the sake of those who asked once.
const MOST_KEYS: usize = 20_000;

/// Tries by key.
pub(crate) struct RateLimiter<K> {
    interval: Duration,
    burst: u32,
    /// When each key's bucket will be empty.
    empty_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// One try each `interval` in the long run, and `burst` of them at once.
    pub(crate) fn new(interval: Duration, burst: u32) -> Self {
        Self {
            interval,
            burst: burst.max(1),
            empty_at: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a try; the error says how long to wait.
    pub(crate) fn check(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_KEYS && !buckets.contains_key(&key) {
            buckets.retain(|_, empty_at| *empty_at > now);
            if buckets.len() >= MOST_KEYS {
                let mut fullness: Vec<Instant> = buckets.values().copied().collect();
                let middle = fullness.len() / 2;
                let (_, &mut median, _) = fullness.select_nth_unstable(middle);
                buckets.retain(|_, empty_at| *empty_at > median);
            }
        }
        let empty_at = buckets.entry(key).or_insert(now);
        let next = (*empty_at).max(now) + self.interval;
        let full = now + self.interval * self.burst;
        if next > full {
            return Err(next - full);
        }
        *empty_at = next;
        Ok(())
    }

    /// Takes a try back.
    pub(crate) fn refund(&self, key: &K) {
        let mut buckets = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(empty_at) = buckets.get_mut(key)
            && let Some(earlier) = empty_at.checked_sub(self.interval)
        {
            *empty_at = earlier;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_one_at_a_time() {
        let limiter = RateLimiter::new(Duration::from_secs(6), 3);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limiter.check("a", start), Ok(()));
        }
        assert_eq!(limiter.check("a", start), Err(Duration::from_secs(6)));
        assert_eq!(limiter.check("b", start), Ok(()));
        assert_eq!(limiter.check("a", start + Duration::from_secs(6)), Ok(()));
        assert!(limiter.check("a", start + Duration::from_secs(6)).is_err());
    }

    #[test]
    fn a_try_that_turned_out_well_does_not_count() {
        let limiter = RateLimiter::new(Duration::from_secs(6), 1);
        let start = Instant::now();
        for _ in 0..50 {
            assert_eq!(limiter.check("a", start), Ok(()));
            limiter.refund(&"a");
        }
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory() {
        let limiter = RateLimiter::new(Duration::from_secs(6), 1);
        let start = Instant::now();
        let often = usize::MAX;
        let limited = RateLimiter::new(Duration::from_secs(6), 3);
        for _ in 0..3 {
            limited.check(often, start).unwrap();
        }
        for key in 0..MOST_KEYS * 2 + 10 {
            let _ = limiter.check(key, start);
            let _ = limited.check(key, start);
        }
        assert!(limiter.empty_at.lock().unwrap().len() <= MOST_KEYS);
        assert!(
            limited.check(often, start).is_err(),
            "a flood does not wash away who was limited"
        );
    }
}
