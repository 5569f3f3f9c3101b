//! The repository that a session begins with: cloned by its sessiond before the first terminal starts, once.
//!
//! People are heard meanwhile. Who stops or deletes the session, or restarts the server, drops the request, and git ends with it;
//! what it had made is removed, and the next start begins anew.

use std::time::Duration;

use longhouse_domain::event::{EventKind, LogLevel, Stage};
use longhouse_domain::git::{Operation, Repository};
use longhouse_link::limits::{CLONE_PROGRESS, CLONE_TIME};
use longhouse_link::proto::clone_news::{Progress, What};
use longhouse_link::proto::{CloneNews, CloneRequest, GitRequest};
use tokio::time::Instant;
use tonic::{Code, Status, Streaming};

use super::agent::Lent;
use super::attend::Furnishing;
use super::way_out::{WayOut, served};
use super::{Driver, Heard};
use crate::error::plain;
use crate::session::clone_failure;
use crate::session::connection::Connection;

/// How much longer than its own time limit a clone's last answer may take.
const LAST_ANSWER: Duration = Duration::from_secs(30);

/// How long making an empty repository may take.
const INIT_TIME: Duration = Duration::from_secs(30);

impl Driver {
    /// Clones what is still to be cloned.
    pub(super) async fn clone_repository(
        &mut self,
        connection: &Connection,
        way_out: &mut WayOut,
        agent: &Lent,
    ) -> Result<(), Furnishing> {
        let Some(repository) = self.session.to_be_cloned().cloned() else {
            return self.make_repository(connection).await;
        };
        let doing = format!("cloning {}", repository.url);
        self.progress(Stage::Clone, &doing).await;
        let request = self.clone_request(&repository);
        let news = connection.client().clone_repository(request).await;
        let news = news.map_err(|status| impossible(status, &not_cloned(&repository)))?;
        self.follow_clone(connection, way_out, agent, &repository, news.into_inner())
            .await?;
        self.note_repository().await
    }

    /// Makes the repository that is still to be made. Doing it twice changes nothing.
    async fn make_repository(&mut self, connection: &Connection) -> Result<(), Furnishing> {
        let Some(branch) = self.session.to_be_made().cloned() else {
            return Ok(());
        };
        self.progress(Stage::Clone, "making an empty repository")
            .await;
        let operation = serde_json::to_string(&Operation::Init(branch));
        let request = GitRequest {
            operation: operation.map_err(|error| Status::internal(error.to_string()))?,
            protocols: self.context.settings.git_transports.to_string(),
            timeout_seconds: u32::try_from(INIT_TIME.as_secs()).unwrap_or(u32::MAX),
        };
        let mut client = connection.client();
        let asked = tokio::time::timeout(INIT_TIME + LAST_ANSWER, client.git(request));
        let answer = asked
            .await
            .unwrap_or_else(|_| Err(Status::failed_precondition("git init took too long")));
        answer.map_err(|status| impossible(status, "an empty repository was not made"))?;
        self.note_repository().await
    }

    /// Notes that the repository is there.
    async fn note_repository(&mut self) -> Result<(), Furnishing> {
        let now = self.context.now();
        let noted = self.change(Box::new(move |session| {
            session.cloned_at = Some(now);
            vec![EventKind::Updated]
        }));
        noted.await.map_err(Furnishing::Unsaved)
    }

    fn clone_request(&self, repository: &Repository) -> CloneRequest {
        let branch = repository.branch.as_ref().map(ToString::to_string);
        CloneRequest {
            url: repository.url.to_string(),
            branch: branch.unwrap_or_default(),
            depth: repository.depth.map_or(0, Into::into),
            submodules: repository.submodules,
            protocols: self.context.settings.git_transports.to_string(),
            timeout_seconds: u32::try_from(CLONE_TIME.as_secs()).unwrap_or(u32::MAX),
        }
    }

    /// Takes what is told of the clone until its end.
    async fn follow_clone(
        &mut self,
        connection: &Connection,
        way_out: &mut WayOut,
        agent: &Lent,
        repository: &Repository,
        mut news: Streaming<CloneNews>,
    ) -> Result<(), Furnishing> {
        let stop = self.context.stop.clone();
        let over = tokio::time::sleep(CLONE_TIME + LAST_ANSWER);
        tokio::pin!(over);
        let lost = || Furnishing::Broken(Status::unavailable("the connection was lost"));
        let mut told_at = None;
        let mut refused = None;
        loop {
            tokio::select! {
                told = news.message() => match told {
                    Ok(Some(told)) => match told.what {
                        Some(What::Progress(progress)) => self.tell_clone(progress, &mut told_at).await,
                        Some(What::Failed(failed)) => {
                            // What the way out said first may still wait.
                            while let Ok(passage) = way_out.passages.try_recv() {
                                refused = passage.refusal().map(str::to_owned).or(refused);
                                self.note_passage(passage).await;
                            }
                            let told = clone_failure::Told {
                                way_out: refused,
                                agent: agent.refused.borrow().clone(),
                            };
                            let reason = clone_failure::explain(repository, &failed, &told);
                            return Err(Furnishing::Impossible(reason));
                        }
                        Some(What::Cloned(_)) => {
                            self.log(LogLevel::Info, "session", "the repository is cloned").await;
                            return Ok(());
                        }
                        None => {}
                    },
                    Ok(None) => return Err(lost()),
                    Err(status) => return Err(impossible(status, &not_cloned(repository))),
                },
                () = served(&mut way_out.service) => return Err(lost()),
                Some(passage) = way_out.passages.recv() => {
                    refused = passage.refusal().map(str::to_owned).or(refused);
                    self.note_passage(passage).await;
                }
                () = connection.closed() => return Err(lost()),
                command = self.commands.recv() => match command {
                    Some(command) => if self.hear(command).await == Heard::NewWish {
                        return Err(Furnishing::Unwanted);
                    },
                    None => return Err(Furnishing::Unwanted),
                },
                () = &mut over => return Err(Furnishing::Impossible(
                    "the clone did not end in its time, and sessiond did not say why: start the session again".to_owned(),
                )),
                () = stop.cancelled() => return Err(Furnishing::Unwanted),
            }
        }
    }

    /// Each report is an event for everybody: one that says too many is not believed that it has more to tell.
    async fn tell_clone(&mut self, progress: Progress, told_at: &mut Option<Instant>) {
        // Half of what sessiond keeps to, so that none of an honest one's is lost to a clock.
        let too_soon = |at: &Instant| at.elapsed() < CLONE_PROGRESS / 2;
        if told_at.as_ref().is_some_and(too_soon) {
            return;
        }
        *told_at = Some(Instant::now());
        let percent = progress.percent.map(|percent| percent.min(100));
        self.append(&[EventKind::Progress {
            stage: Stage::Clone,
            percent: percent.and_then(|percent| u8::try_from(percent).ok()),
            detail: plain(&progress.step),
        }])
        .await;
    }
}

fn not_cloned(repository: &Repository) -> String {
    format!("{} was not cloned", repository.url)
}

/// What a refused request means.
fn impossible(status: Status, failed: &str) -> Furnishing {
    match status.code() {
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown => {
            Furnishing::Broken(status)
        }
        _ => Furnishing::Impossible(format!("{failed}: {}", plain(status.message()))),
    }
}
