//! Opening a store: who may read the file, and what is said of files that cannot be used.

use std::os::unix::fs::PermissionsExt;

use longhouse_domain::Role;
use longhouse_store::{Store, StoreError, StoreUrl};
use sqlx::{Connection, Executor};

use crate::harness::{Bed, at, deed, new_user, on_both_back_ends, session};

fn path(bed: &Bed) -> &std::path::Path {
    match &bed.url {
        StoreUrl::Sqlite(path) => path,
        StoreUrl::Postgres(_) => panic!("no file"),
    }
}

on_both_back_ends! {
    async fn a_store_says_what_it_runs_on_until_it_is_closed(bed: &Bed) {
        let store = bed.open().await;
        let health = store.ping().await.unwrap();
        let expected = match bed.url {
            StoreUrl::Sqlite(_) => "SQLite 3.",
            StoreUrl::Postgres(_) => "PostgreSQL 1",
        };
        assert!(health.version.starts_with(expected), "{}", health.version);
        assert!(health.schema >= 1);
        store.close().await;
        assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.change_settings(&[("a", Some("b".to_owned()))], &deed()).await, Err(StoreError::Unavailable(_))));
    }

    async fn many_that_open_at_once_migrate_once(bed: &Bed) {
        let openings: Vec<_> = (0..10).map(|_| {
            let url = bed.url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        }).collect();
        for opening in openings {
            opening.await.unwrap().unwrap().close().await;
        }
    }

    async fn a_schema_of_a_newer_version_is_not_touched(bed: &Bed) {
        let store = bed.open().await;
        let known = store.ping().await.unwrap().schema;
        store.close().await;
        let mut connection = bed.connect().await;
        connection.execute("insert into schema_versions (version) values (1000)").await.unwrap();
        connection.close().await.unwrap();
        match Store::open(&bed.url).await {
            Err(StoreError::SchemaTooNew { found: 1000, known: newest }) => assert_eq!(newest, known),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_files_of_sqlite_are_their_owners_alone() {
    let bed = Bed::sqlite();
    std::fs::create_dir_all(path(&bed).parent().unwrap()).unwrap();
    std::fs::write(path(&bed), "").unwrap();
    std::fs::set_permissions(path(&bed), std::fs::Permissions::from_mode(0o644)).unwrap();
    let store = bed.open().await;
    new_user(&store, "ann", Role::Admin).await;
    let mut files = 0;
    for entry in std::fs::read_dir(path(&bed).parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert!(
        files > 1,
        "the log that is written ahead is a file of its own"
    );
}

#[tokio::test]
async fn a_damaged_file_is_told_as_such() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    let ann = new_user(&store, "ann", Role::Admin).await;
    for n in 0..50 {
        let made = session(ann.id, &format!("s{n}"));
        store.create_session(&made, None, &[], at(0)).await.unwrap();
    }
    store.close().await;
    let whole = std::fs::read(path(&bed)).unwrap();
    let no_database = b"this is no database, but it is long enough to be taken for one".repeat(20);
    let truncated = &whole[..whole.len() / 2];
    let mut flipped = whole.clone();
    flipped[4096 * 3..4096 * 6].fill(0x5a);
    for (what, content) in [
        ("foreign", &no_database[..]),
        ("truncated", truncated),
        ("flipped", &flipped),
    ] {
        std::fs::write(path(&bed), content).unwrap();
        let opened = Store::open(&bed.url).await;
        assert!(
            matches!(opened, Err(StoreError::Corrupt(_))),
            "{what}: {opened:?}"
        );
    }
    std::fs::write(path(&bed), &whole).unwrap();
    bed.open().await;
}

#[tokio::test]
async fn what_cannot_be_reached_is_not_available() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "").unwrap();
    for url in [
        format!("sqlite:{}/file/longhouse.db", directory.path().display()),
        format!(
            "postgres://u@localhost/d?host={}",
            directory.path().display()
        ),
    ] {
        let opened = Store::open(&url.parse().unwrap()).await;
        assert!(
            matches!(opened, Err(StoreError::Unavailable(_))),
            "{url}: {opened:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_drops_its_connections_is_connected_to_again() {
    let bed = Bed::postgres().await;
    let store = bed.open().await;
    store.ping().await.unwrap();
    let mut other = bed.connect().await;
    let dropped = sqlx::raw_sql(
        "select pg_terminate_backend(pid) from pg_stat_activity \
         where datname = current_database() and pid <> pg_backend_pid()",
    );
    let dropped = dropped.fetch_all(&mut other).await.unwrap();
    assert!(!dropped.is_empty());
    store
        .change_settings(&[("a", Some("b".to_owned()))], &deed())
        .await
        .unwrap();
    assert_eq!(store.setting("a").await.unwrap().as_deref(), Some("b"));
}
