//! Fresh stores for tests, and the things that tests put into them.

mod cluster;
mod samples;

use std::path::PathBuf;

use longhouse_store::{Store, StoreUrl};
use sqlx::{AnyConnection, Connection};

pub(crate) use cluster::fresh_database;
pub(crate) use samples::{actor, at, deed, id, new_sign_in, new_user, session, short_of, token};

/// A place for a store that nobody used before.
pub(crate) struct Bed {
    pub(crate) url: StoreUrl,
    // Removed with the bed.
    _directory: Option<tempfile::TempDir>,
}

impl Bed {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Characters that mean something in a URL belong to a path as any others do.
        let path: PathBuf = directory.path().join("a b%20?#ä").join("longhouse.db");
        Self {
            url: StoreUrl::Sqlite(path),
            _directory: Some(directory),
        }
    }

    pub(crate) async fn postgres() -> Self {
        Self {
            url: StoreUrl::Postgres(fresh_database().await),
            _directory: None,
        }
    }

    /// A plain connection, for what no store does.
    pub(crate) async fn connect(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let url = match &self.url {
            StoreUrl::Sqlite(path) => {
                let encode = |byte: u8| match byte {
                    b'/' => "/".to_owned(),
                    other => format!("%{other:02x}"),
                };
                let path: String = path.to_str().unwrap().bytes().map(encode).collect();
                format!("sqlite://{path}")
            }
            StoreUrl::Postgres(url) => url.clone(),
        };
        AnyConnection::connect(&url).await.unwrap()
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }
}

/// Runs each test body once per back end: `the_name::sqlite` and `the_name::postgres`.
macro_rules! on_both_back_ends {
    ($($(#[$doc:meta])* async fn $name:ident($bed:ident: &Bed) $body:block)+) => {
        $(
            $(#[$doc])*
            async fn $name($bed: &crate::harness::Bed) $body

            // A module and a function may share a name.
            mod $name {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    super::$name(&crate::harness::Bed::sqlite()).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    super::$name(&crate::harness::Bed::postgres().await).await;
                }
            }
        )+
    };
}
pub(crate) use on_both_back_ends;
