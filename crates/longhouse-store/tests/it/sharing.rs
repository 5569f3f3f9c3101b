//! Shares: who sees what of whose session, in every query that a user's question leads to.

use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::query::SessionQuery;
use longhouse_domain::{Actor, Permission, Role, Session, ShareAccess, UserId};
use longhouse_store::{CatchUp, LastScreen, LogQuery, NewLogLine, SessionRef, Store, StoreError};

use crate::harness::{actor, at, deed, id, on_both_back_ends, session};

/// A session with something in everything that can be read of it.
async fn full(store: &Store, owner: &Actor, name: &str) -> Session {
    let made = session(owner.user, name);
    let what = [EventKind::Created];
    store
        .create_session(&made, None, &what, at(0))
        .await
        .unwrap();
    let line = NewLogLine {
        at: at(1),
        level: LogLevel::Info,
        source: "session".to_owned(),
        message: "m".to_owned(),
    };
    store.append_log(made.id, &[line]).await.unwrap();
    let screen = LastScreen {
        terminal: "agent".to_owned(),
        format: "text",
        content: "x".to_owned(),
    };
    store.keep_last_screens(made.id, &[screen]).await.unwrap();
    made
}

/// What an actor finds of a session, question by question: all of them must give the same answer.
async fn found(store: &Store, actor: &Actor, made: &Session) -> Option<Permission> {
    let by_id = store.session(actor, &made.id.into()).await.unwrap();
    let by_name = SessionRef::parse(made.name.as_str());
    let by_name = store.session(actor, &by_name).await.unwrap();
    assert_eq!(by_id, by_name);
    let all = SessionQuery {
        limit: 9,
        ..SessionQuery::default()
    };
    let page = store.sessions(actor, &all).await.unwrap();
    assert_eq!(page.total, u64::try_from(page.items.len()).unwrap());
    let listed = page
        .items
        .into_iter()
        .find(|item| item.session.id == made.id);
    assert_eq!(by_id, listed);
    let log = store
        .session_log(actor, made.id, &LogQuery::default())
        .await
        .unwrap();
    let screen = store
        .last_screen(actor, made.id, "agent", "text")
        .await
        .unwrap();
    let CatchUp::Events(events) = store.catch_up(actor, 0, 100).await.unwrap() else {
        panic!("told to reload")
    };
    let events = events
        .iter()
        .any(|event| event.session == made.id && event.only_for.is_none());
    let there = by_id.is_some();
    assert_eq!(
        (!log.is_empty(), screen.is_some(), events),
        (there, there, there),
        "{actor:?}"
    );
    by_id.map(|found| found.access)
}

on_both_back_ends! {
    async fn every_question_of_an_actor_sees_owned_and_shared_sessions_and_no_others(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let ben = actor(&store, "ben", Role::Member).await;
        let eve = actor(&store, "eve", Role::Viewer).await;
        let adm = actor(&store, "adm", Role::Admin).await;
        let (made, other) = (full(&store, &ann, "a").await, full(&store, &ann, "b").await);
        store.share_session(made.id, ben.user, ShareAccess::View, &deed(), at(2)).await.unwrap().unwrap();
        store.share_session(made.id, eve.user, ShareAccess::Drive, &deed(), at(2)).await.unwrap().unwrap();
        let own = Some(Permission::Own);
        for (actor, first, second) in [
            (&ann, own, own), (&ben, Some(Permission::Look), None), (&eve, Some(Permission::Look), None), (&adm, own, own),
        ] {
            assert_eq!(found(&store, actor, &made).await, first, "{actor:?}");
            assert_eq!(found(&store, actor, &other).await, second, "{actor:?}");
            let disabled = Actor { disabled: true, ..actor.clone() };
            assert_eq!(found(&store, &disabled, &made).await, None, "{disabled:?}");
        }
        store.share_session(made.id, ben.user, ShareAccess::Drive, &deed(), at(3)).await.unwrap().unwrap();
        assert_eq!(found(&store, &ben, &made).await, Some(Permission::Drive));
        store.unshare_session(made.id, ben.user, &deed(), at(4)).await.unwrap().unwrap();
        assert_eq!(found(&store, &ben, &made).await, None);
    }

    async fn a_share_is_one_row_told_once(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let ben = actor(&store, "ben", Role::Member).await;
        let made = full(&store, &ann, "a").await;
        let share = async |access, now| store.share_session(made.id, ben.user, access, &deed(), at(now)).await.unwrap().unwrap();
        let first = share(ShareAccess::View, 5).await;
        assert_eq!((first.events.len(), first.audience.shares[&ben.user]), (1, ShareAccess::View));
        assert_eq!(share(ShareAccess::View, 6).await.events, []);
        assert_eq!(share(ShareAccess::Drive, 7).await.events[0].what, EventKind::Updated);
        let shares = store.shares(&ann, made.id).await.unwrap();
        assert_eq!(shares.len(), 1);
        assert_eq!((shares[0].username.as_str(), shares[0].access, shares[0].created_at), ("ben", ShareAccess::Drive, at(5)));
        let stranger = actor(&store, "eve", Role::Member).await;
        assert_eq!(store.shares(&stranger, made.id).await.unwrap(), []);
        let nobody = store.share_session(made.id, UserId(id()), ShareAccess::View, &deed(), at(8)).await;
        assert!(matches!(nobody, Err(StoreError::Conflict(_))), "{nobody:?}");
        let taken = store.unshare_session(made.id, ben.user, &deed(), at(9)).await.unwrap().unwrap();
        let told: Vec<_> = taken.events.iter().map(|event| (event.what.clone(), event.only_for)).collect();
        assert_eq!(told, [(EventKind::Updated, None), (EventKind::Deleted, Some(ben.user))]);
        assert_eq!(store.unshare_session(made.id, ben.user, &deed(), at(9)).await.unwrap(), None);
    }

    async fn whoever_loses_a_session_is_told_and_hears_no_more_of_it(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let ben = actor(&store, "ben", Role::Member).await;
        let cat = actor(&store, "cat", Role::Member).await;
        let made = full(&store, &ann, "a").await;
        for user in [ben.user, cat.user] {
            store.share_session(made.id, user, ShareAccess::View, &deed(), at(1)).await.unwrap();
        }
        let since = store.event_bounds().await.unwrap().latest;
        let heard = async |actor: &Actor| match store.catch_up(actor, since, 100).await.unwrap() {
            CatchUp::Events(events) => events.into_iter().map(|event| event.what).collect::<Vec<_>>(),
            CatchUp::Reload { .. } => panic!("told to reload"),
        };
        store.unshare_session(made.id, ben.user, &deed(), at(2)).await.unwrap();
        store.append_events(made.id, ann.user, &[EventKind::Updated], at(3)).await.unwrap();
        assert_eq!(heard(&ben).await, [EventKind::Deleted]);
        assert_eq!(heard(&cat).await, [EventKind::Updated, EventKind::Updated]);
        let handed = store.hand_over_session(made.id, cat.user, &deed(), at(4)).await.unwrap().unwrap();
        assert_eq!((handed.session.owner, handed.audience.shares.len()), (cat.user, 0));
        assert_eq!(heard(&ann).await.last(), Some(&EventKind::Deleted));
        store.share_session(made.id, ben.user, ShareAccess::View, &deed(), at(5)).await.unwrap();
        store.delete_session(made.id, at(6)).await.unwrap();
        assert_eq!((heard(&cat).await.last(), heard(&ben).await.len()), (Some(&EventKind::Deleted), 2));
    }
}
