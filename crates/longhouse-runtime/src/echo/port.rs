//! Ports that listen because a test says so. Connections go to the same ports of this machine.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, StreamExt, stream};
use longhouse_link::proto::PortBytes;
use longhouse_link::proto::session_event::{Port, Ports, What};
use longhouse_link::{CARRY_QUEUE, carry};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Status, Streaming};

/// The ports of one session.
#[derive(Debug)]
pub(super) struct EchoPorts {
    listening: Mutex<Vec<Port>>,
    dead: CancellationToken,
    tasks: TaskTracker,
}

impl EchoPorts {
    /// None at first; connections end when the session is dead.
    pub(super) fn new(dead: CancellationToken, tasks: TaskTracker) -> Self {
        Self {
            listening: Mutex::default(),
            dead,
            tasks,
        }
    }

    pub(super) fn listen(&self, ports: Vec<Port>) {
        *self.lock() = ports;
    }

    /// What is told of them.
    pub(super) fn news(&self) -> What {
        let ports = self.lock().clone();
        What::Ports(Ports { ports })
    }

    pub(super) async fn connect(
        &self,
        mut incoming: Streaming<PortBytes>,
    ) -> Result<Pin<Box<dyn Stream<Item = Result<PortBytes, Status>> + Send>>, Status> {
        let port = incoming.message().await?.unwrap_or_default().port;
        if !self.lock().iter().any(|known| known.port == port) {
            return Err(Status::not_found(format!("nothing listens on {port}")));
        }
        let port = u16::try_from(port).map_err(|_| Status::invalid_argument("no port"))?;
        let stream = TcpStream::connect(("127.0.0.1", port)).await;
        let stream = stream.map_err(|error| Status::failed_precondition(error.to_string()))?;
        let (outgoing, queue) = mpsc::channel(CARRY_QUEUE);
        let carrying = carry(stream, incoming, outgoing, || ());
        let dead = self.dead.clone();
        self.tasks.spawn(dead.run_until_cancelled_owned(carrying));
        let carried = stream::unfold(queue, |mut queue| async {
            queue.recv().await.map(|message| (Ok(message), queue))
        });
        Ok(carried.boxed())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Port>> {
        self.listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
