//! Sessions and terminals over HTTP.

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, in_time};

#[tokio::test]
async fn a_session_lives_its_life_over_http() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let body =
        json!({"name": "fix login", "type": "shell", "description": "x", "labels": {"team": "a"}});
    let request = house
        .request(Method::POST, "/api/sessions")
        .bearer_auth(&admin.token)
        .json(&body);
    let made = request.send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let session: Value = made.json().await.unwrap();
    assert_eq!(
        location,
        format!("/api/sessions/{}", session["id"].as_str().unwrap())
    );
    assert!(
        ["pending", "starting"].contains(&session["status"].as_str().unwrap()),
        "{session}"
    );
    let id = session["id"].as_str().unwrap();
    let session = house.wait_for_status(&admin, id, "running").await;
    assert_eq!(session["owner"]["username"], "admin");
    assert_eq!(session["terminals"][0]["name"], "agent");
    assert_eq!(
        session["terminals"][0]["wsUrl"],
        format!("/api/sessions/{id}/terminals/agent/ws")
    );
    assert!(session["createdAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(session["secrets"], json!([]));

    // The name works wherever the identifier does.
    let (_, by_name) = house.get(&admin, "/api/sessions/fix%20login").await;
    assert_eq!(by_name["id"], session["id"]);
    let change = json!({"name": "fixed", "labels": {"team": "b"}, "idleTimeoutSeconds": 60});
    let (status, changed) = house.ask(&admin, Method::PATCH, &location, change).await;
    assert_eq!(
        (status, &changed["name"], &changed["idleTimeoutSeconds"]),
        (StatusCode::OK, &json!("fixed"), &json!(60))
    );
    let (_, changed) = house
        .ask(
            &admin,
            Method::PATCH,
            &location,
            json!({"idleTimeoutSeconds": null}),
        )
        .await;
    assert_eq!(
        (&changed["name"], &changed["idleTimeoutSeconds"]),
        (&json!("fixed"), &Value::Null)
    );

    let (status, stopped) = house
        .ask(&admin, Method::POST, &format!("{location}/stop"), json!({}))
        .await;
    assert_eq!(
        (status, &stopped["status"]),
        (StatusCode::OK, &json!("stopped"))
    );
    let (status, body) = house
        .ask(
            &admin,
            Method::POST,
            &format!("{location}/exec"),
            json!({"command": ["true"]}),
        )
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("session.not_running"))
    );
    let (status, _) = house
        .ask(
            &admin,
            Method::POST,
            &format!("{location}/start"),
            json!({}),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    house.wait_for_status(&admin, id, "running").await;
    for part in ["health", "stats", "logs", "terminals", "terminals/agent"] {
        let (status, body) = house.get(&admin, &format!("{location}/{part}")).await;
        assert_eq!(status, StatusCode::OK, "{part}: {body}");
    }
    let (status, _) = house
        .ask(
            &admin,
            Method::DELETE,
            &format!("{location}?force=true"),
            json!({}),
        )
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(house.get(&admin, &location).await.0, StatusCode::NOT_FOUND);
    house.close().await;
}

#[tokio::test]
async fn a_repeated_creation_makes_one_session() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let create = |key: &'static str, name: &'static str| {
        let request = house
            .request(Method::POST, "/api/sessions")
            .bearer_auth(&admin.token);
        crate::house::answer(
            request
                .header("idempotency-key", key)
                .json(&json!({"name": name})),
        )
    };
    let (first, again) = (create("k1", "one").await, create("k1", "one").await);
    assert_eq!(
        (first.0, again.0),
        (StatusCode::CREATED, StatusCode::CREATED)
    );
    assert_eq!(first.1["id"], again.1["id"]);
    let (status, body) = create("k2", "one").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("session.name_taken"))
    );
    let (status, body) = create("k1", "other").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("idempotency.conflict"))
    );
    house.close().await;
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    for (name, team) in [("alpha", "a"), ("beta", "b"), ("gamma", "a")] {
        let body = json!({"name": name, "labels": {"team": team}});
        assert_eq!(
            house
                .ask(&admin, Method::POST, "/api/sessions", body)
                .await
                .0,
            StatusCode::CREATED
        );
    }
    let names = async |query: &str| {
        let (status, list) = house.get(&admin, &format!("/api/sessions?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let items = list["items"].as_array().unwrap();
        items
            .iter()
            .map(|s| s["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("sort=name").await, ["alpha", "beta", "gamma"]);
    assert_eq!(names("sort=-name&label=team%3Da").await, ["gamma", "alpha"]);
    assert_eq!(names("q=ET").await, ["beta"]);
    assert_eq!(names("agent=claude,codex").await, [""; 0]);
    let (_, page) = house.get(&admin, "/api/sessions?sort=name&limit=2").await;
    assert_eq!(page["total"], 3);
    let cursor = page["nextCursor"].as_str().unwrap();
    assert_eq!(
        names(&format!("sort=name&limit=2&cursor={cursor}")).await,
        ["gamma"]
    );
    let (_, stats) = house.get(&admin, "/api/sessions/stats").await;
    assert_eq!(stats["total"], 3);
    house.close().await;
}

#[tokio::test]
async fn terminals_are_opened_typed_into_captured_and_closed() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running(&ann, "one").await;
    let terminals = format!("/api/sessions/{id}/terminals");
    let (status, made) = house
        .ask(
            &ann,
            Method::POST,
            &terminals,
            json!({"name": "extra", "cols": 100, "rows": 0}),
        )
        .await;
    assert_eq!(
        (status, &made["cols"], &made["rows"]),
        (StatusCode::CREATED, &json!(100), &json!(1)),
        "{made}"
    );
    let (status, body) = house
        .ask(&ann, Method::POST, &terminals, json!({"name": "extra"}))
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("terminal.exists"))
    );
    let (status, body) = house
        .ask(&ann, Method::POST, &terminals, json!({"name": "a;b"}))
        .await;
    assert_eq!(
        (status, &body["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("name"))
    );
    let extra = format!("{terminals}/extra");
    let (status, _) = house
        .ask(
            &ann,
            Method::POST,
            &format!("{extra}/input"),
            json!({"data": "hello"}),
        )
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, sized) = house
        .ask(
            &ann,
            Method::POST,
            &format!("{extra}/resize"),
            json!({"cols": 65535, "rows": 30}),
        )
        .await;
    assert_eq!(
        (status, &sized["cols"]),
        (StatusCode::OK, &json!(1000)),
        "{sized}"
    );
    for (format, kind) in [
        ("text", "text/plain"),
        ("ansi", "text/plain"),
        ("html", "text/html"),
    ] {
        let request = house
            .request(Method::GET, &format!("{extra}/screen?format={format}"))
            .bearer_auth(&ann.token);
        let screen = request.send().await.unwrap();
        assert_eq!(screen.status(), StatusCode::OK);
        assert!(
            screen.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with(kind)
        );
        assert!(
            screen.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("sandbox;")
        );
    }
    let (status, _) = house.ask(&ann, Method::DELETE, &extra, json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(house.get(&ann, &extra).await.0, StatusCode::NOT_FOUND);
    house.close().await;
}

#[tokio::test]
async fn a_log_is_followed_until_the_session_is_gone_and_downloads_as_text() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let logs = format!("/api/sessions/{id}/logs");
    let download = house
        .request(Method::GET, &format!("{logs}?format=text"))
        .bearer_auth(&admin.token)
        .send()
        .await
        .unwrap();
    assert_eq!(
        download.headers()["content-disposition"],
        "attachment; filename=\"one.log\""
    );
    let follow = house
        .request(Method::GET, &format!("{logs}?follow=true"))
        .bearer_auth(&admin.token)
        .send()
        .await
        .unwrap();
    assert_eq!(follow.headers()["content-type"], "application/x-ndjson");
    let (status, _) = house
        .ask(
            &admin,
            Method::DELETE,
            &format!("/api/sessions/{id}"),
            json!({}),
        )
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let text = in_time("the end of the log", follow.text()).await.unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!lines.is_empty());
    assert!(
        lines.iter().all(|line| line["message"].is_string()),
        "{lines:?}"
    );
    let (status, body) = house
        .get(
            &admin,
            "/api/sessions/x/logs?tail=-1&since=yesterday&level=loud",
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body["errors"].as_array().unwrap().len(), 3, "{body}");
    house.close().await;
}
