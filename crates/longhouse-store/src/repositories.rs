//! The list of repositories: git working copies, each of a session that holds it and goes with it. Who may see a session sees what of it
//! stands here.

use std::collections::BTreeSet;

use longhouse_domain::clock::to_millis;
use longhouse_domain::git::RepositoryUrl;
use longhouse_domain::name::SessionName;
use longhouse_domain::working_copy::{
    COPIES_PER_SESSION, CopyPath, CopyState, PortChoice, WorkingCopy,
};
use longhouse_domain::{Actor, SessionId, Timestamp};
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::StoreError;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, named, to_json};
use crate::sessions::{Visible, visible_from};
use crate::sight::{seen_by, visible, visible_columns};
use crate::users::lock_accounts;

/// A working copy as it is there for one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCopy {
    /// The entry.
    pub copy: WorkingCopy,
    /// The session that holds it.
    pub holder: Visible,
}

/// What came of an entry that was to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// It was made, and has this port.
    New(u16),
    /// There is one of that place already.
    Before,
    /// The session has as many as one may.
    Full,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryQuery {
    /// Only those of this session.
    pub session: Option<SessionId>,
    /// Only those that come behind this one.
    pub after: Option<Uuid>,
    /// How many.
    pub limit: u32,
}

/// What is to change of an entry; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryChange {
    /// A new name.
    pub name: Option<SessionName>,
    /// A new port.
    pub port: Option<u16>,
    /// Where it comes from now.
    pub git_url: Option<RepositoryUrl>,
}

/// What is read of an entry, beside its session.
macro_rules! copy_columns {
    () => {
        ", repositories.id as copy_id, repositories.name as copy_name, repositories.path, repositories.git_url, \
         repositories.port, repositories.heard, repositories.heard_at, repositories.created_at as copy_created_at, \
         repositories.updated_at as copy_updated_at \
         from repositories join sessions on sessions.id = repositories.session_id where "
    };
}

impl Store {
    /// Makes an entry for a place in a session that is there.
    ///
    /// # Errors
    /// [`StoreError::PortTaken`], with 0 where no port of a range is left.
    pub async fn add_repository(
        &self,
        copy: &WorkingCopy,
        port: PortChoice,
    ) -> Result<Listed, StoreError> {
        let mut tx = self.begin().await?;
        // Whoever counts is alone until the commit.
        lock_accounts(&mut tx).await?;
        let paths = sqlx::query("select path from repositories where session_id = $1")
            .bind(copy.session.to_string())
            .fetch_all(&mut *tx)
            .await?;
        for row in &paths {
            if row.text("path")? == copy.path.as_str() {
                return Ok(Listed::Before);
            }
        }
        if paths.len() >= COPIES_PER_SESSION as usize {
            return Ok(Listed::Full);
        }
        let port = insert(&mut tx, copy, port).await?;
        tx.commit().await?;
        Ok(Listed::New(port))
    }

    /// One page of what `actor` may look at, the newest first, and how many there are on all pages.
    pub async fn repositories(
        &self,
        actor: &Actor,
        query: &RepositoryQuery,
    ) -> Result<(Vec<ListedCopy>, u64), StoreError> {
        const PAGE: &str = concat!(
            "select ",
            visible_columns!(),
            copy_columns!(),
            visible!(),
            " and ($3 = '' or repositories.session_id = $3) and ($4 = '' or repositories.id < $4) \
             order by repositories.id desc limit $5"
        );
        const TOTAL: &str = concat!(
            "select count(*) as n from repositories join sessions on sessions.id = repositories.session_id where ",
            visible!(),
            " and ($3 = '' or repositories.session_id = $3)"
        );
        let session = query.session.map(|id| id.to_string()).unwrap_or_default();
        let after = query.after.map(|id| id.to_string()).unwrap_or_default();
        let total = seen_by(actor, TOTAL).bind(session.clone());
        let total = total.fetch_one(&self.reader).await?.int("n")?;
        let rows = seen_by(actor, PAGE)
            .bind(session)
            .bind(after)
            .bind(i64::from(query.limit))
            .fetch_all(&self.reader)
            .await?;
        let items: Result<Vec<_>, _> = rows
            .iter()
            .filter_map(|row| listed(row, actor).transpose())
            .collect();
        Ok((items?, total.unsigned_abs()))
    }

    /// One entry that `actor` may look at.
    pub async fn repository(
        &self,
        actor: &Actor,
        id: Uuid,
    ) -> Result<Option<ListedCopy>, StoreError> {
        const ONE: &str = concat!(
            "select ",
            visible_columns!(),
            copy_columns!(),
            visible!(),
            " and repositories.id = $3"
        );
        let row = seen_by(actor, ONE)
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?;
        row.map_or(Ok(None), |row| listed(&row, actor))
    }

    /// Changes an entry. `false` where it is gone.
    ///
    /// # Errors
    /// [`StoreError::PortTaken`].
    pub async fn change_repository(
        &self,
        id: Uuid,
        change: &RepositoryChange,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if let Some(port) = change.port
            && is_published(&mut tx, port).await?
        {
            return Err(StoreError::PortTaken(port));
        }
        let done = sqlx::query(
            "update repositories set name = coalesce($2, name), port = coalesce($3, port), \
             git_url = coalesce($4, git_url), updated_at = $5 where id = $1",
        )
        .bind(id.to_string())
        .bind(change.name.as_ref().map(ToString::to_string))
        .bind(change.port.map(i64::from))
        .bind(change.git_url.as_ref().map(ToString::to_string))
        .bind(to_millis(now))
        .execute(&mut *tx)
        .await;
        let done = match (done, change.port) {
            // The port is all of it that is unique and may change.
            (Err(sqlx::Error::Database(error)), Some(port)) if error.is_unique_violation() => {
                return Err(StoreError::PortTaken(port));
            }
            (done, _) => done?,
        };
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Notes what was heard of working copies at that time.
    pub async fn note_repositories(
        &self,
        news: &[(Uuid, CopyState)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (id, heard) in news {
            sqlx::query("update repositories set heard = $2, heard_at = $3 where id = $1")
                .bind(id.to_string())
                .bind(to_json(heard)?)
                .bind(to_millis(at))
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Takes an entry out of the list. `false` where it is gone.
    pub async fn delete_repository(&self, id: Uuid) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from repositories where id = $1")
            .bind(id.to_string())
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Where in a session the working copies lie that are in the list, for the engine's own work on it.
    pub async fn repository_paths(&self, session: SessionId) -> Result<Vec<CopyPath>, StoreError> {
        sqlx::query("select path from repositories where session_id = $1 order by path")
            .bind(session.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(|row| row.parsed("path"))
            .collect()
    }

    /// Where the working copy at a place of a session comes from, where that is in the list and known.
    pub async fn repository_url(
        &self,
        session: SessionId,
        path: &CopyPath,
    ) -> Result<Option<RepositoryUrl>, StoreError> {
        let row =
            sqlx::query("select git_url from repositories where session_id = $1 and path = $2")
                .bind(session.to_string())
                .bind(path.to_string())
                .fetch_optional(&self.reader)
                .await?;
        row.map_or(Ok(None), |row| url_of(&row))
    }

    /// The port of the session's workspace, where that is in the list.
    pub async fn repository_port(&self, session: SessionId) -> Result<Option<u16>, StoreError> {
        sqlx::query("select port from repositories where session_id = $1 and path = ''")
            .bind(session.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| port_of(&row))
            .transpose()
    }
}

/// Writes an entry as part of a transaction; gives its port. Two that choose at once cannot get the same: whoever comes second to a number
/// waits for the first, and tries the next.
pub(crate) async fn insert(
    tx: &mut WriteTransaction,
    copy: &WorkingCopy,
    port: PortChoice,
) -> Result<u16, StoreError> {
    let mut taken = BTreeSet::new();
    let rows = sqlx::query("select port from repositories union select host from published_ports")
        .fetch_all(&mut **tx)
        .await?;
    for row in &rows {
        taken.insert(port_of(row)?);
    }
    for candidate in port.candidates(&taken) {
        let done = sqlx::query(
            "insert into repositories (id, session_id, name, path, git_url, port, created_at, updated_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (port) do nothing",
        )
        .bind(copy.id.to_string())
        .bind(copy.session.to_string())
        .bind(copy.name.to_string())
        .bind(copy.path.to_string())
        .bind(copy.git_url.as_ref().map(ToString::to_string))
        .bind(i64::from(candidate))
        .bind(to_millis(copy.created_at))
        .bind(to_millis(copy.updated_at))
        .execute(&mut **tx)
        .await?;
        if done.rows_affected() > 0 {
            return Ok(candidate);
        }
    }
    Err(StoreError::PortTaken(match port {
        PortChoice::This(port) => port,
        PortChoice::Lowest(_) => 0,
    }))
}

/// Whether a session has published a port of its own under that number.
async fn is_published(tx: &mut WriteTransaction, port: u16) -> Result<bool, StoreError> {
    let row = sqlx::query("select host from published_ports where host = $1")
        .bind(i64::from(port))
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

fn port_of(row: &AnyRow) -> Result<u16, StoreError> {
    let port = row.int("port")?;
    u16::try_from(port).map_err(|_| StoreError::Corrupt("column port holds no port".to_owned()))
}

fn url_of(row: &AnyRow) -> Result<Option<RepositoryUrl>, StoreError> {
    let url = row.maybe_text("git_url")?;
    url.map(|url| named("git_url", &url, |url| url.parse().ok()))
        .transpose()
}

fn listed(row: &AnyRow, actor: &Actor) -> Result<Option<ListedCopy>, StoreError> {
    let Some(holder) = visible_from(row, actor)? else {
        return Ok(None);
    };
    let heard = match row.maybe_time("heard_at")? {
        Some(at) => Some((row.json("heard")?, at)),
        None => None,
    };
    let copy = WorkingCopy {
        id: named("copy_id", &row.text("copy_id")?, |id| {
            Uuid::try_parse(id).ok()
        })?,
        session: holder.session.id,
        name: row.parsed("copy_name")?,
        path: row.parsed("path")?,
        git_url: url_of(row)?,
        port: port_of(row)?,
        heard,
        created_at: row.time("copy_created_at")?,
        updated_at: row.time("copy_updated_at")?,
    };
    Ok(Some(ListedCopy { copy, holder }))
}
