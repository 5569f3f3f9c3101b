//! What holds for accounts, on a real store.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use longhouse_domain::Timestamp;
use longhouse_domain::clock::from_millis;
use longhouse_store::StoreUrl;

use super::*;

const KEY: [u8; 32] = [7; 32];
const PASSWORD: &str = "correct horse";

struct HandClock(AtomicI64);

impl HandClock {
    fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        from_millis(self.0.load(Ordering::Relaxed))
    }
}

struct House {
    accounts: Accounts,
    clock: Arc<HandClock>,
    _dir: tempfile::TempDir,
}

async fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000_000)));
    let url = StoreUrl::Sqlite(dir.path().join("longhouse.db"));
    let store = Store::open(&url).await.unwrap();
    let handed: Arc<dyn Clock> = clock.clone();
    House {
        accounts: Accounts::new(store, handed),
        clock,
        _dir: dir,
    }
}

fn visitor() -> Visitor {
    Visitor {
        client: "test".to_owned(),
        address: "203.0.113.7".to_owned(),
    }
}

fn deed() -> Deed {
    let actor = longhouse_domain::audit::AuditActor::system("test");
    let entry = longhouse_domain::audit::AuditEntry::new(from_millis(0), actor, "test.change");
    Deed::new(entry)
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

async fn with_admin() -> House {
    let house = house().await;
    let made = house
        .accounts
        .ensure_admin("admin", secret(PASSWORD), &deed())
        .await;
    assert!(made.unwrap().is_some());
    house
}

async fn logged_in(house: &House) -> (SignedIn, Identity) {
    let signed = house
        .accounts
        .log_in("admin", secret(PASSWORD), &visitor())
        .await
        .unwrap();
    let identity = house
        .accounts
        .identify(signed.user.id, signed.user.token_version, signed.sign_in)
        .await
        .unwrap();
    (signed, identity)
}

#[tokio::test]
async fn of_many_claims_on_the_set_up_exactly_one_wins() {
    let house = house().await;
    let token = house.accounts.setup_token().await.unwrap().unwrap();
    assert!(matches!(
        house
            .accounts
            .set_up(
                &secret("guess"),
                "eve".to_owned(),
                secret(PASSWORD),
                &deed()
            )
            .await,
        Err(AccountError::WrongSetupToken)
    ));
    let claims = (0..4).map(|n| {
        let (accounts, token) = (house.accounts.clone(), token.clone());
        async move {
            accounts
                .set_up(&token, format!("user{n}"), secret(PASSWORD), &deed())
                .await
        }
    });
    let outcomes = futures_util::future::join_all(claims).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        1,
        "{outcomes:?}"
    );
    assert_eq!(house.accounts.users().await.unwrap().len(), 1);
    assert!(house.accounts.setup_token().await.unwrap().is_none());
}

#[tokio::test]
async fn a_login_says_the_same_of_a_wrong_name_a_wrong_password_and_a_disabled_account() {
    let house = with_admin().await;
    let long = "x".repeat(1 << 20);
    for (name, password) in [
        ("admin", "wrong"),
        ("nobody", PASSWORD),
        ("admin", ""),
        ("admin", &long),
    ] {
        let outcome = house
            .accounts
            .log_in(name, secret(password), &visitor())
            .await;
        assert!(
            matches!(outcome, Err(AccountError::WrongCredentials)),
            "{outcome:?}"
        );
    }
    assert!(
        house
            .accounts
            .log_in("ADMIN", secret(PASSWORD), &visitor())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_a_stolen_token_ends_the_sign_in() {
    let house = with_admin().await;
    let (signed, identity) = logged_in(&house).await;
    let mut revocations = house.accounts.revocations();

    let next = house
        .accounts
        .refresh(&signed.refresh, &KEY, &deed())
        .await
        .unwrap();
    assert_ne!(next.refresh, signed.refresh);
    house.clock.advance(Duration::from_secs(9));
    let again = house
        .accounts
        .refresh(&signed.refresh, &KEY, &deed())
        .await
        .unwrap();
    assert_eq!(again.refresh, next.refresh);

    house.clock.advance(Duration::from_secs(2));
    assert!(matches!(
        house.accounts.refresh(&signed.refresh, &KEY, &deed()).await,
        Err(AccountError::TokenReused { .. })
    ));
    assert!(revocations.recv().await.unwrap().concerns(&identity));
    assert!(
        house
            .accounts
            .refresh(&next.refresh, &KEY, &deed())
            .await
            .is_err()
    );
    assert!(house.accounts.identify_again(&identity).await.is_err());
}

#[tokio::test]
async fn a_new_password_ends_every_sign_in_but_the_new_one() {
    let house = with_admin().await;
    let (old, identity) = logged_in(&house).await;
    let wrong = house
        .accounts
        .change_own_password(
            &identity,
            secret("wrong"),
            secret("another horse"),
            &visitor(),
            &deed(),
        )
        .await;
    assert!(matches!(wrong, Err(AccountError::WrongCredentials)));
    let new = house
        .accounts
        .change_own_password(
            &identity,
            secret(PASSWORD),
            secret("another horse"),
            &visitor(),
            &deed(),
        )
        .await
        .unwrap();
    assert!(house.accounts.identify_again(&identity).await.is_err());
    assert!(
        house
            .accounts
            .refresh(&old.refresh, &KEY, &deed())
            .await
            .is_err()
    );
    assert!(
        house
            .accounts
            .refresh(&new.refresh, &KEY, &deed())
            .await
            .is_ok()
    );
    assert!(
        house
            .accounts
            .log_in("admin", secret(PASSWORD), &visitor())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_ticket_opens_one_resource_once_and_only_for_a_while() {
    let house = with_admin().await;
    let (_, identity) = logged_in(&house).await;
    let accounts = &house.accounts;
    let ticket = || accounts.issue_ticket(&identity, "/api/a");

    let good = ticket().await.unwrap();
    assert_eq!(
        accounts.redeem_ticket(&good, "/api/a").await.unwrap(),
        identity
    );
    assert!(accounts.redeem_ticket(&good, "/api/a").await.is_err());

    let elsewhere = ticket().await.unwrap();
    assert!(accounts.redeem_ticket(&elsewhere, "/api/b").await.is_err());

    let late = ticket().await.unwrap();
    house.clock.advance(Duration::from_secs(31));
    assert!(accounts.redeem_ticket(&late, "/api/a").await.is_err());

    let orphaned = ticket().await.unwrap();
    accounts.log_out(&identity, &deed()).await.unwrap();
    assert!(accounts.redeem_ticket(&orphaned, "/api/a").await.is_err());
}

#[tokio::test]
async fn the_last_admin_cannot_be_disabled() {
    let house = with_admin().await;
    let (signed, _) = logged_in(&house).await;
    let disable = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    let outcome = house.accounts.change(&signed.user, &disable, &deed()).await;
    assert!(
        matches!(outcome, Err(AccountError::LastAdmin)),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_refused_login_costs_the_same_work_whatever_was_wrong() {
    let house = with_admin().await;
    let new = NewAccount {
        username: "gone".to_owned(),
        password: secret(PASSWORD),
        role: Role::Member,
        may_use_host: false,
    };
    let gone = house.accounts.create_user(new, &deed()).await.unwrap();
    let disabled = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    house
        .accounts
        .change(&gone, &disabled, &deed())
        .await
        .unwrap();
    let long = "x".repeat(1 << 20);
    for (name, password) in [
        ("admin", "wrong"),
        ("nobody", "wrong"),
        ("gone", "wrong"),
        ("gone", PASSWORD),
        ("nobody", long.as_str()),
        ("admin", long.as_str()),
        ("admin", ""),
    ] {
        let before = house.accounts.password_hashes();
        let refused = house
            .accounts
            .log_in(name, secret(password), &visitor())
            .await;
        assert!(
            matches!(refused, Err(AccountError::WrongCredentials)),
            "{name}"
        );
        let work = house.accounts.password_hashes() - before;
        assert_eq!(work, 1, "{name} with {} bytes", password.len());
    }
}
