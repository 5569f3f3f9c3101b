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
    for odd in ["2h", "", "1d", "-1h"] {
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
