//! API tokens, and accounts that are reached through an identity provider.

use std::time::Duration;

use longhouse_domain::{Role, Scope, UserId};
use longhouse_store::{
    ExternalIdentity, Linking, NewApiToken, NewUser, StoreError, Unlinking, UserChange, WaysIn,
};

use crate::harness::{at, deed, id, new_user, on_both_back_ends};

fn new_token(user: UserId, name: &str) -> NewApiToken {
    NewApiToken {
        id: id(),
        user,
        name: name.to_owned(),
        hash: format!("hash of {name} of {user}"),
        hint: "lh_abcd".to_owned(),
        scopes: [Scope::SessionsRead].into_iter().collect(),
        expires_at: Some(at(1_000)),
    }
}

fn somebody(subject: &str) -> ExternalIdentity {
    ExternalIdentity {
        issuer: "https://id.example.com".to_owned(),
        subject: subject.to_owned(),
    }
}

fn external_user(username: &str) -> NewUser {
    NewUser {
        id: UserId(id()),
        username: username.to_owned(),
        role: Role::Member,
        may_use_host: false,
        password_hash: None,
    }
}

on_both_back_ends! {
    async fn a_token_is_found_by_its_hash_and_gone_when_deleted(bed: &Bed) {
        let store = bed.open().await;
        let user = new_user(&store, "ann", Role::Member).await.id;
        let other = new_user(&store, "eve", Role::Member).await.id;
        let new = new_token(user, "CI");
        let made = store.create_api_token(&new, 9, &deed(), at(5)).await.unwrap().unwrap();
        assert_eq!(store.api_token_by_hash(&new.hash).await.unwrap().as_ref(), Some(&made));
        assert_eq!(store.api_tokens(user).await.unwrap(), std::slice::from_ref(&made));
        assert_eq!(store.api_tokens(other).await.unwrap(), []);
        assert!(!format!("{new:?}").contains("hash of"));
        // Nobody deletes another's.
        assert_eq!(store.api_token_of(other, &made.id.to_string()).await.unwrap(), None);
        assert_eq!(store.api_token_of(user, "ci").await.unwrap().as_ref(), Some(&made));
        assert!(!store.delete_api_token(other, made.id, &deed()).await.unwrap());
        assert!(store.delete_api_token(user, made.id, &deed()).await.unwrap());
        assert!(!store.delete_api_token(user, made.id, &deed()).await.unwrap());
        assert_eq!(store.api_token_by_hash(&new.hash).await.unwrap(), None);
    }

    async fn a_name_is_taken_once_per_owner_and_the_last_place_too(bed: &Bed) {
        let store = bed.open().await;
        let user = new_user(&store, "ann", Role::Member).await.id;
        let other = new_user(&store, "eve", Role::Member).await.id;
        store.create_api_token(&new_token(user, "CI"), 2, &deed(), at(5)).await.unwrap().unwrap();
        let again = store.create_api_token(&NewApiToken { hash: "x".to_owned(), ..new_token(user, "ci") }, 2, &deed(), at(5)).await;
        assert!(matches!(again, Err(StoreError::NameTaken)), "{again:?}");
        store.create_api_token(&new_token(other, "CI"), 2, &deed(), at(5)).await.unwrap().unwrap();
        let both = ["b", "c"].map(|name| {
            let (store, new) = (store.clone(), new_token(user, name));
            tokio::spawn(async move { store.create_api_token(&new, 2, &deed(), at(5)).await.unwrap() })
        });
        let mut made = 0;
        for one in both {
            made += usize::from(one.await.unwrap().is_some());
        }
        assert_eq!(made, 1);
    }

    async fn use_is_noted_at_most_once_in_a_while(bed: &Bed) {
        let store = bed.open().await;
        let user = new_user(&store, "ann", Role::Member).await.id;
        let token = store.create_api_token(&new_token(user, "CI"), 9, &deed(), at(0)).await.unwrap().unwrap();
        let minute = Duration::from_secs(60);
        for (now, noted) in [(10, 10), (60_009, 10), (60_010, 60_010)] {
            store.touch_api_token(token.id, at(now), minute).await.unwrap();
            assert_eq!(store.api_token(token.id).await.unwrap().unwrap().last_used_at, Some(at(noted)));
        }
        assert_eq!(store.forget_expired_api_tokens(at(999)).await.unwrap(), 0);
        assert_eq!(store.forget_expired_api_tokens(at(1_000)).await.unwrap(), 1);
    }

    async fn a_new_password_and_a_disabled_account_end_tokens_and_a_new_role_does_not(bed: &Bed) {
        let store = bed.open().await;
        new_user(&store, "root", Role::Admin).await;
        let user = new_user(&store, "ann", Role::Member).await.id;
        let left = async || store.api_tokens(user).await.unwrap().len();
        let changes = [
            (UserChange { role: Some(Role::Viewer), disabled: Some(false), ..UserChange::default() }, 1),
            (UserChange { password_hash: Some("h".to_owned()), ..UserChange::default() }, 0),
            (UserChange { disabled: Some(true), ..UserChange::default() }, 0),
        ];
        for (change, expected) in changes {
            let _ = store.create_api_token(&new_token(user, "CI"), 1, &deed(), at(0)).await;
            store.change_user(user, &change, &deed(), at(1)).await.unwrap().unwrap();
            assert_eq!(left().await, expected, "{change:?}");
        }
    }

    async fn somebody_at_a_provider_has_one_account(bed: &Bed) {
        let store = bed.open().await;
        new_user(&store, "ann", Role::Member).await;
        assert_eq!(store.user_of_external(&somebody("1"), at(0)).await.unwrap(), None);
        let taken = store.create_external_user(&somebody("1"), &external_user("ANN"), &deed(), at(0)).await;
        assert!(matches!(taken, Err(StoreError::NameTaken)), "{taken:?}");
        let made = store.create_external_user(&somebody("1"), &external_user("ann-2"), &deed(), at(0)).await.unwrap();
        assert_eq!(store.user_of_external(&somebody("1"), at(1)).await.unwrap(), Some(made));
        assert_eq!(store.user_of_external(&somebody("2"), at(1)).await.unwrap(), None);
        // Two first logins at once: the second finds the identity taken, and leaves no account behind.
        let twice = store.create_external_user(&somebody("1"), &external_user("ann-3"), &deed(), at(0)).await;
        assert!(matches!(twice, Err(StoreError::Conflict(_))), "{twice:?}");
        assert_eq!(store.user_by_name("ann-3").await.unwrap(), None);
    }

    async fn a_login_at_a_provider_opens_one_account_also_when_two_ask_at_once(bed: &Bed) {
        let store = bed.open().await;
        let ann = new_user(&store, "ann", Role::Member).await.id;
        let eve = new_user(&store, "eve", Role::Member).await.id;
        let both = [ann, eve].map(|user| {
            let store = store.clone();
            tokio::spawn(async move { store.link(&somebody("1"), user, &deed(), at(5)).await.unwrap() })
        });
        let mut of_another = 0;
        for one in both {
            of_another += usize::from(one.await.unwrap() == Linking::OfAnother);
        }
        assert_eq!(of_another, 1);
        let owner = store.user_of_external(&somebody("1"), at(6)).await.unwrap().unwrap().id;
        assert_eq!(store.links(owner).await.unwrap()[0].last_used_at, at(6));
        // Asked again it is what it was; another person of the same provider does not fit beside it.
        let again = store.link(&somebody("1"), owner, &deed(), at(7)).await.unwrap();
        assert!(matches!(again, Linking::Linked(link) if link.created_at == at(5)));
        let beside = store.link(&somebody("2"), owner, &deed(), at(7)).await.unwrap();
        assert_eq!(beside, Linking::AsAnother);
        assert_eq!(store.links(owner).await.unwrap().len(), 1);
    }

    async fn the_last_way_into_an_account_stays(bed: &Bed) {
        let store = bed.open().await;
        let elsewhere = ExternalIdentity { issuer: "https://forge.example.com".to_owned(), ..somebody("1") };
        let user = store.create_external_user(&somebody("1"), &external_user("ann"), &deed(), at(0)).await.unwrap().id;
        let (here, there) = (somebody("1").issuer, elsewhere.issuer.clone());
        let issuers = |issuers: &[&String]| WaysIn { passwords: true, issuers: issuers.iter().map(|one| (*one).clone()).collect() };
        let all = issuers(&[&here, &there]);
        let unlink = async |issuer: &str, ways: &WaysIn| store.unlink(user, issuer, ways, &deed()).await.unwrap();
        assert_eq!(unlink(&there, &all).await, Unlinking::Unknown);
        assert_eq!(unlink(&here, &all).await, Unlinking::LastWayIn);
        store.link(&elsewhere, user, &deed(), at(1)).await.unwrap();
        // A provider that nobody can log in through any more is no way in.
        assert_eq!(unlink(&here, &issuers(&[&here])).await, Unlinking::LastWayIn);
        assert_eq!(store.links(user).await.unwrap().len(), 2);
        // Of two that go at once, one stays.
        let both = [here.clone(), there.clone()].map(|issuer| {
            let (store, all) = (store.clone(), all.clone());
            tokio::spawn(async move { store.unlink(user, &issuer, &all, &deed()).await.unwrap() })
        });
        let mut gone = 0;
        for one in both {
            gone += usize::from(one.await.unwrap() == Unlinking::Unlinked);
        }
        assert_eq!(gone, 1);
        let last = store.links(user).await.unwrap()[0].issuer.clone();
        let password = UserChange { password_hash: Some("h".to_owned()), ..UserChange::default() };
        store.change_user(user, &password, &deed(), at(2)).await.unwrap().unwrap();
        assert_eq!(unlink(&last, &WaysIn { passwords: false, ..all.clone() }).await, Unlinking::LastWayIn);
        assert_eq!(unlink(&last, &all).await, Unlinking::Unlinked);
    }
}
