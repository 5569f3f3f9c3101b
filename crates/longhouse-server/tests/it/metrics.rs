//! What sessions use, over HTTP and over Socket.IO.

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn figures_are_told_in_the_units_that_are_promised() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    house.running(&ann, "one").await;
    let (status, answer) = house.get(&ann, "/api/sessions/one/metrics").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let current = &answer["current"];
    let cpu = current["cpuPercent"].as_f64().unwrap();
    assert!((cpu - 50.0).abs() < 1.0, "{current}");
    assert_eq!(current["memoryMb"], json!(32.0));
    assert_eq!(current["diskMb"], json!(0.0));
    assert_eq!(
        (&current["pids"], &current["agentActive"]),
        (&json!(2), &json!(false))
    );
    for unknown in [
        "memoryPercent",
        "memoryLimitMb",
        "networkRxBytes",
        "networkTxBytes",
    ] {
        assert_eq!(current.get(unknown), Some(&Value::Null), "{unknown}");
    }
    assert_eq!(answer["resolutionSeconds"], json!(60));
    let day = house
        .get(&ann, "/api/sessions/one/metrics?range=24h")
        .await
        .1;
    assert_eq!(day["resolutionSeconds"], json!(300));
    for odd in ["2h", "1d", "-1h"] {
        let path = format!("/api/sessions/one/metrics?range={odd}");
        assert_eq!(
            house.get(&ann, &path).await.0,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{odd}"
        );
    }
    let stop = house
        .ask(&ann, Method::POST, "/api/sessions/one/stop", json!({}))
        .await;
    assert_eq!(stop.0, StatusCode::OK);
    let (status, rest) = house.get(&ann, "/api/sessions/one/metrics").await;
    assert_eq!((status, &rest["current"]), (StatusCode::OK, &Value::Null));
    house.close().await;
}

#[tokio::test]
async fn figures_are_pushed_until_nobody_wants_them() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running(&ann, "one").await;
    let mut client = house.connect(&ann, None).await;
    for (number, odd) in (1..).zip([0, 499, 60_001]) {
        let ask = json!(["subscribe:metrics", {"containerId": id, "interval": odd}]);
        let answer = client.ask(number, ask).await;
        assert_eq!(
            answer["error"]["code"],
            json!("request.invalid"),
            "{answer}"
        );
        assert_eq!(answer["error"]["errors"][0]["field"], json!("interval"));
    }
    // By its identifier and by its name: two subscriptions, which are told apart.
    for (number, called) in [(11, id.as_str()), (12, "one")] {
        let ask = json!(["subscribe:metrics", {"containerId": called, "interval": 500}]);
        assert_eq!(client.ask(number, ask).await, json!({"ok": true}));
    }
    let mut seen = Vec::new();
    while seen.len() < 6 {
        let update = client.event("metrics:update").await.arguments[0].clone();
        assert_eq!(update["metrics"]["memoryMb"], json!(32.0), "{update}");
        seen.push(update["containerId"].as_str().unwrap().to_owned());
    }
    assert!(
        seen.contains(&id) && seen.contains(&"one".to_owned()),
        "{seen:?}"
    );
    for (number, called) in [(21, id.as_str()), (22, "one")] {
        let ask = json!(["unsubscribe:metrics", {"containerId": called}]);
        assert_eq!(client.ask(number, ask).await, json!({"ok": true}));
    }
    // One of each may have been on its way. What everybody who follows is told then does not come: the witness heard it long ago.
    let mut witness = house.connect(&ann, None).await;
    let ask = json!(["subscribe:metrics", {"containerId": "one", "interval": 500}]);
    assert_eq!(witness.ask(1, ask).await, json!({"ok": true}));
    witness.event("metrics:update").await;
    house
        .ask(&ann, Method::POST, "/api/sessions/one/stop", json!({}))
        .await;
    witness.event("metrics:error").await;
    client
        .send(format!(
            "4230{}",
            json!(["unsubscribe:metrics", {"containerId": "x"}])
        ))
        .await;
    let mut late = Vec::new();
    while let Ok(event) = client.packet().await {
        late.extend(event.name.strip_prefix("metrics:").map(str::to_owned));
    }
    assert!(
        late.len() <= 2 && late.iter().all(|name| name == "update"),
        "{late:?}"
    );
    house.close().await;
}

#[tokio::test]
async fn a_session_at_rest_is_told_as_an_error_and_goes_on_by_itself() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let id = house.running(&ann, "one").await;
    let mut client = house.connect(&ann, None).await;
    let ask = json!(["subscribe:metrics", {"containerId": "one", "interval": 500}]);
    assert_eq!(client.ask(1, ask).await, json!({"ok": true}));
    client.event("metrics:update").await;
    house
        .ask(&ann, Method::POST, "/api/sessions/one/stop", json!({}))
        .await;
    let told = client.event("metrics:error").await.arguments[0].clone();
    assert_eq!(told["containerId"], json!("one"));
    assert_eq!(
        told["error"]["code"],
        json!("metrics.unavailable"),
        "{told}"
    );
    house
        .ask(&ann, Method::POST, "/api/sessions/one/start", json!({}))
        .await;
    house.wait_for_status(&ann, &id, "running").await;
    client.event("metrics:update").await;
    house.close().await;
}

#[tokio::test]
async fn the_end_of_a_share_ends_the_figures() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let bob = house.user("bob", Role::Member).await;
    let id = house.running(&ann, "one").await;
    let share = json!({"userId": "bob", "access": "view"});
    let path = format!("/api/sessions/{id}/shares");
    let shared = house.ask(&ann, Method::POST, &path, share).await;
    assert_eq!(shared.0, StatusCode::CREATED, "{}", shared.1);
    let mut his = house.connect(&bob, None).await;
    let ask = json!(["subscribe:metrics", {"containerId": id, "interval": 500}]);
    assert_eq!(his.ask(1, ask.clone()).await, json!({"ok": true}));
    his.event("metrics:update").await;
    let mut hers = house.connect(&ann, None).await;
    assert_eq!(hers.ask(1, ask.clone()).await, json!({"ok": true}));
    hers.event("metrics:update").await;
    let user = shared.1["userId"].as_str().unwrap();
    let gone = house
        .ask(&ann, Method::DELETE, &format!("{path}/{user}"), json!({}))
        .await;
    assert_eq!(gone.0, StatusCode::NO_CONTENT, "{}", gone.1);
    // Until he is told that the session ceased to exist for him something may be on its way; then nothing comes, however often its owner
    // is told.
    his.event("session.deleted").await;
    for _ in 0..4 {
        hers.event("metrics:update").await;
    }
    his.send(format!("422{ask}")).await;
    loop {
        match his.packet().await {
            Ok(event) => assert!(!event.name.starts_with("metrics:"), "{event:?}"),
            Err((_, answer)) => {
                assert_eq!(answer[0]["error"]["code"], json!("container.not_found"));
                break;
            }
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_container_is_called_by_its_first_digits_and_tells_how_it_fares() {
    let house = House::with_containers().await;
    let ann = house.user("ann", Role::Member).await;
    let mut client = house.connect(&ann, None).await;
    client.event("events.ready").await;
    let body = json!({"name": "boxed", "agent": "shell", "runtime": "docker"});
    let made = house.ask(&ann, Method::POST, "/api/sessions", body).await.1;
    let id = made["id"].as_str().unwrap();
    let health = client.event("container.health").await.arguments[0].clone();
    assert_eq!(
        (&health["sessionId"], &health["health"]),
        (&made["id"], &json!("healthy"))
    );
    let container = house.get(&ann, "/api/containers/boxed").await.1["containerId"].clone();
    let digits = &container.as_str().unwrap()[..12];
    let ask = json!(["subscribe:metrics", {"containerId": digits, "interval": 500}]);
    assert_eq!(client.ask(1, ask).await, json!({"ok": true}));
    let update = client.event("metrics:update").await.arguments[0].clone();
    assert_eq!(update["containerId"], json!(digits));
    let checks = house
        .get(&ann, &format!("/api/sessions/{id}/health"))
        .await
        .1["checks"]
        .clone();
    assert_eq!(checks["container"]["status"], json!("ok"), "{checks}");
    house
        .ask(&ann, Method::POST, "/api/sessions/boxed/stop", json!({}))
        .await;
    let health = client.event("container.health").await.arguments[0].clone();
    assert_eq!(health["health"], json!("none"), "{health}");
    house.close().await;
}
