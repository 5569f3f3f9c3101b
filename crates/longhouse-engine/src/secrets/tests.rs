//! The vault over a real store.

use std::sync::Arc;

use longhouse_domain::{Clock, Timestamp};
use longhouse_store::{SecretScope, Store, StoreUrl};

use super::{Key, SecretsError, Vault};

struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

struct House {
    dir: tempfile::TempDir,
    master: Key,
}

impl House {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            master: Key::random().unwrap(),
        }
    }

    async fn store(&self) -> Store {
        let url = StoreUrl::Sqlite(self.dir.path().join("longhouse.db"));
        Store::open(&url).await.unwrap()
    }

    async fn vault(&self) -> Result<Vault, SecretsError> {
        let source = Arc::new(self.master.clone());
        Vault::open(self.store().await, source, Arc::new(Standing)).await
    }
}

async fn text(vault: &Vault, name: &str) -> Option<String> {
    let found = vault.get(SecretScope::Server, name).await.unwrap();
    found.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_secret_is_kept_changed_and_forgotten_and_never_lies_open() {
    let house = House::new();
    let vault = house.vault().await.unwrap();
    assert_eq!(text(&vault, "a").await, None);
    for value in ["canary-one", "canary-two"] {
        vault
            .put(SecretScope::Server, "a", value.as_bytes())
            .await
            .unwrap();
        assert_eq!(text(&vault, "a").await.as_deref(), Some(value));
    }
    // Another start with the same master key.
    let again = house.vault().await.unwrap();
    assert_eq!(text(&again, "a").await.as_deref(), Some("canary-two"));
    for file in std::fs::read_dir(house.dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
    }
    assert!(again.remove(SecretScope::Server, "a").await.unwrap());
    assert_eq!(text(&vault, "a").await, None);
}

#[tokio::test]
async fn of_several_first_values_one_wins() {
    let house = House::new();
    let vault = house.vault().await.unwrap();
    let puts = ["x", "y", "z"].map(|value| {
        let vault = vault.clone();
        tokio::spawn(async move {
            let kept = vault.get_or_put(SecretScope::Server, "a", value.as_bytes());
            kept.await.unwrap().to_vec()
        })
    });
    let mut kept = Vec::new();
    for put in puts {
        kept.push(put.await.unwrap());
    }
    assert!(kept.iter().all(|value| *value == kept[0]), "{kept:?}");
}

#[tokio::test]
async fn another_master_key_is_refused_with_both_fingerprints() {
    let mut house = House::new();
    house.vault().await.unwrap();
    let right = house.master.fingerprint();
    house.master = Key::random().unwrap();
    let error = house.vault().await.err().unwrap().to_string();
    assert!(
        error.contains(&right) && error.contains(&house.master.fingerprint()),
        "{error}"
    );
}

#[tokio::test]
async fn a_sealed_text_in_another_ones_place_is_not_opened() {
    let house = House::new();
    let vault = house.vault().await.unwrap();
    vault.put(SecretScope::Server, "a", b"of a").await.unwrap();
    let store = house.store().await;
    let mut moved = store
        .secret(SecretScope::Server, "a")
        .await
        .unwrap()
        .unwrap();
    moved.name = "b".to_owned();
    store
        .put_secret(&moved, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let error = vault.get(SecretScope::Server, "b").await.err().unwrap();
    assert!(matches!(error, SecretsError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_new_data_key_takes_over_while_others_read_and_write() {
    let house = House::new();
    let vault = house.vault().await.unwrap();
    // More than one step holds.
    for n in 0..250 {
        let name = format!("n{n}");
        vault
            .put(SecretScope::Server, &name, name.as_bytes())
            .await
            .unwrap();
    }
    // Another process, whose keys are those of before.
    let other = house.vault().await.unwrap();
    assert_eq!(vault.add_data_key().await.unwrap(), 2);
    let (resealed, written) = tokio::join!(vault.finish_rotation(), async {
        for n in 0..50 {
            let name = format!("n{n}");
            other
                .put(SecretScope::Server, &name, b"changed meanwhile")
                .await
                .unwrap();
        }
    });
    assert!(resealed.unwrap() > 0);
    let () = written;
    vault.finish_rotation().await.unwrap();
    let state = vault.state().await.unwrap();
    assert_eq!(state.data_key, 2);
    assert_eq!(state.secrets_per_data_key, [(2, 250)].into());
    for vault in [&vault, &other] {
        assert_eq!(
            text(vault, "n7").await.as_deref(),
            Some("changed meanwhile")
        );
        assert_eq!(text(vault, "n249").await.as_deref(), Some("n249"));
    }
}

#[tokio::test]
async fn a_rotation_that_was_cut_short_goes_on_at_the_next_start() {
    let house = House::new();
    let vault = house.vault().await.unwrap();
    vault.put(SecretScope::Server, "a", b"1").await.unwrap();
    vault.add_data_key().await.unwrap();
    drop(vault);
    let again = house.vault().await.unwrap();
    assert_eq!(text(&again, "a").await.as_deref(), Some("1"));
    assert_eq!(again.finish_rotation().await.unwrap(), 1);
    assert_eq!(again.finish_rotation().await.unwrap(), 0);
    let state = again.state().await.unwrap();
    assert_eq!(state.secrets_per_data_key, [(2, 1)].into());
}

#[tokio::test]
async fn a_new_master_key_opens_everything_and_the_old_one_nothing() {
    let mut house = House::new();
    let vault = house.vault().await.unwrap();
    vault.put(SecretScope::Server, "a", b"1").await.unwrap();
    vault.add_data_key().await.unwrap();
    let new = Key::random().unwrap();
    let fingerprint = vault.rotate_master(Some(new.clone())).await.unwrap();
    assert_eq!(fingerprint, new.fingerprint());
    assert_eq!(text(&vault, "a").await.as_deref(), Some("1"));
    assert!(house.vault().await.is_err());
    house.master = new.clone();
    let again = house.vault().await.unwrap();
    assert_eq!(text(&again, "a").await.as_deref(), Some("1"));
    // The same key again is no rotation.
    assert!(again.rotate_master(Some(new)).await.is_err());
}
