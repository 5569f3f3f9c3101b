//! What holds for the audit log, on a real store.

use std::sync::Arc;

use longhouse_domain::audit::AuditActor;
use longhouse_domain::clock::from_millis;
use longhouse_domain::{Clock, Timestamp};
use longhouse_store::{AuditKey, AuditQuery, Store, StoreUrl};
use sha2::{Digest, Sha256};

use super::archive::archive;
use super::*;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        from_millis(1_800_000_000_000)
    }
}

pub(super) struct Bed {
    pub(super) audit: Audit,
    pub(super) store: Store,
    tasks: TaskTracker,
    stop: CancellationToken,
    dir: tempfile::TempDir,
}

pub(super) async fn bed() -> Bed {
    let dir = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(dir.path().join("longhouse.db"));
    let store = Store::open(&url)
        .await
        .unwrap()
        .with_audit_key(AuditKey([3; 32]));
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    Bed {
        audit: Audit::start(store.clone(), Arc::new(Stopped), &tasks, stop.clone()),
        store,
        tasks,
        stop,
        dir,
    }
}

impl Bed {
    pub(super) fn entry(&self) -> AuditEntry {
        self.audit.entry(AuditActor::nobody(), "session.create")
    }

    pub(super) async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[tokio::test]
async fn what_comes_at_once_is_written_together_and_everybody_is_told() {
    let bed = bed().await;
    let all = (0..1000).map(|_| bed.audit.record(bed.entry()));
    let outcomes = futures_util::future::join_all(all).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let report = bed.store.verify_audit().await.unwrap();
    assert_eq!((report.checked, report.fault), (1000, None));
    bed.end().await;
}

#[tokio::test]
async fn a_place_that_was_reserved_is_good_until_it_is_used_and_the_end_waits_for_it() {
    let bed = bed().await;
    let slot = bed.audit.reserve().await.unwrap();
    bed.stop.cancel();
    let entry = bed.entry();
    slot.record(entry).await.unwrap();
    let left = bed.audit.reserve().await.err();
    assert_eq!(left, Some(AuditUnavailable));
    assert_eq!(bed.store.verify_audit().await.unwrap().checked, 1);
    bed.end().await;
}

#[tokio::test]
async fn while_the_log_cannot_be_written_nothing_begins_and_what_was_begun_is_told() {
    let bed = bed().await;
    let slots = [
        bed.audit.reserve().await.unwrap(),
        bed.audit.reserve().await.unwrap(),
    ];
    bed.store.close().await;
    for slot in slots {
        assert_eq!(slot.record(bed.entry()).await, Err(AuditUnavailable));
    }
    assert_eq!(bed.audit.reserve().await.err(), Some(AuditUnavailable));
    bed.end().await;
}

#[tokio::test]
async fn old_records_are_in_the_archive_before_they_leave_the_log() {
    let bed = bed().await;
    let entries: Vec<_> = (1..=1200_i64)
        .map(|n| AuditEntry::new(from_millis(n), AuditActor::nobody(), "session.create"))
        .collect();
    bed.store.append_audit(&entries).await.unwrap();
    let all = bed
        .store
        .audit_after(&AuditQuery::default(), 0, 500)
        .await
        .unwrap();
    let dir = bed.dir.path().join("archive");
    assert_eq!(
        archive(&bed.store, &dir, from_millis(1), from_millis(5000))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        archive(&bed.store, &dir, from_millis(1101), from_millis(5000))
            .await
            .unwrap(),
        1100
    );

    let text = std::fs::read_to_string(dir.join("audit-1-1100.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 1100);
    assert_eq!(
        text.lines().next().unwrap(),
        serde_json::to_string(&all[0]).unwrap()
    );
    let report = bed.store.verify_audit().await.unwrap();
    assert_eq!(
        (report.fault, report.cut, report.checked),
        (None, 1100, 101)
    );
    let told = bed
        .store
        .audit_page(&AuditQuery::default(), None, 1)
        .await
        .unwrap()
        .items
        .remove(0)
        .entry;
    assert_eq!(
        (told.action.as_str(), told.detail["rows"].as_str()),
        ("audit.cut", "1100")
    );
    let hash = Sha256::digest(text.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(told.detail["exportHash"], hash);
    bed.end().await;
}
