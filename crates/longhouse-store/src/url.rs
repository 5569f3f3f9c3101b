//! Where the store is: a file, or a PostgreSQL server. Parsing only; nothing is opened here.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The one setting that chooses the back end. Its `Debug` and `Display` never show a password.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file; it is made if it is not there.
    Sqlite(PathBuf),
    /// A PostgreSQL database, as `postgres://user:password@host/database?sslmode=...`; Unix sockets by `?host=/directory`.
    Postgres(String),
}

/// Why a text is no place for a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreUrlError {
    /// Neither of the two kinds.
    #[error("must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
    UnknownScheme,
    /// `sqlite:` without a path, or with the in-memory database, which would forget everything.
    #[error("sqlite: needs the path of a file")]
    PathMissing,
}

impl FromStr for StoreUrl {
    type Err = StoreUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text
            .strip_prefix("sqlite://")
            .or_else(|| text.strip_prefix("sqlite:"))
            .ok_or(StoreUrlError::UnknownScheme)?;
        if path.is_empty() || path.starts_with(":memory:") {
            return Err(StoreUrlError::PathMissing);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Scheme, host and database. The user information goes, and so do the parameters, since `password` may be one of them.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_back_end() {
        for text in ["sqlite:/a/b.db", "sqlite:///a/b.db"] {
            assert_eq!(text.parse(), Ok(StoreUrl::Sqlite("/a/b.db".into())));
        }
        let postgres = "postgresql://h/d";
        assert_eq!(
            postgres.parse(),
            Ok(StoreUrl::Postgres(postgres.to_owned()))
        );
        for (bad, why) in [
            ("mysql://h/d", StoreUrlError::UnknownScheme),
            ("/a/b.db", StoreUrlError::UnknownScheme),
            ("sqlite:", StoreUrlError::PathMissing),
            ("sqlite::memory:", StoreUrlError::PathMissing),
        ] {
            assert_eq!(bad.parse::<StoreUrl>(), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://u:hunter2@h:5432/d",
            "postgres://u:hun@ter2@h:5432/d",
            "postgres://h:5432/d?password=hunter2",
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(format!("{url}"), "postgres://h:5432/d");
            assert_eq!(format!("{url:?}"), "postgres://h:5432/d");
        }
    }
}
