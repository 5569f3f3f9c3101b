//! What goes through, in each direction, and what does not.

use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use tokio_tungstenite::tungstenite::Message;

use super::browser::Ground;
use crate::house::in_time;

#[tokio::test]
async fn a_program_gets_the_request_and_nothing_of_the_platforms() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let api = ground
        .house
        .api_token(&ground.ann, "t", &["sessions:write"])
        .await;
    for token in [&ground.ann.token, &api] {
        let request = browser
            .request(Method::POST, "/a/b?c=%20d")
            .header(
                "cookie",
                format!("own=1; {}; {}", ground.ann.cookie, ground.ann.refresh),
            )
            .header("origin", format!("http://{}", browser.host))
            .header("x-forwarded-for", "8.8.8.8")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "for=8.8.8.8")
            .header("x-own", "kept")
            .bearer_auth(token)
            .body("hello");
        let got = browser.shown(request).await;
        assert_eq!(
            (&got["method"], &got["address"]),
            (&"POST".into(), &"/a/b?c=%20d".into())
        );
        assert_eq!(got["bytes"], 5);
        let text = got["headers"].to_string();
        for secret in [
            &ground.ann.cookie,
            &ground.ann.refresh,
            &browser.pass,
            token,
        ] {
            assert!(
                !text.contains(secret.split('=').next_back().unwrap()),
                "{text}"
            );
        }
        let headers = &got["headers"];
        assert_eq!(headers["cookie"], "own=1");
        assert_eq!(headers["host"], *browser.host);
        assert_eq!(headers["x-forwarded-host"], *browser.host);
        assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
        assert_eq!(headers["x-forwarded-proto"], "http");
        assert_eq!(headers["x-own"], "kept");
        assert!(headers["authorization"].is_null() && headers["forwarded"].is_null());
    }
    let own = browser
        .request(Method::GET, "/")
        .bearer_auth("the-programs-own");
    let got = browser.shown(own).await;
    assert_eq!(got["headers"]["authorization"], "Bearer the-programs-own");
    ground.close().await;
}

#[tokio::test]
async fn no_cookie_and_no_policy_reaches_beyond_the_preview() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let answer = browser
        .request(Method::GET, "/cookies")
        .send()
        .await
        .unwrap();
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["own=1; Path=/; HttpOnly"]);
    // Nothing of this server's is laid over the program's answers.
    assert!(!answer.headers().contains_key("content-security-policy"));
    assert!(!answer.headers().contains_key("x-request-id"));
    let moved = browser.request(Method::GET, "/moved").send().await.unwrap();
    assert_eq!(moved.status(), StatusCode::FOUND);
    assert_eq!(moved.headers()["location"], "/elsewhere");
    assert_eq!(moved.headers()["content-security-policy"], "default-src *");
    assert!(!moved.headers().contains_key("clear-site-data"));
    ground.close().await;
}

#[tokio::test]
async fn large_bodies_and_streams_go_through_as_they_come() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let large = vec![b'x'; 24 << 20];
    let upload = browser
        .request(Method::PUT, "/upload")
        .header("origin", format!("http://{}", browser.host))
        .body(large);
    assert_eq!(browser.shown(upload).await["bytes"], 24 << 20);
    let mut events = browser
        .request(Method::GET, "/events")
        .send()
        .await
        .unwrap();
    let mut heard = String::new();
    // The stream never ends; what it says comes through meanwhile.
    while !heard.contains("data: 2\n") {
        let piece = in_time("another event", events.chunk())
            .await
            .unwrap()
            .unwrap();
        heard.push_str(&String::from_utf8_lossy(&piece));
    }
    ground.close().await;
}

#[tokio::test]
async fn a_websocket_opens_from_the_previews_page_alone() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let own = format!("http://{}", browser.host);
    let mut socket = browser.socket(&own).await.unwrap();
    // More than this server's own sockets take at once.
    for message in [Message::text("hello"), Message::binary(vec![7; 3 << 20])] {
        socket.send(message.clone()).await.unwrap();
        let answer = in_time("the answer", socket.next()).await.unwrap().unwrap();
        assert!(answer == message);
    }
    // Another port of the same session is kin; another session is not.
    let kin = ground.host_of(&ground.session, 1);
    browser.socket(&format!("http://{kin}")).await.unwrap();
    let other = ground.house.running(&ground.ann, "other").await;
    for origin in [
        format!("http://{}", ground.host_of(&other, ground.program.port)),
        ground.house.origin(),
        format!("https://{}", browser.host),
        "https://evil.example".to_owned(),
        "null".to_owned(),
    ] {
        assert!(browser.socket(&origin).await.is_err(), "{origin}");
    }
    drop(socket);
    ground.close().await;
}

#[tokio::test]
async fn a_foreign_page_cannot_use_the_pass() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let other = ground.house.running(&ground.ann, "other").await;
    let strange = format!("http://{}", ground.host_of(&other, 3000));
    let own = format!("http://{}", browser.host);
    let site = |method: Method, site: &str, mode: &str, dest: &str| {
        let request = browser.request(method, "/").header("sec-fetch-site", site);
        request
            .header("sec-fetch-mode", mode)
            .header("sec-fetch-dest", dest)
    };
    let get = || Method::GET;
    for (request, status) in [
        (site(get(), "same-origin", "cors", "empty"), 200),
        (site(get(), "none", "navigate", "document"), 200),
        (site(get(), "cross-site", "navigate", "document"), 200),
        (site(get(), "same-site", "navigate", "iframe"), 403),
        (site(get(), "cross-site", "no-cors", "image"), 403),
        (
            site(get(), "same-site", "cors", "empty").header("origin", &strange),
            403,
        ),
        (
            site(Method::POST, "same-site", "navigate", "document").header("origin", &strange),
            403,
        ),
        (
            site(Method::POST, "same-origin", "cors", "empty").header("origin", &own),
            200,
        ),
        (browser.request(Method::POST, "/"), 403),
        (
            browser
                .request(Method::POST, "/")
                .header("origin", ground.house.origin()),
            403,
        ),
        (
            browser
                .request(get(), "/")
                .header("origin", &own)
                .header("origin", &strange),
            403,
        ),
    ] {
        let sent = format!("{request:?}");
        assert_eq!(browser.status(request).await, status, "{sent}");
    }
    ground.close().await;
}

#[tokio::test]
async fn where_nothing_listens_a_page_says_so_and_looks_again() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let id = ground.session.parse().unwrap();
    ground.house.runtime.listen(id, &[]);
    let page = browser
        .request(Method::GET, "/")
        .header("accept", "text/html");
    let page = page.send().await.unwrap();
    assert_eq!(page.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(page.headers()["refresh"], "3");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src"),
        "{policy}"
    );
    let text = page.text().await.unwrap();
    assert!(text.contains("Nothing listens on this port") && !text.contains("<script"));
    let program = browser.request(Method::GET, "/").send().await.unwrap();
    assert_eq!(
        program.headers()["content-type"],
        "application/problem+json"
    );
    let problem: serde_json::Value = program.json().await.unwrap();
    assert_eq!(problem["code"], "preview.nobody_listens");
    // The session ends, and so does what it shows.
    let stop = format!("/api/sessions/{}/stop", ground.session);
    ground
        .house
        .ask(&ground.ann, Method::POST, &stop, serde_json::json!({}))
        .await;
    let gone = browser.request(Method::GET, "/").send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::SERVICE_UNAVAILABLE);
    ground.close().await;
}
