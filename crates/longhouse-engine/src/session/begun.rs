//! When the sessions that a starting server found are connected to: a few at a time, so that people who come back at once, as they do when
//! a server was away, are answered in between.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How many begin at once, and how long after those before them.
const AT_ONCE: usize = 8;
const PACE: Duration = Duration::from_millis(4);

/// After so many there are no more: a server drives fewer.
const MOST: usize = 64 * 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Begun(Semaphore);

impl Default for Begun {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Begun {
    /// Waits for one's turn; once all have begun, or the server stops, it is everybody's.
    pub(crate) async fn turn(&self, stop: &CancellationToken) {
        if let Some(Ok(turn)) = stop.run_until_cancelled(self.0.acquire()).await {
            turn.forget();
        }
    }

    /// Lets one after the other begin.
    pub(crate) async fn let_all_begin(&self) {
        for _ in 0..MOST / AT_ONCE {
            self.0.add_permits(AT_ONCE);
            tokio::time::sleep(PACE).await;
            // Nobody waited for all of these.
            if self.0.available_permits() > 0 {
                break;
            }
        }
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_begins_before_and_all_do_after() {
        let (begun, stop) = (Arc::new(Begun::default()), CancellationToken::new());
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..3 * AT_ONCE {
            let (begun, stop) = (begun.clone(), stop.clone());
            waiting.spawn(async move { begun.turn(&stop).await });
        }
        tokio::time::sleep(PACE * 100).await;
        assert!(waiting.try_join_next().is_none());
        let from = tokio::time::Instant::now();
        begun.let_all_begin().await;
        waiting.join_all().await;
        assert!(from.elapsed() >= PACE * 3, "not all at once");
        // From then on nobody waits.
        begun.turn(&stop).await;
    }

    #[tokio::test]
    async fn who_stops_waits_for_nothing() {
        let stop = CancellationToken::new();
        stop.cancel();
        Begun::default().turn(&stop).await;
    }
}
