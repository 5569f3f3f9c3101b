//! The end of a session: every program, every socket, every file of sessiond's own except its log.

use std::time::Duration;

use longhouse_domain::SessionId;
use tokio::time::Instant;

use crate::git::keep;
use crate::processes;
use crate::session::Session;
use crate::termination;

/// The longest grace that a caller can ask for.
const LONGEST_GRACE: Duration = Duration::from_secs(60);

/// What becomes of programs that run in tmux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TmuxFate {
    /// They live on, for the next sessiond to find.
    Kept,
    /// They end like all others.
    Ended,
}

/// Ends the session, then lets sessiond itself end.
pub(crate) async fn shut_down(session: &Session, grace: Duration, tmux: TmuxFate) {
    tracing::info!(?grace, ?tmux, "the session ends");
    let (began, grace) = (Instant::now(), grace.min(LONGEST_GRACE));
    // Nothing new is started from here on.
    session.changing.close();
    session.cloning.close();
    let server = session.tmux.server_pid().await;
    let id: SessionId = session.environment.session();
    let kept: Vec<u32> = match (tmux, server) {
        (TmuxFate::Kept, Some(server)) => processes::families(&[server])
            .iter()
            .map(|p| p.pid)
            .collect(),
        _ => Vec::new(),
    };
    if tmux == TmuxFate::Ended {
        // The server hangs up on its programs, which then have the same grace as all others.
        session.tmux.kill_server().await;
    }
    let family = |pid: u32| kept.contains(&pid);
    termination::end_session(id, grace, |p| family(p.pid) || family(p.parent)).await;
    // What they wrote to the last is kept, too, and pushed in the time that they left.
    keep::last(session).await;
    keep::push_last(session, began + grace).await;
    session.changing_repository.close();
    if tmux == TmuxFate::Ended {
        session.tmux.remove_files();
    }
    session.ending.cancel();
}
