//! The messages of `longhouse.terminal.v1`: what travels beside the bytes, and how a connection ends.
//!
//! ```text
//!   client                                   server
//!     │ ── upgrade ?from=&window=&mode= ──────► │
//!     │ ◄──────────────────────────── hello ─── │
//!     │ ◄── snapshot, then one binary frame ─── │   unless the stream continues at `from`
//!     │ ◄── [offset, 8 bytes BE][output] ────── │
//!     │ ── binary: input ─────────────────────► │
//!     │ ── ack {offset}, resize, ping ────────► │
//!     │ ◄── size, exit, presence, pong, error ─ │
//! ```

use longhouse_domain::terminal::TerminalSize;
use longhouse_engine::{Access, PresentViewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The subprotocol.
pub(crate) const SUBPROTOCOL: &str = "longhouse.terminal.v1";

/// Largest frame of input, in bytes. What is larger is pasted in pieces, or sent by the `input` operation.
pub(crate) const LARGEST_INPUT_FRAME: usize = 1 << 20;

/// Largest text frame, in bytes.
pub(super) const LARGEST_TEXT_FRAME: usize = 4096;

/// What a viewer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalMode)]
pub(crate) enum ModeOfViewer {
    Read,
    Write,
}

impl From<Access> for ModeOfViewer {
    fn from(access: Access) -> Self {
        match access {
            Access::Read => Self::Read,
            Access::Write => Self::Write,
        }
    }
}

/// Somebody who looks at the terminal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalViewer)]
pub(crate) struct ViewerBody {
    /// Tells two windows of one person apart.
    id: u64,
    username: String,
    mode: ModeOfViewer,
    /// Whether their window sets the size.
    driving: bool,
    /// Whether this is the connection that reads this.
    you: bool,
}

impl ViewerBody {
    pub(super) fn new(viewer: PresentViewer, own: u64) -> Self {
        Self {
            you: viewer.id == own,
            id: viewer.id,
            username: viewer.username,
            mode: viewer.access.into(),
            driving: viewer.driving,
        }
    }
}

/// What the server says in text.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "type")]
#[schema(as = TerminalServerMessage)]
pub(crate) enum ServerMessage {
    /// First of all.
    Hello {
        /// Where this viewer's output begins.
        offset: u64,
        /// The first byte that is kept.
        oldest: u64,
        cols: u16,
        rows: u16,
        mode: ModeOfViewer,
    },
    /// One binary frame without an offset header follows, which repaints screen and scrollback; output goes on at `offset`.
    Snapshot {
        offset: u64,
        /// The length of the frame that follows.
        bytes: u64,
    },
    /// The terminal has another size.
    Size { cols: u16, rows: u16 },
    /// The program ended.
    Exit { code: i32 },
    /// Who looks.
    Presence { viewers: Vec<ViewerBody> },
    /// Something was refused. Where the connection ends, a close code follows.
    Error { code: String },
    /// The answer to a ping.
    Pong,
}

impl ServerMessage {
    pub(super) fn size(size: TerminalSize) -> Self {
        Self::Size {
            cols: size.cols,
            rows: size.rows,
        }
    }
}

/// A message as it is sent.
pub(super) fn text(message: &ServerMessage) -> String {
    // These types always serialise.
    serde_json::to_string(message).unwrap_or_default()
}

/// What the client says in text; input is binary.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "type", deny_unknown_fields)]
#[schema(as = TerminalClientMessage)]
pub(crate) enum ClientMessage {
    /// The size of the viewer's window, brought into 1 to 1000.
    Resize { cols: u64, rows: u64 },
    /// Everything before this offset has been dealt with.
    Ack { offset: u64 },
    /// Answered by a pong. (With braces, because serde lets unknown fields of a unit variant pass.)
    Ping {},
}

/// Why the server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The server goes away; come back.
    GoingAway,
    /// A frame that is not of this protocol.
    BadFrame,
    /// Text that is not UTF-8.
    BadText,
    /// A frame that is too large.
    TooLarge,
    /// Not logged in, or not any more.
    NotAuthenticated,
    /// No right to do that.
    Forbidden,
    /// No such session or terminal.
    NotFound,
    /// The viewer took nothing for too long.
    TooSlow,
    /// This user, or everybody together, has too many; come back later.
    TooMany,
    /// A fault of ours.
    Fault,
}

impl Ending {
    pub(super) fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::BadText => 1007,
            Self::BadFrame => 1008,
            Self::TooLarge => 1009,
            Self::Fault => 1011,
            Self::TooMany => 1013,
            Self::NotAuthenticated => 4401,
            Self::Forbidden => 4403,
            Self::NotFound => 4404,
            Self::TooSlow => 4408,
        }
    }
}
