//! Repaints that viewers share: when a flood has gone by, all who look want one at the same moment, and it is the same for all.

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::fetch::Fetched;

/// A repaint that several wait for.
pub(super) type Repaint = Shared<BoxFuture<'static, Fetched>>;

/// The newest repaint that was asked for, as long as somebody waits for it.
#[derive(Debug, Default)]
pub(super) struct Repaints(Mutex<Option<UnderWay>>);

#[derive(Debug)]
struct UnderWay {
    /// The epoch in which it was asked for: it shows nothing of later ones.
    epoch: u64,
    repaint: WeakShared<BoxFuture<'static, Fetched>>,
}

impl Repaints {
    /// The repaint that is under way, if it was asked for in this epoch; otherwise a new one, asked for by `fetch`.
    pub(super) fn join(
        &self,
        epoch: u64,
        fetch: impl Future<Output = Fetched> + Send + 'static,
    ) -> Repaint {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = newest
            .as_ref()
            .filter(|newest| newest.epoch == epoch)
            .and_then(|newest| newest.repaint.upgrade())
            .filter(|repaint| repaint.peek().is_none());
        if let Some(repaint) = under_way {
            return repaint;
        }
        let repaint = fetch.boxed().shared();
        *newest = repaint
            .downgrade()
            .map(|repaint| UnderWay { epoch, repaint });
        repaint
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn those_who_want_one_at_once_share_it_and_later_ones_do_not() {
        let (repaints, asked, ready) = (
            Repaints::default(),
            Arc::<AtomicUsize>::default(),
            Arc::<Notify>::default(),
        );
        let fetch = || {
            let (asked, ready) = (asked.clone(), ready.clone());
            async move {
                asked.fetch_add(1, Ordering::Relaxed);
                ready.notified().await;
                Fetched::Lost
            }
        };
        let many: Vec<_> = (0..100).map(|_| repaints.join(1, fetch())).collect();
        // What has changed since is not in it.
        let later = repaints.join(2, fetch());
        let all = async { tokio::join!(futures_util::future::join_all(many), later) };
        let both_ready = async {
            ready.notify_one();
            while asked.load(Ordering::Relaxed) < 2 {
                tokio::task::yield_now().await;
            }
            ready.notify_one();
        };
        tokio::join!(all, both_ready);
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        // One that is there already is old.
        ready.notify_one();
        repaints.join(2, fetch()).await;
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
