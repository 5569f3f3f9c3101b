//! The terminal WebSocket's messages, `longhouse.terminal.v1`, as a client sees them.

use serde::{Deserialize, Serialize};

/// The subprotocol's name.
pub(super) const SUBPROTOCOL: &str = "longhouse.terminal.v1";

/// Bytes before the output in a binary frame: its offset in the stream, big-endian.
pub(super) const OFFSET_BYTES: usize = 8;

/// Type or only watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Access {
    /// Watch.
    Read,
    /// Watch and type.
    Write,
}

impl Access {
    /// As it stands in the query.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// What the server says in text frames. What we do not know is passed over.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum FromServer {
    Hello {
        offset: u64,
        cols: u16,
        rows: u16,
        mode: Access,
    },
    Snapshot {
        offset: u64,
    },
    Exit {
        code: i32,
    },
    #[serde(other)]
    Other,
}

/// What we say in text frames.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum ToServer {
    Resize { cols: u16, rows: u16 },
    Ack { offset: u64 },
    Ping,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_look_as_the_protocol_says() {
        let read = |text: &str| serde_json::from_str::<FromServer>(text).unwrap();
        assert_eq!(
            read(r#"{"type":"hello","offset":1,"oldest":0,"cols":80,"rows":24,"mode":"write"}"#),
            FromServer::Hello {
                offset: 1,
                cols: 80,
                rows: 24,
                mode: Access::Write
            }
        );
        assert_eq!(
            read(r#"{"type":"snapshot","offset":9,"bytes":3}"#),
            FromServer::Snapshot { offset: 9 }
        );
        assert_eq!(
            read(r#"{"type":"presence","viewers":[{"id":1}]}"#),
            FromServer::Other
        );
        let written = |message: ToServer| serde_json::to_string(&message).unwrap();
        assert_eq!(
            written(ToServer::Resize { cols: 1, rows: 2 }),
            r#"{"type":"resize","cols":1,"rows":2}"#
        );
        assert_eq!(written(ToServer::Ping), r#"{"type":"ping"}"#);
    }
}
