//! What sessiond is told at its start, and what it answers: JSON over pipes, never arguments, because the environment may hold secrets and
//! arguments are public on the machine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use longhouse_domain::SessionId;
use serde::{Deserialize, Serialize};

/// The loopback port of a session's proxy: the customary one of proxies.
pub const WAY_OUT_PORT: u16 = 3128;

/// The start-up specification: one JSON object on `sessiond start`'s standard input. The session's directory is not in it: it is the
/// current directory of the process, so that no path is resolved a second time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessiondSpec {
    /// [`crate::limits::PROTOCOL`] of whoever starts it.
    pub protocol: u32,
    /// The session it serves.
    pub session_id: SessionId,
    /// The socket to dial.
    pub link_socket: PathBuf,
    /// Its own directory (0700): log, lock, tmux socket. It is there already, and outlives sessiond.
    pub state_dir: PathBuf,
    /// The whole environment of every program of the session, before a terminal's own additions. Nothing else is inherited.
    pub env: BTreeMap<String, String>,
    /// The program of a terminal that names none: the user's shell, an absolute path or a name in `PATH`.
    pub shell: String,
    /// Whether that shell is a login shell, which reads the profile that sets up a person's environment. In a container it is not: an
    /// image's profile sets `PATH` anew, and so takes away what the image's own environment adds to it.
    #[serde(default = "SessiondSpec::default_login_shell")]
    pub login_shell: bool,
    /// The loopback port of the session's proxy, where its network is closed and the link is its way out.
    #[serde(default)]
    pub way_out_port: Option<u16>,
    /// Whether the server signs with an SSH key for the session's programs.
    #[serde(default)]
    pub lends_key: bool,
    /// Whether the server may have a token for git, which it gives out on demand.
    #[serde(default)]
    pub lends_token: bool,
    /// The home directory, where it is the session's own and nobody else's: what is in it counts as the session's.
    #[serde(default)]
    pub own_home: Option<PathBuf>,
    /// Where terminals begin to count their bytes: beyond everything that an earlier sessiond of this session has counted.
    #[serde(default)]
    pub first_offset: u64,
    /// The most bytes of output kept of each terminal.
    #[serde(default = "SessiondSpec::default_ring_bytes")]
    pub ring_bytes: u64,
    /// The lines of history kept of each parsed screen.
    #[serde(default = "SessiondSpec::default_scrollback_lines")]
    pub scrollback_lines: u32,
    /// The lines of history that tmux keeps of each terminal it wraps.
    #[serde(default = "SessiondSpec::default_tmux_history_lines")]
    pub tmux_history_lines: u32,
}

impl SessiondSpec {
    /// 8 MiB: rejoining within it loses nothing, and a full ring is replayed well within a second.
    pub const RING_BYTES: u64 = 8 * 1024 * 1024;
    /// 2,000 lines: some 10 MB for a full history of 200 columns, the largest part of a busy terminal's memory.
    pub const SCROLLBACK_LINES: u32 = 2_000;
    /// 10,000 lines: tmux keeps them packed, and people who attach from a shell expect a long history.
    pub const TMUX_HISTORY_LINES: u32 = 10_000;

    /// A specification with the default bounds.
    #[must_use]
    pub fn new(
        session_id: SessionId,
        link_socket: PathBuf,
        state_dir: PathBuf,
        env: BTreeMap<String, String>,
        shell: String,
    ) -> Self {
        Self {
            protocol: crate::limits::PROTOCOL,
            session_id,
            link_socket,
            state_dir,
            env,
            shell,
            login_shell: true,
            way_out_port: None,
            lends_key: false,
            lends_token: false,
            own_home: None,
            first_offset: 0,
            ring_bytes: Self::RING_BYTES,
            scrollback_lines: Self::SCROLLBACK_LINES,
            tmux_history_lines: Self::TMUX_HISTORY_LINES,
        }
    }

    fn default_login_shell() -> bool {
        true
    }

    fn default_ring_bytes() -> u64 {
        Self::RING_BYTES
    }

    fn default_scrollback_lines() -> u32 {
        Self::SCROLLBACK_LINES
    }

    fn default_tmux_history_lines() -> u32 {
        Self::TMUX_HISTORY_LINES
    }
}

/// The values of the environment are left out: they may be secrets.
impl std::fmt::Debug for SessiondSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessiondSpec")
            .field("session_id", &self.session_id)
            .field("link_socket", &self.link_socket)
            .field("state_dir", &self.state_dir)
            .field("env", &self.env.keys())
            .field("shell", &self.shell)
            .finish_non_exhaustive()
    }
}

/// The one line that `sessiond start` prints once the daemon is up; its exit code is 0 then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// The daemon's process id.
    pub pid: u32,
    /// When the daemon began, in clock ticks since boot (field 22 of `/proc/<pid>/stat`): with the pid it names the process for good,
    /// for a recycled pid has another. 0 where there is no `/proc`.
    pub start_ticks: u64,
}

/// The one line that `sessiond start` prints where it failed; its exit code is 1 then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartFailure {
    /// What failed, for people.
    pub error: String,
}
