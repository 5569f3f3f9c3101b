//! What admins decide about the audit log while the server runs.

use futures_util::SinkExt as _;
use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::audit::recorded;
use crate::audit_sockets::wait_for_records;
use crate::house::House;

#[tokio::test]
async fn admins_set_the_policy_and_everybody_is_told_of_it() {
    let house = House::new().await;
    let (admin, ann) = (
        house.log_in("admin").await,
        house.user("ann", Role::Member).await,
    );
    let (_, settings) = house.get(&admin, "/api/settings").await;
    assert_eq!(
        (
            &settings["auditCommandLines"],
            &settings["auditRetentionDays"]
        ),
        (&json!(false), &json!(null))
    );
    assert_eq!(
        settings["effective"]["listen"],
        json!(house.address.to_string())
    );
    assert_eq!(
        house.get(&ann, "/api/settings").await.0,
        StatusCode::NOT_FOUND
    );
    let on = json!({"auditCommandLines": true, "auditRetentionDays": 30});
    assert_eq!(
        house
            .ask(&ann, Method::PATCH, "/api/settings", on.clone())
            .await
            .0,
        StatusCode::NOT_FOUND
    );

    let (status, changed) = house.ask(&admin, Method::PATCH, "/api/settings", on).await;
    assert_eq!(
        (
            status,
            &changed["auditCommandLines"],
            &changed["auditRetentionDays"]
        ),
        (StatusCode::OK, &json!(true), &json!(30))
    );
    let entry = recorded(&house, "settings.update")
        .await
        .pop()
        .unwrap()
        .entry;
    assert_eq!(
        (
            entry.actor.name.as_str(),
            entry.detail["auditCommandLines"].as_str()
        ),
        ("admin", "true")
    );
    assert_eq!(
        house.get(&ann, "/api/config").await.1["auditCommandLines"],
        json!(true)
    );

    // What is left out stays, and null is not the same as left out.
    let (_, changed) = house
        .ask(
            &admin,
            Method::PATCH,
            "/api/settings",
            json!({"auditCommandLines": false}),
        )
        .await;
    assert_eq!(changed["auditRetentionDays"], json!(30));
    let (_, changed) = house
        .ask(
            &admin,
            Method::PATCH,
            "/api/settings",
            json!({"auditRetentionDays": null}),
        )
        .await;
    assert_eq!(changed["auditRetentionDays"], json!(null));
    for bad in [
        json!({"auditRetentionDays": 0}),
        json!({"auditCommandLines": "yes"}),
        json!({"effective": {}}),
    ] {
        assert_eq!(
            house
                .ask(&admin, Method::PATCH, "/api/settings", bad)
                .await
                .0,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    house.close().await;
}

#[tokio::test]
async fn typed_lines_are_recorded_only_where_the_policy_says_so_and_without_control_characters() {
    let house = House::new().await;
    let (admin, ann) = (
        house.log_in("admin").await,
        house.user("ann", Role::Member).await,
    );
    let id = house.running(&ann, "one").await;
    let mut client = house
        .open(&ann, &format!("/api/sessions/{id}/terminals/agent/ws"))
        .await;
    client.snapshot().await;
    // The terminal of the echoing runtime shows what is typed.
    client
        .socket
        .send(Message::binary("before\r\n".to_owned()))
        .await
        .unwrap();
    client.output(8).await;
    house
        .ask(
            &admin,
            Method::PATCH,
            "/api/settings",
            json!({"auditCommandLines": true}),
        )
        .await;
    client
        .socket
        .send(Message::binary("cd de\tmo\r\n".to_owned()))
        .await
        .unwrap();
    client.output(10).await;
    let lines = wait_for_records(&house, "terminal.line", 1).await;
    assert_eq!(
        (lines.len(), lines[0].entry.detail["line"].as_str()),
        (1, "cd de\\u{9}mo")
    );
    assert_eq!(
        (
            lines[0].entry.actor.name.as_str(),
            lines[0].entry.target.as_ref().unwrap().name.as_str()
        ),
        ("ann", "one/agent")
    );
    house.close().await;
}
