//! How long one waits for the next attempt to push, and what cuts that short.

use std::time::Duration;

use longhouse_link::limits::GIT_TIME;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tonic::Status;

use super::Pusher;
use crate::git::operate::{Caller, Work};
use crate::git::repository::Repository;
use crate::git::words;

/// The least time between two looks: commands come in a row.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// The least time before a new commit hurries what waits for its time.
const BEFORE_HURRY: Duration = Duration::from_secs(1);

/// When one tries again.
pub(super) enum Next {
    /// Once there is something new.
    News,
    /// After this pause, whatever happens here.
    Pause(Duration),
    /// After this pause, or as soon as there is another commit.
    PauseOrCommit(Duration),
}

impl Pusher<'_> {
    /// Waits until one tries again.
    pub(super) async fn wait(&self, next: Next) {
        match next {
            Next::News => {
                sleep(BETWEEN_LOOKS).await;
                self.session.keeping.news_to_push.notified().await;
            }
            Next::Pause(pause) => sleep(pause).await,
            Next::PauseOrCommit(pause) => tokio::select! {
                () = sleep(pause) => {}
                () = self.another_commit() => {}
            },
        }
    }

    /// Waits until there is another commit than the one that was to be pushed last.
    async fn another_commit(&self) {
        loop {
            sleep(BEFORE_HURRY).await;
            self.session.keeping.news_to_push.notified().await;
            let (mut caller, _asks) = oneshot::channel();
            if self.head(&mut caller).await != self.tried {
                return;
            }
        }
    }

    /// The commit that stands here now.
    async fn head(&self, caller: &mut Caller) -> Option<String> {
        let repository = Repository::here().ok()?;
        let deadline = Instant::now() + GIT_TIME;
        let protocols = &self.pushing.protocols;
        let mut work = Work::new(self.session, &repository, protocols, deadline, caller);
        head(&mut work).await.ok()
    }
}

/// The commit that stands here.
pub(super) async fn head(work: &mut Work<'_>) -> Result<String, Status> {
    let question = words(["rev-parse", "--verify", "HEAD^{commit}"]);
    let head = work.look(question).await?.stdout;
    Ok(String::from_utf8_lossy(&head).trim().to_owned())
}
