//! What sessiond tells: most of it once, to whoever watches; what must not be lost also to whoever watches next, until it is acknowledged.
//! A watcher that falls behind loses the oldest of what is told once, never the newest, and holds nobody up.
//!
//! Not here: what is told, and what the server makes of it (`longhouse_domain::news` says how each is written down once).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, stream};
use longhouse_domain::news::Unheard;
use tokio::sync::broadcast;

use crate::proto::SessionEvent;
use crate::proto::session_event::What;

/// Events kept for a slow watcher. They are rare and small; this is minutes of them.
const KEPT: usize = 256;

/// Where news are told and heard. A clone is another handle on the same.
#[derive(Clone, Debug)]
pub struct News {
    sender: broadcast::Sender<SessionEvent>,
    unheard: Arc<Mutex<Unheard<What>>>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(KEPT),
            unheard: Arc::default(),
        }
    }
}

impl News {
    /// Tells whoever watches.
    pub fn tell(&self, what: What) {
        // Nobody may be watching: the server is away.
        let _unheard = self.sender.send(event(0, what));
    }

    /// Tells whoever watches, and whoever watches next, until it is acknowledged.
    pub fn tell_for_sure(&self, what: What) {
        let mut unheard = self.unheard();
        let number = unheard.tell(what.clone());
        // Sent while nobody else gives a number, so that each watcher hears them in their order.
        let _unheard = self.sender.send(event(number, what));
    }

    /// All numbered news up to this one are written down.
    pub fn acknowledge(&self, number: u64) {
        self.unheard().acknowledge(number);
    }

    /// What is told from here on, numbered or not, by whoever wants no repetition.
    pub fn follow(&self) -> broadcast::Receiver<SessionEvent> {
        self.sender.subscribe()
    }

    /// How many watch and follow.
    pub fn watchers(&self) -> usize {
        self.sender.receiver_count()
    }

    /// What waits to be acknowledged, then what is told from here on.
    pub fn watch(&self) -> impl Stream<Item = SessionEvent> + Send + use<> {
        let mut watcher = Watcher {
            news: self.clone(),
            told: self.follow(),
            last: 0,
            again: VecDeque::new(),
        };
        watcher.look_again();
        stream::unfold(watcher, async |mut watcher| {
            watcher.next().await.map(|event| (event, watcher))
        })
    }

    fn unheard(&self) -> MutexGuard<'_, Unheard<What>> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn event(number: u64, what: What) -> SessionEvent {
    let what = Some(what);
    SessionEvent { number, what }
}

/// Somebody who hears each number once.
struct Watcher {
    news: News,
    told: broadcast::Receiver<SessionEvent>,
    /// The last number that was heard.
    last: u64,
    again: VecDeque<SessionEvent>,
}

impl Watcher {
    async fn next(&mut self) -> Option<SessionEvent> {
        loop {
            if let Some(event) = self.again.pop_front() {
                self.last = event.number;
                return Some(event);
            }
            match self.told.recv().await {
                // It stood among what waited.
                Ok(event) if event.number != 0 && event.number <= self.last => {}
                Ok(event) => {
                    self.last = self.last.max(event.number);
                    return Some(event);
                }
                Err(broadcast::error::RecvError::Lagged(lost)) => {
                    tracing::debug!(lost, "a watcher fell behind");
                    self.look_again();
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    fn look_again(&mut self) {
        let unheard = self.news.unheard();
        let after = unheard.after(self.last);
        self.again = after.map(|(number, what)| event(number, what)).collect();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, StreamExt as _};

    use super::*;
    use crate::proto::session_event::{Activity, Kept};

    fn kept(news: impl ToString) -> What {
        What::Kept(Kept {
            news: news.to_string(),
        })
    }

    fn activity() -> What {
        What::Activity(Activity { at_ms: 1 })
    }

    /// The numbers of everything that a watcher hears at once.
    fn heard(mut watcher: std::pin::Pin<&mut impl Stream<Item = SessionEvent>>) -> Vec<u64> {
        let next = std::iter::from_fn(|| watcher.next().now_or_never().flatten());
        next.map(|event| event.number).collect()
    }

    #[test]
    fn numbered_news_come_again_over_each_watch_until_they_are_acknowledged() {
        let news = News::default();
        news.tell_for_sure(kept("a"));
        news.tell(activity());
        let mut first = Box::pin(news.watch());
        news.tell_for_sure(kept("b"));
        news.tell(activity());
        assert_eq!(heard(first.as_mut()), [1, 2, 0]);
        assert_eq!(heard(Box::pin(news.watch()).as_mut()), [1, 2]);
        news.acknowledge(1);
        assert_eq!(heard(Box::pin(news.watch()).as_mut()), [2]);
        news.acknowledge(u64::MAX);
        assert_eq!(heard(Box::pin(news.watch()).as_mut()), [0; 0]);
        news.tell_for_sure(kept("c"));
        assert_eq!(heard(first.as_mut()), [3]);
    }

    #[test]
    fn a_watcher_that_fell_behind_still_hears_every_number_once() {
        let news = News::default();
        let mut watcher = Box::pin(news.watch());
        for number in 0..5 {
            news.tell_for_sure(kept(number));
        }
        for _ in 0..2 * KEPT {
            news.tell(activity());
        }
        news.tell_for_sure(kept("last"));
        let mut told = heard(watcher.as_mut());
        told.retain(|number| *number != 0);
        assert_eq!(told, [1, 2, 3, 4, 5, 6]);
    }
}
