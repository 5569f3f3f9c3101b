//! How fast one session may ask: what it asks is written down each time, and whoever asks without end must not fill the disk.

use tokio::time::Instant;

/// How many may come at once: an installation of a few hundred packages.
const BURST: f64 = 500.0;

/// How many a second may come for ever.
const PER_SECOND: f64 = 20.0;

/// A bucket that fills with time.
#[derive(Debug)]
pub(crate) struct Pace {
    left: f64,
    at: Instant,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            left: BURST,
            at: Instant::now(),
        }
    }

    /// Whether one more may come now; if so, it is counted.
    pub(crate) fn allows_one_more(&mut self) -> bool {
        let now = Instant::now();
        let gained = (now - self.at).as_secs_f64() * PER_SECOND;
        self.left = (self.left + gained).min(BURST);
        self.at = now;
        let allowed = self.left >= 1.0;
        if allowed {
            self.left -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_so_many_a_second() {
        let mut pace = Pace::new();
        let passed = (0..2_000).filter(|_| pace.allows_one_more()).count();
        assert_eq!(passed, BURST as usize);
        tokio::time::advance(Duration::from_secs(2)).await;
        let passed = (0..2_000).filter(|_| pace.allows_one_more()).count();
        assert_eq!(passed, 2 * PER_SECOND as usize);
    }
}
