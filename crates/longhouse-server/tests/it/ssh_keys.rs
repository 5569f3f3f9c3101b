//! SSH keys and the git identity over HTTP: what comes in, what goes out, and what never does.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::database::Database;
use crate::house::{House, Person, in_time};

/// A private key as `ssh-keygen` writes it, with its fingerprint.
fn keygen(passphrase: &str) -> (String, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let run = |arguments: &[&str]| {
        let done = Command::new("ssh-keygen")
            .args(arguments)
            .arg("-f")
            .arg(&path)
            .output();
        let done = done.unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    run(&["-q", "-t", "ed25519", "-N", passphrase]);
    let listed = run(&["-l"]);
    let fingerprint = listed.split(' ').nth(1).unwrap().to_owned();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
    (std::fs::read_to_string(&path).unwrap(), fingerprint)
}

async fn add(house: &House, person: &Person, wish: Value) -> (StatusCode, Value) {
    house.ask(person, Method::POST, "/api/ssh-keys", wish).await
}

#[tokio::test]
async fn a_pasted_key_shows_its_public_half_and_never_its_private_one() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let (text, fingerprint) = keygen("");
    let secret = text.lines().nth(3).unwrap();
    let wish =
        json!({"name": "Laptop", "privateKey": text, "hosts": ["Git.Example.org:2222", "forge"]});
    let (status, made) = add(&house, &ann, wish).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(
        (&made["fingerprint"], &made["type"]),
        (&json!(fingerprint), &json!("ssh-ed25519"))
    );
    assert_eq!(made["hosts"], json!(["[git.example.org]:2222", "forge"]));
    assert!(
        made["publicKey"].as_str().unwrap().ends_with(" Laptop"),
        "{made}"
    );
    let (_, list) = house.get(&ann, "/api/ssh-keys").await;
    assert_eq!((&list["total"], &list["items"][0]), (&json!(1), &made));
    assert!(!list.to_string().contains(secret) && !made.to_string().contains(secret));
    // Nor does it stand in the database, which holds the audit log too.
    for file in std::fs::read_dir(house.dir.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_key_is_ones_own_and_nobody_elses() {
    let house = House::new().await;
    let (ann, admin) = (
        house.user("ann", Role::Member).await,
        house.log_in("admin").await,
    );
    let (_, made) = add(&house, &ann, json!({"name": "a", "generate": true})).await;
    let path = format!("/api/ssh-keys/{}", made["id"].as_str().unwrap());
    let (status, body) = house.ask(&admin, Method::DELETE, &path, json!({})).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("ssh_key.not_found"))
    );
    assert_eq!(house.get(&admin, "/api/ssh-keys").await.1["total"], 0);
    // The same name is taken among one's own, without regard to case, and free for others.
    let again = add(&house, &ann, json!({"name": "A", "generate": true})).await;
    assert_eq!(
        (again.0, &again.1["code"]),
        (StatusCode::CONFLICT, &json!("ssh_key.name_taken"))
    );
    assert_eq!(
        add(&house, &admin, json!({"name": "a", "generate": true}))
            .await
            .0,
        StatusCode::CREATED
    );
    let (status, _) = house.ask(&ann, Method::DELETE, &path, json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(house.get(&ann, "/api/ssh-keys").await.1["total"], 0);
    let audit = house
        .get(&admin, "/api/audit?action=ssh_key.delete")
        .await
        .1;
    assert_eq!(
        audit["items"][0]["detail"]["fingerprint"], made["fingerprint"],
        "{audit}"
    );
    house.close().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_said_at_its_field() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let (locked, _) = keygen("correct horse");
    let refused = async |wish: Value| {
        let (status, body) = add(&house, &ann, wish).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let error = &body["errors"][0];
        format!(
            "{} {}",
            error["field"].as_str().unwrap(),
            error["message"].as_str().unwrap()
        )
    };
    let public =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me";
    for (wish, expected) in [
        (
            json!({"name": "k", "privateKey": "hello"}),
            "privateKey is no private key",
        ),
        (
            json!({"name": "k", "privateKey": public}),
            "privateKey is the public half",
        ),
        (
            json!({"name": "k", "privateKey": &locked}),
            "passphrase is missing",
        ),
        (
            json!({"name": "k", "privateKey": &locked, "passphrase": "no"}),
            "passphrase is not the one",
        ),
        (json!({"name": "k"}), "privateKey must be given"),
        (
            json!({"name": "k", "privateKey": &locked, "generate": true}),
            "generate must be false",
        ),
        (json!({"name": " ", "generate": true}), "name must have"),
        (
            json!({"name": "k", "generate": true, "hosts": ["ok", "-o"]}),
            "hosts[1] must be a host name",
        ),
    ] {
        let said = refused(wish).await;
        assert!(said.starts_with(expected), "{said}");
    }
    let wish = json!({"name": "k", "privateKey": locked, "passphrase": "correct horse"});
    assert_eq!(add(&house, &ann, wish).await.0, StatusCode::CREATED);
    house.close().await;
}

#[tokio::test]
async fn sealed_keys_survive_a_rotation_of_what_seals_them() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let (_, made) = add(&house, &admin, json!({"name": "k", "generate": true})).await;
    let (status, state) = house
        .ask(&admin, Method::POST, "/api/secrets/rotate", json!({}))
        .await;
    assert_eq!(status, StatusCode::OK, "{state}");
    assert_eq!(house.get(&admin, "/api/ssh-keys").await.1["items"][0], made);
    house.close().await;
}

#[tokio::test]
async fn a_session_takes_over_the_identity_of_its_owner_where_it_says_nothing() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let nothing = json!({"userName": null, "userEmail": null});
    assert_eq!(house.get(&ann, "/api/git-config").await.1, nothing);
    let bad = house
        .ask(
            &ann,
            Method::PUT,
            "/api/git-config",
            json!({"userEmail": "<a>"}),
        )
        .await;
    assert_eq!(
        (bad.0, &bad.1["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("userEmail"))
    );
    let ours = json!({"userName": "Ann", "userEmail": "ann@example.org"});
    let (status, kept) = house
        .ask(&ann, Method::PUT, "/api/git-config", ours.clone())
        .await;
    assert_eq!((status, &kept), (StatusCode::OK, &ours));
    let wish = json!({"name": "s", "agent": "shell", "gitUserEmail": "other@example.org"});
    let (status, made) = house.ask(&ann, Method::POST, "/api/sessions", wish).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(made["gitUserName"], "Ann");
    assert_eq!(made["gitUserEmail"], "other@example.org");
    let (_, gone) = house
        .ask(&ann, Method::PUT, "/api/git-config", json!({}))
        .await;
    assert_eq!(gone, nothing);
    house.close().await;
}

#[tokio::test]
async fn a_session_has_one_key_whose_public_half_is_shown_and_which_goes_with_it() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let (private, _) = keygen("");
    let create = async |more: Value| {
        let mut body = json!({"name": "a", "runtime": "host"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        house.ask(&ann, Method::POST, "/api/sessions", body).await
    };
    let (_, kept) = add(&house, &ann, json!({"name": "a", "generate": true})).await;
    for more in [
        json!({"sshKey": private}),
        json!({"sshKeyId": kept["id"]}),
        json!({"generateSshKey": true}),
    ] {
        let (status, made) = create(more.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert_eq!(made["hasSshKey"], true);
        assert!(
            made["sshPublicKey"]
                .as_str()
                .unwrap()
                .starts_with("ssh-ed25519 "),
            "{made}"
        );
        assert!(!made.to_string().contains("PRIVATE"), "{made}");
        let path = format!("/api/sessions/{}", made["id"].as_str().unwrap());
        // One's own list has what one keeps, and nothing of a session's.
        assert_eq!(house.get(&ann, "/api/ssh-keys").await.1["total"], 1);
        house.ask(&ann, Method::DELETE, &path, json!({})).await;
        in_time("the session is gone", async {
            while house.get(&ann, &path).await.0 != StatusCode::NOT_FOUND {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    let mut database = Database::of(&house).await;
    assert_eq!(database.keys_and_their_secrets().await, (1, 1));

    for (more, field, words) in [
        (
            json!({"sshKey": private, "generateSshKey": true}),
            "generateSshKey",
            "one SSH key",
        ),
        (
            json!({"sshKey": "ssh-ed25519 AAAA"}),
            "sshKey",
            "public half",
        ),
        (
            json!({"sshKeyId": "0192f3a4-7f3e-7cc0-98c4-000000000001"}),
            "sshKeyId",
            "none of your SSH keys",
        ),
        (
            json!({"sshKeyPassphrase": "x"}),
            "sshKeyPassphrase",
            "there is none",
        ),
        (
            json!({"sshKeyPath": "~/.ssh/id_rsa"}),
            "sshKeyPath",
            "send the key itself",
        ),
    ] {
        let (status, problem) = create(more).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        let error = &problem["errors"][0];
        assert_eq!(error["field"], field, "{problem}");
        assert!(
            error["message"].as_str().unwrap().contains(words),
            "{problem}"
        );
    }
    house.close().await;
}
