//! The list of repositories: who sees an entry, which port it has, and when it goes.

use longhouse_domain::working_copy::{COPIES_PER_SESSION, CopyState, PortChoice, WorkingCopy};
use longhouse_domain::{Actor, Role, Session, ShareAccess};
use longhouse_store::{
    Listed, NewRecord, Places, RepositoryChange, RepositoryQuery, Store, StoreError,
};

use crate::harness::{actor, at, deed, id, on_both_back_ends, session};

const ALL: RepositoryQuery = RepositoryQuery {
    session: None,
    after: None,
    limit: 100,
};

fn copy(session: &Session, path: &str) -> WorkingCopy {
    WorkingCopy {
        id: id(),
        session: session.id,
        name: "shop".parse().unwrap(),
        path: path.parse().unwrap(),
        git_url: Some("https://git.example.org/shop.git".parse().unwrap()),
        port: 0,
        heard: None,
        created_at: at(1),
        updated_at: at(1),
    }
}

fn lowest(range: &str) -> PortChoice {
    PortChoice::Lowest(range.parse().unwrap())
}

async fn made(store: &Store, owner: &Actor, name: &str) -> Session {
    let made = session(owner.user, name);
    store.create_session(&made, None, &[], at(0)).await.unwrap();
    made
}

async fn added(store: &Store, copy: &WorkingCopy, port: PortChoice) -> WorkingCopy {
    match store.add_repository(copy, port).await.unwrap() {
        Listed::New(port) => WorkingCopy {
            port,
            ..copy.clone()
        },
        other => panic!("{other:?}"),
    }
}

/// What an actor finds of an entry: the list and the entry itself say the same.
async fn sees(store: &Store, actor: &Actor, copy: &WorkingCopy) -> bool {
    let one = store.repository(actor, copy.id).await.unwrap();
    let (items, total) = store.repositories(actor, &ALL).await.unwrap();
    assert_eq!(items.len() as u64, total);
    assert_eq!(items.into_iter().find(|item| item.copy.id == copy.id), one);
    one.is_some_and(|found| found.copy == *copy)
}

on_both_back_ends! {
    async fn who_may_look_at_a_session_sees_its_repositories_and_nobody_else(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let bob = actor(&store, "bob", Role::Member).await;
        let admin = actor(&store, "root", Role::Admin).await;
        let held = made(&store, &ann, "one").await;
        let listed = added(&store, &copy(&held, "a/b"), lowest("8100-8101")).await;
        assert!(sees(&store, &ann, &listed).await && sees(&store, &admin, &listed).await);
        assert!(!sees(&store, &bob, &listed).await);
        store.share_session(held.id, bob.user, ShareAccess::View, &deed(), at(2)).await.unwrap();
        assert!(sees(&store, &bob, &listed).await);
        store.delete_session(held.id, at(3)).await.unwrap().unwrap();
        assert!(!sees(&store, &admin, &listed).await);
    }

    async fn every_entry_has_a_port_of_its_own(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let held = made(&store, &ann, "one").await;
        let (a, b) = (copy(&held, "a"), copy(&held, "b"));
        let (a, b) = tokio::join!(
            store.add_repository(&a, lowest("8100-8103")),
            store.add_repository(&b, lowest("8100-8103")),
        );
        let mut ports = [a, b].map(|listed| match listed.unwrap() {
            Listed::New(port) => port,
            other => panic!("{other:?}"),
        });
        ports.sort_unstable();
        assert_eq!(ports, [8100, 8101]);
        let named = added(&store, &copy(&held, "c"), PortChoice::This(8102)).await;
        let refused = store.add_repository(&copy(&held, "d"), PortChoice::This(8102)).await;
        assert!(matches!(refused, Err(StoreError::PortTaken(8102))), "{refused:?}");
        let last = added(&store, &copy(&held, "d"), lowest("8100-8103")).await;
        assert_eq!(last.port, 8103);
        let refused = store.add_repository(&copy(&held, "e"), lowest("8100-8103")).await;
        assert!(matches!(refused, Err(StoreError::PortTaken(0))), "{refused:?}");
        let change = |port| RepositoryChange { port: Some(port), ..RepositoryChange::default() };
        let refused = store.change_repository(last.id, &change(8102), at(5)).await;
        assert!(matches!(refused, Err(StoreError::PortTaken(8102))), "{refused:?}");
        // What was given back is there for the next.
        assert!(store.delete_repository(named.id).await.unwrap());
        assert!(!store.delete_repository(named.id).await.unwrap());
        assert!(store.change_repository(last.id, &change(8102), at(6)).await.unwrap());
        assert!(!store.change_repository(named.id, &change(9000), at(6)).await.unwrap());
    }

    async fn a_place_of_a_session_is_listed_once_and_there_are_only_so_many(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let held = made(&store, &ann, "one").await;
        let other = made(&store, &ann, "two").await;
        let first = added(&store, &copy(&held, "x"), lowest("8100-8999")).await;
        assert_eq!(store.add_repository(&copy(&held, "x"), lowest("8100-8999")).await.unwrap(), Listed::Before);
        let elsewhere = added(&store, &copy(&other, "x"), lowest("8100-8999")).await;
        for n in 1..COPIES_PER_SESSION {
            added(&store, &copy(&held, &n.to_string()), lowest("8100-8999")).await;
        }
        assert_eq!(store.add_repository(&copy(&held, "y"), lowest("8100-8999")).await.unwrap(), Listed::Full);
        let of_other = RepositoryQuery { session: Some(other.id), ..ALL };
        let (items, total) = store.repositories(&ann, &of_other).await.unwrap();
        assert_eq!((items[0].copy.id, items.len(), total), (elsewhere.id, 1, 1));
        // Pages follow each other without a gap.
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = RepositoryQuery { after, limit: 10, ..ALL };
            let (items, total) = store.repositories(&ann, &page).await.unwrap();
            assert_eq!(total, u64::from(COPIES_PER_SESSION) + 1);
            seen.extend(items.iter().map(|item| item.copy.id));
            let Some(last) = items.last() else { break };
            after = Some(last.copy.id);
        }
        assert_eq!(seen.len(), COPIES_PER_SESSION as usize + 1);
        assert!(seen.is_sorted_by(|a, b| a > b) && seen.contains(&first.id));
    }

    async fn what_was_heard_and_changed_is_read_again(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let held = made(&store, &ann, "one").await;
        let listed = added(&store, &copy(&held, ""), lowest("8100-8100")).await;
        assert_eq!(store.repository_port(held.id).await.unwrap(), Some(8100));
        let heard = CopyState { branch: Some("ünï".to_owned()), upstream: None, dirty: true, ahead: None, behind: Some(3) };
        store.note_repositories(&[(listed.id, heard.clone())], at(4)).await.unwrap();
        let change = RepositoryChange {
            name: Some("store".parse().unwrap()),
            port: Some(9000),
            git_url: Some("git@example.org:store.git".parse().unwrap()),
        };
        assert!(store.change_repository(listed.id, &change, at(5)).await.unwrap());
        let wanted = WorkingCopy {
            name: change.name.unwrap(),
            port: 9000,
            git_url: change.git_url,
            heard: Some((heard, at(4))),
            updated_at: at(5),
            ..listed
        };
        let again = bed.open().await;
        assert_eq!(again.repository(&ann, wanted.id).await.unwrap().unwrap().copy, wanted);
        for (path, url) in [("", wanted.git_url), ("elsewhere", None)] {
            let found = again.repository_url(held.id, &path.parse().unwrap()).await.unwrap();
            assert_eq!(found, url, "{path}");
        }
    }

    async fn a_session_and_the_entry_of_its_workspace_are_written_together_or_not_at_all(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let held = session(ann.user, "one");
        let listed = copy(&held, "");
        let record = |port| NewRecord { session: &held, secrets: &[], ssh_key: None, listed: Some((&listed, port)), places: Places::UNCOUNTED, lines: &[] };
        let other = made(&store, &ann, "two").await;
        added(&store, &copy(&other, ""), PortChoice::This(8100)).await;
        let refused = store.create_session(record(PortChoice::This(8100)), None, &[], at(0)).await;
        assert!(matches!(refused, Err(StoreError::PortTaken(8100))), "{refused:?}");
        assert!(store.session(&ann, &held.id.into()).await.unwrap().is_none());
        store.create_session(record(lowest("8100-8110")), None, &[], at(0)).await.unwrap();
        assert_eq!(store.repository_port(held.id).await.unwrap(), Some(8101));
    }
}
