//! A handler that panics: the one who asked gets the envelope of every error, and nobody else notices.

use axum::Router;
use axum::routing::get;
use longhouse_server::behind_the_edge;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::house::{House, in_time};

const SECRET: &str = "what was in the hand";

#[tokio::test]
async fn a_panic_is_answered_with_a_problem_and_the_server_lives() {
    let house = House::new().await;
    // Routes of the test's own, behind the same layers that the product's routes stand behind.
    let routes = Router::new()
        .route("/api/text", get(async || -> () { panic!("{SECRET}") }))
        .route(
            "/api/late",
            get(async || -> () {
                tokio::task::yield_now().await;
                std::panic::panic_any(SECRET)
            }),
        )
        .route(
            "/api/mute",
            get(async || -> () { std::panic::panic_any(7) }),
        )
        .route("/api/fine", get(async || "fine"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let stop = house.stop.clone();
    let service = behind_the_edge(routes, &house.app);
    let server = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
    let server = tokio::spawn(server.into_future());

    // The guard knows the house's own name; the connection goes to the other port.
    let host = house.address.to_string();
    let ask = |path: &str| {
        let request = house.http.get(format!("http://{own}{path}"));
        request.header("host", &host).send()
    };
    for path in ["/api/text", "/api/late", "/api/mute"] {
        let answer = ask(path).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/problem+json");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let request_id = header("x-request-id");
        let text = answer.text().await.unwrap();
        assert!(!text.contains(SECRET), "{text}");
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(problem["status"], 500);
        assert_eq!(problem["code"], "internal");
        assert_eq!(problem["requestId"], request_id);
        assert!(!request_id.is_empty());
    }
    let fine = ask("/api/fine").await.unwrap();
    assert_eq!(fine.text().await.unwrap(), "fine");
    // What panicked held nothing that others need.
    let admin = house.log_in("admin").await;
    house.running(&admin, "after").await;
    house.close().await;
    in_time("the end of the test's own server", server)
        .await
        .unwrap()
        .unwrap();
}
