//! The limit of a session's disk: read every few seconds while it is connected, announced before it is reached, and kept by stopping.
//!
//! The figure is sessiond's own. It holds for programs that mean no harm and write too much; one that has taken over sessiond can lie.

use longhouse_domain::Wish;
use longhouse_domain::disk::{CLEAN_UP, DiskStanding, DiskWatch, MEGABYTE};
use longhouse_domain::event::{ContainerHealth, LogLevel};
use tokio::time::Instant;

use super::Driver;
use crate::error::EngineError;
use crate::metrics;
use crate::session::connection::Connection;

/// How the session stands, and what was said of it.
#[derive(Debug)]
pub(super) struct DiskNews {
    watch: DiskWatch,
    began: Instant,
    standing: DiskStanding,
    said: Option<String>,
}

impl Default for DiskNews {
    fn default() -> Self {
        Self {
            watch: DiskWatch::default(),
            began: Instant::now(),
            standing: DiskStanding::Within,
            said: None,
        }
    }
}

impl DiskNews {
    /// What stands beside the status.
    pub(super) fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }
}

impl Driver {
    /// Looks at what the session has on disk, where that has a limit. Answers whether it is to be stopped for it.
    pub(super) async fn watch_disk(
        &mut self,
        connection: &Connection,
    ) -> Result<bool, EngineError> {
        let container = self.session.spec.container.as_ref();
        let Some(limit_mb) = container.and_then(|container| container.disk_mb) else {
            self.stand(DiskStanding::Within, None).await;
            return Ok(false);
        };
        let limit = u64::from(limit_mb) * MEGABYTE;
        let Some(used) = metrics::disk(connection, limit).await else {
            return Ok(false);
        };
        let standing = self.disk.watch.read(used, limit, self.disk.began.elapsed());
        let used_mb = used.div_ceil(MEGABYTE);
        let words = match standing {
            DiskStanding::Within => None,
            DiskStanding::Near => Some(format!(
                "hardly any room is left of its disk ({limit_mb} MB): delete files, or raise diskLimit"
            )),
            DiskStanding::Over => Some(format!(
                "it has more on disk than it may ({limit_mb} MB): delete files or raise diskLimit, or it is stopped"
            )),
            DiskStanding::Spent => {
                let minutes = CLEAN_UP.as_secs() / 60;
                let reason = format!(
                    "diskLimit: it had {used_mb} MB on disk, and may have {limit_mb} MB: raise diskLimit, or start it and delete files within {minutes} minutes"
                );
                self.log(LogLevel::Error, "session", &reason).await;
                self.want(Wish::Stopped).await?;
                self.ending = Some(reason);
                return Ok(true);
            }
        };
        self.stand(standing, words.map(|words| (words, used_mb)))
            .await;
        Ok(false)
    }

    /// Tells where the session stands otherwise than before.
    async fn stand(&mut self, standing: DiskStanding, words: Option<(String, u64)>) {
        let said = words.as_ref().map(|(words, _)| words.clone());
        if self.disk.standing == standing && self.disk.said == said {
            return;
        }
        self.disk.standing = standing;
        self.disk.said = said;
        match words {
            Some((words, used_mb)) => {
                let text = format!("{words}; at the moment it has {used_mb} MB");
                self.log(LogLevel::Warn, "session", &text).await;
                self.show_notice().await;
                self.tell_health(ContainerHealth::Unhealthy, Some(&words))
                    .await;
            }
            None => {
                let text = "there is room on its disk again";
                self.log(LogLevel::Info, "session", text).await;
                self.show_notice().await;
                self.tell_health(ContainerHealth::Healthy, None).await;
            }
        }
    }
}
