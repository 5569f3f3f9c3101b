//! The link's numbers, each with its reason. Both sides use them, so that neither sends what the other refuses.
//!
//! Not here: limits of what one side keeps for itself (rings, queues); those stand beside what they bound.

use std::time::Duration;

/// The version of the protocol. Raised when one side could misunderstand the other; additive changes leave it alone.
pub const PROTOCOL: u32 = 1;

/// The largest gRPC message, bytes. The largest thing that travels in one message is an `ExecReply` with both streams full
/// (2 × [`EXEC_OUTPUT_BYTES`]); everything else is cut into chunks. The rest is room for the other fields.
pub const MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of one stream (stdout or stderr) that an `Exec` keeps.
pub const EXEC_OUTPUT_BYTES: usize = 1024 * 1024;

/// The most data bytes in an `OutputChunk`. Measured: beyond 64 KiB a chunk gains no speed, below 16 KiB it costs.
pub const OUTPUT_CHUNK_BYTES: usize = 64 * 1024;

/// The most data bytes in a `WriteRequest`; the same size, so that echo and paste meet one limit.
pub const WRITE_CHUNK_BYTES: usize = 64 * 1024;

/// The most data bytes in one piece of a snapshot or a capture: a whole screen mostly fits one piece, and a piece fits one stream window.
pub const SNAPSHOT_CHUNK_BYTES: usize = 256 * 1024;

/// The most data bytes in one message of a file's content: a quarter of a stream's window, so that reading and sending overlap.
pub const FILE_CHUNK_BYTES: usize = 256 * 1024;

/// The most entries in one page of a directory. With a name of 255 bytes and a link's target of 4095 each, a page still fits a message.
pub const FILE_ENTRIES: usize = 500;

/// The longest tag of a file's content.
pub const FILE_TAG_BYTES: usize = 128;

/// The most tags that a save may name.
pub const FILE_TAGS: usize = 16;

/// Stands for every tag: the file only has to be there. No file's own tag looks like it.
pub const ANY_FILE_TAG: &str = "*";

/// The most that one copy, deletion or archive looks at: a large workspace with all its dependencies has half of it.
pub const FILE_TREE_ENTRIES: u64 = 500_000;

/// The most bytes that one copy or archive has.
pub const FILE_TREE_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// How many pieces of file work one side does at the same time; further ones wait. Disks gain nothing from more, and each takes a thread.
pub const FILE_JOBS: usize = 4;

/// In a refused file call: the error's code and its number, with a space between.
pub const FILE_ERROR: &str = "longhouse-file-error";

/// The most ports of one session that are told of. A busy workspace has a dozen.
pub const PORTS: usize = 128;

/// The longest name of a process, bytes: the kernel keeps 15.
pub const PROCESS_NAME_BYTES: usize = 15;

/// The longest that a clone may take. The largest public repositories take half of it over an ordinary line.
pub const CLONE_TIME: Duration = Duration::from_secs(2 * 60 * 60);

/// How often a clone's progress is told, at the most.
pub const CLONE_PROGRESS: Duration = Duration::from_secs(1);

/// The longest that the making of a working tree may take: it fetches nothing.
pub const WORKTREE_TIME: Duration = Duration::from_secs(30 * 60);

/// The most patterns of ignored files to copy.
pub const WORKTREE_PATTERNS: usize = 50;

/// The most ignored files that are copied: a large tree of dependencies has some hundred thousand.
pub const COPIED_FILES: u64 = 500_000;

/// The most bytes of them.
pub const COPIED_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// The most of git's last words that is told, bytes.
pub const CLONE_SAID_BYTES: usize = 600;

/// The longest that one piece of work with a repository may take: a push of a large history over an ordinary line.
pub const GIT_TIME: Duration = Duration::from_secs(30 * 60);

/// The most of what git says in answer that is kept, bytes. With [`GIT_SAID_BYTES`] it fits one message.
pub const GIT_OUTPUT_BYTES: usize = 3 * 1024 * 1024;

/// The most of a status that comes with another answer, bytes.
pub const GIT_STATUS_BYTES: usize = 512 * 1024;

/// The most of what git says beside it that is kept, bytes.
pub const GIT_SAID_BYTES: usize = 64 * 1024;

/// In a refused question to a repository: which refusal it is.
pub const GIT_REFUSAL: &str = "longhouse-git-refusal";

/// How long a commit of what waits, a checkpoint or its restoration may take: a repository of a hundred thousand files needs a few seconds.
pub const KEEPING_TIME: Duration = Duration::from_secs(120);

/// The most files that a restoration is told to have left alone.
pub const LEFT_ALONE: usize = 100;

/// The most data bytes in one message of a connection to a port: a frame's worth.
pub const PORT_CHUNK_BYTES: usize = 32 * 1024;

/// How far one direction of a connection to a port may be ahead of its reader, bytes. Enough for a gigabit within the machine.
pub const PORT_WINDOW_BYTES: u32 = 128 * 1024;

/// Connections to ports at once on one link. A browser opens six to an origin, and a WebSocket or two.
pub const PORT_STREAMS: usize = 64;

/// How long a connection to a port may carry nothing, either way.
pub const PORT_IDLE: Duration = Duration::from_secs(60 * 60);

/// How long the session's program may take to accept a connection. It is one round trip within the machine, unless its queue is full.
pub const PORT_CONNECT: Duration = Duration::from_secs(5);

/// Connections out of one session at once. A package manager opens a few dozen.
pub const OUTBOUND_STREAMS: usize = 64;

/// Programs of a session that may wait for a connection to the outside at once.
pub const OUTBOUND_ASKS: usize = 1_024;

/// The longest host that a program may name on the way out, bytes: a name has 253 at most, and brackets and a dot may surround it.
pub const OUTBOUND_HOST_BYTES: usize = 260;

/// How long a program waits for its connection: as long as the server may take to resolve a name and to try its addresses, or to
/// come back.
pub const OUTBOUND_WAIT: Duration = Duration::from_secs(60);

/// The most bytes of a message to or from an SSH agent: as OpenSSH's own has it.
pub const AGENT_MESSAGE_BYTES: usize = 256 * 1024;

/// How much may wait for an answer of a session's SSH agent at once: each fetch asks three times, one after the other.
pub const AGENT_ASKS: usize = 32;

/// How long a program waits for its agent: as long as a server may take to come back.
pub const AGENT_WAIT: Duration = Duration::from_secs(20);

/// The HTTP/2 window of one stream, bytes: what a terminal's output may be ahead of its reader. 1 MiB keeps a local link busy; it also is
/// the most that a stalled reader costs.
pub const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;

/// The HTTP/2 window of the connection, bytes: four streams at full speed, so that one stalled stream never starves the rest, and all
/// that connections to ports may hold ([`PORT_STREAMS`] × [`PORT_WINDOW_BYTES`]).
pub const CONNECTION_WINDOW_BYTES: u32 = 12 * 1024 * 1024;

/// The largest HTTP/2 frame, bytes: an output chunk needs two of them at most, where the default of 16 KiB needs five.
pub const FRAME_BYTES: u32 = 64 * 1024;

/// Calls at once on one connection: an output and an input stream for each of 64 terminals, as many single calls again, and the
/// connections to ports.
pub const CONCURRENT_STREAMS: u32 = 320;

/// How long a fresh connection may take to answer the hello. It is one round trip within the machine; five seconds allow for a
/// machine that is swapping, and keep a mute peer from holding the listener longer.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// How often an idle connection is pinged. The end of a process closes its socket at once; pings only find a peer that stands still.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How long a ping may stay unanswered before the connection counts as dead.
pub const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(15);

/// What calls have to finish once sessiond hangs up of its own accord. A quarter of a second is long for an answer that only has to be
/// sent, and nobody waits for it: endless streams are cut then.
pub const LAST_ANSWERS: Duration = Duration::from_millis(250);

/// How long calls under way may take to be answered once sessiond ends: the answer to the call that ended it, above all.
pub const DRAIN: Duration = Duration::from_secs(1);

/// The first pause between two attempts to dial: a server that restarts is back within tens of milliseconds.
pub const DIAL_BACKOFF_FIRST: Duration = Duration::from_millis(20);

/// The longest pause between two attempts to dial: a thousand waiting sessions then cost two thousand failing connects a second at
/// most, and none waits visibly long.
pub const DIAL_BACKOFF_CAP: Duration = Duration::from_millis(500);

/// The longest path a Unix socket can have on Linux, bytes: `sun_path` holds 108 with its end.
pub const SOCKET_PATH_BYTES: usize = 107;
