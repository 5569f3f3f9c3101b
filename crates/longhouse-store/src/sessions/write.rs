//! Changing sessions. What changes and the events that tell of it are one transaction: neither is there without the other.

use longhouse_domain::clock::to_millis;
use longhouse_domain::event::{Event, EventKind};
use longhouse_domain::working_copy::{PortChoice, WorkingCopy};
use longhouse_domain::{Phase, Session, SessionId, Timestamp, Wish};

use super::places::{Places, takes_place};
use super::ports;
use super::record::{as_stored, from_row, insert, update, write_labels};
use crate::connection::{Store, WriteTransaction};
use crate::idempotency::{self, IdempotencyKey, IdempotentClaim};
use crate::logs::{self, NewLogLine};
use crate::secrets::{self, SealedSecret, SecretScope, SecretsChange};
use crate::ssh_keys::{self, NewSshKey};
use crate::{StoreError, events, repositories, shares};

/// What came of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    New(Box<Changed>),
    /// The same request made this session before; it may have been deleted since.
    Before(SessionId),
}

/// A session after a change, with the events that were written with it, to be handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// As it is now.
    pub session: Session,
    /// What was written to the log.
    pub events: Vec<Event>,
}

/// A session to be written down, with its secrets.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    /// The session.
    pub session: &'a Session,
    /// Its secrets, sealed.
    pub secrets: &'a [SealedSecret],
    /// The SSH key that it has to itself.
    pub ssh_key: Option<NewSshKey<'a>>,
    /// The place in the list of repositories that its workspace has, and which port goes with it.
    pub listed: Option<(&'a WorkingCopy, PortChoice)>,
    /// How many there may be.
    pub places: Places,
    /// What its log begins with.
    pub lines: &'a [NewLogLine],
}

/// A session without secrets, however many there are.
impl<'a> From<&'a Session> for NewRecord<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            session,
            secrets: &[],
            ssh_key: None,
            listed: None,
            places: Places::UNCOUNTED,
            lines: &[],
        }
    }
}

/// What goes with a change of a session.
#[derive(Clone, Copy, Debug)]
pub struct Alongside<'a> {
    /// A change of its secrets.
    pub secrets: &'a SecretsChange,
    /// How many sessions there may be, where the change makes it take a place.
    pub places: Places,
}

impl Store {
    /// Writes a new session down, together with its secrets, its idempotency key and events.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`]; [`StoreError::PortTaken`]; [`StoreError::Full`]; [`StoreError::Conflict`] where the key belongs to another request, or the
    /// owner is not there.
    pub async fn create_session(
        &self,
        new: impl Into<NewRecord<'_>>,
        key: Option<&IdempotencyKey>,
        what: &[EventKind],
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let NewRecord {
            session,
            secrets,
            ssh_key,
            listed,
            places,
            lines,
        } = new.into();
        let mut tx = self.begin().await?;
        if let Some(key) = key {
            match idempotency::claim(&mut tx, key, now).await? {
                IdempotentClaim::Fresh => {}
                IdempotentClaim::Done(id) => {
                    return crate::row::named("outcome", &id, |id| id.parse().ok())
                        .map(Created::Before);
                }
                IdempotentClaim::Underway => {
                    return Err(StoreError::Conflict(
                        "a request with that idempotency key is under way",
                    ));
                }
            }
            idempotency::record(&mut tx, key, &session.id.to_string()).await?;
        }
        let session = as_stored(session.clone());
        if !insert(&mut tx, &session).await? {
            return Err(StoreError::NameTaken);
        }
        ports::hold(&mut tx, &session).await?;
        let secrets = SecretsChange {
            put: secrets.to_vec(),
            remove: Vec::new(),
        };
        let scope = SecretScope::Session(session.id);
        secrets::change(&mut tx, scope, &secrets, now).await?;
        if let Some(key) = ssh_key {
            ssh_keys::insert(&mut tx, key, now).await?;
        }
        if let Some((copy, port)) = listed {
            repositories::insert(&mut tx, copy, port).await?;
        }
        let events = events::append(&mut tx, session.id, session.owner, what, now).await?;
        if !lines.is_empty() {
            logs::append(&mut tx, session.id, lines).await?;
        }
        places.hold(&mut tx, session.owner).await?;
        tx.commit().await?;
        Ok(Created::New(Box::new(Changed { session, events })))
    }

    /// Changes a session: `change` gets it as it is, alters it, and says which events tell of that. Nobody else changes
    /// the session meanwhile. `updated_at` follows by itself, and the identifier stays whatever `change` does. Where
    /// nothing was altered and nothing is told, nothing is written. `None` where there is no such session.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`].
    pub async fn change_session(
        &self,
        id: SessionId,
        now: Timestamp,
        change: impl FnOnce(&mut Session) -> Vec<EventKind> + Send,
    ) -> Result<Option<Changed>, StoreError> {
        let alongside = Alongside {
            secrets: &SecretsChange::default(),
            places: Places::UNCOUNTED,
        };
        self.change_session_alongside(id, now, alongside, change)
            .await
    }

    /// The same, with what goes with it.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`]; [`StoreError::Full`]; [`StoreError::Conflict`] where somebody else changed the secrets meanwhile.
    pub async fn change_session_alongside(
        &self,
        id: SessionId,
        now: Timestamp,
        Alongside { secrets, places }: Alongside<'_>,
        change: impl FnOnce(&mut Session) -> Vec<EventKind> + Send,
    ) -> Result<Option<Changed>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(before) = lock(&mut tx, id).await? else {
            return Ok(None);
        };
        let mut session = before.clone();
        let what = change(&mut session);
        session.id = id;
        if session == before && what.is_empty() && *secrets == SecretsChange::default() {
            tx.rollback().await?;
            return Ok(Some(Changed {
                session,
                events: Vec::new(),
            }));
        }
        session.updated_at = now;
        let session = as_stored(session);
        update(&mut tx, &session).await?;
        if session.labels != before.labels {
            write_labels(&mut tx, &session).await?;
        }
        secrets::change(&mut tx, SecretScope::Session(id), secrets, now).await?;
        let events = events::append(&mut tx, id, session.owner, &what, now).await?;
        if takes_place(&session) && !takes_place(&before) {
            places.hold(&mut tx, session.owner).await?;
        }
        tx.commit().await?;
        Ok(Some(Changed { session, events }))
    }

    /// Writes down what is wanted. No event tells of it: what people see changes with the phase.
    pub async fn set_wish(
        &self,
        id: SessionId,
        wish: Wish,
        now: Timestamp,
    ) -> Result<Option<Changed>, StoreError> {
        self.change_session(id, now, |session| {
            session.wish = wish;
            Vec::new()
        })
        .await
    }

    /// Writes down how far it has got. A [`EventKind::StatusChanged`] and an [`EventKind::Updated`] tell of it where
    /// what people see has changed: the status, or the reason beside it.
    pub async fn set_phase(
        &self,
        id: SessionId,
        phase: Phase,
        now: Timestamp,
    ) -> Result<Option<Changed>, StoreError> {
        self.change_session(id, now, |session| session.turn_to(phase))
            .await
    }

    /// A person has opened it. This is no change of the record: neither `updated_at` nor an event follows.
    pub async fn note_accessed(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update sessions set last_accessed_at = $2 \
             where id = $1 and (last_accessed_at is null or last_accessed_at < $2)",
        )
        .bind(id.to_string())
        .bind(to_millis(at))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Their terminals had input or output. Many sessions cost one transaction; sessions that are gone are passed over.
    pub async fn note_activity(
        &self,
        activity: &[(SessionId, Timestamp)],
    ) -> Result<(), StoreError> {
        // In one order everywhere, so that two servers cannot wait for each other.
        let mut activity = activity.to_vec();
        activity.sort_unstable();
        let mut tx = self.begin().await?;
        for (id, at) in activity {
            sqlx::query(
                "update sessions set last_activity_at = $2 \
                 where id = $1 and (last_activity_at is null or last_activity_at < $2)",
            )
            .bind(id.to_string())
            .bind(to_millis(at))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets a session with its labels and its log, and tells of it. `None` where it is not there (any more).
    pub async fn delete_session(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<Option<Changed>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(session) = lock(&mut tx, id).await? else {
            return Ok(None);
        };
        // Their shares go with the session, and then nothing says any more that they may know of its end.
        let others = shares::read_audience(&mut tx, id, session.owner).await?;
        let others: Vec<_> = others.shares.into_keys().collect();
        sqlx::query("delete from sessions where id = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        let what = [EventKind::Deleted];
        let mut events = events::append(&mut tx, id, session.owner, &what, now).await?;
        events.extend(events::append_farewells(&mut tx, id, session.owner, &others, now).await?);
        tx.commit().await?;
        Ok(Some(Changed { session, events }))
    }
}

/// Reads a session and keeps others from changing it until the commit. Raising the version is what locks the row, in
/// words that both back ends know.
pub(crate) async fn lock(
    tx: &mut WriteTransaction,
    id: SessionId,
) -> Result<Option<Session>, StoreError> {
    sqlx::query("update sessions set version = version + 1 where id = $1 returning *")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await?
        .map(|row| from_row(&row))
        .transpose()
}
