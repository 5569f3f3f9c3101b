//! The audit log: one chain whoever writes, and nothing in it can be changed without a trace.

use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget, Outcome};
use longhouse_store::{AuditCut, AuditKey, AuditQuery, Store};
use sqlx::{Connection, Executor};

use crate::harness::{Bed, at, on_both_back_ends};

const KEY: AuditKey = AuditKey([7; 32]);

fn entry(n: i64) -> AuditEntry {
    AuditEntry::new(at(n), AuditActor::nobody(), "session.create")
        .about(AuditTarget::new(
            "session",
            Some(format!("id-{n}")),
            &format!("name {n}"),
        ))
        .with("n", n.to_string())
}

/// A store with that many records.
async fn with_records(bed: &Bed, count: i64) -> Store {
    let store = bed.open().await.with_audit_key(KEY);
    let entries: Vec<_> = (1..=count).map(entry).collect();
    store.append_audit(&entries).await.unwrap();
    assert_eq!(store.verify_audit().await.unwrap().fault, None);
    store
}

/// Does what somebody with the database's password could do.
async fn tamper(bed: &Bed, sql: &str) {
    let mut connection = bed.connect().await;
    connection
        .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())))
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// The place of the first row at fault, and what is said of it.
async fn fault(store: &Store) -> (i64, String) {
    let fault = store.verify_audit().await.unwrap().fault;
    let fault = fault.unwrap_or_else(|| panic!("nothing was found"));
    (fault.seq, fault.what)
}

const COLUMNS: &str = "at, severity, actor_kind, actor_id, actor_name, action, target_kind, target_id, target_name, outcome, \
                       address, request_id, detail";

on_both_back_ends! {
    async fn what_is_written_is_read_back_and_verified(bed: &Bed) {
        let store = with_records(bed, 3).await;
        let records = store.audit_after(&AuditQuery::default(), 0, 10).await.unwrap();
        assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(records[1].entry, entry(2));
        let report = store.verify_audit().await.unwrap();
        assert_eq!((report.checked, report.head, report.hash), (3, 3, records[2].hash.clone()));
    }

    async fn concurrent_writers_keep_one_chain(bed: &Bed) {
        let (one, two) = (bed.open().await.with_audit_key(KEY), bed.open().await.with_audit_key(KEY));
        let writers: Vec<_> = (0..8).map(|writer| {
            let store = if writer % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move {
                for n in 0..10 {
                    store.append_audit(&[entry(writer * 100 + n), entry(writer * 100 + n)]).await.unwrap();
                }
            })
        }).collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let report = one.verify_audit().await.unwrap();
        assert_eq!((report.fault, report.checked, report.head), (None, 160, 160));
    }

    async fn a_changed_row_is_found(bed: &Bed) {
        let columns = ["at = at + 1", "severity = 'critical'", "actor_kind = 'user'", "actor_id = 'x'", "actor_name = 'x'",
            "action = 'session.delete'", "target_kind = null", "target_id = null", "target_name = 'x'", "outcome = 'failed'",
            "address = '::1'", "request_id = 'x'", "detail = '{}'", "hash = 'x'"];
        let store = with_records(bed, 5).await;
        for change in columns {
            let column = change.split_once(' ').unwrap().0;
            tamper(bed, &format!("create table kept as select {column} as v from audit_log where seq = 3; \
                update audit_log set {change} where seq = 3")).await;
            assert_eq!(fault(&store).await.0, 3, "{change}");
            tamper(bed, &format!("update audit_log set {column} = (select v from kept) where seq = 3; drop table kept")).await;
            assert_eq!(store.verify_audit().await.unwrap().fault, None, "{change}");
        }
    }

    async fn a_removed_row_is_found(bed: &Bed) {
        let store = with_records(bed, 5).await;
        tamper(bed, "delete from audit_log where seq = 3").await;
        assert_eq!(fault(&store).await, (3, "the row is gone".to_owned()));
        // Moving the rest up does not help.
        tamper(bed, "update audit_log set seq = seq - 1 where seq = 4").await;
        assert_eq!(fault(&store).await.0, 3);
    }

    async fn a_removed_first_row_is_found(bed: &Bed) {
        let store = with_records(bed, 5).await;
        tamper(bed, "delete from audit_log where seq < 3").await;
        assert_eq!(fault(&store).await.0, 1);
        // A cut that the server did not make is none.
        tamper(bed, "insert into audit_cuts (seq, hash, at, export_hash, seal) values (2, 'h', 0, '', '')").await;
        assert_eq!(fault(&store).await.0, 2);
    }

    async fn a_removed_tail_is_found(bed: &Bed) {
        let store = with_records(bed, 5).await;
        tamper(bed, "delete from audit_log where seq > 3").await;
        assert_eq!(fault(&store).await, (4, "the row is gone, with everything after it".to_owned()));
        // Setting the head back does not help without the key.
        tamper(bed, "update audit_head set seq = 3, hash = (select hash from audit_log where seq = 3)").await;
        let (seq, what) = fault(&store).await;
        assert!(seq == 3 && what.contains("seal"), "{seq}: {what}");
        // Nor does it help to wait until the server writes again: that the head was not its own stays in the log.
        store.append_audit(&[entry(9)]).await.unwrap();
        assert_eq!(fault(&store).await.0, 4);
        assert_eq!(store.audit_after(&AuditQuery::default(), 3, 1).await.unwrap()[0].entry.action, "audit.break");
    }

    async fn swapped_rows_are_found(bed: &Bed) {
        let store = with_records(bed, 5).await;
        tamper(bed, "update audit_log set seq = -1 where seq = 2; update audit_log set seq = 2 where seq = 4; \
            update audit_log set seq = 4 where seq = -1").await;
        assert_eq!(fault(&store).await.0, 2);
    }

    async fn an_inserted_row_is_found(bed: &Bed) {
        let store = with_records(bed, 5).await;
        tamper(bed, &format!("insert into audit_log (seq, {COLUMNS}, hash) \
            select 6, {COLUMNS}, 'x' from audit_log where seq = 5")).await;
        let (seq, what) = fault(&store).await;
        assert!(seq == 6 && what.contains("after the head"), "{seq}: {what}");
        // Or between two, with those after it moved on.
        tamper(bed, &format!("delete from audit_log where seq = 6; \
            update audit_log set seq = 6 where seq = 5; update audit_log set seq = 5 where seq = 4; \
            insert into audit_log (seq, {COLUMNS}, hash) select 4, {COLUMNS}, hash from audit_log where seq = 3")).await;
        assert_eq!(fault(&store).await.0, 4);
    }

    async fn a_log_that_was_cut_is_still_verified(bed: &Bed) {
        let store = with_records(bed, 5).await;
        assert_eq!(store.audit_place_before(at(0)).await.unwrap(), None);
        assert_eq!(store.audit_place_before(at(4)).await.unwrap(), Some(3));
        let cut = |through| AuditCut { through, export_hash: "e".to_owned(), exported_to: "f".to_owned() };
        assert_eq!(store.cut_audit(&cut(3), at(10)).await.unwrap(), 3);
        let report = store.verify_audit().await.unwrap();
        assert_eq!((report.fault, report.cut, report.checked, report.head), (None, 3, 3, 6));
        assert_eq!(store.cut_audit(&cut(5), at(20)).await.unwrap(), 2);
        let report = store.verify_audit().await.unwrap();
        assert_eq!((report.fault, report.cut, report.checked), (None, 5, 2));
        assert!(store.cut_audit(&cut(2), at(30)).await.is_err());
        // More than was cut is missed, and a cut that is moved is none.
        tamper(bed, "update audit_cuts set seq = 6, hash = (select hash from audit_log where seq = 6) where seq = 5; \
            delete from audit_log where seq = 6").await;
        assert_eq!(fault(&store).await.0, 6);
    }

    async fn records_are_filtered_and_paged(bed: &Bed) {
        let store = bed.open().await;
        let mut denied = AuditEntry::new(at(4), AuditActor { id: Some("u1".to_owned()), ..AuditActor::system("Ann") }, "user.create");
        denied.outcome = Outcome::Denied;
        let entries = [entry(1), entry(2), entry(3), denied];
        store.append_audit(&entries).await.unwrap();
        let seqs = async |query: AuditQuery| {
            let page = store.audit_page(&query, None, 10).await.unwrap();
            assert_eq!(page.total, page.items.len() as u64);
            page.items.into_iter().map(|record| record.seq).collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_owned());
        let all = AuditQuery::default;
        assert_eq!(seqs(all()).await, [4, 3, 2, 1]);
        assert_eq!(seqs(AuditQuery { actor: text("u1"), ..all() }).await, [4]);
        assert_eq!(seqs(AuditQuery { actor: text("ann"), ..all() }).await, [4]);
        assert_eq!(seqs(AuditQuery { action: text("session.create"), ..all() }).await, [3, 2, 1]);
        assert_eq!(seqs(AuditQuery { action: text("session"), ..all() }).await, [3, 2, 1]);
        assert_eq!(seqs(AuditQuery { action: text("sess"), ..all() }).await, [0_i64; 0]);
        assert_eq!(seqs(AuditQuery { target: text("id-2"), ..all() }).await, [2]);
        assert_eq!(seqs(AuditQuery { target: text("name 3"), ..all() }).await, [3]);
        assert_eq!(seqs(AuditQuery { outcome: Some(Outcome::Denied), ..all() }).await, [4]);
        assert_eq!(seqs(AuditQuery { since: Some(at(2)), until: Some(at(4)), ..all() }).await, [3, 2]);
        let first = store.audit_page(&all(), None, 3).await.unwrap();
        assert_eq!((first.items.len(), first.next, first.total), (3, Some(2), 4));
        let second = store.audit_page(&all(), first.next, 3).await.unwrap();
        assert_eq!((second.items.len(), second.next), (1, None));
    }
}
