//! Volumes of sessions that nobody remembers: kept for a time, shown to admins, removed by them or when that time is over, and never in
//! silence. Volumes of sessions that somebody remembers go with their sessions, and are none of this file's business.

use std::collections::HashSet;
use std::time::Duration;

use longhouse_domain::actor::Actor;
use longhouse_domain::audit::{AuditActor, AuditTarget};
use longhouse_domain::{SessionId, Timestamp, UserId};
use longhouse_runtime::{Volume, VolumeError};

use crate::engine::Engine;
use crate::error::EngineError;

/// How often one looks for such volumes.
const LOOK: Duration = Duration::from_secs(3600);

/// How long until one looks again where a runtime could not be asked.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What the removal of a volume is called in the audit log.
const REMOVAL: &str = "volume.delete";

/// A volume that nobody owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanedVolume {
    /// Its name in the container engine.
    pub name: String,
    /// The session that it was made for.
    pub session: SessionId,
    /// Whose session that was.
    pub owner: Option<UserId>,
    /// That user's name, where there still is one.
    pub owner_name: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Since when it is known that nobody owns it.
    pub found_at: Timestamp,
    /// When it will be removed; never, where it is kept for ever.
    pub removal_at: Option<Timestamp>,
}

impl Engine {
    /// The volumes that nobody owns, oldest first.
    ///
    /// # Errors
    /// [`EngineError::VolumeNotFound`] for those who are no admins; [`EngineError::Unavailable`] where the container engine is away.
    pub async fn list_orphaned_volumes(
        &self,
        actor: &Actor,
    ) -> Result<Vec<OrphanedVolume>, EngineError> {
        require_admin(actor)?;
        let mut orphans = self.orphans().await?;
        for orphan in &mut orphans {
            if let Some(owner) = orphan.owner {
                orphan.owner_name = self
                    .context()
                    .store
                    .user(owner)
                    .await?
                    .map(|user| user.username);
            }
        }
        Ok(orphans)
    }

    /// Removes a volume that nobody owns, with everything in it.
    ///
    /// # Errors
    /// [`EngineError::VolumeNotFound`], also for one that is a session's; [`EngineError::Conflict`] where a container uses it.
    pub async fn delete_orphaned_volume(
        &self,
        actor: &Actor,
        name: &str,
    ) -> Result<(), EngineError> {
        require_admin(actor)?;
        let orphans = self.orphans().await?;
        if !orphans.iter().any(|orphan| orphan.name == name) {
            return Err(EngineError::VolumeNotFound);
        }
        self.remove(name).await
    }

    async fn remove(&self, name: &str) -> Result<(), EngineError> {
        for runtime in &self.context().runtimes {
            match runtime.remove_volume(name).await {
                Err(VolumeError::Gone) => {}
                Ok(()) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::VolumeNotFound)
    }

    async fn orphans(&self) -> Result<Vec<OrphanedVolume>, EngineError> {
        let context = self.context();
        let mut found: Vec<Volume> = Vec::new();
        for runtime in &context.runtimes {
            let volumes = runtime.volumes().await;
            found.extend(volumes.map_err(|detail| EngineError::Unavailable {
                code: "runtime.unavailable",
                detail,
            })?);
        }
        // Asked after the volumes, for a session is written down before they are made.
        let sessions = context.store.every_session_for_reconciliation().await?;
        let known: HashSet<SessionId> = sessions.iter().map(|session| session.id).collect();
        found.retain(|volume| !known.contains(&volume.session));
        let names: Vec<String> = found.iter().map(|volume| volume.name.clone()).collect();
        let now = context.now();
        let since = context.store.keep_volumes_in_mind(&names, now).await?;
        let keep = context.settings.keep_volumes;
        let mut orphans: Vec<OrphanedVolume> = found
            .into_iter()
            .map(|volume| {
                let found_at = since.get(&volume.name).copied().unwrap_or(now);
                let removal = keep.map(|keep| found_at.checked_add(keep).unwrap_or(Timestamp::MAX));
                OrphanedVolume {
                    name: volume.name,
                    session: volume.session,
                    owner: volume.owner,
                    owner_name: None,
                    created_at: volume.created_at,
                    found_at,
                    removal_at: removal,
                }
            })
            .collect();
        orphans.sort_by(|a, b| (a.found_at, &a.name).cmp(&(b.found_at, &b.name)));
        Ok(orphans)
    }

    /// Looks again and again for such volumes, names new ones in the log, and removes those whose time is over.
    pub(crate) async fn watch_volumes(&self) {
        let mut named = HashSet::new();
        loop {
            let pause = match self.orphans().await {
                Ok(orphans) => {
                    self.look_after(&orphans, &mut named).await;
                    LOOK
                }
                Err(error) => {
                    tracing::debug!(%error, "cannot look for volumes that nobody owns");
                    LOOK_AGAIN
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn look_after(&self, orphans: &[OrphanedVolume], named: &mut HashSet<String>) {
        let now = self.context().now();
        for orphan in orphans {
            if orphan.removal_at.is_some_and(|at| at <= now) {
                if let Err(error) = self.expire(orphan).await {
                    tracing::warn!(volume = orphan.name, %error, "cannot remove a volume that nobody owns");
                }
            } else if named.insert(orphan.name.clone()) {
                let until = orphan
                    .removal_at
                    .map_or("for ever".to_owned(), |at| format!("until {at}"));
                tracing::warn!(volume = orphan.name, session = %orphan.session, "a volume of a session that nobody remembers is kept {until}");
            }
        }
    }

    /// Removes one whose time is over. It is written down or not done.
    async fn expire(&self, orphan: &OrphanedVolume) -> Result<(), EngineError> {
        let audit = &self.context().audit;
        let unavailable = || EngineError::Unavailable {
            code: "audit.unavailable",
            detail: "the audit log cannot be written".to_owned(),
        };
        let slot = audit.reserve().await.map_err(|_| unavailable())?;
        self.remove(&orphan.name).await?;
        let target = AuditTarget::new("volume", None, &orphan.name);
        let mut entry = audit
            .entry(AuditActor::system("server"), REMOVAL)
            .about(target);
        let because = format!("nobody owned it since {}", orphan.found_at);
        entry.detail.insert("reason".to_owned(), because);
        tracing::warn!(
            volume = orphan.name,
            "a volume that nobody owned for as long as such are kept was removed"
        );
        slot.record(entry).await.map_err(|_| unavailable())
    }
}

fn require_admin(actor: &Actor) -> Result<(), EngineError> {
    match actor.sees_all() {
        true => Ok(()),
        false => Err(EngineError::VolumeNotFound),
    }
}

impl From<VolumeError> for EngineError {
    fn from(error: VolumeError) -> Self {
        match error {
            VolumeError::Gone => Self::VolumeNotFound,
            VolumeError::InUse(detail) => Self::conflict("volume.in_use", detail),
            VolumeError::Unavailable(detail) => Self::Unavailable {
                code: "runtime.unavailable",
                detail,
            },
            VolumeError::Failed(detail) => Self::Internal(detail),
        }
    }
}
