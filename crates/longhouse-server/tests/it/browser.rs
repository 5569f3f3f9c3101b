//! What a web page cannot do through somebody's browser.

use reqwest::header::{HOST, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::house::{House, answer};

#[tokio::test]
async fn only_the_servers_own_names_are_answered() {
    let house = House::new().await;
    let port = house.address.port();
    for host in ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"] {
        let request = house
            .request(Method::GET, "/livez")
            .header(HOST, format!("{host}:{port}"));
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::OK,
            "{host}"
        );
    }
    let foreign = [
        "attacker.example".to_owned(),
        format!("attacker.example:{port}"),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("127.0.0.1.attacker.example:{port}"),
        format!("0.0.0.0:{port}"),
    ];
    for path in [
        "/livez",
        "/",
        "/api/sessions",
        "/socket.io/?EIO=4&transport=polling",
    ] {
        for host in &foreign {
            let (status, body) = answer(house.request(Method::GET, path).header(HOST, host)).await;
            assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{path} {host}");
            assert_eq!(body["code"], "request.host");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let port = house.address.port();
    let foreign = [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        "http://localhost:9".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}.evil.example"),
        format!("http://127.0.0.1:{port}/"),
        String::new(),
    ];
    for origin in &foreign {
        let request = house
            .request(Method::POST, "/api/sessions")
            .header(ORIGIN, origin)
            .header("cookie", &admin.cookie)
            .json(&json!({"name": "x"}));
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
        assert_eq!(body["code"], "request.origin");
    }
    // Cookies without an origin are a browser's that hides something; a bearer token is nobody's by accident.
    let post = || {
        house
            .request(Method::POST, "/api/auth/ticket")
            .json(&json!({"resource": "/x"}))
    };
    let cookie = |request: reqwest::RequestBuilder| request.header("cookie", &admin.cookie);
    assert_eq!(answer(cookie(post())).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        answer(post().bearer_auth(&admin.token)).await.0,
        StatusCode::CREATED
    );
    let own = || cookie(post()).header(ORIGIN, house.origin());
    assert_eq!(answer(own()).await.0, StatusCode::CREATED);
    for site in ["cross-site", "same-site"] {
        assert_eq!(
            answer(own().header("sec-fetch-site", site)).await.0,
            StatusCode::FORBIDDEN
        );
    }
    let same = own().header("sec-fetch-site", "same-origin");
    assert_eq!(answer(same).await.0, StatusCode::CREATED);
    let (_, list) = house.get(&admin, "/api/sessions").await;
    assert_eq!(list["total"], 0);
    house.close().await;
}

#[tokio::test]
async fn a_form_cannot_pose_as_json() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let request = house
            .request(Method::POST, "/api/sessions")
            .bearer_auth(&admin.token)
            .header("content-type", kind)
            .body(r#"{"name":"x"}"#);
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        assert_eq!(body["code"], "request.media_type");
    }
    house.close().await;
}

#[tokio::test]
async fn every_answer_binds_the_browser() {
    let house = House::new().await;
    for path in [
        "/",
        "/livez",
        "/api/nothing",
        "/api/docs",
        "/sessions/x/terminals/agent",
    ] {
        let request = house
            .request(Method::GET, path)
            .header("accept", "text/html");
        let answer = request.send().await.unwrap();
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        };
        let policy = header("content-security-policy");
        for rule in [
            "script-src 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(
            !policy.contains("script-src 'self' 'unsafe"),
            "{path}: {policy}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert_eq!(header("access-control-allow-origin"), "", "{path}");
        assert_eq!(header("strict-transport-security"), "", "{path}");
        assert!(!header("x-request-id").is_empty(), "{path}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_configured_origin_may_ask_with_a_token() {
    let house = House::without_people(|settings| {
        settings
            .allowed_origins
            .push("https://dash.example.com".to_owned());
    })
    .await;
    let preflight = |origin: &str| {
        house
            .request(Method::OPTIONS, "/api/sessions")
            .header(ORIGIN, origin)
            .header("access-control-request-method", "POST")
            .send()
    };
    let allowed = preflight("https://dash.example.com").await.unwrap();
    assert_eq!(allowed.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        allowed.headers()["access-control-allow-origin"],
        "https://dash.example.com"
    );
    let other = preflight("https://evil.example").await.unwrap();
    assert!(!other.headers().contains_key("access-control-allow-origin"));
    house.close().await;
}

#[tokio::test]
async fn the_ui_is_given_to_people_and_never_in_place_of_something_else() {
    let house = House::new().await;
    let get = |path: &str, accept: &str| {
        house
            .request(Method::GET, path)
            .header("accept", accept.to_owned())
            .send()
    };
    let page = get("/sessions/some/terminals/agent", "text/html")
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let tag = page.headers()["etag"].clone();
    assert!(page.text().await.unwrap().contains("<html"));
    let again = house
        .request(Method::GET, "/")
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let head = house.request(Method::HEAD, "/").send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    for (path, accept) in [
        ("/assets/gone.js", "*/*"),
        ("/api/nothing", "text/html"),
        ("/..%2f..%2fetc%2fpasswd", "*/*"),
    ] {
        let missing = get(path, accept).await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            missing.headers()["content-type"],
            "application/problem+json",
            "{path}"
        );
    }
    house.close().await;
}
