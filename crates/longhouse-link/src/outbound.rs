//! What programs ask of a session's way out, from the moment they ask until the server has answered: the session's side of the
//! three outbound calls, the same in sessiond and in its twin.
//!
//! ```text
//!   program ──open──► waiting ──watch──► server, who looks and connects
//!                        │ ◄──carry──── an end of the pipe each, bytes both ways
//!                        │ ◄──refuse─── why not
//! ```

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::asks::Asks;
use crate::carry::{CARRY_QUEUE, carry};
use crate::limits;
use crate::proto::outbound_refusal::Why;
use crate::proto::{OutboundAsk, OutboundRefusal, PortBytes};

/// What a connection keeps between the program and the link, bytes.
const PIPE_BYTES: usize = limits::PORT_CHUNK_BYTES;

/// Everything that waits for an answer. A clone is another handle on the same.
#[derive(Clone, Debug, Default)]
pub struct Outbound(Asks<Ask, Answer>);

#[derive(Clone, Debug)]
struct Ask {
    host: String,
    port: u16,
}

type Answer = Result<DuplexStream, OutboundRefused>;

/// Why a program has no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundRefused {
    /// What kind of refusal it is.
    pub why: Why,
    /// In words, one line.
    pub text: String,
}

impl Outbound {
    /// A connection to that host, which the program names as it likes, once the server has opened it.
    ///
    /// # Errors
    /// When the server refuses, or says nothing for [`limits::OUTBOUND_WAIT`].
    pub async fn open(&self, host: &str, port: u16) -> Result<DuplexStream, OutboundRefused> {
        if host.len() > limits::OUTBOUND_HOST_BYTES {
            return Err(OutboundRefused {
                why: Why::NotAllowed,
                text: "the host's name is too long".to_owned(),
            });
        }
        let ask = Ask {
            host: host.to_owned(),
            port,
        };
        let busy = || OutboundRefused {
            why: Why::Busy,
            text: "too many programs wait for a connection at once".to_owned(),
        };
        let mut asked = self.0.ask(ask, limits::OUTBOUND_ASKS).ok_or_else(busy)?;
        let answered = tokio::time::timeout(limits::OUTBOUND_WAIT, &mut asked.answered).await;
        match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(OutboundRefused {
                why: Why::Busy,
                text: "Longhouse gave no answer: its server may be away, try again".to_owned(),
            }),
        }
    }

    /// Everything that waits and everything that comes, until somebody else watches.
    pub fn watch(&self) -> impl Stream<Item = OutboundAsk> + Send + use<> {
        self.0.watch().map(|(ask, Ask { host, port })| OutboundAsk {
            ask,
            host,
            port: port.into(),
        })
    }

    /// Lets the program have its connection; gives the end that is to be carried. Nothing where nobody waits any more.
    fn accept(&self, ask: u64) -> Option<DuplexStream> {
        let waiting = self.0.take(ask)?;
        let (programs, ours) = tokio::io::duplex(PIPE_BYTES);
        waiting.send(Ok(programs)).ok()?;
        Some(ours)
    }

    /// Carries the bytes of the ask that the server's first message names. The task that does it is given to `spawn`.
    ///
    /// # Errors
    /// When nobody waits for it any more.
    pub async fn carry<T>(
        &self,
        mut messages: Streaming<PortBytes>,
        moved: impl FnMut() + Send + 'static,
        spawn: impl FnOnce(BoxFuture<'static, ()>) -> T,
    ) -> Result<BoxStream<'static, Result<PortBytes, Status>>, Status> {
        let first = messages.message().await?.unwrap_or_default();
        let gone = || Status::not_found("nobody waits for that connection any more");
        let program = self.accept(first.ask).ok_or_else(gone)?;
        let (outgoing, queue) = mpsc::channel(CARRY_QUEUE);
        spawn(Box::pin(async move {
            if let Err(error) = carry(program, messages, outgoing, moved).await {
                tracing::debug!(%error, "a connection to the outside ended");
            }
        }));
        let outgoing = stream::unfold(queue, |mut queue| async {
            queue.recv().await.map(|message| (Ok(message), queue))
        });
        Ok(outgoing.boxed())
    }

    /// Tells the program that it gets none.
    pub fn refuse(&self, refusal: OutboundRefusal) {
        let Some(waiting) = self.0.take(refusal.ask) else {
            return;
        };
        // The program may have gone.
        let _ = waiting.send(Err(OutboundRefused {
            why: refusal.why(),
            text: refusal.text,
        }));
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn what_the_last_server_did_not_answer_the_next_one_is_told() {
        let asks = Outbound::default();
        let program = tokio::spawn({
            let asks = asks.clone();
            async move { asks.open("example.org", 443).await }
        });
        let mut first = Box::pin(asks.watch());
        let told = first.next().await.unwrap();
        let mut second = Box::pin(asks.watch());
        assert_eq!(second.next().await, Some(told.clone()));
        assert_eq!(first.next().await, None);
        let mut ours = asks.accept(told.ask).unwrap();
        let mut tunnel = program.await.unwrap().unwrap();
        ours.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        tunnel.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
        assert!(asks.accept(told.ask).is_none(), "an ask is answered once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_nobody_answers_or_that_gives_up_leaves_nothing_behind() {
        let asks = Outbound::default();
        let refusal = asks.open("example.org", 443).await.unwrap_err();
        assert_eq!(refusal.why, Why::Busy);
        let patience = std::time::Duration::from_secs(1);
        let given_up = tokio::time::timeout(patience, asks.open("example.org", 443)).await;
        assert!(given_up.is_err());
        assert!(asks.0.is_empty());
    }

    #[tokio::test]
    async fn a_refusal_reaches_the_program_with_its_words() {
        let asks = Outbound::default();
        let watcher = async {
            let told = Box::pin(asks.watch()).next().await.unwrap();
            asks.refuse(OutboundRefusal {
                ask: told.ask,
                why: Why::NotAllowed.into(),
                text: "not on the list".to_owned(),
            });
        };
        let (refused, ()) = tokio::join!(asks.open("example.net", 80), watcher);
        let refusal = refused.unwrap_err();
        assert_eq!(refusal.why, Why::NotAllowed);
        assert_eq!(refusal.text, "not on the list");
    }
}
