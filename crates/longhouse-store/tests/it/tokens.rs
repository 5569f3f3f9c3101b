//! Sign-ins, refresh tokens, tickets, settings.

use std::time::Duration;

use longhouse_domain::{Role, UserId};
use longhouse_store::{Rotation, Store, StoreError};
use uuid::Uuid;

use crate::harness::{at, deed, id, new_sign_in, new_user, on_both_back_ends, short_of, token};

const GRACE: Duration = Duration::from_secs(10);

async fn signed_in(store: &Store) -> (UserId, Uuid) {
    let user = new_user(store, "ann", Role::Member).await.id;
    let sign_in = id();
    store
        .create_sign_in(&new_sign_in(sign_in, user, "t0"), at(0))
        .await
        .unwrap();
    (user, sign_in)
}

async fn rotate(store: &Store, from: &str, to: &str, millis: i64) -> Rotation {
    store
        .rotate_token(from, &token(to), &deed(), at(millis), GRACE)
        .await
        .unwrap()
}

on_both_back_ends! {
    async fn each_token_is_exchanged_for_the_next(bed: &Bed) {
        let store = bed.open().await;
        let (user, sign_in) = signed_in(&store).await;
        assert_eq!(rotate(&store, "t0", "t1", 1).await, Rotation::Rotated { user, sign_in });
        assert_eq!(rotate(&store, "t1", "t2", 60_000).await, Rotation::Rotated { user, sign_in });
        assert_eq!(rotate(&store, "never", "x", 60_001).await, Rotation::Unknown);
        let listed = store.sign_ins(user, at(60_001)).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].client.as_str(), listed[0].last_used_at), ("a browser", at(60_000)));
        assert_eq!(listed[0].address, "203.0.113.7");
    }

    async fn an_answer_that_was_lost_can_be_had_again_within_the_grace(bed: &Bed) {
        let store = bed.open().await;
        let (user, sign_in) = signed_in(&store).await;
        rotate(&store, "t0", "t1", 0).await;
        let again = Rotation::ReplayedWithinGrace { user, sign_in };
        assert_eq!(rotate(&store, "t0", "t1", short_of(GRACE)).await, again);
        // The successor still works.
        assert_eq!(rotate(&store, "t1", "t2", 10_000).await, Rotation::Rotated { user, sign_in });
    }

    async fn a_token_that_comes_back_after_the_grace_ends_the_sign_in(bed: &Bed) {
        let store = bed.open().await;
        let (user, sign_in) = signed_in(&store).await;
        rotate(&store, "t0", "t1", 0).await;
        assert_eq!(rotate(&store, "t0", "t1", 10_001).await, Rotation::ReuseDetected { user, sign_in });
        assert_eq!(rotate(&store, "t1", "t2", 10_002).await, Rotation::Revoked);
        assert_eq!(store.live_sign_in(sign_in).await.unwrap(), None);
        assert_eq!(store.sign_ins(user, at(10_003)).await.unwrap(), []);
    }

    async fn a_token_that_comes_back_after_its_successor_was_used_ends_the_sign_in(bed: &Bed) {
        let store = bed.open().await;
        let (user, sign_in) = signed_in(&store).await;
        rotate(&store, "t0", "t1", 0).await;
        rotate(&store, "t1", "t2", 1).await;
        assert_eq!(rotate(&store, "t0", "t1", 2).await, Rotation::ReuseDetected { user, sign_in });
        assert_eq!(rotate(&store, "t2", "t3", 3).await, Rotation::Revoked);
    }

    async fn an_expired_token_is_refused(bed: &Bed) {
        let store = bed.open().await;
        let (user, _) = signed_in(&store).await;
        assert_eq!(rotate(&store, "t0", "t1", 3_600_000).await, Rotation::Expired);
        assert_eq!(store.sign_ins(user, at(3_600_000)).await.unwrap(), []);
        assert_eq!(store.forget_expired_sign_ins(at(3_599_999)).await.unwrap(), 0);
        assert_eq!(store.forget_expired_sign_ins(at(3_600_000)).await.unwrap(), 1);
        assert_eq!(rotate(&store, "t0", "t1", 1).await, Rotation::Unknown);
    }

    async fn of_many_exchanges_of_one_token_at_once_one_rotates_and_the_others_get_the_same(bed: &Bed) {
        let store = bed.open().await;
        let (user, sign_in) = signed_in(&store).await;
        let exchanges: Vec<_> = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { rotate(&store, "t0", "t1", 5).await })
        }).collect();
        let mut rotated = 0;
        for exchange in exchanges {
            match exchange.await.unwrap() {
                Rotation::Rotated { .. } => rotated += 1,
                other => assert_eq!(other, Rotation::ReplayedWithinGrace { user, sign_in }),
            }
        }
        assert_eq!(rotated, 1);
        assert_eq!(rotate(&store, "t1", "t2", 6).await, Rotation::Rotated { user, sign_in });
    }

    async fn a_sign_in_is_ended_by_its_token_or_by_its_user_alone(bed: &Bed) {
        let store = bed.open().await;
        let (user, sign_in) = signed_in(&store).await;
        let other = new_user(&store, "eve", Role::Member).await.id;
        assert!(!store.revoke_sign_in(other, sign_in, &deed(), at(1)).await.unwrap());
        assert!(store.live_sign_in(sign_in).await.unwrap().is_some());
        assert!(store.revoke_sign_in(user, sign_in, &deed(), at(1)).await.unwrap());
        assert_eq!(rotate(&store, "t0", "t1", 2).await, Rotation::Revoked);

        let second = id();
        store.create_sign_in(&new_sign_in(second, user, "s0"), at(3)).await.unwrap();
        let found = store.sign_in_of_token("s0").await.unwrap().unwrap();
        assert_eq!((found.user, found.id), (user, second));
        assert_eq!(store.sign_in_of_token("unknown").await.unwrap(), None);
        assert!(store.revoke_sign_in(user, second, &deed(), at(4)).await.unwrap());
        assert!(!store.revoke_sign_in(user, second, &deed(), at(4)).await.unwrap());
        assert_eq!(rotate(&store, "s0", "s1", 5).await, Rotation::Revoked);
    }

    async fn all_sign_ins_but_one_end_and_nobody_elses(bed: &Bed) {
        let store = bed.open().await;
        let (user, kept) = signed_in(&store).await;
        let other = new_user(&store, "eve", Role::Member).await.id;
        let (second, elsewhere) = (id(), id());
        store.create_sign_in(&new_sign_in(second, user, "s0"), at(3)).await.unwrap();
        store.create_sign_in(&new_sign_in(elsewhere, other, "e0"), at(3)).await.unwrap();
        assert_eq!(store.revoke_other_sign_ins(user, Some(kept), &deed(), at(4)).await.unwrap(), 1);
        assert!(store.live_sign_in(kept).await.unwrap().is_some());
        assert_eq!(store.live_sign_in(second).await.unwrap(), None);
        assert_eq!(store.revoke_other_sign_ins(user, None, &deed(), at(5)).await.unwrap(), 1);
        assert_eq!(store.live_sign_in(kept).await.unwrap(), None);
        assert!(store.live_sign_in(elsewhere).await.unwrap().is_some());
    }

    async fn a_sign_in_needs_its_user(bed: &Bed) {
        let store = bed.open().await;
        let made = store.create_sign_in(&new_sign_in(id(), UserId(id()), "t"), at(0)).await;
        assert!(matches!(made, Err(StoreError::Conflict(_))), "{made:?}");
    }

    async fn a_ticket_opens_its_own_resource_once(bed: &Bed) {
        let store = bed.open().await;
        let user = new_user(&store, "ann", Role::Member).await.id;
        for hash in ["a", "b", "c"] {
            store.create_ticket(hash, user, "terminal x", at(30_000)).await.unwrap();
        }
        assert_eq!(store.consume_ticket("a", "terminal x", at(29_999)).await.unwrap(), Some(user));
        assert_eq!(store.consume_ticket("a", "terminal x", at(29_999)).await.unwrap(), None);
        assert_eq!(store.consume_ticket("b", "terminal y", at(1)).await.unwrap(), None);
        assert_eq!(store.consume_ticket("b", "terminal x", at(1)).await.unwrap(), None);
        assert_eq!(store.consume_ticket("c", "terminal x", at(30_000)).await.unwrap(), None);
        store.create_ticket("d", user, "r", at(30_000)).await.unwrap();
        assert_eq!(store.forget_expired_tickets(at(30_000)).await.unwrap(), 1);
    }

    async fn of_many_that_show_one_ticket_at_once_one_gets_in(bed: &Bed) {
        let store = bed.open().await;
        let user = new_user(&store, "ann", Role::Member).await.id;
        store.create_ticket("t", user, "r", at(30_000)).await.unwrap();
        let tries: Vec<_> = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.consume_ticket("t", "r", at(1)).await.unwrap() })
        }).collect();
        let mut admitted = 0;
        for one in tries {
            admitted += usize::from(one.await.unwrap().is_some());
        }
        assert_eq!(admitted, 1);
    }

    async fn settings_are_changed_together_and_kept(bed: &Bed) {
        let store = bed.open().await;
        assert_eq!(store.setting("k").await.unwrap(), None);
        let value = |text: &str| Some(text.to_owned());
        store.change_settings(&[("k", value("first")), ("l", value("other"))], &deed()).await.unwrap();
        store.change_settings(&[("k", value("second")), ("l", None)], &deed()).await.unwrap();
        assert_eq!(bed.open().await.setting("k").await.unwrap().as_deref(), Some("second"));
        assert_eq!(store.setting("l").await.unwrap(), None);
    }
}
