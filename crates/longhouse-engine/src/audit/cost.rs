//! What a record costs the action that it tells of, measured beside the same action without one in the same run.
//!
//! `cargo test -p longhouse-engine audit::cost -- --nocapture` prints the figures; `docs/audit.md` has some.

use std::time::Instant;

use longhouse_domain::UserId;
use longhouse_domain::audit::AuditActor;
use longhouse_domain::clock::from_millis;
use longhouse_store::NewUser;
use uuid::Uuid;

use super::tests::{Bed, bed};

/// How many actions one measurement takes, and how often it is taken.
const ACTIONS: usize = 64;
const ROUNDS: usize = 9;

/// An action that is recorded may take this many times as long as one that is not: far more than it does, for machines are noisy.
const WIDEST: f64 = 20.0;

/// An action as small as any: it writes one row, in one transaction.
async fn act(bed: &Bed, user: UserId) {
    let (ticket, end) = (Uuid::now_v7().to_string(), from_millis(i64::MAX >> 20));
    bed.store
        .create_ticket(&ticket, user, "r", end)
        .await
        .unwrap();
}

/// The same with its record, as every route does it.
async fn act_on_record(bed: &Bed, user: UserId) {
    let slot = bed.audit.reserve().await.unwrap();
    act(bed, user).await;
    slot.record(bed.entry()).await.unwrap();
}

/// Seconds for all actions, so many of them at once.
async fn seconds(at_once: usize, action: impl AsyncFn()) -> f64 {
    let begun = Instant::now();
    let workers = (0..at_once).map(|_| async {
        for _ in 0..ACTIONS / at_once {
            action().await;
        }
    });
    futures_util::future::join_all(workers).await;
    begun.elapsed().as_secs_f64()
}

/// The least of all rounds: what others do to the machine meanwhile only ever adds.
fn least(values: Vec<f64>) -> f64 {
    values.into_iter().fold(f64::INFINITY, f64::min)
}

#[tokio::test]
async fn a_record_does_not_cost_many_times_what_its_action_does() {
    let bed = bed().await;
    let new = NewUser {
        id: UserId(Uuid::now_v7()),
        username: "ann".to_owned(),
        role: longhouse_domain::Role::Member,
        may_use_host: false,
        password_hash: None,
    };
    let deed = bed.audit.deed(AuditActor::system("test"), "user.create");
    let user = bed.store.create_user(&new, &deed, from_millis(0)).await;
    let user = user.unwrap().id;
    for at_once in [1, 16, 64] {
        let (mut plain, mut recorded) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            plain.push(seconds(at_once, async || act(&bed, user).await).await);
            recorded.push(seconds(at_once, async || act_on_record(&bed, user).await).await);
        }
        let (plain, recorded) = (least(plain), least(recorded));
        let rate = |seconds: f64| ACTIONS as f64 / seconds;
        let told = format!(
            "{at_once} at once: {:.0} actions a second without records, {:.0} with ({:.2} times the time)",
            rate(plain),
            rate(recorded),
            recorded / plain
        );
        eprintln!("{told}");
        assert!(recorded / plain < WIDEST, "{told}");
    }
    let report = bed.store.verify_audit().await.unwrap();
    assert_eq!(
        (report.fault, report.checked),
        (None, 1 + (3 * ROUNDS * ACTIONS) as u64)
    );
    bed.end().await;
}
