//! What programs ask of a session's SSH agent, from the moment they ask until the server has answered: the session's side of the two
//! agent calls. Nothing is understood or decided here; only the latest `bind` of a program's connection goes along with what it asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::{oneshot, watch};

use crate::limits;
use crate::proto::{AgentAnswer, AgentAsk};

/// Everything that waits for an answer. A clone is another handle on the same.
#[derive(Clone, Debug, Default)]
pub struct AgentAsks {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: Mutex<Waiting>,
    /// Told of every new ask and every new watcher.
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Waiting {
    asks: BTreeMap<u64, Ask>,
    next: u64,
    /// Which watcher is told: the latest.
    watcher: u64,
    /// The first ask that it was not told of.
    untold: u64,
}

#[derive(Debug)]
struct Ask {
    bind: Bytes,
    message: Bytes,
    answer: oneshot::Sender<Bytes>,
}

impl AgentAsks {
    /// The server's answer to a message. `None` where too many wait, or the server says nothing for [`limits::AGENT_WAIT`].
    pub async fn ask(&self, bind: Bytes, message: Bytes) -> Option<Bytes> {
        let (answer, answered) = oneshot::channel();
        let id = self.add(Ask {
            bind,
            message,
            answer,
        })?;
        let _forgotten = Forgotten { asks: self, id };
        tokio::time::timeout(limits::AGENT_WAIT, answered)
            .await
            .ok()?
            .ok()
    }

    /// Everything that waits and everything that comes, until somebody else watches.
    pub fn watch(&self) -> impl Stream<Item = AgentAsk> + Send + use<> {
        let watcher = {
            let mut waiting = self.lock();
            waiting.watcher += 1;
            // What an earlier one was told, it may not have answered.
            waiting.untold = 0;
            waiting.watcher
        };
        self.inner.changed.send_replace(());
        stream::unfold(self.clone(), move |asks| async move {
            let ask = asks.next(watcher).await?;
            Some((ask, asks))
        })
    }

    /// Hands an answer to whoever waits for it.
    pub fn answer(&self, answer: AgentAnswer) {
        if let Some(ask) = self.lock().asks.remove(&answer.ask) {
            // The program may have gone.
            let _ = ask.answer.send(answer.message);
        }
    }

    /// The next ask that this watcher has not heard of; nothing once there is a later watcher.
    async fn next(&self, watcher: u64) -> Option<AgentAsk> {
        let mut changed = self.inner.changed.subscribe();
        loop {
            {
                let mut waiting = self.lock();
                if waiting.watcher != watcher {
                    return None;
                }
                let untold = waiting.untold;
                if let Some((&id, ask)) = waiting.asks.range(untold..).next() {
                    let told = AgentAsk {
                        ask: id,
                        bind: ask.bind.clone(),
                        message: ask.message.clone(),
                    };
                    waiting.untold = id + 1;
                    return Some(told);
                }
            }
            changed.changed().await.ok()?;
        }
    }

    fn add(&self, ask: Ask) -> Option<u64> {
        let mut waiting = self.lock();
        if waiting.asks.len() >= limits::AGENT_ASKS {
            return None;
        }
        let id = waiting.next;
        waiting.next += 1;
        waiting.asks.insert(id, ask);
        drop(waiting);
        self.inner.changed.send_replace(());
        Some(id)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.inner
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// An ask that nobody waits for once this is dropped.
struct Forgotten<'a> {
    asks: &'a AgentAsks,
    id: u64,
}

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        self.asks.lock().asks.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn what_one_server_did_not_answer_the_next_one_is_told() {
        let asks = AgentAsks::default();
        let program = tokio::spawn({
            let asks = asks.clone();
            async move { asks.ask(Bytes::from("bind"), Bytes::from("sign")).await }
        });
        let mut first = Box::pin(asks.watch());
        let told = first.next().await.unwrap();
        let mut second = Box::pin(asks.watch());
        assert_eq!(second.next().await, Some(told.clone()));
        assert_eq!(first.next().await, None);
        assert_eq!(
            (&told.bind[..], &told.message[..]),
            (&b"bind"[..], &b"sign"[..])
        );
        asks.answer(AgentAnswer {
            ask: told.ask,
            message: Bytes::from("signed"),
        });
        assert_eq!(program.await.unwrap().as_deref(), Some(&b"signed"[..]));
        assert!(asks.lock().asks.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_nobody_answers_goes_without_and_leaves_nothing_behind() {
        let asks = AgentAsks::default();
        assert_eq!(asks.ask(Bytes::new(), Bytes::new()).await, None);
        assert!(asks.lock().asks.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_wait_at_once() {
        let asks = AgentAsks::default();
        let waiting: Vec<_> = (0..limits::AGENT_ASKS)
            .map(|_| {
                tokio::spawn({
                    let asks = asks.clone();
                    async move { asks.ask(Bytes::new(), Bytes::new()).await }
                })
            })
            .collect();
        while asks.lock().asks.len() < limits::AGENT_ASKS {
            tokio::task::yield_now().await;
        }
        let before = tokio::time::Instant::now();
        assert_eq!(asks.ask(Bytes::new(), Bytes::new()).await, None);
        assert_eq!(before.elapsed(), std::time::Duration::ZERO);
        for waiting in waiting {
            assert_eq!(waiting.await.unwrap(), None);
        }
    }
}
