//! The audit log as everybody else uses it: reserve a place in the queue, act, say what came of it, wait until it is written.
//!
//! **The order.** A place is reserved *before* the action. Where the log cannot be written the reservation is refused, so
//! nothing is done that nobody would know of. The entry is written *after* the action, for only then its result is known, and
//! the answer waits for it. If the database goes away between the two, the action stands, the caller is told that it was not
//! recorded, the entry stays in memory and is written as soon as the database is back; until then no further action begins.
//! Only the death of the process in just that moment loses an entry.
//!
//! **Changes of rights** lose none: their entry is a [`Deed`], which the store writes in the transaction that makes the change.
//! It does not pass through here, and the place that was reserved for it is used only where the change was not made.
//!
//! **Batches.** One task writes. While it commits one batch the next one gathers, so a hundred actions at once cost a few
//! commits and not a hundred.

pub(crate) mod archive;
mod read;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use longhouse_domain::Clock;
use longhouse_domain::audit::{AuditActor, AuditEntry};
use longhouse_store::{Deed, Store};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many entries may be reserved or wait at once.
const MOST_WAITING: usize = 4096;

/// How long an action waits for a place, and an answer for its entry to be written.
const PATIENCE: Duration = Duration::from_secs(15);

/// The log cannot be written at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit log cannot be written")]
pub struct AuditUnavailable;

/// The way into the audit log. A clone is another handle on the same one.
#[derive(Clone)]
pub struct Audit {
    store: Store,
    queue: mpsc::Sender<Waiting>,
    /// Whether the last attempt to write failed.
    broken: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

/// An entry on its way, and who waits for it.
struct Waiting {
    entry: AuditEntry,
    written: Option<oneshot::Sender<()>>,
}

/// A place in the queue: whatever becomes of the action, its entry has room.
pub struct AuditSlot(mpsc::OwnedPermit<Waiting>);

impl Audit {
    /// Begins to write into this store.
    pub(crate) fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (queue, entries) = mpsc::channel(MOST_WAITING);
        let broken = Arc::<AtomicBool>::default();
        tasks.spawn(writer::run(store.clone(), entries, broken.clone(), stop));
        Self {
            store,
            queue,
            broken,
            clock,
        }
    }

    /// A place for the entry of an action that is about to begin.
    ///
    /// # Errors
    /// [`AuditUnavailable`]: the action must not begin.
    pub async fn reserve(&self) -> Result<AuditSlot, AuditUnavailable> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(AuditUnavailable);
        }
        match tokio::time::timeout(PATIENCE, self.queue.clone().reserve_owned()).await {
            Ok(Ok(permit)) => Ok(AuditSlot(permit)),
            Ok(Err(_)) | Err(_) => Err(AuditUnavailable),
        }
    }

    /// An entry of this moment.
    #[must_use]
    pub fn entry(&self, actor: AuditActor, action: &str) -> AuditEntry {
        AuditEntry::new(self.clock.now(), actor, action)
    }

    /// A deed of this moment, to be handed to what does it.
    #[must_use]
    pub fn deed(&self, actor: AuditActor, action: &str) -> Deed {
        Deed::new(self.entry(actor, action))
    }

    /// Writes down what has no action of its own to wait for, or whose action waits for it.
    ///
    /// # Errors
    /// [`AuditUnavailable`]: it is not written, or not yet.
    pub async fn record(&self, entry: AuditEntry) -> Result<(), AuditUnavailable> {
        self.reserve().await?.record(entry).await
    }
}

impl AuditSlot {
    /// Writes the entry down, and returns when it will survive a loss of power.
    ///
    /// # Errors
    /// [`AuditUnavailable`]: it is not written yet; it will be, when the database is back.
    pub async fn record(self, entry: AuditEntry) -> Result<(), AuditUnavailable> {
        let (written, told) = oneshot::channel();
        self.0.send(Waiting {
            entry,
            written: Some(written),
        });
        match tokio::time::timeout(PATIENCE, told).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(AuditUnavailable),
        }
    }

    /// Hands the entry over for writing, for a caller that cannot wait any more.
    pub fn leave(self, entry: AuditEntry) {
        self.0.send(Waiting {
            entry,
            written: None,
        });
    }
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
