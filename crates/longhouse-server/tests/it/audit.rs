//! Who did what to which object, from where, with what result: recorded whatever the handler does.

use longhouse_domain::Role;
use longhouse_domain::audit::{ActorKind, AuditRecord, Outcome, Severity};
use longhouse_engine::AuditQuery;
use longhouse_server::audit_table;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::house::{House, PASSWORD, answer};

/// Everything that was recorded, in order.
pub(crate) async fn recorded(house: &House, action: &str) -> Vec<AuditRecord> {
    let query = AuditQuery {
        action: Some(action.to_owned()),
        ..AuditQuery::default()
    };
    house.engine.audit().piece(&query, 0, 500).await.unwrap()
}

#[test]
fn every_route_that_changes_something_names_its_action() {
    let mut named = 0;
    for (method, path, action) in audit_table() {
        if matches!(method.as_str(), "GET" | "HEAD") {
            continue;
        }
        let action = action
            .unwrap_or_else(|| panic!("{method} {path} changes something and is not recorded"));
        let (object, verb) = action.split_once('.').unwrap();
        assert!(!object.is_empty() && !verb.is_empty(), "{action}");
        named += 1;
    }
    assert!(named > 15, "the table lost routes");
}

#[tokio::test]
async fn what_is_done_to_a_session_is_recorded_with_who_what_and_from_where() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running(&ann, "work").await;
    let request = house
        .request(Method::POST, "/api/sessions/work/stop")
        .bearer_auth(&ann.token)
        .header("x-request-id", "the-request")
        .json(&json!({}));
    assert_eq!(answer(request).await.0, StatusCode::OK);
    let (status, _) = house
        .ask(
            &ann,
            Method::DELETE,
            &format!("/api/sessions/{id}"),
            json!({}),
        )
        .await;
    assert!(status.is_success(), "{status}");

    for (action, name) in [
        ("session.create", "work"),
        ("session.stop", "work"),
        ("session.delete", "work"),
    ] {
        let records = recorded(&house, action).await;
        assert_eq!(records.len(), 1, "{action}");
        let entry = &records[0].entry;
        assert_eq!(
            (entry.actor.kind, entry.actor.name.as_str()),
            (ActorKind::User, "ann")
        );
        assert_eq!(entry.outcome, Outcome::Ok);
        assert_eq!(entry.address, "127.0.0.1");
        let target = entry.target.as_ref().unwrap();
        assert_eq!(
            (
                target.kind.as_str(),
                target.id.as_deref(),
                target.name.as_str()
            ),
            ("session", Some(id.as_str()), name),
            "{action}"
        );
    }
    assert_eq!(
        recorded(&house, "session.stop").await[0].entry.request_id,
        "the-request"
    );
    assert!(house.engine.audit().verify().await.unwrap().fault.is_none());
    house.close().await;
}

#[tokio::test]
async fn what_was_refused_is_recorded_too() {
    let house = House::new().await;
    let (ann, eve) = (
        house.user("ann", Role::Member).await,
        house.user("eve", Role::Viewer).await,
    );
    let bob = house.user("bob", Role::Member).await;
    let id = house.running(&ann, "secret").await;
    let stop = format!("/api/sessions/{id}/stop");
    for (person, code) in [(&bob, "session.not_found"), (&eve, "auth.forbidden")] {
        house.ask(person, Method::POST, &stop, json!({})).await;
        let entry = recorded(&house, "session.stop").await.pop().unwrap().entry;
        assert_eq!(
            (entry.outcome, entry.detail["code"].as_str()),
            (Outcome::Denied, code)
        );
        assert_eq!(entry.actor.kind, ActorKind::User);
        // What they may not see is called as they called it.
        assert_eq!(entry.target.unwrap().name, id);
    }
    answer(house.request(Method::POST, &stop).json(&json!({}))).await;
    let entry = recorded(&house, "session.stop").await.pop().unwrap().entry;
    assert_eq!(
        (entry.actor.kind, entry.outcome),
        (ActorKind::Nobody, Outcome::Denied)
    );
    // What cannot be done is no denial.
    house
        .ask(
            &ann,
            Method::POST,
            &format!("/api/sessions/{id}/start"),
            json!({}),
        )
        .await;
    let entry = recorded(&house, "session.start").await.pop().unwrap().entry;
    assert_eq!(entry.outcome, Outcome::Failed);
    house.close().await;
}

#[tokio::test]
async fn logins_are_recorded_with_the_name_that_was_tried_and_never_with_a_password_or_token() {
    let house = House::new().await;
    let person = house.log_in("admin").await;
    let token = house.api_token(&person, "ci", &["sessions:read"]).await;
    let long = format!("no\u{1b}]0;x\u{7}body{}", "x".repeat(10_000));
    for (name, password) in [
        ("admin", "wrong horse"),
        ("nobody-here", PASSWORD),
        // A password, a token and nonsense where the name belongs.
        ("a horse, of course", PASSWORD),
        (token.as_str(), PASSWORD),
        (long.as_str(), PASSWORD),
    ] {
        let body = json!({"username": name, "password": password});
        let login = house.request(Method::POST, "/api/auth/login").json(&body);
        assert_eq!(answer(login).await.0, StatusCode::UNAUTHORIZED);
    }
    let records = recorded(&house, "auth.login").await;
    assert_eq!(records.len(), 6);
    let (good, wrong) = (&records[0].entry, &records[1].entry);
    assert_eq!(
        (good.actor.kind, good.actor.name.as_str(), good.outcome),
        (ActorKind::User, "admin", Outcome::Ok)
    );
    assert_eq!(
        (wrong.actor.kind, wrong.outcome),
        (ActorKind::Nobody, Outcome::Denied)
    );
    assert_eq!(wrong.target.as_ref().unwrap().name, "admin");
    let tried: Vec<_> = records[2..]
        .iter()
        .map(|record| record.entry.target.as_ref().unwrap().name.as_str())
        .collect();
    let no = "(not a name)";
    assert_eq!(tried, ["nobody-here", no, no, no]);
    let all = format!("{records:?}");
    assert!(
        !all.contains("horse") && !all.contains("body]") && !all.contains(&token),
        "{all}"
    );
    house.close().await;
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_is_recorded_as_critical() {
    let house = House::new().await;
    let person = house.log_in("admin").await;
    let refresh = |cookie: String| {
        house
            .request(Method::POST, "/api/auth/refresh")
            .header("cookie", cookie)
            .header("origin", house.origin())
    };
    // Twice onwards: the immediate predecessor is answered again, the one before it is not.
    let mut cookie = person.refresh.clone();
    for _ in 0..2 {
        let next = refresh(cookie).send().await.unwrap();
        assert_eq!(next.status(), StatusCode::OK);
        cookie = crate::house::Person::of(next).await.refresh;
    }
    // Without a token nothing was tried: so a page asks whether anybody is logged in.
    let (status, _) = answer(refresh(String::new())).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(recorded(&house, "auth.refresh").await.is_empty());
    let (status, body) = answer(refresh(person.refresh)).await;
    assert_eq!(
        (status, body["code"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("auth.token_reused"))
    );
    let entry = recorded(&house, "auth.refresh").await.pop().unwrap().entry;
    assert_eq!(
        (entry.severity, entry.outcome),
        (Severity::Critical, Outcome::Denied)
    );
    assert_eq!(entry.target.unwrap().name, "admin");
    house.close().await;
}

#[tokio::test]
async fn nothing_is_done_that_cannot_be_recorded() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    house.engine.shutdown().await;
    let request = house.ask(
        &admin,
        Method::POST,
        "/api/sessions",
        json!({"name": "x", "agent": "shell"}),
    );
    let (status, body) = request.await;
    assert_eq!(
        (status, body["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("audit.unavailable"))
    );
    house.close().await;
}

#[tokio::test]
async fn admins_read_filter_page_export_and_verify_the_log_and_nobody_else_does() {
    let house = House::new().await;
    let (admin, ann) = (
        house.log_in("admin").await,
        house.user("ann", Role::Member).await,
    );
    house.running(&ann, "work").await;
    for path in ["/api/audit", "/api/audit/export", "/api/audit/verification"] {
        assert_eq!(house.get(&ann, path).await.0, StatusCode::NOT_FOUND);
    }
    let (_, page) = house
        .get(&admin, "/api/audit?actor=ANN&action=session&limit=1")
        .await;
    let item = &page["items"][0];
    assert_eq!(
        (page["total"].as_u64(), &page["nextCursor"]),
        (Some(1), &json!(null))
    );
    assert_eq!(item["actor"]["kind"], "user");
    assert_eq!(item["target"]["name"], "work");
    assert_eq!(item["outcome"], "ok");
    assert_eq!(item["detail"], json!({}));

    // Page by page it is the whole, newest first.
    let mut seqs = Vec::new();
    let mut cursor = String::new();
    loop {
        let (_, page) = house
            .get(&admin, &format!("/api/audit?limit=2&cursor={cursor}"))
            .await;
        let items = page["items"].as_array().unwrap();
        seqs.extend(items.iter().map(|item| item["seq"].as_i64().unwrap()));
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        cursor = next.to_owned();
    }
    let total = i64::try_from(seqs.len()).unwrap();
    assert_eq!(seqs, (1..=total).rev().collect::<Vec<_>>());

    let export = house
        .request(Method::GET, "/api/audit/export?outcome=denied")
        .bearer_auth(&admin.token);
    let text = export.send().await.unwrap().text().await.unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(
        (
            lines[0]["action"].as_str(),
            lines[0]["actor"]["name"].as_str()
        ),
        (Some("audit.export"), Some("ann"))
    );
    // A line of an export and an item of a page are the same thing.
    let (_, page) = house
        .get(&admin, "/api/audit?outcome=denied&action=audit.export")
        .await;
    assert_eq!(page["items"][0], lines[0]);
    let exported = recorded(&house, "audit.export").await.pop().unwrap().entry;
    assert_eq!(
        (
            exported.actor.name.as_str(),
            exported.detail["outcome"].as_str()
        ),
        ("admin", "denied")
    );

    let (_, report) = house.get(&admin, "/api/audit/verification").await;
    assert_eq!(
        (&report["ok"], &report["fault"]),
        (&json!(true), &json!(null)),
        "{report}"
    );
    for bad in ["limit=0", "outcome=x", "since=x", "cursor=x"] {
        assert_eq!(
            house.get(&admin, &format!("/api/audit?{bad}")).await.0,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    house.close().await;
}
