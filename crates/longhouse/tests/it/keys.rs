//! Keys that change: while the server works and is killed, and while none runs.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::support::keeper::{CANARY, keeper, run_with, said, start_session, token_of};
use crate::support::{House, wait_for, with_processes};

#[tokio::test]
async fn keys_change_while_the_server_works_and_is_killed_at_any_moment() {
    let mut house = House::started();
    let id = keeper(&house).await;
    let key_file = house.data_dir().join("keys/master.key");
    let first = std::fs::read(&key_file).unwrap();
    let text = house.succeed(&["secrets", "rotate"]);
    assert!(text.contains("data key 2,"), "{text}");
    house.succeed(&["secrets", "rotate-master"]);
    assert_ne!(std::fs::read(&key_file).unwrap(), first);
    assert_eq!(token_of(&house, &id).await, CANARY);
    for round in 0..8_u64 {
        let commands = [["secrets", "rotate"], ["secrets", "rotate-master"]];
        let running: Vec<_> = commands
            .iter()
            .map(|arguments| {
                let mut command = house.command();
                let command = command.args(arguments).stdout(Stdio::null());
                command.stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(15 * round)).await;
        house.kill();
        for mut child in running {
            child.wait().unwrap();
        }
        house.start();
        let client = house.client().await;
        with_processes(&client, &id).await;
        assert_eq!(token_of(&house, &id).await, CANARY);
    }
    wait_for("one data key is left", async || {
        let state = house.client().await.get("/api/secrets").await.created();
        let keys = state["secretsPerDataKey"].as_object().unwrap().clone();
        (keys.len() == 1).then_some(())
    })
    .await;
    // Stopped and started, the secret comes out of the database again.
    let client = house.client().await;
    let act = async |what: &str| {
        client
            .post(&format!("/api/sessions/{id}/{what}"), &json!({}))
            .await
    };
    act("stop").await.created();
    start_session(&house, &id).await;
    assert_eq!(token_of(&house, &id).await, CANARY);
    client
        .delete(&format!("/api/sessions/{id}"))
        .await
        .created();
    let keys = std::fs::read_dir(house.data_dir().join("keys")).unwrap();
    assert_eq!(keys.count(), 1, "nothing but the master key is left");
}

#[tokio::test]
async fn keys_change_while_no_server_runs() {
    let mut house = House::started();
    let id = keeper(&house).await;
    house.stop();
    let key_file = house.data_dir().join("keys/master.key");
    let first = std::fs::read(&key_file).unwrap();
    let before = house.succeed(&["secrets", "status"]);
    assert!(before.contains("data key 1,"), "{before}");
    let after = house.succeed(&["secrets", "rotate"]);
    assert!(after.contains("data key 2,"), "{after}");
    assert_eq!(before.lines().next(), after.lines().next());
    let rotated = house.succeed(&["secrets", "rotate-master"]);
    assert_ne!(rotated.lines().next(), after.lines().next());
    assert_ne!(std::fs::read(&key_file).unwrap(), first);
    // A key that is none changes nothing, and one that is given is not shown.
    let given = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    let rotate = ["secrets", "rotate-master", "--stdin"];
    let refused = said(&run_with(&house, &rotate, "no key"), false);
    assert!(refused.contains("32 bytes"), "{refused}");
    let taken = said(&run_with(&house, &rotate, given), true);
    assert!(!taken.contains(given), "{taken}");
    let same = said(&run_with(&house, &rotate, given), false);
    assert!(same.contains("the one in use"), "{same}");
    let held = house.succeed(&["audit", "verify"]);
    assert!(held.contains("holds"), "{held}");
    let log = house.succeed(&["audit", "export", "--action", "secrets"]);
    let beside = log
        .lines()
        .filter(|line| line.contains(r#""via":"command line""#));
    assert_eq!(beside.count(), 4, "{log}");

    house.start();
    let client = house.client().await;
    with_processes(&client, &id).await;
    let path = format!("/api/sessions/{id}/stop");
    client.post(&path, &json!({})).await.created();
    start_session(&house, &id).await;
    assert_eq!(token_of(&house, &id).await, CANARY);
    house.succeed(&["session", "rm", &id]);
}
