//! What an echoing session says it uses: half a core, until a test lets it say something else.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use longhouse_link::proto::UsageReply;
use tonic::Status;

/// See the module.
#[derive(Debug)]
pub(super) struct EchoUsage {
    began: Instant,
    said: Mutex<Option<UsageReply>>,
}

impl EchoUsage {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            said: Mutex::default(),
        }
    }

    pub(super) fn say(&self, usage: UsageReply) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(usage);
    }

    /// What it answers; nothing where it is too old to know the question.
    pub(super) fn reply(&self, knows: bool) -> Result<UsageReply, Status> {
        if !knows {
            return Err(Status::unimplemented("this one knows no such call"));
        }
        let said = *self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let passed_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(said.unwrap_or(UsageReply {
            cpu_us: passed_us / 2,
            passed_us,
            memory_bytes: 32 << 20,
            tasks: 2,
            disk_bytes: Some(4096),
            agent_active: Some(false),
        }))
    }
}
