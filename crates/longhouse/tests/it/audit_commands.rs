//! What commands do is on record with the user of this machine who ran them, whether a server runs or not.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{House, PASSWORD};

/// What the user of these tests is called.
fn own_name() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The latest record of that action.
fn latest(house: &House, action: &str) -> Value {
    let text = house.succeed(&["audit", "export", "--action", action]);
    let last = text.lines().last();
    serde_json::from_str(last.unwrap_or_else(|| panic!("{action} is not recorded"))).unwrap()
}

/// Checks that the log holds, and that this was the latest of its kind.
#[track_caller]
fn check(house: &House, action: &str, via: &str) -> Value {
    let record = latest(house, action);
    assert_eq!(
        record["actor"],
        json!({"kind": "system", "id": null, "name": own_name()}),
        "{record}"
    );
    assert_eq!(record["outcome"], "ok", "{record}");
    assert_eq!(record["detail"]["via"], via, "{record}");
    house.succeed(&["audit", "verify"]);
    record
}

#[tokio::test]
async fn what_the_command_line_does_is_recorded_with_the_user_who_ran_it() {
    let mut house = House::started();
    let client = house.client().await;
    let body = json!({"username": "bob", "password": PASSWORD, "role": "member"});
    client.post("/api/users", &body).await.created();
    house.succeed(&["token", "create", "ci", "--scope", "sessions:read"]);
    check(&house, "token.create", "control socket");
    house.succeed(&["token", "rm", "ci"]);
    check(&house, "token.delete", "control socket");
    house.succeed(&["secrets", "rotate"]);
    check(&house, "secrets.rotate", "control socket");
    house.succeed(&["secrets", "rotate-master"]);
    check(&house, "secrets.rotate_master", "control socket");
    house.succeed(&["user", "role", "bob", "viewer"]);
    check(&house, "user.update", "control socket");

    // A server goes on writing after a command did, and finds the log as it has to be.
    let file = house.home().join("backup").to_str().unwrap().to_owned();
    house.succeed(&["backup", &file]);
    let record = check(&house, "backup.create", "command line");
    assert_eq!(record["detail"]["file"], file);
    assert_eq!(record["detail"]["masterKey"], "false");
    client.delete("/api/users/bob").await.created();
    assert!(house.stop().success());
    assert_eq!(latest(&house, "server.stop")["actor"]["name"], "server");
    house.succeed(&["audit", "verify"]);

    let second = house.home().join("second").to_str().unwrap().to_owned();
    house.succeed(&["backup", &second]);
    assert_eq!(
        check(&house, "backup.create", "command line")["detail"]["file"],
        second
    );
    house.succeed(&["restore", &file, "--force"]);
    let record = check(&house, "backup.restore", "command line");
    assert_eq!(record["detail"]["file"], file);
    // Bob came back with the backup.
    house.succeed(&["user", "role", "bob", "member"]);
    check(&house, "user.update", "command line");
    house.start();
    house.succeed(&["audit", "verify"]);
}

#[test]
fn a_backup_that_cannot_be_recorded_is_made_and_says_so() {
    let mut house = House::started();
    assert!(house.stop().success());
    let key = house.data_dir().join("keys/master.key");
    let away = house.home().join("away.key");
    std::fs::rename(&key, &away).unwrap();
    let file = house.home().join("backup");
    let made = house.run(&["backup", file.to_str().unwrap()]);
    assert!(made.status.success() && file.exists());
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(said.contains("not in the audit log"), "{said}");
    assert!(!key.exists(), "a backup makes no key");

    std::fs::rename(&away, &key).unwrap();
    let held = house.succeed(&["audit", "verify"]);
    assert!(held.starts_with("the audit log holds"), "{held}");
    let none = house.succeed(&["audit", "export", "--action", "backup"]);
    assert_eq!(none, "");
}
