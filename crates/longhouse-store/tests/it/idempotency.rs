//! Requests sent twice.

use longhouse_domain::event::EventKind;
use longhouse_domain::{Role, UserId};
use longhouse_store::{Created, IdempotencyKey, IdempotentClaim, StoreError};

use crate::harness::{actor, at, on_both_back_ends, session};

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn key(user: UserId, name: &str, request: &str) -> IdempotencyKey {
    IdempotencyKey {
        user,
        name: name.to_owned(),
        request_hash: request.to_owned(),
    }
}

on_both_back_ends! {
    async fn many_requests_with_one_key_at_once_make_one_session(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let requests: Vec<_> = (0..12).map(|n| {
            let (store, owner) = (store.clone(), ann.user);
            tokio::spawn(async move {
                let made = session(owner, &format!("s{n}"));
                match store.create_session(&made, Some(&key(owner, "k\0", "h")), &[EventKind::Created], at(n)).await.unwrap() {
                    Created::New(made) => made.session.id,
                    Created::Before(id) => id,
                }
            })
        }).collect();
        let mut ids = Vec::new();
        for request in requests {
            ids.push(request.await.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
        let all = store.every_session_for_reconciliation().await.unwrap();
        assert_eq!(all.iter().map(|session| session.id).collect::<Vec<_>>(), ids);
    }

    async fn a_key_with_another_request_is_a_conflict_and_keys_of_two_users_never_meet(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let ben = actor(&store, "ben", Role::Member).await;
        let create = |owner: UserId, name: &'static str, hash: &'static str| {
            let store = store.clone();
            async move { store.create_session(&session(owner, name), Some(&key(owner, "k", hash)), &[], at(0)).await }
        };
        assert!(matches!(create(ann.user, "a", "h1").await, Ok(Created::New(_))));
        assert!(matches!(create(ann.user, "b", "h2").await, Err(StoreError::Conflict(_))));
        assert!(matches!(create(ben.user, "c", "h2").await, Ok(Created::New(_))));
        assert!(matches!(create(ann.user, "a", "h1").await, Ok(Created::Before(_))));
    }

    async fn a_creation_that_fails_gives_its_key_back(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        store.create_session(&session(ann.user, "a"), None, &[], at(0)).await.unwrap();
        let again = store.create_session(&session(ann.user, "a"), Some(&key(ann.user, "k", "h")), &[], at(0)).await;
        assert!(matches!(again, Err(StoreError::NameTaken)));
        let other = store.create_session(&session(ann.user, "b"), Some(&key(ann.user, "k", "h2")), &[], at(0)).await;
        assert!(matches!(other, Ok(Created::New(_))), "{other:?}");
    }

    async fn a_key_is_remembered_for_a_day(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let k = key(ann.user, "k", "h");
        assert_eq!(store.claim_idempotency_key(&k, at(0)).await.unwrap(), IdempotentClaim::Fresh);
        assert_eq!(store.claim_idempotency_key(&k, at(1)).await.unwrap(), IdempotentClaim::Underway);
        store.record_outcome(&k, "{\"id\":1}").await.unwrap();
        let done = IdempotentClaim::Done("{\"id\":1}".to_owned());
        assert_eq!(store.claim_idempotency_key(&k, at(DAY - 1)).await.unwrap(), done);
        assert_eq!(store.forget_expired_idempotency_keys(at(DAY - 1)).await.unwrap(), 0);
        assert_eq!(store.claim_idempotency_key(&k, at(DAY)).await.unwrap(), IdempotentClaim::Fresh);
        assert_eq!(store.forget_expired_idempotency_keys(at(2 * DAY)).await.unwrap(), 1);
    }

    async fn an_abandoned_key_can_be_claimed_again_and_a_finished_one_cannot_be_abandoned(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let k = key(ann.user, "k", "h");
        store.claim_idempotency_key(&k, at(0)).await.unwrap();
        store.abandon_idempotency_key(&k).await.unwrap();
        assert_eq!(store.claim_idempotency_key(&k, at(1)).await.unwrap(), IdempotentClaim::Fresh);
        store.record_outcome(&k, "done").await.unwrap();
        store.abandon_idempotency_key(&k).await.unwrap();
        assert_eq!(store.claim_idempotency_key(&k, at(2)).await.unwrap(), IdempotentClaim::Done("done".to_owned()));
    }
}
