//! The store itself: opening, asking after its health, closing, and the two ways in (reading, writing).
//!
//! This is the only place that knows how the two back ends differ in their connections.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::io::Errno;
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Transaction};

use crate::audit::AuditKey;
use crate::row::Fields;
use crate::{StoreError, StoreUrl, migrations};

/// How many connections read from SQLite at once. Each is a thread with a page cache of up to 2 MB.
const SQLITE_READERS: u32 = 4;

/// How many connections to PostgreSQL one server opens at most.
const POSTGRES_CONNECTIONS: u32 = 10;

/// How long a caller waits for a connection before it is told that the database is not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// After which pause a SQLite file is tried again that somebody else is just bringing into use.
const LOCKED_PAUSE: Duration = Duration::from_millis(50);

/// The oldest SQLite that may be used: those before it can, when the log is begun anew at the wrong moment, lose what was written.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// What every connection to PostgreSQL starts with: no statement and no forgotten transaction holds the others up for ever.
const POSTGRES_SETTINGS: &str =
    "set statement_timeout = '30s'; set idle_in_transaction_session_timeout = '60s'";

/// What the connection that writes to SQLite starts with.
const SQLITE_WRITER_SETTINGS: &str = "pragma journal_mode = wal; pragma synchronous = full; \
     pragma foreign_keys = on; pragma trusted_schema = off; pragma journal_size_limit = 67108864";

/// What the connections that read from SQLite start with.
const SQLITE_READER_SETTINGS: &str = "pragma query_only = on; pragma trusted_schema = off";

/// A write under way; rolled back if it is dropped before its commit.
pub(crate) type WriteTransaction = Transaction<'static, Any>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// Everything remembered. A clone is another handle on the same connections.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
    audit_key: Option<AuditKey>,
    pub(crate) writer: AnyPool,
    pub(crate) reader: AnyPool,
}

/// What a store says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The database and its version: `SQLite 3.51.3`, `PostgreSQL 15.14 ...`.
    pub version: String,
    /// The version of the schema.
    pub schema: i64,
}

impl Store {
    /// Opens the store and brings its schema up to date. A SQLite file is made if it is not there, with its directory; it
    /// can be read by its owner alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where nothing can be reached or made, [`StoreError::Corrupt`] for a damaged file,
    /// [`StoreError::SchemaTooNew`] after a downgrade.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        let store = Self::connect(url).await?;
        migrations::run(&store).await?;
        Ok(store)
    }

    /// Opens the store as it is. `None` where its schema is not the newest, which only a server's start may change.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_unchanged(url: &StoreUrl) -> Result<Option<Self>, StoreError> {
        let store = Self::connect(url).await?;
        if migrations::version(&store.reader).await? == migrations::LATEST {
            return Ok(Some(store));
        }
        store.close().await;
        Ok(None)
    }

    /// Brings the schema up to one version and no further, so that a test can put rows in front of the next migration.
    #[doc(hidden)]
    pub async fn migrate_for_test(url: &StoreUrl, version: i64) -> Result<(), StoreError> {
        let store = Self::connect(url).await?;
        migrations::run_up_to(&store, version).await?;
        store.close().await;
        Ok(())
    }

    async fn connect(url: &StoreUrl) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        match url {
            StoreUrl::Sqlite(path) => Self::connect_sqlite(path).await,
            StoreUrl::Postgres(url) => Self::connect_postgres(url).await,
        }
    }

    async fn connect_sqlite(path: &Path) -> Result<Self, StoreError> {
        let path = prepare_file(path)?;
        let base = sqlite_url(&path)?;
        examine(&format!("{base}?mode=rw")).await?;
        let options = |connections| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let writer = options(1)
            .idle_timeout(None)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SQLITE_WRITER_SETTINGS)
                        .execute(connection)
                        .await
                        .map(drop)
                })
            })
            .connect(&format!("{base}?mode=rw"))
            .await?;
        // The readers connect when they are needed: before the writer has made the WAL they could not.
        let reader = options(SQLITE_READERS)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SQLITE_READER_SETTINGS)
                        .execute(connection)
                        .await
                        .map(drop)
                })
            })
            .connect_lazy(&format!("{base}?mode=ro"))?;
        Ok(Self {
            backend: Backend::Sqlite,
            audit_key: None,
            writer,
            reader,
        })
    }

    async fn connect_postgres(url: &str) -> Result<Self, StoreError> {
        let pool = AnyPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(POSTGRES_SETTINGS)
                        .execute(connection)
                        .await
                        .map(drop)
                })
            })
            .connect(url)
            .await?;
        Ok(Self {
            backend: Backend::Postgres,
            audit_key: None,
            writer: pool.clone(),
            reader: pool,
        })
    }

    /// The same store, which seals the audit log with this key. Without one the log is chained but not sealed: whoever can
    /// write to the database could then end it earlier.
    #[must_use]
    pub fn with_audit_key(mut self, key: AuditKey) -> Self {
        self.audit_key = Some(key);
        self
    }

    pub(crate) fn audit_key(&self) -> Option<&AuditKey> {
        self.audit_key.as_ref()
    }

    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(&self) -> Result<WriteTransaction, StoreError> {
        Ok(match self.backend {
            Backend::Sqlite => self.writer.begin_with("begin immediate").await?,
            Backend::Postgres => self.writer.begin().await?,
        })
    }

    /// Begins to read what the database holds at this moment, whatever others write meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<WriteTransaction, StoreError> {
        Ok(match self.backend {
            Backend::Sqlite => self.reader.begin().await?,
            Backend::Postgres => {
                let begin = "begin transaction isolation level repeatable read, read only";
                self.reader.begin_with(begin).await?
            }
        })
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where none comes.
    pub async fn ping(&self) -> Result<Health, StoreError> {
        let sql = match self.backend {
            Backend::Sqlite => "select 'SQLite ' || sqlite_version() as version",
            Backend::Postgres => "select version() as version",
        };
        let version = sqlx::query(sql)
            .fetch_one(&self.reader)
            .await?
            .text("version")?;
        let schema = migrations::version(&self.reader).await?;
        Ok(Health { version, schema })
    }

    /// Closes all connections, once the queries under way have ended. Later queries answer [`StoreError::Unavailable`].
    pub async fn close(&self) {
        // The writer goes last: the last connection folds the WAL into the file, and only the writer can.
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Looks at the file before the pool does, for a pool would try again and again and then say that it ran out of time.
/// Others may open a new file at the same moment; while one of them turns its log on, SQLite refuses the rest without
/// waiting, so the waiting is done here.
pub(crate) async fn examine(url: &str) -> Result<(), StoreError> {
    let begun = tokio::time::Instant::now();
    loop {
        match check_integrity(url).await {
            Err(error) if error.is_locked() && begun.elapsed() < ACQUIRE_TIMEOUT => {
                tokio::time::sleep(LOCKED_PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// Whether a version is older than may be. One that cannot be read is.
fn is_too_old(version: &str) -> bool {
    let parts: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts.is_none_or(|parts| parts.as_slice() < OLDEST_SQLITE.as_slice())
}

/// A damaged file is told at the start, in words, and not by the first query that meets the damage.
async fn check_integrity(url: &str) -> Result<(), StoreError> {
    let mut connection = AnyConnection::connect(url).await?;
    sqlx::raw_sql(SQLITE_WRITER_SETTINGS)
        .execute(&mut connection)
        .await?;
    let library = sqlx::query("select sqlite_version() as version")
        .fetch_one(&mut connection)
        .await?
        .text("version")?;
    if is_too_old(&library) {
        return Err(StoreError::unavailable(format!(
            "this program was built with SQLite {library}, which can lose what was written; it needs {}",
            OLDEST_SQLITE.map(|part| part.to_string()).join(".")
        )));
    }
    let row = sqlx::query("pragma quick_check(1)")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    match row.text("quick_check")?.as_str() {
        "ok" => Ok(()),
        damage => Err(StoreError::Corrupt(damage.to_owned())),
    }
}

/// Makes the file and its directory where they are missing, readable by the owner alone. SQLite gives the file's own
/// permissions to the files it keeps beside it.
///
/// The file is never opened here: closing it would drop the locks that SQLite holds on it elsewhere in this process.
fn prepare_file(path: &Path) -> Result<PathBuf, StoreError> {
    let failed = |what: &str, error: io::Error| {
        StoreError::unavailable(format!("cannot {what} {}: {error}", path.display()))
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| failed("make the directory of", error))?;
    let private = Mode::RUSR | Mode::WUSR;
    match mknodat(CWD, path, FileType::RegularFile, private, 0) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(failed("make", error.into())),
    }
    fs::set_permissions(path, Permissions::from_mode(0o600))
        .map_err(|error| failed("protect", error))?;
    path.canonicalize().map_err(|error| failed("find", error))
}

/// The path as sqlx takes it: everything that could mean something in a URL is encoded.
pub(crate) fn sqlite_url(path: &Path) -> Result<String, StoreError> {
    let text = path
        .to_str()
        .ok_or_else(|| StoreError::unavailable("the database's path is not UTF-8"))?;
    let mut url = "sqlite://".to_owned();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_can_lose_what_was_written_is_refused() {
        for old in ["3.51.2", "3.50.9", "3.7.17", "2.99.0", "3.51", "", "x"] {
            assert!(is_too_old(old), "{old}");
        }
        for good in ["3.51.3", "3.51.3.1", "3.52.0", "3.100.0", "4.0.0"] {
            assert!(!is_too_old(good), "{good}");
        }
    }
}
