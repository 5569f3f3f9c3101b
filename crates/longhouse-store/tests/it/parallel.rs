//! Many writers and readers at once, and writers that give up half-way.

use std::time::Duration;

use longhouse_domain::event::EventKind;
use longhouse_domain::query::SessionQuery;
use longhouse_domain::{Phase, Role};
use longhouse_store::{Crowd, NewRecord, Places, StoreError};

use crate::harness::{actor, at, on_both_back_ends, session};

on_both_back_ends! {
    async fn many_writers_and_readers_never_meet_a_busy_database(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        // A second handle stands for a second process: an offline command while the server runs.
        let second = bed.open().await;
        let tasks: Vec<_> = (0..16).map(|task| {
            let (store, ann) = (if task % 2 == 0 { store.clone() } else { second.clone() }, ann.clone());
            tokio::spawn(async move {
                for n in 0..6 {
                    let made = session(ann.user, &format!("s {task} {n}"));
                    store.create_session(&made, None, &[EventKind::Created], at(n)).await.unwrap();
                    store.sessions(&ann, &SessionQuery { limit: 5, ..SessionQuery::default() }).await.unwrap();
                    store.set_phase(made.id, Phase::Starting, at(n)).await.unwrap().unwrap();
                    store.note_activity(&[(made.id, at(n))]).await.unwrap();
                }
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(store.session_counts(None).await.unwrap().starting, 96);
        assert_eq!(store.event_bounds().await.unwrap().latest, 288);
    }

    async fn the_last_place_is_given_to_one_of_those_who_ask_at_once(bed: &Bed) {
        let store = bed.open().await;
        let second = bed.open().await;
        let (ann, bob) = (actor(&store, "ann", Role::Member).await, actor(&store, "bob", Role::Member).await);
        let places = Places { of_all: 5, of_one: 3 };
        let tasks: Vec<_> = (0..16).map(|n| {
            let store = if n % 2 == 0 { store.clone() } else { second.clone() };
            let owner = if n % 4 < 2 { ann.user } else { bob.user };
            tokio::spawn(async move {
                let made = session(owner, &format!("s {n}"));
                let record = NewRecord { session: &made, secrets: &[], ssh_key: None, listed: None, places, lines: &[] };
                store.create_session(record, None, &[EventKind::Created], at(n)).await.map(drop)
            })
        }).collect();
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) | Err(StoreError::Full { whose: Crowd::Owner, limit: 3 } | StoreError::Full { whose: Crowd::Everybody, limit: 5 }) => {}
                other => panic!("{other:?}"),
            }
        }
        let of = async |owner| store.session_counts(owner).await.unwrap().pending;
        assert_eq!(of(None).await, 5);
        assert_eq!(of(Some(ann.user)).await.max(of(Some(bob.user)).await), 3);
        assert_eq!(store.event_bounds().await.unwrap().latest, 5);
    }

    async fn a_write_that_is_given_up_leaves_nothing_and_blocks_nobody(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        for n in 0..60 {
            let made = session(ann.user, &format!("s {n}"));
            let write = store.create_session(&made, None, &[EventKind::Created], at(0));
            // Given up after a different number of steps each time; some get through.
            let _ = tokio::time::timeout(Duration::from_micros(n * 50), write).await;
        }
        let made = store.create_session(&session(ann.user, "last"), None, &[EventKind::Created], at(0)).await;
        assert!(made.is_ok(), "{made:?}");
        let sessions = store.every_session_for_reconciliation().await.unwrap().len();
        assert_eq!(store.event_bounds().await.unwrap().latest, i64::try_from(sessions).unwrap());
    }
}
