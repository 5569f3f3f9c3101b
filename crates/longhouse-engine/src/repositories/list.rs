//! Looking at the list. All sessions that run are asked at once, each for a moment: a list takes as long as the slowest of them may take,
//! however many there are, and who does not answer is shown as last heard.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use longhouse_domain::Actor;
use longhouse_domain::clock::{Timestamp, to_millis};
use longhouse_domain::git::{Operation, TreeStatus};
use longhouse_domain::working_copy::{CopyPath, CopyState};
use longhouse_store::RepositoryQuery;
use uuid::Uuid;

use super::{RepositoryPage, RepositoryQuestion, RepositoryView};
use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};
use crate::git::ask_at;
use crate::session::handle::Handle;

/// How long one working copy may take to say how it stands. A hundred thousand files take about a second.
const ONE: Duration = Duration::from_secs(3);

/// How long all of a page may take.
const ALL: Duration = Duration::from_secs(5);

/// How many are asked at once. Each runs a git, and many of them on this machine.
const AT_ONCE: usize = 16;

/// How old, in milliseconds, what was last heard may be written where only the moment has changed.
const WRITTEN_ANEW: i64 = 60_000;

/// The most entries of one page.
const MAX_PAGE: u32 = 200;

/// What a working copy says of itself: how it stands, or why there is none; nothing where nobody answers in time.
type Glance = Option<Result<CopyState, FieldProblem>>;

impl Engine {
    /// Entries that the actor may see, the newest first, each with how its working copy stands. The limit is brought into 1 to 200.
    pub async fn repositories(
        &self,
        actor: &Actor,
        question: RepositoryQuestion,
    ) -> Result<RepositoryPage, EngineError> {
        let limit = question.limit.clamp(1, MAX_PAGE);
        let query = RepositoryQuery {
            session: question.session,
            after: question.after,
            // One more tells whether there is another page.
            limit: limit + 1,
        };
        let (found, total) = self.context().store.repositories(actor, &query).await?;
        let more = found.len() > limit as usize;
        let found = found.into_iter().take(limit as usize);
        let mut items: Vec<_> = found.map(RepositoryView::remembered).collect();
        self.hear(&mut items).await?;
        let last = items.last().map(|item| item.copy.id);
        Ok(RepositoryPage {
            next: last.filter(|_| more),
            items,
            total,
        })
    }

    /// One entry, with how its working copy stands.
    pub async fn repository(&self, actor: &Actor, id: Uuid) -> Result<RepositoryView, EngineError> {
        let mut one = [self.remembered_repository(actor, id).await?];
        self.hear(&mut one).await?;
        let [view] = one;
        Ok(view)
    }

    /// One entry, as it is remembered.
    pub(super) async fn remembered_repository(
        &self,
        actor: &Actor,
        id: Uuid,
    ) -> Result<RepositoryView, EngineError> {
        let found = self.context().store.repository(actor, id).await?;
        let found = found.ok_or(EngineError::RepositoryNotFound)?;
        Ok(RepositoryView::remembered(found))
    }

    /// Asks every working copy how it stands, and writes down what is new.
    async fn hear(&self, views: &mut [RepositoryView]) -> Result<(), EngineError> {
        let heard = self.glances(views).await;
        let now = self.context().now();
        let mut news = Vec::new();
        for (at, answer) in heard {
            let view = &mut views[at];
            match answer {
                Some(Ok(state)) => {
                    if is_worth_writing(view.heard.as_ref(), &state, now) {
                        news.push((view.copy.id, state.clone()));
                    }
                    view.heard = Some((state, now));
                }
                Some(Err(problem)) => view.problem = Some(problem),
                None => {}
            }
        }
        for view in views {
            view.listening = self.listens(view);
        }
        if !news.is_empty() {
            self.context().store.note_repositories(&news, now).await?;
        }
        Ok(())
    }

    /// What those of them say whose sessions run, as far as it comes in time.
    async fn glances(&self, views: &[RepositoryView]) -> Vec<(usize, Glance)> {
        let mut questions: Vec<BoxFuture<'_, _>> = Vec::new();
        for (at, view) in views.iter().enumerate() {
            if let Some(handle) = self.handle(view.session.id).filter(|_| view.is_running()) {
                let path = view.copy.path.clone();
                questions.push(Box::pin(
                    async move { (at, self.glance(&handle, &path).await) },
                ));
            }
        }
        let heard = stream::iter(questions)
            .buffer_unordered(AT_ONCE)
            .take_until(tokio::time::sleep(ALL));
        heard.collect().await
    }

    /// How a working copy stands, or why there is none; nothing where nobody answers in time.
    async fn glance(&self, handle: &Handle, path: &CopyPath) -> Glance {
        let transports = &self.context().settings.git_transports;
        let asked = ask_at(handle, path, &Operation::Glance, transports, ONE);
        match tokio::time::timeout(ONE, asked).await.ok()? {
            Ok(reply) if reply.exit_code == 0 || reply.truncated => {
                let status = TreeStatus::read(&reply.stdout, reply.truncated);
                status.and_then(CopyState::read).ok().map(Ok)
            }
            Err(EngineError::Conflict { code, detail })
                if code.starts_with("git.") && code != "git.timeout" =>
            {
                Some(Err(FieldProblem::new(code, detail)))
            }
            Ok(_) | Err(_) => None,
        }
    }

    /// Whether a program of the session listens on the entry's port.
    fn listens(&self, view: &RepositoryView) -> bool {
        let handle = self.handle(view.session.id);
        handle.is_some_and(|handle| {
            let live = handle.live.borrow();
            live.ports.iter().any(|open| open.port == view.copy.port)
        })
    }
}

/// Whether it is another state, or the same after a while.
fn is_worth_writing(
    before: Option<&(CopyState, Timestamp)>,
    state: &CopyState,
    now: Timestamp,
) -> bool {
    before.is_none_or(|(known, at)| {
        known != state || to_millis(now).saturating_sub(to_millis(*at)) >= WRITTEN_ANEW
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use longhouse_domain::clock::from_millis;

    #[test]
    fn what_does_not_change_is_written_once_a_minute() {
        let state = CopyState {
            branch: Some("main".to_owned()),
            upstream: None,
            dirty: false,
            ahead: None,
            behind: None,
        };
        let before = (state.clone(), from_millis(1_000));
        assert!(is_worth_writing(None, &state, from_millis(1_000)));
        assert!(!is_worth_writing(
            Some(&before),
            &state,
            from_millis(60_999)
        ));
        assert!(is_worth_writing(Some(&before), &state, from_millis(61_000)));
        let changed = CopyState {
            dirty: true,
            ..state
        };
        assert!(is_worth_writing(
            Some(&before),
            &changed,
            from_millis(1_001)
        ));
    }
}
