//! News of sessiond's: each once, with what tells of it.

use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::news::NewsNumber;
use longhouse_domain::{Role, SessionId};
use longhouse_store::{CatchUp, LogQuery, NewLogLine, NewNews};

use crate::harness::{actor, at, id, on_both_back_ends, session};

on_both_back_ends! {
    async fn news_are_written_once_with_what_tells_of_them(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        store.close().await;
        let line = NewLogLine { at: at(1), level: LogLevel::Info, source: "git".to_owned(), message: "committed".to_owned() };
        let lines = [line];
        let what = [EventKind::GitCheckpoint { number: 1, subject: "x".to_owned() }];
        let mut missed = Vec::new();
        let told = [("a", 1), ("a", 1), ("a", 2), ("a", 1), ("a", 6), ("a", 5), ("b", 1), ("b", 1), ("b", i64::MAX as u64)];
        for (boot, number) in told {
            // Who comes after one that was killed finds the number with the events.
            let store = bed.open().await;
            let number = NewsNumber::new(boot, number).unwrap();
            let news = NewNews { number: &number, what: &what, lines: &lines };
            let written = store.append_news(made.id, ann.user, news, at(2)).await.unwrap();
            missed.push(written.as_ref().map(|written| written.missed));
            if let Some(written) = written {
                assert_eq!((written.events.len(), written.lines.len()), (1, 1));
            }
            store.close().await;
        }
        let expected = [Some(0), None, Some(0), None, Some(3), None, Some(0), None, Some(i64::MAX - 2)];
        assert_eq!(missed, expected);
        let store = bed.open().await;
        let CatchUp::Events(events) = store.catch_up(&ann, 0, 100).await.unwrap() else {
            panic!("events are missing");
        };
        assert_eq!(events.len(), 5);
        assert_eq!(store.session_log(&ann, made.id, &LogQuery::default()).await.unwrap().len(), 5);
        // A change of the session's record leaves the number where it is.
        store.change_session(made.id, at(3), |session| { session.starts += 1; Vec::new() }).await.unwrap();
        let number = NewsNumber::new("b", 7).unwrap();
        let news = NewNews { number: &number, what: &what, lines: &lines };
        assert_eq!(store.append_news(made.id, ann.user, news, at(4)).await.unwrap(), None);
    }

    async fn news_of_a_session_that_is_gone_are_nobodys(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let number = NewsNumber::new("a", 1).unwrap();
        let news = NewNews { number: &number, what: &[EventKind::Updated], lines: &[] };
        assert_eq!(store.append_news(SessionId(id()), ann.user, news, at(0)).await.unwrap(), None);
        assert_eq!(store.event_bounds().await.unwrap().latest, 0);
    }
}
