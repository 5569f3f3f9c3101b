//! What can go wrong, named for what the caller will do about it. Absence is `Option`, never an error.

use std::error::Error as StdError;

use crate::Crowd;

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has that name (of a session, of a user). Answer: choose another.
    #[error("that name is taken")]
    NameTaken,
    /// As many sessions run as may. Answer: stop one first.
    #[error("all {limit} places are taken")]
    Full {
        /// Whose places.
        whose: Crowd,
        /// How many there are.
        limit: u32,
    },
    /// Another session has that port of the server's machine. Answer: choose another.
    #[error("port {0} is taken")]
    PortTaken(u16),
    /// What was asked contradicts what is there.
    #[error("{0}")]
    Conflict(&'static str),
    /// A list was asked for in a way that has no answer.
    #[error("{field}: {message}")]
    InvalidQuery {
        /// Which part of the question.
        field: &'static str,
        /// What is wrong with it.
        message: &'static str,
    },
    /// The database is away, locked, out of space or out of connections. Answer: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// What is stored cannot be read: a damaged file, or a row that no version of Longhouse writes.
    #[error("the database is damaged ({0}): restore it from a backup")]
    Corrupt(String),
    /// A newer Longhouse has used this database; an older one would misread it.
    #[error(
        "the database has schema version {found}, and this Longhouse knows up to {known}: start the newer version again, or restore a backup"
    )]
    SchemaTooNew {
        /// The database's version.
        found: i64,
        /// The newest version that this binary knows.
        known: i64,
    },
    /// A fault in Longhouse itself: a query that the database does not understand.
    #[error("the database refused a query: {0}")]
    Other(#[source] Box<dyn StdError + Send + Sync>),
}

impl StoreError {
    /// The database cannot be used at present, for a reason that no driver reported.
    pub(crate) fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable(why.into().into())
    }

    /// Whether it is only that somebody else has the SQLite file just now.
    pub(crate) fn is_locked(&self) -> bool {
        let Self::Unavailable(source) = self else {
            return false;
        };
        let database = source
            .downcast_ref::<sqlx::Error>()
            .and_then(sqlx::Error::as_database_error);
        let code = database.and_then(|database| database.code()?.parse::<u32>().ok());
        // BUSY, in any of its extended forms.
        code.is_some_and(|code| code & 0xff == 5)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(database) => match database.code().map(|code| verdict(&code)) {
                Some(Verdict::Away) => Self::Unavailable(error.into()),
                Some(Verdict::Damaged) => Self::Corrupt(error.to_string()),
                Some(Verdict::Fault) | None if database.is_unique_violation() => {
                    Self::Conflict("that exists already")
                }
                Some(Verdict::Fault) | None if database.is_foreign_key_violation() => {
                    Self::Conflict("what this belongs to is not there")
                }
                Some(Verdict::Fault) | None => Self::Other(error.into()),
            },
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable(error.into())
            }
            E::ColumnDecode { .. } | E::Decode(_) => Self::Corrupt(error.to_string()),
            _ => Self::Other(error.into()),
        }
    }
}

enum Verdict {
    Away,
    Damaged,
    Fault,
}

/// Reads an error code of either back end: PostgreSQL's has five characters, SQLite's is a number.
fn verdict(code: &str) -> Verdict {
    // SQLite's extended codes end at four digits.
    if code.len() == 5 {
        return postgres_verdict(code);
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN, and PROTOCOL (too many tries for a WAL lock).
        Ok(5 | 6 | 8 | 10 | 13 | 14 | 15) => Verdict::Away,
        // CORRUPT, NOTADB.
        Ok(11 | 26) => Verdict::Damaged,
        _ => Verdict::Fault,
    }
}

/// By the class, which is the first two characters.
fn postgres_verdict(code: &str) -> Verdict {
    match code.get(..2) {
        // Connection, log-in, rolled back for another transaction, resources, operator, system. `3D` is a missing
        // database, `25006` a standby that only reads.
        Some("08" | "28" | "40" | "53" | "57" | "58" | "3D") => Verdict::Away,
        Some("25") if code == "25006" => Verdict::Away,
        Some("XX") if code == "XX001" || code == "XX002" => Verdict::Damaged,
        _ => Verdict::Fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_back_ends_are_told_apart() {
        for away in [
            "5", "6", "13", "517", "778", "08006", "40P01", "53300", "57P01", "25006",
        ] {
            assert!(matches!(verdict(away), Verdict::Away), "{away}");
        }
        for damaged in ["11", "26", "267", "XX001"] {
            assert!(matches!(verdict(damaged), Verdict::Damaged), "{damaged}");
        }
        for fault in ["1", "19", "2067", "23505", "42601", "25001"] {
            assert!(matches!(verdict(fault), Verdict::Fault), "{fault}");
        }
    }
}
