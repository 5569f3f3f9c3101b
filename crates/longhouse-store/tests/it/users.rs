//! Accounts.

use longhouse_domain::{Role, UserId};
use longhouse_store::{NewUser, Person, Removed, StoreError, UserChange};

use crate::harness::{at, deed, id, new_sign_in, new_user, on_both_back_ends, session};

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
        let again = store.create_user(&admin("ANN"), &deed(), at(1)).await;
        assert!(matches!(again, Err(StoreError::NameTaken)), "{again:?}");
        assert_eq!(store.user_count().await.unwrap(), 1);
    }

    async fn of_many_claims_to_the_first_account_exactly_one_wins(bed: &Bed) {
        let store = bed.open().await;
        let claims = (0..16).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.create_first_user(&admin(&format!("a{n}")), &deed(), at(0)).await })
        });
        let mut winners = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            winners.extend(claim.await.unwrap().unwrap());
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(store.users().await.unwrap(), winners);
        assert_eq!(store.create_first_user(&admin("late"), &deed(), at(1)).await.unwrap(), None);
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
        store.change_user(user.id, &change, &deed(), at(1)).await.unwrap().unwrap();
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
        let changed = store.change_user(user.id, &change, &deed(), at(1)).await.unwrap().unwrap();
        assert_eq!((changed.role, changed.may_use_host, changed.disabled), (Role::Viewer, true, true));
        assert!(changed.token_version > user.token_version);
        assert_eq!(store.live_sign_in(sign_in).await.unwrap(), None);
        assert_eq!(store.credentials("ann").await.unwrap().unwrap().password_hash.as_deref(), Some("hash of ann"));
        assert_eq!(store.change_user(UserId(id()), &change, &deed(), at(1)).await.unwrap(), None);
    }

    async fn the_last_admin_stays_one_even_if_two_demote_each_other_at_once(bed: &Bed) {
        let store = bed.open().await;
        let first = new_user(&store, "first", Role::Admin).await;
        let second = new_user(&store, "second", Role::Admin).await;
        let demotions = [first.id, second.id].map(|id| {
            let store = store.clone();
            let change = UserChange { role: Some(Role::Member), ..UserChange::default() };
            tokio::spawn(async move { store.change_user(id, &change, &deed(), at(1)).await })
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

    async fn an_account_goes_only_when_nothing_is_its_own_and_an_admin_stays(bed: &Bed) {
        let store = bed.open().await;
        let root = new_user(&store, "root", Role::Admin).await;
        let ann = new_user(&store, "ann", Role::Member).await;
        let made = session(ann.id, "a");
        store.create_session(&made, None, &[], at(0)).await.unwrap();
        assert_eq!(store.remove_user(ann.id, &deed()).await.unwrap(), Removed::OwnsSessions);
        assert_eq!(store.remove_user(root.id, &deed()).await.unwrap(), Removed::LastAdmin);
        assert_eq!(store.remove_user(UserId(id()), &deed()).await.unwrap(), Removed::Unknown);
        assert_eq!(store.user_count().await.unwrap(), 2);
        let sign_in = id();
        store.create_sign_in(&new_sign_in(sign_in, ann.id, "t"), at(4)).await.unwrap();
        let account = store.account(ann.id).await.unwrap().unwrap();
        assert_eq!((account.sessions, account.last_seen_at, account.has_password), (1, Some(at(4)), true));
        store.hand_over_session(made.id, root.id, &deed(), at(5)).await.unwrap().unwrap();
        assert_eq!(store.remove_user(ann.id, &deed()).await.unwrap(), Removed::Done);
        assert_eq!(store.live_sign_in(sign_in).await.unwrap(), None);
        let accounts = store.accounts().await.unwrap();
        assert_eq!((accounts.len(), accounts[0].sessions, accounts[0].last_seen_at), (1, 1, None));
    }

    async fn people_to_share_with_are_the_enabled_others(bed: &Bed) {
        let store = bed.open().await;
        let ann = new_user(&store, "ann", Role::Member).await;
        let hannah = new_user(&store, "Hannah", Role::Viewer).await;
        let joan = new_user(&store, "joan_", Role::Member).await;
        let gone = UserChange { disabled: Some(true), ..UserChange::default() };
        new_user(&store, "root", Role::Admin).await;
        store.change_user(joan.id, &gone, &deed(), at(1)).await.unwrap();
        let found = async |text: &str| store.people(ann.id, text).await.unwrap();
        assert_eq!(found("ANN").await, [Person { id: hannah.id, username: "Hannah".to_owned() }]);
        assert_eq!(found("").await.len(), 2);
        assert_eq!((found("_").await, found("%").await), (vec![], vec![]));
    }
}
