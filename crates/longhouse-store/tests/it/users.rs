//! Accounts.

use longhouse_domain::{Role, UserId};
use longhouse_store::{NewUser, StoreError, UserChange};

use crate::harness::{at, id, new_sign_in, new_user, on_both_back_ends};

fn admin(username: &str) -> NewUser {
    NewUser {
        id: UserId(id()),
        username: username.to_owned(),
        role: Role::Admin,
        may_use_host: true,
        password_hash: Some("a hash".to_owned()),
    }
}

on_both_back_ends! {
    async fn a_user_is_found_by_identifier_and_by_name_in_any_case(bed: &Bed) {
        let store = bed.open().await;
        let made = new_user(&store, "Ärla", Role::Member).await;
        assert_eq!(store.user(made.id).await.unwrap().as_ref(), Some(&made));
        assert_eq!(store.user_by_name("ärLA").await.unwrap().as_ref(), Some(&made));
        assert_eq!(store.users().await.unwrap(), std::slice::from_ref(&made));
        assert_eq!(store.user_count().await.unwrap(), 1);
        assert_eq!(store.user(UserId(id())).await.unwrap(), None);
        for nobody in ["", "%", "\0", "ärla\0", "' or 1=1 --"] {
            assert_eq!(store.user_by_name(nobody).await.unwrap(), None, "{nobody:?}");
        }
    }

    async fn two_users_cannot_share_a_name_in_different_cases(bed: &Bed) {
        let store = bed.open().await;
        new_user(&store, "ann", Role::Member).await;
        let again = store.create_user(&admin("ANN"), at(1)).await;
        assert!(matches!(again, Err(StoreError::NameTaken)), "{again:?}");
        assert_eq!(store.user_count().await.unwrap(), 1);
    }

    async fn of_many_claims_to_the_first_account_exactly_one_wins(bed: &Bed) {
        let store = bed.open().await;
        let claims = (0..16).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.create_first_user(&admin(&format!("a{n}")), at(0)).await })
        });
        let mut winners = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            winners.extend(claim.await.unwrap().unwrap());
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(store.users().await.unwrap(), winners);
        assert_eq!(store.create_first_user(&admin("late"), at(1)).await.unwrap(), None);
    }

    async fn the_password_hash_comes_out_with_the_credentials_alone(bed: &Bed) {
        let store = bed.open().await;
        let user = new_user(&store, "ann", Role::Member).await;
        let found = store.credentials("Ann").await.unwrap().unwrap();
        assert_eq!(found.password_hash.as_deref(), Some("hash of ann"));
        assert_eq!(found.user, user);
        let change = UserChange { password_hash: Some("another".to_owned()), ..UserChange::default() };
        for shown in [format!("{found:?}"), format!("{change:?}"), format!("{:?}", admin("x"))] {
            assert!(!shown.contains("hash of") && !shown.contains("another") && !shown.contains("a hash"), "{shown}");
        }
        store.change_user(user.id, &change, at(1)).await.unwrap().unwrap();
        let found = store.credentials("ann").await.unwrap().unwrap();
        assert_eq!(found.password_hash.as_deref(), Some("another"));
    }

    async fn a_changed_account_loses_every_token_given_out_before(bed: &Bed) {
        let store = bed.open().await;
        new_user(&store, "root", Role::Admin).await;
        let user = new_user(&store, "ann", Role::Member).await;
        let sign_in = id();
        store.create_sign_in(&new_sign_in(sign_in, user.id, "t"), at(0)).await.unwrap();
        let change = UserChange {
            role: Some(Role::Viewer),
            may_use_host: Some(true),
            disabled: Some(true),
            password_hash: None,
        };
        let changed = store.change_user(user.id, &change, at(1)).await.unwrap().unwrap();
        assert_eq!((changed.role, changed.may_use_host, changed.disabled), (Role::Viewer, true, true));
        assert!(changed.token_version > user.token_version);
        assert_eq!(store.live_sign_in(sign_in).await.unwrap(), None);
        assert_eq!(store.credentials("ann").await.unwrap().unwrap().password_hash.as_deref(), Some("hash of ann"));
        let bumped = store.bump_token_version(user.id, at(2)).await.unwrap().unwrap();
        assert!(bumped.token_version > changed.token_version);
        assert_eq!(store.change_user(UserId(id()), &change, at(1)).await.unwrap(), None);
    }

    async fn the_last_admin_stays_one_even_if_two_demote_each_other_at_once(bed: &Bed) {
        let store = bed.open().await;
        let first = new_user(&store, "first", Role::Admin).await;
        let second = new_user(&store, "second", Role::Admin).await;
        let demotions = [first.id, second.id].map(|id| {
            let store = store.clone();
            let change = UserChange { role: Some(Role::Member), ..UserChange::default() };
            tokio::spawn(async move { store.change_user(id, &change, at(1)).await })
        });
        let mut refused = 0;
        for demotion in demotions {
            match demotion.await.unwrap() {
                Ok(_) => {}
                Err(StoreError::Conflict(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(refused, 1);
        let admins = store.users().await.unwrap().into_iter().filter(|user| user.role == Role::Admin);
        assert_eq!(admins.count(), 1);
    }
}
