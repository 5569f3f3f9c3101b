//! A session as a row, and back.

use longhouse_domain::clock::{from_millis, to_millis};
use longhouse_domain::query::SortKey;
use longhouse_domain::session::Workdir;
use longhouse_domain::{Session, Wish};
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

use crate::StoreError;
use crate::connection::WriteTransaction;
use crate::row::{Fields, name_key, named, storable, to_json};

const INSERT: &str = "insert into sessions (id, owner_id, name, name_key, description, labels, spec, terminals, agent, \
     runtime, wish, phase, status, search_key, created_at, updated_at, last_accessed_at, last_activity_at, starts, cloned_at, version, log_seq) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 0, 0) \
     on conflict (name_key) do nothing";

const UPDATE: &str = "update sessions set owner_id = $2, name = $3, name_key = $4, description = $5, labels = $6, \
     spec = $7, terminals = $8, agent = $9, runtime = $10, wish = $11, phase = $12, status = $13, search_key = $14, \
     created_at = $15, updated_at = $16, last_accessed_at = $17, last_activity_at = $18, starts = $19, cloned_at = $20 where id = $1";

/// The session as reading it back will give it: times to the millisecond, text without NUL.
pub(crate) fn as_stored(mut session: Session) -> Session {
    let whole = |at| from_millis(to_millis(at));
    session.description = storable(&session.description).into_owned();
    session.created_at = whole(session.created_at);
    session.updated_at = whole(session.updated_at);
    session.cloned_at = session.cloned_at.map(whole);
    session.last_accessed_at = session.last_accessed_at.map(whole);
    session.last_activity_at = session.last_activity_at.map(whole);
    session
}

/// Writes a new row. `false` where the name is taken.
pub(super) async fn insert(
    tx: &mut WriteTransaction,
    session: &Session,
) -> Result<bool, StoreError> {
    let inserted = bound(INSERT, session)?.execute(&mut **tx).await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    write_labels(tx, session).await?;
    Ok(true)
}

/// Writes all columns of a row that is there.
pub(crate) async fn update(tx: &mut WriteTransaction, session: &Session) -> Result<(), StoreError> {
    match bound(UPDATE, session)?.execute(&mut **tx).await {
        Ok(_) => {}
        // The name is all that is unique here, and the identifier does not change.
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            return Err(StoreError::NameTaken);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Writes the labels anew, where they are filtered by.
pub(super) async fn write_labels(
    tx: &mut WriteTransaction,
    session: &Session,
) -> Result<(), StoreError> {
    let id = session.id.to_string();
    sqlx::query("delete from session_labels where session_id = $1")
        .bind(id.clone())
        .execute(&mut **tx)
        .await?;
    for (name, value) in &session.labels {
        sqlx::query("insert into session_labels (session_id, name, value) values ($1, $2, $3)")
            .bind(id.clone())
            .bind(storable(name).into_owned())
            .bind(storable(value).into_owned())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Both statements take their arguments in the same order.
fn bound(
    sql: &'static str,
    session: &Session,
) -> Result<Query<'static, Any, AnyArguments>, StoreError> {
    Ok(sqlx::query(sql)
        .bind(session.id.to_string())
        .bind(session.owner.to_string())
        .bind(session.name.to_string())
        .bind(name_key(session.name.as_str()))
        .bind(session.description.clone())
        .bind(to_json(&session.labels)?)
        .bind(to_json(&session.spec)?)
        .bind(to_json(&session.terminals)?)
        .bind(storable(&session.spec.agent).into_owned())
        .bind(session.spec.runtime.as_str())
        .bind(wish_name(session.wish))
        .bind(to_json(&session.phase)?)
        .bind(session.status().as_str())
        .bind(search_key(session))
        .bind(to_millis(session.created_at))
        .bind(to_millis(session.updated_at))
        .bind(session.last_accessed_at.map(to_millis))
        .bind(session.last_activity_at.map(to_millis))
        .bind(i64::from(session.starts))
        .bind(session.cloned_at.map(to_millis)))
}

/// What a text search looks in: name, description, working directory and agent, in lower case. It is made here because
/// the back ends disagree on the case of letters beyond ASCII.
fn search_key(session: &Session) -> String {
    let workdir = match &session.spec.workdir {
        Workdir::Own => "",
        Workdir::Named { path } => path,
    };
    let all = [
        session.name.as_str(),
        &session.description,
        workdir,
        &session.spec.agent,
    ]
    .join("\n");
    name_key(&all)
}

pub(super) fn from_row(row: &AnyRow) -> Result<Session, StoreError> {
    let id = row.text("id")?;
    read(row).map_err(|error| match error {
        StoreError::Corrupt(what) => StoreError::Corrupt(format!("session {id}: {what}")),
        other => other,
    })
}

fn read(row: &AnyRow) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.parsed("id")?,
        owner: row.parsed("owner_id")?,
        name: row.parsed("name")?,
        description: row.text("description")?,
        labels: row.json("labels")?,
        spec: row.json("spec")?,
        terminals: row.json("terminals")?,
        wish: named("wish", &row.text("wish")?, wish_of)?,
        phase: row.json("phase")?,
        starts: u32::try_from(row.int("starts")?).unwrap_or(u32::MAX),
        cloned_at: row.maybe_time("cloned_at")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        last_accessed_at: row.maybe_time("last_accessed_at")?,
        last_activity_at: row.maybe_time("last_activity_at")?,
    })
}

fn wish_name(wish: Wish) -> &'static str {
    match wish {
        Wish::Running => "running",
        Wish::Stopped => "stopped",
        Wish::Deleted => "deleted",
    }
}

fn wish_of(name: &str) -> Option<Wish> {
    [Wish::Running, Wish::Stopped, Wish::Deleted]
        .into_iter()
        .find(|&wish| wish_name(wish) == name)
}

/// What a list is ordered by, of one session: the value that stands in [`sort_column`].
pub(super) enum SortValue {
    Number(i64),
    Text(String),
}

pub(super) fn sort_value(session: &Session, key: SortKey, absent: i64) -> SortValue {
    match key {
        SortKey::Created => SortValue::Number(to_millis(session.created_at)),
        SortKey::Updated => SortValue::Number(to_millis(session.updated_at)),
        SortKey::Activity => SortValue::Number(session.last_activity_at.map_or(absent, to_millis)),
        SortKey::Name => SortValue::Text(name_key(session.name.as_str())),
        SortKey::Status => SortValue::Text(session.status().as_str().to_owned()),
    }
}
