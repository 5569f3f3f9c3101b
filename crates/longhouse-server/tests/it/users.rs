//! Accounts managed by admins, and what hangs on them.

use std::time::Duration;

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, Person, answer};

impl House {
    async fn change_user(&self, admin: &Person, user: &str, change: Value) -> (StatusCode, Value) {
        let path = format!("/api/users/{user}");
        self.ask(admin, Method::PATCH, &path, change).await
    }

    async fn remove_user(&self, admin: &Person, user_and_question: &str) -> (StatusCode, Value) {
        let path = format!("/api/users/{user_and_question}");
        self.ask(admin, Method::DELETE, &path, json!({})).await
    }
}

#[tokio::test]
async fn an_admin_makes_shows_and_changes_accounts() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let new =
        json!({"username": "ann", "password": PASSWORD, "role": "member", "permissions": ["host"]});
    let (status, made) = house
        .ask(&admin, Method::POST, "/api/users", new.clone())
        .await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(
        (
            &made["permissions"],
            &made["mayUseHost"],
            &made["hasPassword"]
        ),
        (&json!(["host"]), &json!(true), &json!(true))
    );
    assert_eq!(
        (&made["lastSeenAt"], &made["sessions"]),
        (&Value::Null, &json!(0))
    );
    let (status, body) = house.ask(&admin, Method::POST, "/api/users", new).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("user.name_taken"))
    );
    let wrong =
        json!({"username": uuid::Uuid::now_v7().to_string(), "password": "x", "role": "member"});
    let (status, body) = house.ask(&admin, Method::POST, "/api/users", wrong).await;
    assert_eq!(
        (status, body["errors"].as_array().unwrap().len()),
        (StatusCode::UNPROCESSABLE_ENTITY, 2)
    );
    house.log_in("ann").await;
    let (_, shown) = house.get(&admin, "/api/users/ANN").await;
    assert!(shown["lastSeenAt"].is_string(), "{shown}");
    let (_, list) = house.get(&admin, "/api/users").await;
    assert_eq!(list["total"], 2);
    let (status, changed) = house
        .change_user(&admin, "ann", json!({"role": "viewer", "permissions": []}))
        .await;
    assert_eq!(
        (status, &changed["role"], &changed["mayUseHost"]),
        (StatusCode::OK, &json!("viewer"), &json!(false))
    );
    let (_, people) = house.get(&admin, "/api/people?q=a").await;
    assert_eq!(people["items"].as_array().unwrap().len(), 1, "{people}");
    house.close().await;
}

#[tokio::test]
async fn the_last_admin_can_be_neither_lowered_nor_disabled_nor_removed() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    for change in [json!({"role": "member"}), json!({"disabled": true})] {
        let (status, body) = house.change_user(&admin, "admin", change).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::CONFLICT, &json!("user.last_admin"))
        );
    }
    let (status, body) = house.remove_user(&admin, "admin").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("user.last_admin"))
    );
    // Nothing of that ended a sign-in, and no change is no reason to end one.
    let (status, _) = house
        .change_user(&admin, "admin", json!({"role": "admin"}))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(house.get(&admin, "/api/auth/me").await.0, StatusCode::OK);
    house.close().await;
}

#[tokio::test]
async fn whatever_changes_of_an_account_ends_its_tokens_and_closes_its_sockets() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    house.user("ann", Role::Member).await;
    for (change, logs_in) in [
        (json!({"role": "viewer"}), true),
        (json!({"role": "member"}), true),
        (json!({"permissions": []}), true),
        (json!({"password": PASSWORD}), true),
        (json!({"disabled": true}), false),
    ] {
        let ann = house.log_in("ann").await;
        let mut socket = house.connect(&ann, None).await;
        socket.event("events.ready").await;
        let (status, body) = house.change_user(&admin, "ann", change.clone()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        // The end of the connection, at once: long before it would be looked at by itself.
        let ended = tokio::time::timeout(Duration::from_secs(2), socket.frame()).await;
        assert_eq!(ended.as_deref(), Ok("41"), "{change}");
        assert_eq!(
            house.get(&ann, "/api/auth/me").await.0,
            StatusCode::UNAUTHORIZED,
            "{change}"
        );
        let refresh = house
            .request(Method::POST, "/api/auth/refresh")
            .header("cookie", &ann.refresh)
            .header("origin", house.origin());
        assert_eq!(
            answer(refresh).await.0,
            StatusCode::UNAUTHORIZED,
            "{change}"
        );
        let login = json!({"username": "ann", "password": PASSWORD});
        let login = house.request(Method::POST, "/api/auth/login").json(&login);
        assert_eq!(answer(login).await.0.is_success(), logs_in, "{change}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_user_with_sessions_goes_only_when_it_is_said_what_becomes_of_them() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    house.user("eve", Role::Viewer).await;
    let id = house.running(&ann, "one").await;
    let theirs = house.running(&bob, "two").await;
    let share = json!({"userId": "ann", "access": "drive"});
    house
        .ask(&bob, Method::POST, "/api/sessions/two/shares", share)
        .await;
    let (status, body) = house.remove_user(&admin, "ann").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("user.has_sessions"))
    );
    for heir in ["ann", "eve", "nobody"] {
        let (status, body) = house
            .remove_user(&admin, &format!("ann?handOverTo={heir}"))
            .await;
        assert_eq!(
            (status, &body["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("handOverTo"))
        );
    }
    assert_eq!(house.get(&ann, "/api/auth/me").await.0, StatusCode::OK);
    let mut heir = house.connect(&bob, None).await;
    heir.event("events.ready").await;
    let (status, body) = house.remove_user(&admin, "ann?handOverTo=bob").await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    let told = heir.event("session.updated").await.arguments[0].clone();
    assert_eq!(
        (&told["id"], &told["access"], &told["owner"]["username"]),
        (&json!(id), &json!("own"), &json!("bob"))
    );
    let (_, inherited) = house.get(&bob, "/api/sessions/one").await;
    assert_eq!(
        (&inherited["status"], &inherited["access"]),
        (&json!("running"), &json!("own"))
    );
    let (_, shares) = house
        .get(&bob, &format!("/api/sessions/{theirs}/shares"))
        .await;
    assert_eq!(shares["total"], 0);
    assert_eq!(
        house.get(&ann, "/api/auth/me").await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        house.remove_user(&admin, "ann").await.0,
        StatusCode::NOT_FOUND
    );
    let (status, _) = house.remove_user(&admin, "bob?removeSessions=true").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, list) = house.get(&admin, "/api/sessions").await;
    assert_eq!(list["total"], 0);
    assert_eq!(house.runtime_leftovers().await, 0);
    house.close().await;
}

#[tokio::test]
async fn who_loses_the_host_runs_nothing_on_it_any_more() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running(&ann, "one").await;
    house
        .change_user(&admin, "ann", json!({"permissions": []}))
        .await;
    let stopped = house.wait_for_status(&admin, &id, "stopped").await;
    let reason = stopped["statusReason"].as_str().unwrap();
    assert!(
        reason.contains("ann") && reason.contains("host"),
        "{reason}"
    );
    let ann = house.log_in("ann").await;
    for (person, action) in [(&ann, "start"), (&admin, "start"), (&admin, "restart")] {
        let path = format!("/api/sessions/{id}/{action}");
        let (status, body) = house.ask(person, Method::POST, &path, json!({})).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::FORBIDDEN, &json!("session.host_forbidden")),
            "{action}"
        );
    }
    house
        .change_user(&admin, "ann", json!({"permissions": ["host"]}))
        .await;
    let ann = house.log_in("ann").await;
    let path = format!("/api/sessions/{id}/start");
    assert_eq!(
        house.ask(&ann, Method::POST, &path, json!({})).await.0,
        StatusCode::OK
    );
    house.wait_for_status(&ann, &id, "running").await;
    house.close().await;
}
