//! Damaged files: what a bad disk, a bad copy or a stray hand leaves of a database and of the log that is written ahead of it.
//!
//! Whatever it is, the store either says that it is damaged or works; it never dies of it. Of a damaged log the end is lost, as
//! SQLite takes a broken record for the end, and never anything from the middle.

use std::path::{Path, PathBuf};

use longhouse_domain::event::EventKind;
use longhouse_domain::{Actor, Role};
use longhouse_store::{Store, StoreError, StoreUrl};

use crate::harness::{Bed, actor, at, session};

/// How many sessions are remembered.
const SESSIONS: usize = 40;

/// How many places of a file are tried.
const PLACES: usize = 60;

/// A database as the kernel has it when the process that wrote to it is killed: half in the file, half in its log.
struct Remains {
    file: Vec<u8>,
    log: Vec<u8>,
    ann: Actor,
    names: Vec<String>,
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

async fn remains() -> Remains {
    let bed = Bed::sqlite();
    let StoreUrl::Sqlite(path) = &bed.url else {
        panic!("no file")
    };
    let store = bed.open().await;
    let ann = actor(&store, "ann", Role::Member).await;
    let mut names = Vec::new();
    for n in 0..SESSIONS {
        // What is in the log until here goes into the file, as it does every thousand pages.
        if n == SESSIONS / 2 {
            let mut other = bed.connect().await;
            let folded = sqlx::raw_sql("pragma wal_checkpoint(truncate)");
            folded.execute(&mut other).await.unwrap();
        }
        let made = session(ann.user, &format!("s{n:03}"));
        names.push(made.name.to_string());
        let events = [EventKind::Created];
        store
            .create_session(&made, None, &events, at(0))
            .await
            .unwrap();
    }
    let (file, log) = (std::fs::read(path), std::fs::read(beside(path, "-wal")));
    let (file, log) = (file.unwrap(), log.unwrap());
    store.close().await;
    assert!(log.len() > 100_000 && file.len() > 50_000);
    Remains {
        file,
        log,
        ann,
        names,
    }
}

/// The names of the sessions that are found, in order; or that the store said that it is damaged.
async fn found(remains: &Remains, file: &[u8], log: &[u8]) -> Result<Vec<String>, StoreError> {
    let bed = Bed::sqlite();
    let StoreUrl::Sqlite(path) = &bed.url else {
        panic!("no file")
    };
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, file).unwrap();
    std::fs::write(beside(path, "-wal"), log).unwrap();
    let store = Store::open(&bed.url).await?;
    let looked = look(&store, remains).await;
    store.close().await;
    looked
}

/// Asks for everything there is. A row that cannot be read says so.
async fn look(store: &Store, remains: &Remains) -> Result<Vec<String>, StoreError> {
    store.ping().await?;
    let mut sessions = store.every_session_for_reconciliation().await?;
    sessions.sort_by_key(|session| session.name.to_string());
    let events = store.events_since(0, 10_000).await?;
    // No transaction is there by half.
    assert!(
        events.len() >= sessions.len(),
        "a session without its event"
    );
    store.users().await?;
    store.verify_audit().await?;
    let made = session(remains.ann.user, "later");
    store.create_session(&made, None, &[], at(1)).await?;
    Ok(sessions
        .iter()
        .map(|session| session.name.to_string())
        .collect())
}

#[track_caller]
fn is_said_or_harmless(what: &str, found: Result<Vec<String>, StoreError>) -> Option<Vec<String>> {
    match found {
        Ok(names) => Some(names),
        Err(StoreError::Corrupt(_)) => None,
        // A page that is the wrong one may hold no such table, or a row of somebody who is gone.
        Err(StoreError::Other(_) | StoreError::Conflict(_) | StoreError::SchemaTooNew { .. }) => {
            None
        }
        Err(other) => panic!("{what}: {other:?}"),
    }
}

fn places(length: usize) -> impl Iterator<Item = usize> {
    (0..PLACES).map(move |n| (n * 2_654_435_761) % length)
}

#[tokio::test]
async fn of_a_damaged_log_only_the_end_is_lost_and_the_rest_is_whole() {
    let remains = remains().await;
    let (mut less, mut all) = (0, 0);
    let mut judge = |what: &str, names: Option<Vec<String>>| {
        let names = names.unwrap_or_else(|| panic!("{what}: the file itself is whole"));
        assert!(
            names.len() >= SESSIONS / 2,
            "{what}: what was in the file is lost"
        );
        assert_eq!(names, remains.names[..names.len()], "{what}: a gap");
        *if names.len() < SESSIONS {
            &mut less
        } else {
            &mut all
        } += 1;
    };
    for place in places(remains.log.len()) {
        let cut = format!("cut off at {place}");
        let names = found(&remains, &remains.file, &remains.log[..place]).await;
        judge(&cut, is_said_or_harmless(&cut, names));
        let flipped = format!("flipped at {place}");
        let mut log = remains.log.clone();
        log[place] ^= 1 << (place % 8);
        let names = found(&remains, &remains.file, &log).await;
        judge(&flipped, is_said_or_harmless(&flipped, names));
    }
    let whole = found(&remains, &remains.file, &remains.log).await;
    judge("whole", is_said_or_harmless("whole", whole));
    assert!(less > PLACES && all > 0, "{less} {all}");
}

#[tokio::test]
async fn a_damaged_file_is_said_to_be_one_or_is_none_and_nobody_dies_of_it() {
    let remains = remains().await;
    let (mut said, mut harmless) = (0, 0);
    let mut count = |names: Option<Vec<String>>| {
        *if names.is_some() {
            &mut harmless
        } else {
            &mut said
        } += 1;
    };
    for place in places(remains.file.len()) {
        for bits in [1_u8 << (place % 8), 0xff] {
            let what = format!("{bits} at {place}");
            let mut file = remains.file.clone();
            file[place] ^= bits;
            let names = found(&remains, &file, &remains.log).await;
            count(is_said_or_harmless(&what, names));
        }
    }
    for kept in [1, 2, 3, 5, 8, 13] {
        // Whole pages and half ones.
        for length in [kept * 4096, kept * 4096 + 100] {
            let file = &remains.file[..length.min(remains.file.len() - 1)];
            let names = found(&remains, file, &[]).await;
            let names = is_said_or_harmless(&format!("{length} bytes"), names);
            assert_eq!(names, None, "{length} bytes of {}", remains.file.len());
            count(names);
        }
    }
    assert!(said > 12 && harmless > 0, "{said} {harmless}");
}
