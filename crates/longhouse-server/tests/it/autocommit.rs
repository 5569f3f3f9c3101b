//! The keeping of work over HTTP: settings, how it stands, a commit now, checkpoints, and what is told of it.

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, Person, promptly};

impl House {
    async fn running_with(&self, person: &Person, auto_commit: Value) -> String {
        let body = json!({"name": "kept", "agent": "shell", "autoCommit": auto_commit});
        let (status, made) = self.ask(person, Method::POST, "/api/sessions", body).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let path = format!("/api/sessions/{}", made["id"].as_str().unwrap());
        promptly("the session runs", async {
            while self.get(person, &path).await.1["status"] != "running" {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Waits until sessiond does what is wanted.
    async fn doing(&self, person: &Person, path: &str, activity: &str) -> Value {
        promptly("sessiond does it", async {
            loop {
                let (_, body) = self.get(person, path).await;
                if body["state"]["activity"] == activity {
                    return body;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await
    }
}

#[tokio::test]
async fn settings_are_given_at_creation_and_changed_at_any_time() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let wanted = json!({"mode": "commit", "debounceSeconds": 5, "ignore": ["*.tmp"], "messageTemplate": "wip: {subject}"});
    let id = house.running_with(&ann, wanted).await;
    let path = format!("/api/sessions/{id}/git/autocommit");
    let body = house.doing(&ann, &path, "watching").await;
    let settings = json!({
        "mode": "commit", "push": false, "protectedBranches": [], "debounceSeconds": 5, "intervalSeconds": 300, "maxFiles": 10,
        "ignore": ["*.tmp"], "messageTemplate": "wip: {subject}"
    });
    assert_eq!(body["settings"], settings);
    let (_, session) = house.get(&ann, &format!("/api/sessions/{id}")).await;
    assert_eq!(session["autoCommit"], settings);

    let (status, changed) = house
        .ask(&ann, Method::PATCH, &path, json!({"mode": "off"}))
        .await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (
            &changed["settings"]["mode"],
            &changed["settings"]["debounceSeconds"]
        ),
        (&json!("off"), &json!(5))
    );
    house.doing(&ann, &path, "off").await;
    house.close().await;
}

#[tokio::test]
async fn settings_that_make_no_sense_are_named_and_change_nothing() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running_with(&ann, json!({})).await;
    let path = format!("/api/sessions/{id}/git/autocommit");
    for (body, field) in [
        (json!({"debounceSeconds": 0}), "debounceSeconds"),
        (json!({"maxFiles": 1001}), "maxFiles"),
        (json!({"ignore": [""]}), "ignore"),
        (json!({"messageTemplate": "{who}"}), "messageTemplate"),
        (json!({"push": true}), "push"),
    ] {
        let (status, problem) = house.ask(&ann, Method::PATCH, &path, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let (_, body) = house.get(&ann, &path).await;
    assert_eq!(body["settings"]["debounceSeconds"], 30);
    house.close().await;
}

#[tokio::test]
async fn a_commit_that_makes_itself_is_told_to_everybody_who_may_know() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let id = house.running_with(&ann, json!({"mode": "commit"})).await;
    let mut hers = house.connect(&ann, None).await;
    hers.event("events.ready").await;
    let path = format!("/api/sessions/{id}/git/autocommit");
    house.doing(&ann, &path, "watching").await;
    let (status, body) = house
        .ask(
            &ann,
            Method::POST,
            &path,
            json!({"summary": "Make it blue"}),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["state"]["lastCommit"]["subject"], "Make it blue");
    let told = hers.event("git.commit").await.arguments[0].clone();
    assert_eq!(
        (&told["sessionId"], &told["subject"], &told["branch"]),
        (&json!(id), &json!("Make it blue"), &json!("main"))
    );
    let (status, _) = house.get(&bob, &path).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    house.close().await;
}

#[tokio::test]
async fn checkpoints_are_made_listed_and_brought_back() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running_with(&ann, json!({})).await;
    let path = format!("/api/sessions/{id}/git/checkpoints");
    let (status, made) = house.ask(&ann, Method::POST, &path, json!({})).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    assert_eq!(
        (&made["checkpoint"]["number"], &made["isNew"]),
        (&json!(2), &json!(true))
    );
    let (_, page) = house.get(&ann, &path).await;
    assert_eq!(
        (&page["total"], &page["items"][0]["number"]),
        (&json!(2), &json!(2))
    );
    let restore = |number: u64| format!("{path}/{number}/restore");
    let (status, back) = house
        .ask(&ann, Method::POST, &restore(1), json!({"path": "a"}))
        .await;
    assert_eq!(
        (status, &back["undo"]),
        (StatusCode::OK, &json!(3)),
        "{back}"
    );
    let (status, problem) = house.ask(&ann, Method::POST, &restore(99), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("checkpoint.not_found"))
    );
    let (status, problem) = house
        .ask(&ann, Method::POST, &restore(1), json!({"path": "../a"}))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    house.close().await;
}
