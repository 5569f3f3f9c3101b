//! What is committed when the session ends is pushed, as long as the end has time for it. The rest waits for the next start, which finds it in
//! the repository.

use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use longhouse_domain::git::PushActivity;

use crate::git::operate::GRACE;
use crate::session::Session;

/// How it stands with the last push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::git::keep) enum LastPush {
    /// The session goes on.
    #[default]
    NotYet,
    /// The session ends, and everything is committed.
    Wanted,
    /// Nothing is pushed any more.
    Done,
}

/// Waits until it stands so.
pub(super) async fn is(last: &mut watch::Receiver<LastPush>, wanted: LastPush) {
    // The sender goes with the session.
    let _gone = last.wait_for(|last| *last == wanted).await;
}

/// Nothing is pushed any more.
pub(super) fn is_done(session: &Session) {
    session.keeping.last_push.send_replace(LastPush::Done);
}

/// Pushes what there is when the session ends, until then at the longest.
pub(crate) async fn last(session: &Session, until: Instant) {
    let keeping = &session.keeping;
    if keeping.pushing.borrow().is_none() {
        return;
    }
    let mut last = keeping.last_push.subscribe();
    keeping.last_push.send_replace(LastPush::Wanted);
    let in_time = timeout_at(until, is(&mut last, LastPush::Done)).await;
    let push = keeping.standing.now().push;
    if push.activity == PushActivity::Pending {
        let why = push.reason.as_deref().unwrap_or("there was no time for it");
        let text = format!("commits are not pushed yet; the session's next start goes on: {why}");
        session.events.log(tracing::Level::WARN, "git", text);
    }
    if in_time.is_err() {
        // A git that is under way is ended in order.
        keeping.pushing.send_replace(None);
        let _ended = timeout(2 * GRACE, is(&mut last, LastPush::Done)).await;
    }
}
