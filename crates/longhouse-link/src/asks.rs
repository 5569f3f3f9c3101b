//! Questions that programs of a session have for the server, from the moment they ask until it has answered. The server watches them; one that
//! comes back after a restart is told of all that still wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, stream};
use tokio::sync::{oneshot, watch};

/// Everything that waits for an answer. A clone is another handle on the same.
#[derive(Debug)]
pub(crate) struct Asks<Q, A> {
    inner: Arc<Inner<Q, A>>,
}

#[derive(Debug)]
struct Inner<Q, A> {
    waiting: Mutex<Waiting<Q, A>>,
    /// Told of every new question and every new watcher.
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct Waiting<Q, A> {
    questions: BTreeMap<u64, (Q, oneshot::Sender<A>)>,
    next: u64,
    /// Which watcher is told: the latest.
    watcher: u64,
    /// The first question that it was not told of.
    untold: u64,
}

impl<Q, A> Clone for Asks<Q, A> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<Q, A> Default for Asks<Q, A> {
    fn default() -> Self {
        let waiting = Waiting {
            questions: BTreeMap::new(),
            next: 0,
            watcher: 0,
            untold: 0,
        };
        Self {
            inner: Arc::new(Inner {
                waiting: Mutex::new(waiting),
                changed: watch::Sender::default(),
            }),
        }
    }
}

impl<Q, A> Asks<Q, A> {
    /// Asks, where fewer than so many wait. What is asked is forgotten with what this gives.
    pub(crate) fn ask(&self, question: Q, most: usize) -> Option<Asked<'_, Q, A>> {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.questions.len() >= most {
            return None;
        }
        let id = waiting.next;
        waiting.next += 1;
        waiting.questions.insert(id, (question, answer));
        drop(waiting);
        self.inner.changed.send_replace(());
        Some(Asked {
            asks: self,
            id,
            answered,
        })
    }

    /// Where the answer to a question goes, which is answered once. Nothing where nobody waits for it any more.
    pub(crate) fn take(&self, id: u64) -> Option<oneshot::Sender<A>> {
        let (_, answer) = self.lock().questions.remove(&id)?;
        Some(answer)
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().questions.len()
    }

    /// Whether nobody does.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<Q, A>> {
        let waiting = &self.inner.waiting;
        waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Clone, A> Asks<Q, A> {
    /// Everything that waits and everything that comes, with its number, until somebody else watches.
    pub(crate) fn watch(&self) -> impl Stream<Item = (u64, Q)> + use<Q, A> {
        let watcher = {
            let mut waiting = self.lock();
            waiting.watcher += 1;
            // What an earlier one was told, it may not have answered.
            waiting.untold = 0;
            waiting.watcher
        };
        self.inner.changed.send_replace(());
        stream::unfold(self.clone(), move |asks| async move {
            let told = asks.next(watcher).await?;
            Some((told, asks))
        })
    }

    /// The next question that this watcher has not heard of; nothing once there is a later watcher.
    async fn next(&self, watcher: u64) -> Option<(u64, Q)> {
        let mut changed = self.inner.changed.subscribe();
        loop {
            {
                let mut waiting = self.lock();
                if waiting.watcher != watcher {
                    return None;
                }
                let untold = waiting.untold;
                let next = waiting.questions.range(untold..).next();
                if let Some((id, question)) =
                    next.map(|(id, (question, _))| (*id, question.clone()))
                {
                    waiting.untold = id + 1;
                    return Some((id, question));
                }
            }
            changed.changed().await.ok()?;
        }
    }
}

/// A question that is forgotten when its program no longer waits.
pub(crate) struct Asked<'a, Q, A> {
    asks: &'a Asks<Q, A>,
    id: u64,
    /// The answer, once it is there.
    pub(crate) answered: oneshot::Receiver<A>,
}

impl<Q, A> Drop for Asked<'_, Q, A> {
    fn drop(&mut self) {
        self.asks.lock().questions.remove(&self.id);
    }
}
