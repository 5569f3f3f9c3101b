//! The limit of a session's disk, with sessions that say what a test lets them say of it.

use longhouse_domain::Role;
use longhouse_link::proto::UsageReply;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, Person, in_time};

/// Lets the session say that it has so many megabytes on disk, and waits until what stands beside its status is as it should be.
async fn says(
    house: &House,
    person: &Person,
    id: &str,
    megabytes: u64,
    is_right: impl Fn(&Value) -> bool,
) -> Value {
    let usage = UsageReply {
        disk_bytes: Some(megabytes << 20),
        ..UsageReply::default()
    };
    let runtime = house.containers.as_ref().unwrap();
    runtime.say_usage(id.parse().unwrap(), usage);
    until(house, person, id, is_right).await
}

async fn until(
    house: &House,
    person: &Person,
    id: &str,
    is_right: impl Fn(&Value) -> bool,
) -> Value {
    let looking = async {
        loop {
            let mut notices = house.engine.notices();
            let (_, session) = house.get(person, &format!("/api/sessions/{id}")).await;
            if is_right(&session) {
                return session;
            }
            notices.recv().await.unwrap();
        }
    };
    in_time("what is right", looking).await
}

fn reason<'a>(words: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |session| {
        let reason = session["statusReason"].as_str();
        reason.is_some_and(|reason| reason.contains(words))
    }
}

#[tokio::test]
async fn a_session_is_warned_before_its_disk_limit_stopped_above_it_and_may_tidy_up_afterwards() {
    let house = House::with_containers().await;
    let ann = house.user("ann", Role::Member).await;
    let body = json!({"name": "full", "runtime": "docker", "diskLimit": 100});
    let (status, made) = house.ask(&ann, Method::POST, "/api/sessions", body).await;
    assert_eq!(
        (status, &made["diskLimit"]),
        (StatusCode::CREATED, &json!(100))
    );
    let id = made["id"].as_str().unwrap();
    house.wait_for_status(&ann, id, "running").await;
    let path = format!("/api/sessions/{id}");
    let mut client = house.connect(&ann, None).await;

    says(
        &house,
        &ann,
        id,
        95,
        reason("hardly any room is left of its disk (100 MB)"),
    )
    .await;
    let (_, boxed) = house.get(&ann, &format!("/api/containers/{id}")).await;
    assert_eq!(boxed["health"], "unhealthy", "{boxed}");
    // That it began in health may still be on its way.
    while client.event("container.health").await.arguments[0]["health"] != "unhealthy" {}
    says(&house, &ann, id, 50, |session| {
        session["statusReason"].is_null()
    })
    .await;
    let stopped = says(&house, &ann, id, 120, |session| {
        session["status"] == "stopped"
    })
    .await;
    let why = stopped["statusReason"].as_str().unwrap();
    assert!(
        why.starts_with("diskLimit: it had 120 MB on disk, and may have 100 MB"),
        "{why}"
    );

    // It starts all the same, and a little too much is not the end at once.
    house
        .ask(&ann, Method::POST, &format!("{path}/start"), json!({}))
        .await;
    house.wait_for_status(&ann, id, "running").await;
    let over = says(
        &house,
        &ann,
        id,
        105,
        reason("more on disk than it may (100 MB)"),
    )
    .await;
    assert_eq!(over["status"], "running");
    let raise = json!({"diskLimit": 500});
    let (status, raised) = house.ask(&ann, Method::PATCH, &path, raise).await;
    assert_eq!(
        (status, &raised["diskLimit"]),
        (StatusCode::OK, &json!(500))
    );
    until(&house, &ann, id, |session| {
        session["statusReason"].is_null()
    })
    .await;
    let (_, removed) = house
        .ask(&ann, Method::PATCH, &path, json!({"diskLimit": null}))
        .await;
    assert_eq!(removed["diskLimit"], Value::Null);
    let (_, log) = house.get(&ann, &format!("{path}/logs")).await;
    let log = log.to_string();
    for words in [
        "at the moment it has 95 MB",
        "there is room on its disk again",
        "it had 120 MB",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_disk_limit_that_makes_no_sense_is_refused_by_its_name() {
    let house = House::with_containers().await;
    let admin = house.log_in("admin").await;
    for (runtime, limit) in [
        ("docker", json!(0)),
        ("docker", json!(15)),
        ("docker", json!(-1)),
        ("host", json!(100)),
    ] {
        let body = json!({"name": "no", "runtime": runtime, "diskLimit": limit});
        let (status, problem) = house.ask(&admin, Method::POST, "/api/sessions", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["field"], "diskLimit", "{problem}");
    }
    let id = house.running(&admin, "bare").await;
    let path = format!("/api/sessions/{id}");
    let (status, problem) = house
        .ask(&admin, Method::PATCH, &path, json!({"diskLimit": 100}))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    house.close().await;
}
