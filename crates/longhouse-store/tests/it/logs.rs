//! Session logs.

use longhouse_domain::Role;
use longhouse_domain::event::{LogLevel, LogLine};
use longhouse_store::{LogQuery, MAX_LOG_LINES, NewLogLine, NewRecord};

use crate::harness::{actor, at, on_both_back_ends, session};

fn line(millis: i64, level: LogLevel, message: &str) -> NewLogLine {
    NewLogLine {
        at: at(millis),
        level,
        source: "sessiond".to_owned(),
        message: message.to_owned(),
    }
}

fn messages(lines: &[LogLine]) -> Vec<&str> {
    lines.iter().map(|line| line.message.as_str()).collect()
}

on_both_back_ends! {
    async fn a_log_begins_with_what_was_said_with_the_record(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        let first = [line(0, LogLevel::Info, "first")];
        let record = NewRecord { lines: &first, ..NewRecord::from(&made) };
        store.create_session(record, None, &[], at(0)).await.unwrap();
        store.append_log(made.id, &[line(1, LogLevel::Info, "second")]).await.unwrap();
        let log = store.session_log(&ann, made.id, &LogQuery::default()).await.unwrap();
        assert_eq!(messages(&log), ["first", "second"]);
        assert_eq!([log[0].seq, log[1].seq], [1, 2]);
    }

    async fn lines_are_found_by_time_level_text_and_position(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        let written = store.append_log(made.id, &[
            line(1, LogLevel::Debug, "one"),
            line(2, LogLevel::Info, "TWO Ä%"),
            line(3, LogLevel::Warn, "three\0"),
            line(4, LogLevel::Error, "two again"),
        ]).await.unwrap().unwrap();
        assert_eq!(written[2].message, "three\u{fffd}");
        let all = LogQuery::default();
        assert_eq!(store.session_log(&ann, made.id, &all).await.unwrap(), written);
        let ben = actor(&store, "ben", Role::Member).await;
        assert_eq!(store.session_log(&ben, made.id, &all).await.unwrap(), []);
        let admin = actor(&store, "root", Role::Admin).await;
        assert_eq!(store.session_log(&admin, made.id, &all).await.unwrap(), written);
        for (query, expected) in [
            (LogQuery { tail: Some(2), ..all.clone() }, vec!["three\u{fffd}", "two again"]),
            (LogQuery { tail: Some(0), ..all.clone() }, vec![]),
            (LogQuery { since: Some(at(3)), ..all.clone() }, vec!["three\u{fffd}", "two again"]),
            (LogQuery { level: Some(LogLevel::Warn), ..all.clone() }, vec!["three\u{fffd}", "two again"]),
            (LogQuery { text: Some("tWo".to_owned()), ..all.clone() }, vec!["TWO Ä%", "two again"]),
            (LogQuery { text: Some("two".to_owned()), tail: Some(1), ..all.clone() }, vec!["two again"]),
            (LogQuery { text: Some("ä%".to_owned()), ..all.clone() }, vec!["TWO Ä%"]),
            (LogQuery { after: Some(3), ..all.clone() }, vec!["two again"]),
        ] {
            assert_eq!(messages(&store.session_log(&ann, made.id, &query).await.unwrap()), expected, "{query:?}");
        }
    }

    async fn the_oldest_lines_make_room_and_positions_go_on(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        let other = session(ann.user, "b");
        for session in [&made, &other] {
            store.create_session(session, None, &[], at(0)).await.unwrap();
        }
        store.append_log(other.id, &[line(0, LogLevel::Info, "kept")]).await.unwrap();
        let batch: Vec<NewLogLine> = (0..i64::from(MAX_LOG_LINES)).map(|n| line(n, LogLevel::Info, "x")).collect();
        store.append_log(made.id, &batch).await.unwrap();
        store.append_log(made.id, &batch[..10]).await.unwrap();
        let kept = store.session_log(&ann, made.id, &LogQuery::default()).await.unwrap();
        assert_eq!(kept.len(), usize::try_from(MAX_LOG_LINES).unwrap());
        assert_eq!((kept[0].seq, kept[kept.len() - 1].seq), (11, i64::from(MAX_LOG_LINES) + 10));
        assert_eq!(messages(&store.session_log(&ann, other.id, &LogQuery::default()).await.unwrap()), ["kept"]);
    }
}
