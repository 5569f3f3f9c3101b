//! The routes and the document of the API: complete, guarded, fresh.

use std::path::Path;

use longhouse_server::{Access, access_table, openapi_json};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, answer};

/// A path with something in place of its variables.
fn filled(path: &str) -> String {
    path.replace("{id}", "nothing")
        .replace("{name}", "agent")
        .replace("{user}", "nobody")
}

#[tokio::test]
async fn every_route_that_is_not_public_asks_for_a_login() {
    let house = House::new().await;
    let table = access_table();
    assert!(table.len() > 35, "the table lost routes: {table:?}");
    for (method, path, access) in table {
        let method: Method = method.parse().unwrap();
        let request = house
            .request(method.clone(), &filled(&path))
            // A proxy on this machine is no program of this machine.
            .header("x-forwarded-for", "203.0.113.7")
            .json(&json!({}));
        let (status, body) = answer(request).await;
        match access {
            Access::Public => assert_ne!(body["code"], "auth.forbidden", "{method} {path}"),
            _ => {
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_eq!(body["code"], "auth.required", "{method} {path}");
            }
        }
        assert!(
            status.as_u16() < 500,
            "{method} {path} answered {status}: {body}"
        );
    }
    house.close().await;
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_answers() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} stands twice");
            assert!(
                !operation["responses"].as_object().unwrap().is_empty(),
                "{method} {path}"
            );
            assert!(
                operation["summary"].is_string(),
                "{method} {path} has no summary"
            );
        }
    }
    assert_eq!(names.len(), access_table().len());
    assert_eq!(document["info"]["title"], "Longhouse");
}

/// `LONGHOUSE_BLESS=1` writes the document anew.
#[test]
fn the_committed_document_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/openapi.json");
    let fresh = openapi_json();
    assert_eq!(
        fresh,
        openapi_json(),
        "the document is not the same each time"
    );
    if std::env::var_os("LONGHOUSE_BLESS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "web/openapi.json is stale: run `cargo xtask codegen`"
    );
}

#[tokio::test]
async fn two_servers_in_one_process_share_nothing() {
    let (one, two) = (House::new().await, House::new().await);
    let admin = one.log_in("admin").await;
    one.running(&admin, "mine").await;
    let other = two.log_in("admin").await;
    let (_, list) = two.get(&other, "/api/sessions").await;
    assert_eq!(list["total"], 0);
    // Even with the same key: the other server does not know the user or the sign-in.
    let (status, _) = two.get(&admin, "/api/auth/me").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn the_server_says_how_it_fares() {
    let house = House::new().await;
    for path in ["/health", "/api/health"] {
        let (status, body) = answer(house.request(Method::GET, path)).await;
        assert_eq!(
            (status, &body["status"]),
            (StatusCode::OK, &json!("ok")),
            "{body}"
        );
        assert_eq!(body["checks"]["database"]["status"], "ok");
    }
    for path in [
        "/livez",
        "/readyz",
        "/api/docs",
        "/api/openapi.json",
        "/metrics",
    ] {
        let answer = house.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    let figures = house
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for wanted in [
        "longhouse_http_requests_total",
        "route=\"/livez\"",
        "longhouse_sessions{status=\"running\"} 0",
    ] {
        assert!(
            figures.contains(wanted),
            "{wanted} is missing in\n{figures}"
        );
    }
    let admin = house.log_in("admin").await;
    let (_, config) = house.get(&admin, "/api/config").await;
    assert_eq!(config["allowedBaseDirs"], json!(["/srv/work"]));
    assert_eq!(
        config["runtimes"][0],
        json!({"name": "host", "available": true, "detail": null})
    );
    // Without an engine nobody knows how large its machine is.
    assert_eq!(
        config["limits"]["container"],
        json!({
            "least": {"cpuLimit": 0.05, "memoryLimit": 64, "pidsLimit": 16},
            "usual": {"cpuLimit": 2.0, "memoryLimit": 4096, "pidsLimit": 512},
            "most": null,
            "diskLimit": null,
        })
    );
    house.close().await;
}

#[tokio::test]
async fn without_its_database_the_server_says_so() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    house.engine.shutdown().await;
    let (status, body) = answer(house.request(Method::GET, "/health")).await;
    assert_eq!(
        (status, &body["status"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("error")),
        "{body}"
    );
    for request in [
        house.request(Method::GET, "/readyz"),
        house
            .request(Method::GET, "/api/sessions")
            .bearer_auth(&admin.token),
    ] {
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key("retry-after"));
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["code"], "database.unavailable", "{body}");
    }
    assert_eq!(
        house
            .request(Method::GET, "/livez")
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
    house.close().await;
}
