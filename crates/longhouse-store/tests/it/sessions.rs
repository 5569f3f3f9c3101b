//! Single sessions: written, read, changed, deleted.

use longhouse_domain::event::EventKind;
use longhouse_domain::lifecycle::RuntimeHandle;
use longhouse_domain::{Phase, Role, SessionId, Status, UserId, Wish};
use longhouse_store::{
    CatchUp, Created, LogQuery, NewLogLine, SessionRef, StatusCounts, StoreError,
};

use crate::harness::{actor, at, id, on_both_back_ends, session};

fn running() -> Phase {
    Phase::Running {
        handle: RuntimeHandle(serde_json::json!({"pid": 7, "boot": "x"})),
    }
}

on_both_back_ends! {
    async fn what_is_read_is_what_was_written(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let session = session(ann.user, "Fix Login");
        let Created::New(made) = store.create_session(&session, None, &[EventKind::Created], at(0)).await.unwrap() else {
            panic!("made before")
        };
        assert_eq!(made.session, session);
        assert_eq!(made.events.len(), 1);
        for address in [session.id.to_string(), "Fix Login".to_owned(), "fix login".to_owned()] {
            let found = store.session(&ann, &SessionRef::parse(&address)).await.unwrap();
            assert_eq!(found.unwrap().session, session, "{address}");
        }
        let again = bed.open().await;
        assert_eq!(again.every_session_for_reconciliation().await.unwrap(), std::slice::from_ref(&session));
        assert_eq!(again.session_for_reconciliation(session.id).await.unwrap(), Some(session));
    }

    async fn times_are_kept_to_the_millisecond_and_text_without_nul(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let mut session = session(ann.user, "a");
        session.created_at = "2026-11-20T10:00:00.123456789Z".parse().unwrap();
        session.description = "a\0b".to_owned();
        let Created::New(made) = store.create_session(&session, None, &[], at(0)).await.unwrap() else {
            panic!("made before")
        };
        assert_eq!(made.session.created_at.to_string(), "2026-11-20T10:00:00.123Z");
        assert_eq!(made.session.description, "a\u{fffd}b");
        assert_eq!(store.session(&ann, &session.id.into()).await.unwrap().unwrap().session, made.session);
    }

    async fn one_sees_a_session_exactly_where_the_domain_says_so(bed: &Bed) {
        let store = bed.open().await;
        let mut actors = Vec::new();
        for (name, role) in [("ann", Role::Member), ("ben", Role::Member), ("vic", Role::Viewer), ("adm", Role::Admin)] {
            actors.push(actor(&store, name, role).await);
        }
        for owner in &actors {
            store.create_session(&session(owner.user, &owner.username), None, &[], at(0)).await.unwrap();
        }
        for asking in &actors {
            let listed = store.sessions(asking, &longhouse_domain::query::SessionQuery { limit: 10, ..Default::default() }).await.unwrap();
            for owner in &actors {
                let allowed = asking.access(owner.user, None).is_some();
                let found = store.session(asking, &SessionRef::parse(&owner.username)).await.unwrap();
                assert_eq!(found.is_some(), allowed, "{} asks for that of {}", asking.username, owner.username);
                assert_eq!(listed.items.iter().any(|item| item.session.owner == owner.user), allowed);
            }
            assert_eq!(listed.total, u64::try_from(listed.items.len()).unwrap());
        }
    }

    async fn of_many_creations_with_one_name_exactly_one_wins(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let creations: Vec<_> = (0..12).map(|n| {
            let (store, owner) = (store.clone(), ann.user);
            let name = if n % 2 == 0 { "work" } else { "WORK" };
            tokio::spawn(async move { store.create_session(&session(owner, name), None, &[EventKind::Created], at(0)).await })
        }).collect();
        let mut won = 0;
        for creation in creations {
            match creation.await.unwrap() {
                Ok(_) => won += 1,
                Err(StoreError::NameTaken) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1);
        assert_eq!(store.event_bounds().await.unwrap().latest, 1, "the losers left no event");
    }

    async fn a_session_needs_its_owner(bed: &Bed) {
        let store = bed.open().await;
        let made = store.create_session(&session(UserId(id()), "a"), None, &[], at(0)).await;
        assert!(matches!(made, Err(StoreError::Conflict(_))), "{made:?}");
    }

    async fn a_change_and_its_events_are_written_together(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        let changed = store.change_session(made.id, at(5), |session| {
            session.description = "new".to_owned();
            session.labels.insert("team".to_owned(), "blue".to_owned());
            session.spec.env.insert("B".to_owned(), "2".to_owned());
            session.id = SessionId(id());
            vec![EventKind::Updated]
        }).await.unwrap().unwrap();
        assert_eq!((changed.session.id, changed.session.updated_at), (made.id, at(5)));
        assert_eq!(changed.session.description, "new");
        assert_eq!(store.session(&ann, &made.id.into()).await.unwrap().unwrap().session, changed.session);
        assert_eq!(store.catch_up(&ann, 0, 10).await.unwrap(), CatchUp::Events(changed.events));
        assert_eq!(store.change_session(SessionId(id()), at(6), |_| vec![EventKind::Updated]).await.unwrap(), None);
        assert_eq!(store.event_bounds().await.unwrap().latest, 1);
    }

    async fn a_change_that_changes_nothing_writes_nothing(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        let same = store.set_wish(made.id, Wish::Running, at(9)).await.unwrap().unwrap();
        assert_eq!((same.session, same.events), (made, vec![]));
    }

    async fn a_name_can_change_but_not_to_one_that_is_taken(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let (one, two) = (session(ann.user, "one"), session(ann.user, "two"));
        for session in [&one, &two] {
            store.create_session(session, None, &[], at(0)).await.unwrap();
        }
        let rename = |id, to: &'static str| {
            let store = &store;
            async move {
                store.change_session(id, at(1), |session| {
                    session.name = to.parse().unwrap();
                    vec![EventKind::Updated]
                }).await
            }
        };
        assert!(matches!(rename(one.id, "TWO").await, Err(StoreError::NameTaken)));
        assert_eq!(store.event_bounds().await.unwrap().latest, 0);
        assert_eq!(rename(one.id, "ONE").await.unwrap().unwrap().session.name.as_str(), "ONE");
        assert_eq!(rename(one.id, "three").await.unwrap().unwrap().session.name.as_str(), "three");
        assert!(rename(two.id, "one").await.is_ok());
    }

    async fn many_changes_at_once_lose_none(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        let changes: Vec<_> = (0..20).map(|n| {
            let (store, id) = (store.clone(), made.id);
            tokio::spawn(async move {
                store.change_session(id, at(n), |session| {
                    session.labels.insert(format!("l{n}"), String::new());
                    vec![EventKind::Updated]
                }).await.unwrap().unwrap();
            })
        }).collect();
        for change in changes {
            change.await.unwrap();
        }
        let now = store.session(&ann, &made.id.into()).await.unwrap().unwrap().session;
        assert_eq!(now.labels.len(), 21);
    }

    async fn a_phase_is_kept_with_its_handle_and_told_where_people_see_a_difference(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        let told = |changed: longhouse_store::Changed| changed.events.into_iter().map(|event| event.what).collect::<Vec<_>>();

        let up = store.set_phase(made.id, running(), at(1)).await.unwrap().unwrap();
        assert_eq!(up.session.phase, running());
        assert_eq!(told(up), [
            EventKind::StatusChanged { from: Status::Pending, to: Status::Running, reason: None },
            EventKind::Updated,
        ]);

        let moved = Phase::Running { handle: RuntimeHandle(serde_json::json!(8)) };
        let same_to_people = store.set_phase(made.id, moved.clone(), at(2)).await.unwrap().unwrap();
        assert_eq!(same_to_people.session.phase, moved);
        assert_eq!(told(same_to_people), []);

        let failed = Phase::Error { reason: "killed by signal 9".to_owned() };
        let down = store.set_phase(made.id, failed, at(3)).await.unwrap().unwrap();
        assert_eq!(told(down), [
            EventKind::StatusChanged {
                from: Status::Running,
                to: Status::Error,
                reason: Some("killed by signal 9".to_owned()),
            },
            EventKind::Updated,
        ]);
        assert_eq!(store.set_phase(SessionId(id()), running(), at(3)).await.unwrap(), None);
    }

    async fn being_opened_and_being_active_are_noted_without_an_event_and_never_backwards(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        store.note_accessed(made.id, at(7)).await.unwrap();
        store.note_accessed(made.id, at(6)).await.unwrap();
        store.note_activity(&[(made.id, at(9)), (SessionId(id()), at(9)), (made.id, at(8))]).await.unwrap();
        let now = store.session(&ann, &made.id.into()).await.unwrap().unwrap().session;
        assert_eq!((now.last_accessed_at, now.last_activity_at, now.updated_at), (Some(at(7)), Some(at(9)), at(0)));
        assert_eq!(store.event_bounds().await.unwrap().latest, 0);
    }

    async fn a_deleted_session_leaves_its_last_event_and_nothing_else(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        let line = NewLogLine { at: at(1), level: longhouse_domain::event::LogLevel::Info, source: "session".to_owned(), message: "m".to_owned() };
        store.append_log(made.id, std::slice::from_ref(&line)).await.unwrap();
        let gone = store.delete_session(made.id, at(2)).await.unwrap().unwrap();
        assert_eq!(gone.events[0].what, EventKind::Deleted);
        assert_eq!(store.session(&ann, &made.id.into()).await.unwrap(), None);
        assert_eq!(store.session_log(&ann, made.id, &LogQuery::default()).await.unwrap(), []);
        assert_eq!(store.append_log(made.id, &[line]).await.unwrap(), None);
        assert_eq!(store.delete_session(made.id, at(3)).await.unwrap(), None);
        assert_eq!(store.catch_up(&ann, 0, 10).await.unwrap(), CatchUp::Events(gone.events));
        // The name is free again.
        store.create_session(&session(ann.user, "a"), None, &[], at(4)).await.unwrap();
    }

    async fn sessions_are_counted_by_status_of_one_and_of_all(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let ben = actor(&store, "ben", Role::Member).await;
        for (owner, name, phase) in [
            (&ann, "a", Phase::Pending),
            (&ann, "b", running()),
            (&ann, "c", Phase::Stopping { handle: RuntimeHandle(serde_json::json!(1)) }),
            (&ben, "d", Phase::Stopped { reason: None }),
        ] {
            let mut made = session(owner.user, name);
            made.phase = phase;
            store.create_session(&made, None, &[], at(0)).await.unwrap();
        }
        let of_ann = store.session_counts(Some(ann.user)).await.unwrap();
        assert_eq!(of_ann, StatusCounts { pending: 1, running: 2, ..StatusCounts::default() });
        let of_all = store.session_counts(None).await.unwrap();
        assert_eq!((of_all.stopped, of_all.total()), (1, 4));
    }
}
