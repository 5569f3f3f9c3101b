//! The link's socket as it is offered to a session's sessiond.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use longhouse_link::{AcceptError, Link, LinkListener};

type Accepting = Pin<Box<dyn Future<Output = Result<Link, AcceptError>> + Send>>;

/// A socket, and the greeting of who dialled: it goes on where it was left when nobody waited for it.
pub(super) struct Offer {
    listener: Arc<LinkListener>,
    /// Nobody locks it: that it could be is what lets others look at who holds it.
    accepting: Mutex<Option<Accepting>>,
}

impl Offer {
    pub(super) fn new(listener: LinkListener) -> Self {
        Self {
            listener: Arc::new(listener),
            accepting: Mutex::default(),
        }
    }

    /// The next sessiond that says the right hello. Cancel safe: the next call goes on with who was being greeted.
    pub(super) async fn accept(&mut self) -> Result<Link, AcceptError> {
        let listener = &self.listener;
        let accepting = self.accepting.get_mut();
        let accepting = accepting.unwrap_or_else(PoisonError::into_inner);
        let begin = || -> Accepting {
            let listener = listener.clone();
            Box::pin(async move { listener.accept().await })
        };
        let accepted = accepting.get_or_insert_with(begin).await;
        *accepting = None;
        accepted
    }

    /// Greets who dials while `work` is done; [`Self::accept`] tells afterwards what came of it.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let greeting = async {
            let accepted = self.accept().await;
            self.accepting = Mutex::new(Some(Box::pin(std::future::ready(accepted))));
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            done = work => done,
            never = greeting => match never {},
        }
    }
}
