//! What a container uses, counted by its engine and by its sessiond.

use serde_json::{Value, json};

use super::engine::Yard;
use crate::support::wait_for;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_is_measured_from_outside_and_from_inside() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let id = yard.running(&client, "measured").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let metrics = async || {
        client
            .get(&format!("/api/sessions/{id}/metrics"))
            .await
            .created()
    };
    let known = |value: &Value| value.as_f64().is_some_and(|value| value > 0.0);
    let first = wait_for("all is known", async || {
        let current = metrics().await["current"].clone();
        (current["cpuPercent"].is_number() && known(&current["diskMb"])).then_some(current)
    })
    .await;
    assert_eq!(first["memoryLimitMb"], json!(128.0), "{first}");
    for figure in ["memoryMb", "memoryPercent", "pids"] {
        assert!(known(&first[figure]), "{figure}: {first}");
    }
    // It has no network, which is not the same as one that carried nothing.
    assert_eq!(first["networkRxBytes"], Value::Null);
    client.input(&id, "agent", "while :; do :; done\n").await;
    // Half a core is all that it may have.
    wait_for("the agent is at work", async || {
        let current = metrics().await["current"].clone();
        let cpu = current["cpuPercent"].as_f64()?;
        (current["agentActive"] == true && cpu > 20.0 && cpu < 90.0).then_some(())
    })
    .await;
    yard.delete(&client, &id).await;
}
