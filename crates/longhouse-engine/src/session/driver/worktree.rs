//! The working tree that a session has in another's repository: made by its sessiond before the first terminal starts, once; and left when
//! the session is deleted, by a sessiond that is started for it where none lives.

use longhouse_domain::event::{EventKind, LogLevel, Stage};
use longhouse_domain::git::{Revision, Worktree};
use longhouse_domain::lifecycle::RuntimeHandle;
use longhouse_domain::session::Multiplexer;
use longhouse_link::limits::{KEEPING_TIME, WORKTREE_TIME};
use longhouse_link::proto::worktree_news::{self, Failed, Made, What, Why};
use longhouse_link::proto::{LeaveRequest, WorktreeNews, WorktreeRequest};

use super::Driver;
use super::furnish::Furnishing;
use super::make::plan;
use super::making::{Ended, Making, Told, impossible};
use super::way_out::WayOut;
use crate::error::{EngineError, plain};
use crate::session::connection::{Connection, Connections};
use crate::session::live::Unkept;

impl Driver {
    /// Makes what is still to be made.
    pub(super) async fn make_worktree(
        &mut self,
        connection: &Connection,
        way_out: &mut WayOut,
    ) -> Result<(), Furnishing> {
        let Some(worktree) = self.session.to_be_worktree().cloned() else {
            return Ok(());
        };
        let doing = format!("making a working tree on {}", worktree.branch);
        self.progress(Stage::Worktree, &doing).await;
        let making = Making {
            what: "working tree",
            limit: WORKTREE_TIME,
        };
        let request = self.worktree_request(&worktree).await?;
        let news = connection.client().make_worktree(request).await;
        let news = news.map_err(|status| impossible(status, &making))?;
        let ended = self.follow(connection, way_out, &making, news.into_inner(), read);
        let made = match ended.await? {
            Ended::Done(made) => made,
            Ended::Failed(failed, _) => {
                return Err(Furnishing::Impossible(explain(&worktree, &failed)));
            }
        };
        let text = match (made.files, made.left_out) {
            (0, 0) => "the working tree is made".to_owned(),
            (files, left_out) => format!(
                "the working tree is made; {files} ignored files were copied, {left_out} were not"
            ),
        };
        self.log(LogLevel::Info, "session", &text).await;
        self.note_made().await
    }

    async fn worktree_request(&self, worktree: &Worktree) -> Result<WorktreeRequest, Furnishing> {
        let of = self.context.workdir_of(worktree.of).await;
        let of = of.map_err(Furnishing::Unsaved)?.ok_or_else(|| {
            Furnishing::Impossible(
                "the session whose repository it was to work in is deleted".to_owned(),
            )
        })?;
        let from = worktree.from.as_ref().map(ToString::to_string);
        Ok(WorktreeRequest {
            tree: of.display().to_string(),
            branch: worktree.branch.to_string(),
            from: from.unwrap_or_default(),
            copy: worktree.copy.clone(),
            timeout_seconds: u32::try_from(WORKTREE_TIME.as_secs()).unwrap_or(u32::MAX),
        })
    }

    /// Leaves the repository that the session has a working tree of. Where that fails everybody is told why, and that the session is still
    /// there; where somebody gave its work up, it goes all the same.
    pub(super) async fn part_from_repository(&mut self) -> Result<(), EngineError> {
        let before = self.live.borrow().unkept.clone();
        let attempts = before.as_ref().map_or(0, |before| before.attempts) + 1;
        let error = match self.leave_worktree().await {
            Ok(()) => return Ok(()),
            // What only failed by chance is done the second time.
            Err(error) if self.gives_up && attempts > 1 => {
                self.context
                    .complain(self.id, "leave the repository in order", &error);
                return Ok(());
            }
            Err(error) => error,
        };
        let why = format!("the session is not deleted yet: {error}; it is tried again");
        let is_news = before.is_none_or(|before| before.why != why);
        if is_news {
            self.log(LogLevel::Warn, "session", &why).await;
        }
        self.publish(|live| live.unkept = Some(Unkept { why, attempts }));
        if is_news {
            self.append(&[EventKind::Updated]).await;
        }
        Err(error)
    }

    /// Takes the working tree out of its repository, where the session has one; its work is kept there. Nothing of the session runs any
    /// more: a sessiond without terminals is started for this alone. Whoever is killed in here does it again.
    pub(super) async fn leave_worktree(&mut self) -> Result<(), EngineError> {
        let Some(worktree) = self.session.spec.worktree.clone() else {
            return Ok(());
        };
        let Some(base) = self.context.workdir_of(worktree.base).await? else {
            // The repository went with that session.
            return Ok(());
        };
        // Git would run what the repository's settings name, with the rights of the host.
        let may_run = self.context.barred(&self.session).await?.is_none();
        let (connection, handle) = self.sessiond_alone().await?;
        let request = LeaveRequest {
            tree: base.display().to_string(),
            keep: may_run && !self.gives_up,
        };
        let mut client = connection.client();
        let asked = tokio::time::timeout(KEEPING_TIME, client.leave_worktree(request));
        let not_kept =
            |why: &str| EngineError::Internal(format!("its work cannot be kept: {}", plain(why)));
        let left = match asked.await {
            Ok(Ok(left)) => Ok(left.into_inner()),
            Ok(Err(status)) => Err(not_kept(status.message())),
            Err(_) => Err(not_kept("it took too long")),
        };
        if left.is_err() {
            // The next attempt starts one of its own.
            self.end_for_good(&handle, Some(&connection)).await?;
        }
        let left = left?;
        if !left.kept.is_empty() {
            let text = format!(
                "what only this session had is kept as {}",
                plain(&left.kept)
            );
            tracing::info!(session = %self.id, "{text}");
        }
        Ok(())
    }

    /// A sessiond of the session's, in its directory, that has nothing to do yet.
    async fn sessiond_alone(&mut self) -> Result<(Connection, RuntimeHandle), EngineError> {
        let failed = |error: &dyn std::fmt::Display| EngineError::Internal(error.to_string());
        let mut plan = plan(&self.context, &self.session)?;
        plan.multiplexer = Multiplexer::None;
        plan.agent_program = None;
        // One that an earlier attempt left has dialled in, and would be taken for the new one.
        let ended = self.runtime.end(self.id, None).await;
        ended.map_err(|error| failed(&error))?;
        self.offer = None;
        self.listen()?;
        let provisioned = self.runtime.provision(&plan).await;
        let handle = provisioned.map_err(|error| failed(&error))?;
        let offer = self.listen()?;
        let link = tokio::time::timeout(Connections::REDIAL, offer.accept()).await;
        let link = link.map_err(|_| failed(&"sessiond does not connect"))?;
        let connection = Connection::new(link.map_err(|error| failed(&error))?);
        Ok((connection, handle))
    }
}

fn read(news: WorktreeNews) -> Option<Told<Made, Failed>> {
    Some(match news.what? {
        What::Progress(progress) => Told::Progress {
            stage: match progress.stage() {
                worktree_news::Stage::Tree => Stage::Worktree,
                worktree_news::Stage::Copy => Stage::Copy,
            },
            step: progress.step,
            percent: progress.percent,
        },
        What::Made(made) => Told::Done(made),
        What::Failed(failed) => Told::Failed(failed),
    })
}

/// What happened and what to do.
fn explain(worktree: &Worktree, failed: &Failed) -> String {
    let said = plain(&failed.said);
    let branch = &worktree.branch;
    let what = match failed.why() {
        Why::NotEmpty => format!("the working directory is not empty (it holds \"{said}\")"),
        Why::ProgramMissing => format!("a program is missing ({said}); install git"),
        Why::TimeOver => "it took too long; copy fewer files".to_owned(),
        Why::NoRepository => format!("the other session's directory is no repository ({said})"),
        Why::NoSuchCommit => match &worktree.from {
            Some(from) => format!(
                "there is no commit \"{}\" to begin at",
                Revision::as_str(from)
            ),
            None => "the repository has no commit yet: commit something first".to_owned(),
        },
        Why::BranchInUse => {
            format!("another working tree stands on the branch \"{branch}\"; choose another branch")
        }
        Why::DiskFull => format!("the disk is full ({said}); make room, or copy fewer files"),
        Why::Busy => {
            "somebody works on the repository all the time; start the session again".to_owned()
        }
        Why::Other => said,
    };
    format!("no working tree was made: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_to_do() {
        let worktree = Worktree {
            of: longhouse_domain::SessionId(uuid::Uuid::nil()),
            base: longhouse_domain::SessionId(uuid::Uuid::nil()),
            branch: "dev".parse().unwrap(),
            from: Some("v9".parse().unwrap()),
            copy: Vec::new(),
            setup: None,
            set_up: None,
        };
        for (why, words) in [
            (Why::BranchInUse, "\"dev\"; choose another"),
            (Why::NoSuchCommit, "no commit \"v9\""),
            (Why::NotEmpty, "it holds \"x\""),
            (Why::Other, "made: x"),
        ] {
            let failed = Failed {
                why: why.into(),
                said: "x\u{1b}".to_owned(),
            };
            let text = explain(&worktree, &failed);
            assert!(text.contains(words) && !text.contains('\u{1b}'), "{text}");
        }
    }
}
