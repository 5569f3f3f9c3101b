//! The repository that a session begins with: cloned by its sessiond before the first terminal starts, once.
//!
//! What a clone that was given up had made is removed, and the next start begins anew.

use std::time::Duration;

use longhouse_domain::event::{LogLevel, Stage};
use longhouse_domain::git::{Operation, Repository};
use longhouse_link::limits::CLONE_TIME;
use longhouse_link::proto::clone_news::{Cloned, Failed, What};
use longhouse_link::proto::{CloneNews, CloneRequest, GitRequest};
use tonic::Status;

use super::Driver;
use super::agent::Lent;
use super::furnish::Furnishing;
use super::making::{Ended, LAST_ANSWER, Making, Told, impossible};
use super::way_out::WayOut;
use crate::session::clone_failure;
use crate::session::connection::Connection;

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
        let what = format!("clone of {}", repository.url);
        let making = Making {
            what: &what,
            limit: CLONE_TIME,
        };
        let request = self.clone_request(&repository);
        let news = connection.client().clone_repository(request).await;
        let news = news.map_err(|status| impossible(status, &making))?;
        let ended = self.follow(connection, way_out, &making, news.into_inner(), read);
        if let Ended::Failed(failed, refused) = ended.await? {
            let told = clone_failure::Told {
                way_out: refused,
                agent: agent.refused.borrow().clone(),
            };
            let reason = clone_failure::explain(&repository, &failed, &told);
            return Err(Furnishing::Impossible(reason));
        }
        self.log(LogLevel::Info, "session", "the repository is cloned")
            .await;
        self.note_made().await
    }

    /// Makes the repository that is still to be made. Doing it twice changes nothing.
    async fn make_repository(&mut self, connection: &Connection) -> Result<(), Furnishing> {
        let Some(branch) = self.session.to_be_made().cloned() else {
            return Ok(());
        };
        self.progress(Stage::Clone, "making an empty repository")
            .await;
        let making = Making {
            what: "empty repository",
            limit: INIT_TIME,
        };
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
        answer.map_err(|status| impossible(status, &making))?;
        self.note_made().await
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
}

fn read(news: CloneNews) -> Option<Told<Cloned, Failed>> {
    Some(match news.what? {
        What::Progress(progress) => Told::Progress {
            stage: Stage::Clone,
            step: progress.step,
            percent: progress.percent,
        },
        What::Cloned(cloned) => Told::Done(cloned),
        What::Failed(failed) => Told::Failed(failed),
    })
}
