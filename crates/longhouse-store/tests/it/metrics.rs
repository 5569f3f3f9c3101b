//! The history of what sessions used.

use longhouse_domain::metrics::{Metrics, Reading};
use longhouse_domain::{Role, SessionId};

use crate::harness::{actor, at, id, on_both_back_ends, session};

fn point(millis: i64) -> Metrics {
    Reading::default().metrics(None, at(millis))
}

on_both_back_ends! {
    async fn points_are_read_as_they_were_written_by_those_who_may_look(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let (made, other) = (session(ann.user, "a"), session(ann.user, "b"));
        for session in [&made, &other] {
            store.create_session(session, None, &[], at(0)).await.unwrap();
        }
        let full = Metrics {
            cpu_percent: Some(123.45),
            memory_bytes: Some(1 << 50),
            memory_limit_bytes: Some(1 << 40),
            disk_bytes: Some(0),
            network_rx_bytes: Some(1 << 53),
            network_tx_bytes: Some(7),
            tasks: Some(1 << 22),
            agent_active: Some(false),
            at: at(120_000),
        };
        let gone = (SessionId(id()), point(60_000));
        let batch = [(made.id, point(60_000)), (made.id, full), (other.id, point(60_000)), gone];
        store.append_metrics(&batch, at(0)).await.unwrap();
        assert_eq!(store.metrics_since(&ann, made.id, at(0)).await.unwrap(), [point(60_000), full]);
        assert_eq!(store.metrics_since(&ann, made.id, at(60_001)).await.unwrap(), [full]);
        let ben = actor(&store, "ben", Role::Member).await;
        assert_eq!(store.metrics_since(&ben, made.id, at(0)).await.unwrap(), []);
        let admin = actor(&store, "root", Role::Admin).await;
        assert_eq!(store.metrics_since(&admin, made.id, at(0)).await.unwrap().len(), 2);
        store.delete_session(made.id, at(0)).await.unwrap();
        assert_eq!(store.metrics_since(&admin, made.id, at(0)).await.unwrap(), []);
        assert_eq!(store.metrics_since(&admin, other.id, at(0)).await.unwrap().len(), 1);
    }

    async fn old_points_are_forgotten_and_a_moment_has_one(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let made = session(ann.user, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        let again = Metrics { tasks: Some(1), ..point(60_000) };
        store.append_metrics(&[(made.id, point(0)), (made.id, point(60_000))], at(0)).await.unwrap();
        store.append_metrics(&[(made.id, again)], at(1)).await.unwrap();
        assert_eq!(store.metrics_since(&ann, made.id, at(0)).await.unwrap(), [point(60_000)]);
        store.append_metrics(&[], at(60_001)).await.unwrap();
        assert_eq!(store.metrics_since(&ann, made.id, at(0)).await.unwrap(), []);
    }

    async fn a_thousand_sessions_are_one_write(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let mut batch = Vec::new();
        for n in 0..1_000 {
            let made = session(ann.user, &format!("s{n}"));
            store.create_session(&made, None, &[], at(0)).await.unwrap();
            batch.push((made.id, point(60_000)));
        }
        store.append_metrics(&batch, at(0)).await.unwrap();
        let last = batch[999].0;
        assert_eq!(store.metrics_since(&ann, last, at(0)).await.unwrap(), [point(60_000)]);
    }
}
