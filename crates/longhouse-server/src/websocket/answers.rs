//! What a client is owed by the protocol itself: pongs, and the answer to its close. The receiver makes them, the sender sends them
//! between its own frames.

use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::Notify;

/// How many bytes of answers wait for a client that does not read, at least one frame: the latest ping is to be answered, not each (RFC 6455,
/// section 5.5.3).
const MOST: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Answers {
    waiting: Mutex<BytesMut>,
    more: Notify,
}

impl Answers {
    /// Adds whole frames, unless too much waits already.
    pub(super) fn add(&self, frames: &[u8]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.extend_from_slice(frames);
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// All that wait.
    pub(super) fn take(&self) -> Bytes {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.split().freeze()
    }

    /// Waits until there may be some.
    pub(super) async fn wait(&self) {
        self.more.notified().await;
    }
}
