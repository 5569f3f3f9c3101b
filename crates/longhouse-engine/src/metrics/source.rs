//! One reading of what a session uses. What sessiond says is foreign input, and passes only as far as it can be true.

use std::time::Duration;

use longhouse_domain::container::ContainerSpec;
use longhouse_domain::metrics::{CpuTime, Reading};
use longhouse_link::proto::{UsageReply, UsageRequest};
use tonic::Code;

use crate::error::plain;
use crate::session::connection::{Connection, Connections};
use crate::session::handle::Handle;

/// How long sessiond may take for an answer. It takes milliseconds.
const ANSWER: Duration = Duration::from_secs(2);

/// Whether somebody waits for the figures of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Haste {
    /// Somebody does.
    Watched,
    /// They are for the history: what is costly may be older.
    Unhurried,
}

/// What is seen from inside; in words, why nothing is.
pub(super) async fn inside(connections: &Connections, haste: Haste) -> Result<Reading, String> {
    let away = || "the session's sessiond is not connected at the moment".to_owned();
    let connection = connections.current().ok_or_else(away)?;
    let question = UsageRequest {
        unhurried: haste == Haste::Unhurried,
        ..UsageRequest::default()
    };
    let mut client = connection.client();
    match tokio::time::timeout(ANSWER, client.usage(question)).await {
        Ok(Ok(reply)) => Ok(read(reply.get_ref()).plausible()),
        // It is older than this question: nothing is known until the session is started again, and that is no fault.
        Ok(Err(status)) if status.code() == Code::Unimplemented => Ok(Reading::default()),
        Ok(Err(status)) => Err(plain(status.message())),
        Err(_) => Err("the session's sessiond does not answer".to_owned()),
    }
}

/// What the session has on disk, as its sessiond says who is told of the limit; nothing where that is not known.
pub(crate) async fn disk(connection: &Connection, limit: u64) -> Option<u64> {
    let question = UsageRequest {
        disk_limit_bytes: limit,
        ..UsageRequest::default()
    };
    let mut client = connection.client();
    let answer = tokio::time::timeout(ANSWER, client.usage(question)).await;
    read(answer.ok()?.ok()?.get_ref()).plausible().disk_bytes
}

/// What counts of a place together with what is seen inside. Processor time is never mixed: the two count from different moments.
pub(super) fn together(outside: Reading, inside: Reading, handle: &Handle) -> Reading {
    let inside = Reading {
        cpu: None,
        ..inside
    };
    outside.plausible().or(inside).or(by_way_out(handle))
}

/// What a session carried that has no network of its own, where it has a way out.
fn by_way_out(handle: &Handle) -> Reading {
    let live = handle.live.borrow();
    let container = live.session.spec.container.as_ref();
    match container.and_then(ContainerSpec::way_out) {
        None => Reading::default(),
        Some(_) => {
            let (sent, received) = handle.traffic.read();
            Reading {
                network_tx_bytes: Some(sent),
                network_rx_bytes: Some(received),
                ..Reading::default()
            }
        }
    }
}

fn read(reply: &UsageReply) -> Reading {
    Reading {
        cpu: Some(CpuTime {
            used: Duration::from_micros(reply.cpu_us),
            passed: Duration::from_micros(reply.passed_us),
            cores: 1,
        }),
        memory_bytes: Some(reply.memory_bytes),
        disk_bytes: reply.disk_bytes,
        tasks: Some(reply.tasks),
        agent_active: reply.agent_active,
        ..Reading::default()
    }
}
