//! What programs ask of a session's SSH agent, from the moment they ask until the server has answered: the session's side of the two
//! agent calls. Nothing is understood or decided here; only the latest `bind` of a program's connection goes along with what it asks.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use crate::asks::Asks;
use crate::limits;
use crate::proto::{AgentAnswer, AgentAsk};

/// Everything that waits for an answer. A clone is another handle on the same.
#[derive(Clone, Debug, Default)]
pub struct AgentAsks(Asks<Ask, Bytes>);

#[derive(Clone, Debug)]
struct Ask {
    bind: Bytes,
    message: Bytes,
}

impl AgentAsks {
    /// The server's answer to a message. `None` where too many wait, or the server says nothing for [`limits::AGENT_WAIT`].
    pub async fn ask(&self, bind: Bytes, message: Bytes) -> Option<Bytes> {
        let mut asked = self.0.ask(Ask { bind, message }, limits::AGENT_ASKS)?;
        tokio::time::timeout(limits::AGENT_WAIT, &mut asked.answered)
            .await
            .ok()?
            .ok()
    }

    /// Everything that waits and everything that comes, until somebody else watches.
    pub fn watch(&self) -> impl Stream<Item = AgentAsk> + Send + use<> {
        self.0
            .watch()
            .map(|(ask, Ask { bind, message })| AgentAsk { ask, bind, message })
    }

    /// Hands an answer to whoever waits for it.
    pub fn answer(&self, answer: AgentAnswer) {
        if let Some(waiting) = self.0.take(answer.ask) {
            // The program may have gone.
            let _ = waiting.send(answer.message);
        }
    }
}

#[cfg(test)]
mod tests {
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
        assert!(asks.0.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_nobody_answers_goes_without_and_leaves_nothing_behind() {
        let asks = AgentAsks::default();
        assert_eq!(asks.ask(Bytes::new(), Bytes::new()).await, None);
        assert!(asks.0.is_empty());
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
        while asks.0.len() < limits::AGENT_ASKS {
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
