//! The log of events.

use longhouse_domain::event::{ContainerHealth, Event, EventKind, Stage};
use longhouse_domain::git::{KeptCommit, KeptConflict, KeptPush, RefusedFile};
use longhouse_domain::{Role, SessionId};
use longhouse_store::{CatchUp, EventBounds};

use crate::harness::{actor, at, id, on_both_back_ends, session};

fn seqs(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.seq).collect()
}

on_both_back_ends! {
    async fn positions_grow_over_trimming_and_restarts(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        assert_eq!(store.event_bounds().await.unwrap(), EventBounds { oldest: 1, latest: 0 });
        let about = SessionId(id());
        let three = vec![EventKind::Updated; 3];
        assert_eq!(seqs(&store.append_events(about, ann.user, &three, at(0)).await.unwrap()), [1, 2, 3]);
        assert_eq!(store.trim_events(1).await.unwrap(), 2);
        assert_eq!(store.event_bounds().await.unwrap(), EventBounds { oldest: 3, latest: 3 });
        assert_eq!(store.trim_events(0).await.unwrap(), 1);
        assert_eq!(store.event_bounds().await.unwrap(), EventBounds { oldest: 4, latest: 3 });
        store.close().await;
        let store = bed.open().await;
        assert_eq!(seqs(&store.append_events(about, ann.user, &three, at(1)).await.unwrap()), [4, 5, 6]);
        assert_eq!(store.append_events(about, ann.user, &[], at(1)).await.unwrap(), []);
    }

    async fn an_event_is_read_as_it_was_written(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let what = [
            EventKind::Progress { stage: Stage::Clone, percent: Some(40), detail: "ünï\ncode".to_owned() },
            EventKind::TerminalExited { terminal: "agent".to_owned(), code: 137 },
            EventKind::PortOpened { port: 3000, process: "node".to_owned() },
            EventKind::PortClosed { port: 3000 },
            EventKind::Egress { host: "example.org".to_owned(), port: 443, reason: None },
            EventKind::Egress { host: "[::1]".to_owned(), port: 22, reason: Some("no".to_owned()) },
            EventKind::GitCommit { commit: KeptCommit { commit: "0a1b".to_owned(), files: 1, ..KeptCommit::default() } },
            EventKind::GitCheckpoint { number: 1, subject: "chore: update a".to_owned() },
            EventKind::GitRefused { files: vec![RefusedFile { path: ".env".to_owned(), reason: "is secret".to_owned() }] },
            EventKind::HostKeyRefused { host: "git.example.org".to_owned(), shown: "SHA256:b".to_owned(), known: Some("SHA256:a".to_owned()) },
            EventKind::GitPush { push: KeptPush { path: "a/b".parse().unwrap(), to: "main".to_owned(), ..KeptPush::default() } },
            EventKind::GitConflict { conflict: KeptConflict { files: vec!["a".to_owned()], ..KeptConflict::default() } },
            EventKind::ContainerHealth { health: ContainerHealth::Oom, detail: Some("full".to_owned()) },
            EventKind::Created,
        ];
        let written = store.append_events(SessionId(id()), ann.user, &what, at(3)).await.unwrap();
        assert_eq!(store.events_since(0, 100).await.unwrap(), written);
        assert_eq!(seqs(&store.events_since(1, 1).await.unwrap()), [2]);
        let last = written.last().unwrap().seq;
        assert_eq!(store.events_since(last, 10).await.unwrap(), []);
    }

    async fn one_catches_up_with_what_one_may_know_or_is_told_to_reload(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let ben = actor(&store, "ben", Role::Member).await;
        let adm = actor(&store, "adm", Role::Admin).await;
        for owner in [&ann, &ben, &ann, &ben] {
            store.append_events(SessionId(id()), owner.user, &[EventKind::Updated], at(0)).await.unwrap();
        }
        let known = |caught: CatchUp| match caught {
            CatchUp::Events(events) => Some(seqs(&events)),
            CatchUp::Reload { .. } => None,
        };
        assert_eq!(known(store.catch_up(&ann, 0, 10).await.unwrap()), Some(vec![1, 3]));
        assert_eq!(known(store.catch_up(&ben, 2, 10).await.unwrap()), Some(vec![4]));
        assert_eq!(known(store.catch_up(&adm, 0, 3).await.unwrap()), Some(vec![1, 2, 3]));
        assert_eq!(known(store.catch_up(&ann, 4, 10).await.unwrap()), Some(vec![]));
        store.trim_events(2).await.unwrap();
        assert_eq!(known(store.catch_up(&ann, 2, 10).await.unwrap()), Some(vec![3]));
        for beyond in [1, 0, -1, 5, i64::MAX, i64::MIN] {
            assert_eq!(store.catch_up(&ann, beyond, 10).await.unwrap(), CatchUp::Reload { latest: 4 }, "{beyond}");
        }
    }

    async fn a_reader_meets_every_event_once_and_in_order_while_many_write(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        let writers: Vec<_> = (0..8).map(|_| {
            let (store, owner, about) = (store.clone(), ann.user, made.id);
            tokio::spawn(async move {
                for n in 0..10 {
                    if n % 3 == 0 {
                        // A transaction that ends otherwise leaves no gap.
                        let taken = store.create_session(&session(owner, "A"), None, &[EventKind::Created], at(0)).await;
                        assert!(taken.is_err());
                    }
                    store.append_events(about, owner, &[EventKind::Updated, EventKind::Updated], at(0)).await.unwrap();
                }
            })
        }).collect();
        let mut seen = Vec::new();
        while seen.len() < 160 {
            let last = seen.last().copied().unwrap_or(0);
            seen.extend(seqs(&store.events_since(last, 7).await.unwrap()));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(seen, (1..=160).collect::<Vec<_>>());
    }
}
