//! Which of a session's terminals are recorded at this moment: a task of the session's sees that those that should be are.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use longhouse_domain::SessionId;
use longhouse_domain::lifecycle::Phase;
use longhouse_domain::name::TerminalName;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::making::{Ask, Beginning};
use super::recorder::Recorder;
use super::tape::Tape;
use crate::context::Context;
use crate::session::connection::Connections;
use crate::session::live::Live;

/// How many may wait for one recording to be put on disk.
const ASKS: usize = 8;

/// How long one waits for that. What is not on disk by then is missing at the recording's end.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pause before a recording that ended is looked at again.
const AGAIN: Duration = Duration::from_secs(1);

/// Where others ask for what is recorded.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    recorders: Mutex<HashMap<TerminalName, mpsc::Sender<Ask>>>,
    /// Ends every recording for good.
    closed: CancellationToken,
    /// Dropped by the task when it has ended.
    gone: CancellationToken,
}

impl Desk {
    /// Waits until what the terminal wrote before this byte is on disk, if it is recorded; no longer than is bearable.
    pub(crate) async fn catch_up(&self, name: &TerminalName, until: u64) {
        // One that ended meanwhile is on disk whole.
        self.ask(name, |reply| Ask::CatchUp(until, reply)).await;
    }

    /// Begins the terminal's recording anew. Whether it is being made.
    pub(crate) async fn forget(&self, name: &TerminalName) -> bool {
        self.ask(name, Ask::Forget).await
    }

    async fn ask(&self, name: &TerminalName, ask: impl FnOnce(oneshot::Sender<()>) -> Ask) -> bool {
        let Some(recorder) = self.recorders().get(name).cloned() else {
            return false;
        };
        let (reply, answer) = oneshot::channel();
        let asked = async {
            recorder.send(ask(reply)).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answered) => answered.is_some(),
            Err(_) => {
                tracing::debug!(terminal = %name, "a recording does not answer in time");
                false
            }
        }
    }

    /// Whether it is being recorded.
    pub(crate) fn records(&self, name: &TerminalName) -> bool {
        self.recorders().contains_key(name)
    }

    /// Ends all recordings; nothing is written any more when this returns.
    pub(crate) async fn close(&self) {
        self.closed.cancel();
        self.gone.cancelled().await;
    }

    fn recorders(&self) -> std::sync::MutexGuard<'_, HashMap<TerminalName, mpsc::Sender<Ask>>> {
        self.recorders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task behind a desk.
pub(crate) struct Attendant {
    pub(crate) context: Arc<Context>,
    pub(crate) id: SessionId,
    pub(crate) live: watch::Receiver<Live>,
    pub(crate) connections: Connections,
    pub(crate) desk: Arc<Desk>,
}

/// What is known of a session that matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    runs: bool,
    terminals: Vec<TerminalName>,
}

impl Attendant {
    pub(crate) async fn run(mut self) {
        let _gone = self.desk.gone.clone().drop_guard();
        let stop = self.context.stop.child_token();
        let mut making = JoinSet::new();
        let mut tokens: HashMap<TerminalName, CancellationToken> = HashMap::new();
        let mut was_off = false;
        loop {
            let wanted = self.wanted();
            tokens.retain(|name, token| {
                let stays = wanted.terminals.contains(name) || !wanted.runs;
                if !stays {
                    token.cancel();
                }
                stays
            });
            // Whoever switches it on while the session runs wants what comes, and nothing of what came while it was off.
            was_off = wanted.runs && (was_off || wanted.terminals.is_empty());
            let beginning = match was_off {
                true => Beginning::Now,
                false => Beginning::Oldest,
            };
            let mut all_begun = !wanted.terminals.is_empty();
            for name in wanted.terminals.iter().filter(|_| wanted.runs) {
                if tokens.contains_key(name) {
                    continue;
                }
                // One that was switched off a moment ago is still being put on disk.
                if self.desk.records(name) {
                    all_begun = false;
                    continue;
                }
                let token = stop.child_token();
                making.spawn(self.recorder(name, beginning, token.clone()));
                tokens.insert(name.clone(), token);
            }
            was_off &= !all_begun;
            tokio::select! {
                changed = self.live.changed() => if changed.is_err() { break },
                Some(ended) = making.join_next() => self.note_end(ended, &mut tokens).await,
                () = self.desk.closed.cancelled() => break,
                () = stop.cancelled() => break,
            }
        }
        stop.cancel();
        while making.join_next().await.is_some() {}
    }

    fn wanted(&self) -> Wanted {
        let live = self.live.borrow();
        let session = &live.session;
        let policy = self.context.settings.recordings.policy;
        let terminals = session
            .terminals
            .iter()
            .map(|terminal| terminal.name.clone());
        Wanted {
            runs: matches!(session.phase, Phase::Running { .. }),
            terminals: terminals
                .filter(|_| policy.records(session.spec.recording))
                .collect(),
        }
    }

    /// One terminal's recording, until it ends.
    fn recorder(
        &self,
        name: &TerminalName,
        beginning: Beginning,
        stop: CancellationToken,
    ) -> impl Future<Output = TerminalName> + Send + 'static {
        let (ask, asks) = mpsc::channel(ASKS);
        self.desk.recorders().insert(name.clone(), ask);
        let recorder = Recorder {
            name: name.to_string(),
            connections: self.connections.clone(),
            clock: self.context.clock.clone(),
            asks,
            stop,
        };
        let settings = &self.context.settings.recordings;
        let (dir, bytes) = (settings.of_terminal(self.id, name), settings.bytes);
        let title = format!("{}/{name}", self.live.borrow().session.name);
        let name = name.clone();
        async move {
            let place = dir.clone();
            let opened = tokio::task::spawn_blocking(move || Tape::open(dir, title, bytes)).await;
            let done = match opened.map_err(std::io::Error::other).flatten() {
                Ok(tape) => Box::pin(recorder.run(tape, beginning)).await,
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                complain(&place, &error);
            }
            name
        }
    }

    async fn note_end(
        &self,
        ended: Result<TerminalName, JoinError>,
        tokens: &mut HashMap<TerminalName, CancellationToken>,
    ) {
        match ended {
            Ok(name) => {
                self.desk.recorders().remove(&name);
                tokens.remove(&name);
            }
            Err(error) => tracing::error!(%error, "a recording broke off"),
        }
        // It may have ended because of something that lasts: a full disk, a session that is just ending.
        let pause = tokio::time::sleep(AGAIN);
        tokio::select! {
            () = pause => {}
            () = self.desk.closed.cancelled() => {}
            () = self.context.stop.cancelled() => {}
        }
    }
}

fn complain(dir: &Path, error: &std::io::Error) {
    tracing::warn!(dir = %dir.display(), %error, "a recording cannot be written");
}
