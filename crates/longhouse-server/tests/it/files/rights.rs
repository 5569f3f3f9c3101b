//! Who may do what with files.

use longhouse_domain::Role;
use longhouse_engine::accounts::{NewAccount, Secret};
use longhouse_runtime::echo::Trouble;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::trees;
use crate::audit::recorded;
use crate::house::{House, PASSWORD, answer};

const OPERATIONS: [(&str, &str); 8] = [
    ("GET", "/api/files"),
    ("GET", "/api/files/content"),
    ("GET", "/api/files/archive"),
    ("PUT", "/api/files/content"),
    ("DELETE", "/api/files"),
    ("POST", "/api/files/mkdir"),
    ("POST", "/api/files/move"),
    ("POST", "/api/files/copy"),
];

fn body(route: &str) -> serde_json::Value {
    match route.rsplit('/').next() {
        Some("mkdir") => json!({"path": "/x"}),
        Some("move" | "copy") => json!({"from": "/x", "to": "/y"}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn files_of_somebody_elses_session_do_not_exist() {
    let house = House::new().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let id = house.running(&ann, "secret").await;
    for (method, route) in OPERATIONS {
        for session in [id.as_str(), "secret", "no-such"] {
            let method: Method = method.parse().unwrap();
            let request = house
                .request(method, &format!("{route}?session={session}&path=x"))
                .bearer_auth(&bob.token)
                .json(&body(route));
            let (status, body) = answer(request).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{route}: {body}");
            assert_eq!(body["code"], "session.not_found", "{route}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn the_machines_own_files_are_for_those_who_may_use_the_host() {
    let house = House::new().await;
    let new = NewAccount {
        username: "guest".to_owned(),
        password: Secret::new(PASSWORD),
        role: Role::Member,
        may_use_host: false,
    };
    house.create_user(new).await;
    let viewer = house.user("eve", Role::Viewer).await;
    for person in [house.log_in("guest").await, viewer] {
        for (method, route) in OPERATIONS {
            let path = house.dir.path().join("base");
            let request = house
                .request(
                    method.parse().unwrap(),
                    &format!("{route}?path={}", path.display()),
                )
                .bearer_auth(&person.token)
                .json(&body(route));
            let (status, body) = answer(request).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {route}: {body}");
        }
    }
    house.close().await;
}

/// The database and the keys lie there, whatever else an administrator allowed around it.
#[tokio::test]
async fn the_servers_own_directory_stays_closed() {
    let house = House::new().await;
    let machine = trees(&house).await.pop().unwrap();
    let top = house.dir.path();
    std::fs::write(top.join("run/key"), "canary").unwrap();
    std::os::unix::fs::symlink("../run", top.join("base/in")).unwrap();
    let own = top.join("run");
    let ask = |method: &str, route: &str, path: &str| {
        let question = format!("path={}/{path}&recursive=true", top.display());
        super::answer(
            machine
                .raw(method.parse().unwrap(), route, &question)
                .body("x"),
        )
    };
    for (method, route, path) in [
        ("GET", "", "run"),
        ("GET", "/content", "run/key"),
        ("GET", "/content", "base/in/key"),
        ("PUT", "/content", "run/key"),
        ("PUT", "/content", "run/new"),
        ("GET", "/archive", "run"),
        ("DELETE", "", "run"),
        ("DELETE", "", "run/key"),
    ] {
        let refused = ask(method, route, path).await;
        assert_eq!(
            refused.status,
            StatusCode::FORBIDDEN,
            "{method} {route} {path}"
        );
    }
    for (from, to) in [("run", "base/stolen"), ("run/key", "base/key")] {
        let body = json!({"from": top.join(from), "to": top.join(to)});
        for route in ["/move", "/copy"] {
            let refused = machine.post(route, body.clone()).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{route} {from}");
        }
    }
    // What lies around it is open; it is left out.
    let archive = ask("GET", "/archive", "").await;
    assert_eq!(archive.status, StatusCode::OK);
    assert!(!archive.bytes.windows(6).any(|text| text == b"canary"));
    assert_eq!(std::fs::read(own.join("key")).unwrap(), b"canary");
    house.close().await;
}

#[tokio::test]
async fn a_session_of_an_older_version_keeps_its_terminals_and_says_that_it_has_no_files() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    house.runtime.expect(Trouble::KnowsNoFiles);
    let id = house.running(&admin, "old").await;
    for (method, route) in OPERATIONS {
        let request = house
            .request(
                method.parse().unwrap(),
                &format!("{route}?session={id}&path=x"),
            )
            .bearer_auth(&admin.token)
            .json(&match route.rsplit('/').next() {
                Some("mkdir") => json!({"path": "x"}),
                Some("move" | "copy") => json!({"from": "x", "to": "y"}),
                _ => json!({}),
            });
        let (status, body) = answer(request).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::CONFLICT, &json!("file.unsupported")),
            "{route}"
        );
    }
    let input = json!({"data": "still here"});
    let path = format!("/api/sessions/{id}/terminals/agent/input");
    let (status, body) = house.ask(&admin, Method::POST, &path, input).await;
    assert!(status.is_success(), "{body}");
    house.close().await;
}

#[tokio::test]
async fn a_session_that_does_not_run_says_so() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "rests").await;
    let stop = format!("/api/sessions/{id}/stop");
    house.ask(&admin, Method::POST, &stop, json!({})).await;
    house.wait_for_status(&admin, &id, "stopped").await;
    let (status, body) = house.get(&admin, &format!("/api/files?session={id}")).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("session.not_running"))
    );
    house.close().await;
}

#[tokio::test]
async fn what_is_done_with_files_is_recorded_with_session_and_path() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "work").await;
    let ask = |method: Method, question: &str| {
        let path = format!("/api/files/content?session=work&{question}");
        let request = house.request(method, &path);
        super::answer(request.bearer_auth(&admin.token).body("content"))
    };
    assert_eq!(
        ask(Method::PUT, "path=a%0Ab").await.status,
        StatusCode::CREATED
    );
    assert_eq!(ask(Method::GET, "path=a%0Ab").await.status, StatusCode::OK);
    assert_eq!(
        ask(Method::GET, "path=../b").await.status,
        StatusCode::BAD_REQUEST
    );
    let body = json!({"from": "a\nb", "to": "c"});
    let path = format!("/api/files/move?session={id}");
    let moved = house.ask(&admin, Method::POST, &path, body);
    assert_eq!(moved.await.0, StatusCode::OK);
    for (action, count) in [("file.write", 1), ("file.read", 2), ("file.move", 1)] {
        let records = recorded(&house, action).await;
        assert_eq!(records.len(), count, "{action}");
        for record in records {
            let target = record.entry.target.unwrap();
            assert_eq!(
                (target.kind.as_str(), target.id.as_deref()),
                ("session", Some(id.as_str()))
            );
            let named = if action == "file.move" {
                "from"
            } else {
                "path"
            };
            assert!(record.entry.detail.contains_key(named), "{action}");
        }
    }
    house.close().await;
}
