//! The schema's versions: forward only, run at the start, never edited once released.
//!
//! The texts are shared by both back ends. sqlx's own migrator is not used: it wants a folder per database, and cannot be
//! told to stop at a version, which is how the tests put sample rows in front of each migration.

use sqlx::AnyPool;

use crate::StoreError;
use crate::connection::{Backend, Store};
use crate::row::Fields;

/// One step of the schema.
struct Migration {
    version: i64,
    sql: &'static str,
}

/// In order, without gaps, from 1.
const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("../migrations/0001_foundation.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("../migrations/0002_last_screens.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("../migrations/0003_starts.sql"),
    },
    Migration {
        version: 4,
        sql: include_str!("../migrations/0004_secrets.sql"),
    },
    Migration {
        version: 5,
        sql: include_str!("../migrations/0005_audit.sql"),
    },
    Migration {
        version: 6,
        sql: include_str!("../migrations/0006_credentials.sql"),
    },
    Migration {
        version: 7,
        sql: include_str!("../migrations/0007_people.sql"),
    },
    Migration {
        version: 8,
        sql: include_str!("../migrations/0008_metrics.sql"),
    },
    Migration {
        version: 9,
        sql: include_str!("../migrations/0009_clones.sql"),
    },
    Migration {
        version: 10,
        sql: include_str!("../migrations/0010_kept_volumes.sql"),
    },
    Migration {
        version: 11,
        sql: include_str!("../migrations/0011_published_ports.sql"),
    },
    Migration {
        version: 12,
        sql: include_str!("../migrations/0012_ssh_keys.sql"),
    },
    Migration {
        version: 13,
        sql: include_str!("../migrations/0013_known_hosts.sql"),
    },
    Migration {
        version: 14,
        sql: include_str!("../migrations/0014_git_tokens.sql"),
    },
    Migration {
        version: 15,
        sql: include_str!("../migrations/0015_repositories.sql"),
    },
    Migration {
        version: 16,
        sql: include_str!("../migrations/0016_news.sql"),
    },
];

/// The newest version that this binary knows.
pub(crate) const LATEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// Two servers that start at once on one PostgreSQL database migrate one after the other. The number is arbitrary, and
/// only has to be Longhouse's own. The collation gives both back ends the same order of text: `binary` is SQLite's name
/// for it, and PostgreSQL's own order depends on the machine.
const POSTGRES_PRELUDE: &str = "select pg_advisory_xact_lock(7070410022); \
     create collation if not exists \"binary\" from \"C\"";

/// Brings the schema up to the newest version.
pub(crate) async fn run(store: &Store) -> Result<(), StoreError> {
    run_up_to(store, LATEST).await
}

/// Brings the schema up to `target`, in one transaction: either all of it is there afterwards, or nothing changed.
pub(crate) async fn run_up_to(store: &Store, target: i64) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    if store.backend() == Backend::Postgres {
        sqlx::raw_sql(POSTGRES_PRELUDE).execute(&mut *tx).await?;
    }
    sqlx::raw_sql(
        "create table if not exists schema_versions (version bigint not null primary key)",
    )
    .execute(&mut *tx)
    .await?;
    let found = sqlx::query(VERSION)
        .fetch_one(&mut *tx)
        .await?
        .int("version")?;
    if found > LATEST {
        return Err(StoreError::SchemaTooNew {
            found,
            known: LATEST,
        });
    }
    for migration in MIGRATIONS
        .iter()
        .filter(|migration| migration.version > found && migration.version <= target)
    {
        sqlx::raw_sql(migration.sql).execute(&mut *tx).await?;
        sqlx::query("insert into schema_versions (version) values ($1)")
            .bind(migration.version)
            .execute(&mut *tx)
            .await?;
        tracing::info!(version = migration.version, "the database was migrated");
    }
    tx.commit().await?;
    Ok(())
}

pub(crate) const VERSION: &str = "select coalesce(max(version), 0) as version from schema_versions";

/// The version that the schema has.
pub(crate) async fn version(pool: &AnyPool) -> Result<i64, StoreError> {
    sqlx::query(VERSION).fetch_one(pool).await?.int("version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_run_from_one_without_gaps() {
        for (at, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(usize::try_from(migration.version), Ok(at + 1));
        }
    }

    #[test]
    fn the_sql_is_portable_lower_case() {
        for migration in MIGRATIONS {
            let sql: String = migration
                .sql
                .lines()
                .filter(|line| !line.trim_start().starts_with("--"))
                .collect();
            assert_eq!(sql, sql.to_lowercase());
            for word in sql.split(|c: char| !c.is_alphanumeric() && c != '_') {
                let foreign = [
                    "jsonb",
                    "json",
                    "integer",
                    "int",
                    "serial",
                    "bigserial",
                    "boolean",
                    "bool",
                    "timestamptz",
                    "autoincrement",
                    "blob",
                    "bytea",
                    "uuid",
                    "varchar",
                    "datetime",
                ];
                assert!(!foreign.contains(&word), "{word} is not portable");
            }
        }
    }
}
