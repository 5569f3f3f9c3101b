//! Requests that nobody should send: each has a stable answer, and the server is none the worse.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::house::{House, answer, in_time};

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused_with_the_field() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    for (body, status, code, field) in wrong_bodies() {
        let request = house
            .request(Method::POST, "/api/sessions")
            .bearer_auth(&admin.token)
            .header("content-type", "application/json")
            .body(body.clone());
        let (got, problem) = answer(request).await;
        let shown = &body[..body.len().min(80)];
        assert_eq!(
            (got.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{shown}: {problem}"
        );
        let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
        assert_eq!(named, field, "{shown}: {problem}");
        assert_eq!(problem["status"], status);
        assert!(
            problem["requestId"].is_string()
                && problem["title"].is_string()
                && problem["type"].is_string()
        );
    }
    let (_, list) = house.get(&admin, "/api/sessions").await;
    assert_eq!(list["total"], 0, "something was left behind: {list}");
    house.close().await;
}

/// Status, code, field (`-` for none), and the body of a new session that is answered with them.
const WRONG_BODIES: &str = r##"
400 request.malformed_json - {
400 request.malformed_json - {"name":"a"}}
400 request.malformed_json - {"name":"\ud800"}
400 request.malformed_json - {"name":NaN}
422 request.invalid - []
422 request.invalid - null
422 request.invalid name {"name":"a","name":"b"}
422 request.invalid agent {"name":"a","agent":"shell","type":"shell"}
422 request.invalid repoUrl {"name":"a","repoUrl":"ext::sh -c id"}
422 request.invalid repoUrl {"name":"a","repoUrl":"--upload-pack=touch /tmp/x"}
422 request.invalid repoUrl {"name":"a","repoUrl":"file:///etc"}
422 request.invalid repoUrl {"name":"a","repoUrl":"/srv/up.git"}
422 request.invalid repoUrl {"name":"a","repoUrl":"http://example.org/a"}
422 request.invalid repoUrl {"name":"a","repoUrl":"https://user:word@example.org/a"}
422 request.invalid repoUrl {"name":"a","repoUrl":"ssh://-oProxyCommand=id/a"}
422 request.invalid repoUrl {"name":"a","repoUrl":"https://example.org/a?token=x"}
422 request.invalid repoUrl {"name":"a","repoUrl":"https://example.org/a\n"}
422 request.invalid repoUrl {"name":"a","repoType":"clone"}
422 request.invalid repoType {"name":"a","repoType":"empty","repoUrl":"https://example.org/a"}
422 request.invalid repoType {"name":"a","repoType":"bare"}
422 request.invalid branch {"name":"a","branch":"main"}
422 request.invalid branch {"name":"a","repoUrl":"https://example.org/a","branch":"--output=/etc/x"}
422 request.invalid branch {"name":"a","repoUrl":"https://example.org/a","branch":"a..b"}
422 request.invalid cloneDepth {"name":"a","repoUrl":"https://example.org/a","cloneDepth":0}
422 request.invalid cloneSubmodules {"name":"a","cloneSubmodules":true}
422 request.invalid gitUserEmail {"name":"a","gitUserEmail":"<$(id)>"}
422 request.invalid autoCommit.push {"name":"a","autoCommit":{"mode":"commit","push":true}}
422 request.invalid hostConfig {"name":"a","hostConfig":{"Privileged":true}}
422 request.invalid name {"name":1}
422 request.invalid name {}
422 request.invalid name {"name":"#(id)"}
422 request.invalid name {"name":"a;"}
422 request.invalid name {"name":"a\nb"}
422 request.invalid name {"name":"../x"}
422 request.invalid mode {"name":"a","mode":"lazy"}
422 request.invalid idleTimeoutSeconds {"name":"a","idleTimeoutSeconds":1e300}
422 request.invalid idleTimeoutSeconds {"name":"a","idleTimeoutSeconds":-1}
422 request.invalid env {"name":"a","env":{"A B":"x"}}
422 request.invalid agent {"name":"a","agent":"vim"}
422 request.invalid image {"name":"a","image":"debian"}
503 runtime.unavailable - {"name":"a","runtime":"docker"}
"##;

fn wrong_bodies() -> Vec<(String, u16, &'static str, &'static str)> {
    let mut cases: Vec<_> = WRONG_BODIES
        .trim()
        .lines()
        .map(|line| {
            let mut parts = line.splitn(4, ' ');
            let mut part = || parts.next().unwrap();
            let (status, code, field) = (part().parse().unwrap(), part(), part());
            (part().to_owned(), status, code, field.trim_matches('-'))
        })
        .collect();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    cases.push((deep, 422, "request.invalid", ""));
    cases.push((String::new(), 400, "request.malformed_json", ""));
    cases
}

#[tokio::test]
async fn every_unsupported_field_is_named_at_once() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let body = json!({
        "name": "a", "cpuLimit": 1.5, "memoryLimit": 512, "network": "none", "allowHosts": ["x"], "ports": [{"container": 80}],
        "sshKey": "canary-secret", "sshKeyPath": "~/.ssh/id_rsa", "secrets": {"A": "canary-secret"}, "autoCommit": {"mode": "commit", "push": true, "messageTemplate": "{who}"}
    });
    let (status, problem) = house.ask(&admin, Method::POST, "/api/sessions", body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut fields: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "allowHosts",
            "autoCommit.messageTemplate",
            "cpuLimit",
            "memoryLimit",
            "network",
            "ports",
            "sshKeyPath",
        ]
    );
    assert!(!problem.to_string().contains("canary-secret"));
    let harmless = json!({
        "name": "a", "network": "open", "allowHosts": [], "ports": [], "secrets": {}, "autoCommit": {"mode": "off"}, "generateSshKey": false
    });
    let (status, body) = house
        .ask(&admin, Method::POST, "/api/sessions", harmless)
        .await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    house.close().await;
}

#[tokio::test]
async fn addresses_and_methods_that_do_not_exist_get_the_same_envelope() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let ask =
        |method: Method, path: &str| house.request(method, path).bearer_auth(&admin.token).send();
    let missing = ask(Method::GET, "/api/nothing").await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        missing.headers()["content-type"],
        "application/problem+json"
    );
    let wrong = ask(Method::PUT, "/api/sessions").await.unwrap();
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
    let allow = wrong.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    assert_eq!(
        wrong.json::<Value>().await.unwrap()["code"],
        "request.method_not_allowed"
    );
    for path in [
        "/api/sessions/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/api/sessions/..%252f",
        "/api/sessions/%ff%fe",
        "/api/sessions/%00",
        "/api/sessions/%23(id)",
        "/api/sessions/x/terminals/%3B",
        "/api/sessions/'%20or%201=1--",
    ] {
        let (status, body) = house.get(&admin, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {body}");
    }
    let (status, body) = house.get(&admin, "/api/sessions?limit=x&status=gone").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body["errors"].as_array().unwrap().len(), 2, "{body}");
    let (status, body) = house.get(&admin, "/api/sessions?cursor=nonsense").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    house.close().await;
}

#[tokio::test]
async fn bodies_that_are_too_large_are_cut_off() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let large = "x".repeat(2 << 20);
    let (status, body) = house
        .ask(
            &admin,
            Method::POST,
            "/api/sessions",
            json!({"name": large}),
        )
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("request.too_large"))
    );
    // Terminal input may be larger than other bodies, within its own bound.
    let input = format!("/api/sessions/{id}/terminals/agent/input");
    let (status, body) = house
        .ask(&admin, Method::POST, &input, json!({"data": large}))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    let (status, _) = house
        .ask(
            &admin,
            Method::POST,
            &input,
            json!({"data": "x".repeat(17 << 20)}),
        )
        .await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, body) = answer(
        house
            .request(Method::POST, "/api/auth/login")
            .json(&json!({"username": "admin", "password": "x".repeat(1_000_000)})),
    )
    .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
    house.close().await;
}

#[tokio::test]
async fn what_is_no_http_does_not_stay() {
    let house = House::without_people(|settings| {
        settings.limits.head_time = std::time::Duration::from_millis(200);
        settings.limits.body_time = std::time::Duration::from_millis(200);
    })
    .await;
    let talk = async |text: String| {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(text.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = in_time("the server to close", stream.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let host = house.address;
    for little in ["", "P", "GET /livez HTT", "PRI * HT"] {
        assert_eq!(talk(little.to_owned()).await, "", "{little}");
    }
    assert_eq!(
        talk("\x16\x03\x01 nonsense\r\n\r\n".to_owned()).await,
        "HTTP/1.1 400 Bad Request"
    );
    let huge = format!(
        "GET /livez HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    assert_eq!(
        talk(huge).await,
        "HTTP/1.1 431 Request Header Fields Too Large"
    );
    let slow_body = format!(
        "POST /api/auth/login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{{"
    );
    assert_eq!(talk(slow_body).await, "HTTP/1.1 408 Request Timeout");
    let twice =
        format!("GET /livez HTTP/1.1\r\nHost: {host}\r\nHost: evil\r\nConnection: close\r\n\r\n");
    assert_eq!(talk(twice).await, "HTTP/1.1 421 Misdirected Request");
    let smuggled = format!(
        "POST /api/auth/login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"
    );
    assert!(!talk(smuggled).await.contains("200"));
    house.close().await;
}

/// What a client sends before its first HTTP/2 frame, and an empty frame of settings.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test]
async fn http_2_is_not_spoken_in_plain_text() {
    let house = House::changed(|settings| {
        settings.limits.head_time = std::time::Duration::from_secs(2);
    })
    .await;
    let address = house.address;
    let talk = async |sent: Vec<u8>| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(&sent).await;
        let mut heard = Vec::new();
        let _ = in_time("the server to close", stream.read_to_end(&mut heard)).await;
        String::from_utf8_lossy(&heard).into_owned()
    };
    let upgrade = |path: &str, more: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
             HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n{more}\r\n"
        )
        .into_bytes()
    };
    // Known beforehand: no frame comes back, and the connection ends.
    let known = talk(HTTP_2.to_vec()).await;
    assert!(
        known.is_empty() || known.starts_with("HTTP/1.1 4"),
        "{known:?}"
    );
    for (path, more, expected) in [
        ("/livez", "", "HTTP/1.1 200 "),
        ("/api/sessions", "", "HTTP/1.1 401 "),
        (
            "/metrics",
            "X-Forwarded-For: 203.0.113.7\r\n",
            "HTTP/1.1 401 ",
        ),
        ("/livez", "Origin: http://evil.example\r\n", "HTTP/1.1 403 "),
    ] {
        // Offered as an upgrade: the answer is one of HTTP/1.1, and what follows is read as HTTP/1.1.
        let heard = talk([upgrade(path, more), HTTP_2.to_vec()].concat()).await;
        assert!(heard.starts_with(expected), "{path} {more}: {heard}");
        assert!(!heard.contains(" 101 "), "{path} {more}: {heard}");
        let rest = heard.split_once("\r\n\r\n").unwrap().1;
        assert!(!rest.contains(" 200 "), "{path} {more}: {heard}");
    }
    let (status, _) = answer(house.request(Method::GET, "/livez")).await;
    assert_eq!(status, StatusCode::OK);
    house.close().await;
}
