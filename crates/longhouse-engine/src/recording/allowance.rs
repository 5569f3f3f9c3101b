//! How much is recorded in how short a time: bursts whole, floods in part.

use std::time::Duration;

use tokio::time::Instant;

/// What may come at once, bytes: a long build's output, a large file.
const BURST: u64 = 8 * 1024 * 1024;

/// What may come for ever, bytes a second: a program that paints a large screen ten times a second.
const RATE: u64 = 256 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Allowance {
    left: u64,
    at: Instant,
}

impl Allowance {
    pub(super) fn full() -> Self {
        Self {
            left: BURST,
            at: Instant::now(),
        }
    }

    /// Takes that much. Where it is more than is left, says for how long nothing is to be recorded.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), Duration> {
        let now = Instant::now();
        let earned = now.duration_since(self.at).as_millis() * u128::from(RATE) / 1000;
        self.left = BURST.min(
            self.left
                .saturating_add(u64::try_from(earned).unwrap_or(BURST)),
        );
        self.at = now;
        match self.left.checked_sub(bytes as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            // Until an eighth of a burst fits again: a flood is recorded in glimpses.
            None => Err(Duration::from_secs(BURST / 8 / RATE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_whole_and_a_flood_is_not() {
        let mut allowance = Allowance::full();
        for _ in 0..BURST / 1024 {
            allowance.take(1024).unwrap();
        }
        let pause = allowance.take(1024).unwrap_err();
        tokio::time::sleep(pause).await;
        let mut taken = 0;
        while allowance.take(1024).is_ok() {
            taken += 1024;
        }
        assert_eq!(taken, BURST / 8);
        // What the slow write is never too much.
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            allowance.take(usize::try_from(RATE).unwrap()).unwrap();
        }
    }
}
