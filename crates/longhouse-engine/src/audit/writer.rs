//! The one task that writes: it takes what has gathered, commits it, and tells those who wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use longhouse_domain::audit::AuditEntry;
use longhouse_store::Store;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Waiting;

/// How many entries one transaction takes at most.
const BATCH: usize = 256;

/// The pause between two attempts while the database is away.
const RETRY: Duration = Duration::from_millis(500);

/// Writes until it is told to stop and everything that waits is written.
pub(super) async fn run(
    store: Store,
    mut queue: mpsc::Receiver<Waiting>,
    broken: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let taken = tokio::select! {
            biased;
            taken = queue.recv_many(&mut batch, BATCH) => taken,
            () = stop.cancelled(), if !queue.is_closed() => {
                // Places that were given out may still be used; new ones are refused.
                queue.close();
                continue;
            }
        };
        if taken == 0 {
            return;
        }
        let (mut entries, waiting): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|one| (one.entry, one.written)).unzip();
        match store.append_audit(&entries).await {
            Ok(_) => {
                for written in waiting.into_iter().flatten() {
                    // Nobody may be waiting any more.
                    let _ = written.send(());
                }
            }
            Err(error) => {
                // From now on nothing begins. Whoever waits is told at once, and answers that it is not recorded; the entries stay.
                broken.store(true, Ordering::Relaxed);
                drop(waiting);
                tracing::error!(%error, "the audit log cannot be written: nothing that is audited is done until it can");
                try_again(&store, &mut queue, &mut entries, &stop).await;
                broken.store(false, Ordering::Relaxed);
            }
        }
    }
}

/// Tries until the entries are written, or the server ends: then its own log is what is left. Who waits in the queue is told
/// meanwhile, and their entries join the others; there are no more of them than places that were given out before.
async fn try_again(
    store: &Store,
    queue: &mut mpsc::Receiver<Waiting>,
    entries: &mut Vec<AuditEntry>,
    stop: &CancellationToken,
) {
    loop {
        let ends = stop
            .run_until_cancelled(tokio::time::sleep(RETRY))
            .await
            .is_none();
        while let Ok(one) = queue.try_recv() {
            entries.push(one.entry);
        }
        match store.append_audit(entries).await {
            Ok(_) => {
                tracing::info!("the audit log can be written again");
                return;
            }
            Err(error) if ends => {
                for entry in entries.iter() {
                    tracing::error!(%error, ?entry, "this was not written to the audit log");
                }
                return;
            }
            Err(_) => {}
        }
    }
}
