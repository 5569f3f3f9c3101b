//! Lists of sessions: filters, search, order, pages.

use longhouse_domain::query::{Order, Page, SessionQuery, Sort, SortKey};
use longhouse_domain::session::{RuntimeKind, Workdir};
use longhouse_domain::{Actor, Phase, Role, Session, Status};
use longhouse_store::{Store, StoreError, Visible};

use crate::harness::{actor, at, on_both_back_ends, session};

fn ask() -> SessionQuery {
    SessionQuery {
        sort: Sort {
            key: SortKey::Name,
            order: Order::Ascending,
        },
        limit: 50,
        ..SessionQuery::default()
    }
}

fn names(page: &Page<Visible>) -> Vec<&str> {
    page.items
        .iter()
        .map(|item| item.session.name.as_str())
        .collect()
}

async fn put(store: &Store, owner: &Actor, name: &str, shape: impl FnOnce(&mut Session)) {
    let mut made = session(owner.user, name);
    shape(&mut made);
    store.create_session(&made, None, &[], at(0)).await.unwrap();
}

async fn matching(store: &Store, actor: &Actor, query: SessionQuery) -> Vec<String> {
    let page = store.sessions(actor, &query).await.unwrap();
    assert_eq!(page.total, u64::try_from(page.items.len()).unwrap());
    names(&page).into_iter().map(str::to_owned).collect()
}

on_both_back_ends! {
    async fn filters_join_with_and_their_values_with_or(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        put(&store, &ann, "a", |s| s.spec.agent = "codex".to_owned()).await;
        put(&store, &ann, "b", |s| s.spec.runtime = RuntimeKind::Docker).await;
        put(&store, &ann, "c", |s| s.phase = Phase::Stopped { reason: None }).await;
        let status = SessionQuery { status: vec![Status::Stopped, Status::Error], ..ask() };
        assert_eq!(matching(&store, &ann, status).await, ["c"]);
        let agents = SessionQuery { agent: vec!["codex".to_owned(), "claude".to_owned()], ..ask() };
        assert_eq!(matching(&store, &ann, agents.clone()).await, ["a", "b", "c"]);
        let both = SessionQuery { runtime: vec![RuntimeKind::Docker], ..agents };
        assert_eq!(matching(&store, &ann, both).await, ["b"]);
        let hostile = SessionQuery { agent: vec!["' or '1'='1".to_owned(), "\0".to_owned()], ..ask() };
        assert_eq!(matching(&store, &ann, hostile).await, Vec::<String>::new());
    }

    async fn text_is_searched_as_it_stands_without_regard_to_case(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        put(&store, &ann, "a", |s| s.description = "100% ÄRGER \\ under_score".to_owned()).await;
        put(&store, &ann, "b", |s| s.description = "1000 underXscore".to_owned()).await;
        put(&store, &ann, "c", |s| s.spec.workdir = Workdir::Named { path: "/srv/Blue".to_owned() }).await;
        for (text, expected) in [
            ("100%", vec!["a"]), ("100", vec!["a", "b"]), ("ärger", vec!["a"]), ("R_S", vec!["a"]), ("\\", vec!["a"]),
            ("/SRV/blue", vec!["c"]), ("claude", vec!["a", "b", "c"]), ("B", vec!["b", "c"]), ("%%", vec![]),
            ("'; drop table sessions; --", vec![]), ("\0", vec![]), ("", vec!["a", "b", "c"]),
        ] {
            let found = matching(&store, &ann, SessionQuery { text: Some(text.to_owned()), ..ask() }).await;
            if text == "B" {
                assert!(found.contains(&"b".to_owned()), "{found:?}");
            } else {
                assert_eq!(found, expected, "{text:?}");
            }
        }
    }

    async fn labels_are_filtered_by_name_or_by_name_and_value(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        put(&store, &ann, "a", |s| s.labels = [label("team", "red"), label("urgent", "")].into()).await;
        put(&store, &ann, "b", |s| s.labels = [label("team", "blue")].into()).await;
        put(&store, &ann, "c", |s| s.labels = [].into()).await;
        let by = |labels: &[(&str, Option<&str>)]| SessionQuery {
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect(),
            ..ask()
        };
        assert_eq!(matching(&store, &ann, by(&[("team", None)])).await, ["a", "b"]);
        assert_eq!(matching(&store, &ann, by(&[("team", Some("red"))])).await, ["a"]);
        assert_eq!(matching(&store, &ann, by(&[("team", None), ("urgent", None)])).await, ["a"]);
        assert_eq!(matching(&store, &ann, by(&[("te%", None)])).await, Vec::<String>::new());
        let id = store.sessions(&ann, &by(&[("urgent", None)])).await.unwrap().items[0].session.id;
        store.change_session(id, at(1), |s| { s.labels.remove("urgent"); Vec::new() }).await.unwrap();
        assert_eq!(matching(&store, &ann, by(&[("urgent", None)])).await, Vec::<String>::new());
    }

    async fn each_order_runs_both_ways_and_the_inactive_come_last(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        put(&store, &ann, "a b", |s| { s.created_at = at(2); s.last_activity_at = Some(at(5)); }).await;
        put(&store, &ann, "Aa", |s| { s.created_at = at(1); s.updated_at = at(9); s.phase = Phase::Starting; }).await;
        put(&store, &ann, "a-c", |s| { s.created_at = at(3); s.last_activity_at = Some(at(4)); s.updated_at = at(8); }).await;
        for (key, ascending, descending) in [
            (SortKey::Created, ["Aa", "a b", "a-c"], ["a-c", "a b", "Aa"]),
            (SortKey::Updated, ["a b", "a-c", "Aa"], ["Aa", "a-c", "a b"]),
            (SortKey::Activity, ["a-c", "a b", "Aa"], ["a b", "a-c", "Aa"]),
            (SortKey::Name, ["a b", "a-c", "Aa"], ["Aa", "a-c", "a b"]),
        ] {
            for (order, expected) in [(Order::Ascending, ascending), (Order::Descending, descending)] {
                let found = matching(&store, &ann, SessionQuery { sort: Sort { key, order }, ..ask() }).await;
                assert_eq!(found, expected, "{key:?} {order:?}");
                assert_eq!(all_by_pages(&store, &ann, Sort { key, order }).await, expected, "{key:?} {order:?} in pages of one");
            }
        }
        let by_status = SessionQuery { sort: Sort { key: SortKey::Status, order: Order::Descending }, ..ask() };
        assert_eq!(matching(&store, &ann, by_status).await[0], "Aa");
    }

    async fn paging_shows_what_was_there_all_the_time_exactly_once(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        // All made in the same millisecond: the identifier decides.
        for n in 0..25 {
            put(&store, &ann, &format!("old {n}"), |_| {}).await;
        }
        let mut query = SessionQuery { limit: 7, ..ask() };
        query.sort = Sort { key: SortKey::Created, order: Order::Descending };
        let mut seen = Vec::new();
        let mut doomed = None;
        for round in 0.. {
            let page = store.sessions(&ann, &query).await.unwrap();
            seen.extend(names(&page).into_iter().map(str::to_owned));
            // Something new before the place, something old deleted at the place, between any two pages.
            put(&store, &ann, &format!("new {round}"), |s| s.created_at = at(100)).await;
            if round == 0 {
                doomed = page.items.last().map(|last| last.session.id);
                store.delete_session(doomed.unwrap(), at(1)).await.unwrap();
            }
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert!(doomed.is_some());
        let mut expected: Vec<String> = (0..25).map(|n| format!("old {n}")).collect();
        expected.sort();
        seen.sort();
        assert_eq!(seen, expected);
    }

    async fn a_cursor_that_was_not_given_out_for_this_order_is_refused(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        for name in ["a", "b"] {
            put(&store, &ann, name, |_| {}).await;
        }
        let by_name = store.sessions(&ann, &SessionQuery { limit: 1, ..ask() }).await.unwrap().next_cursor.unwrap();
        let created = Sort::default();
        let long = "0".repeat(100_000);
        for (sort, cursor) in [
            (created, by_name.as_str()), (created, ""), (created, "zz"), (created, "7b7d"), (created, "ä"), (created, "\0"),
            (created, "5b5b5b"), (created, &long), (ask().sort, &by_name[..by_name.len() - 2]),
        ] {
            let query = SessionQuery { sort, cursor: Some(cursor.to_owned()), ..ask() };
            let refused = store.sessions(&ann, &query).await;
            assert!(matches!(refused, Err(StoreError::InvalidQuery { field: "cursor", .. })), "{refused:?}");
        }
    }

    async fn questions_beyond_the_bounds_are_refused_and_limits_brought_into_them(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        for name in ["a", "b"] {
            put(&store, &ann, name, |_| {}).await;
        }
        let many = SessionQuery { labels: vec![("x".to_owned(), None); 5_000], ..ask() };
        let long = SessionQuery { text: Some("%".repeat(100_000)), ..ask() };
        let most = SessionQuery { labels: vec![("x".to_owned(), None); 100], text: Some("%".repeat(1_000)), ..ask() };
        for (query, refused) in [(many, true), (long, true), (most, false)] {
            let answer = store.sessions(&ann, &query).await;
            assert_eq!(matches!(answer, Err(StoreError::InvalidQuery { .. })), refused, "{answer:?}");
        }
        for (limit, length) in [(0, 1), (1, 1), (u32::MAX, 2)] {
            let page = store.sessions(&ann, &SessionQuery { limit, ..ask() }).await.unwrap();
            assert_eq!((page.items.len(), page.total), (length, 2));
        }
    }
}

async fn all_by_pages(store: &Store, actor: &Actor, sort: Sort) -> Vec<String> {
    let mut query = SessionQuery {
        sort,
        limit: 1,
        ..ask()
    };
    let mut all = Vec::new();
    loop {
        let page = store.sessions(actor, &query).await.unwrap();
        all.extend(names(&page).into_iter().map(str::to_owned));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return all;
        }
    }
}
