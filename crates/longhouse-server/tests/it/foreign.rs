//! Pages of somebody else's against every route and every socket there is: what the table of routes names, nothing is forgotten.

use std::collections::BTreeSet;

use longhouse_server::{Access, access_table, openapi_json};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::house::{House, Person, answer};

/// Where a WebSocket opens: the routes that say so, and Socket.IO's two paths in both spellings.
fn sockets(session: &str) -> Vec<String> {
    let mut paths: Vec<String> = ["/socket.io", "/socket.io/", "/api/socket", "/api/socket/"]
        .iter()
        .map(|path| format!("{path}?EIO=4&transport=websocket"))
        .collect();
    let upgrades = access_table()
        .into_iter()
        .filter(|row| row.2 == Access::Upgrade);
    paths.extend(upgrades.map(|(_, path, _)| filled(&path, session)));
    assert!(paths.len() > 4, "the terminal's socket is among them");
    paths
}

/// A route's address for this session and its agent's terminal.
fn filled(path: &str, session: &str) -> String {
    let path = path.replace("/sessions/{id}", &format!("/sessions/{session}"));
    let path = path.replace("/terminals/{name}", "/terminals/agent");
    let path = path.replace(
        "/repositories/{id}",
        &format!("/repositories/{}", uuid::Uuid::nil()),
    );
    let path = path.replace("/ports/{port}", "/ports/3000");
    let path = path.replace("/checkpoints/{number}", "/checkpoints/1");
    let path = path.replace("/kept/{left_by}", &format!("/kept/{session}"));
    path.split('/')
        .map(|part| {
            if part.starts_with('{') {
                "nothing"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn foreign_origins(port: u16) -> Vec<String> {
    vec![
        "https://evil.example".to_owned(),
        "null".to_owned(),
        "http://localhost:9".to_owned(),
        "http://127.0.0.1".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}.evil.example"),
        format!("http://127.0.0.1.evil.example:{port}"),
        format!("http://evil.example:{port}"),
        format!("http://127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port} http://evil.example"),
        format!("HTTP://127.0.0.1:{port}"),
        "file://".to_owned(),
        String::new(),
    ]
}

/// The status with which an upgrade was refused; 101 where it was not.
async fn upgraded(house: &House, path: &str, headers: &[(&'static str, String)]) -> u16 {
    match house.upgrade(path, headers).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{path} {headers:?}: {other}"),
    }
}

#[tokio::test]
async fn no_socket_opens_for_a_foreign_page() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let cookie = ("cookie", admin.cookie.clone());
    for path in sockets(&id) {
        let own = [cookie.clone(), ("origin", house.origin())];
        assert_eq!(upgraded(&house, &path, &own).await, 101, "{path}");
        let program = [("authorization", format!("Bearer {}", admin.token))];
        assert_eq!(upgraded(&house, &path, &program).await, 101, "{path}");
        assert_eq!(
            upgraded(&house, &path, std::slice::from_ref(&cookie)).await,
            403,
            "{path} without Origin"
        );
        for origin in foreign_origins(house.address.port()) {
            for headers in [vec![cookie.clone()], vec![program[0].clone()], vec![]] {
                let mut headers = headers;
                headers.push(("origin", origin.clone()));
                assert_eq!(
                    upgraded(&house, &path, &headers).await,
                    403,
                    "{path} {headers:?}"
                );
            }
        }
        let mut elsewhere = own.to_vec();
        elsewhere.push(("sec-fetch-site", "cross-site".to_owned()));
        assert_eq!(
            upgraded(&house, &path, &elsewhere).await,
            403,
            "{path} {elsewhere:?}"
        );
    }
    house.close().await;
}

#[tokio::test]
async fn no_socket_opens_under_a_name_that_is_not_ours_also_on_a_wildcard_address() {
    for wildcard in [false, true] {
        let house = House::changed(|settings| {
            if wildcard {
                settings
                    .listen
                    .set_ip(std::net::Ipv4Addr::UNSPECIFIED.into());
            }
        })
        .await;
        let admin = house.log_in("admin").await;
        let id = house.running(&admin, "one").await;
        let port = house.address.port();
        for path in sockets(&id) {
            for host in [
                "attacker.example".to_owned(),
                format!("attacker.example:{port}"),
                format!("0.0.0.0:{port}"),
                "127.0.0.1".to_owned(),
                format!("127.0.0.1.attacker.example:{port}"),
            ] {
                let headers = [
                    ("host", host.clone()),
                    ("origin", format!("http://{host}")),
                    ("authorization", format!("Bearer {}", admin.token)),
                    ("x-forwarded-host", house.address.to_string()),
                ];
                assert_eq!(
                    upgraded(&house, &path, &headers).await,
                    421,
                    "{path} {host}"
                );
            }
        }
        house.close().await;
    }
}

fn changes(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

async fn sessions(house: &House, person: &Person) -> Value {
    house.get(person, "/api/sessions").await.1["total"].clone()
}

#[tokio::test]
async fn no_route_that_changes_something_hears_a_foreign_page_or_a_form() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let rows = access_table();
    for (method, path, _) in rows.iter().filter(|(method, ..)| changes(method)) {
        let request = || {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            house
                .request(method, &filled(path, &id))
                .header("cookie", &admin.cookie)
        };
        let body = json!({"name": "planted", "agent": "shell"}).to_string();
        for origin in ["https://evil.example", "null", "http://localhost:9"] {
            let foreign = request()
                .header("origin", origin)
                .header("content-type", "application/json");
            let answer = foreign.body(body.clone()).send().await.unwrap();
            assert_eq!(
                answer.status(),
                StatusCode::FORBIDDEN,
                "{method} {path} {origin}"
            );
            assert!(
                answer
                    .headers()
                    .get("access-control-allow-origin")
                    .is_none()
            );
        }
        let hidden = request().body(body.clone()).send().await.unwrap();
        assert_eq!(
            hidden.status(),
            StatusCode::FORBIDDEN,
            "{method} {path} without Origin"
        );
        let preflight = house
            .request(Method::OPTIONS, &filled(path, &id))
            .header("origin", "https://evil.example")
            .header("access-control-request-method", method.as_str())
            .send()
            .await
            .unwrap();
        assert!(
            preflight
                .headers()
                .get("access-control-allow-origin")
                .is_none(),
            "{method} {path}"
        );
    }
    assert_eq!(sessions(&house, &admin).await, 1);
    house.close().await;
}

#[tokio::test]
async fn a_link_changes_nothing() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let parameters =
        "name=planted&agent=shell&prompt=x&command=reboot&action=delete&force=true&data=x";
    let before = kept(&house, &admin, &id).await;
    for (_, path, _) in access_table().iter().filter(|(method, ..)| method == "GET") {
        let address = format!("{}?{parameters}", filled(path, &id));
        let request = house
            .request(Method::GET, &address)
            .header("cookie", &admin.cookie);
        let status = request.send().await.unwrap().status();
        assert!(
            !status.is_server_error() || path.contains("health"),
            "{path}: {status}"
        );
    }
    assert_eq!(kept(&house, &admin, &id).await, before);
    assert_eq!(before[0]["status"], "running");
    house.close().await;
}

/// What a link could have changed.
async fn kept(house: &House, person: &Person, session: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for path in [
        &format!("/api/sessions/{session}"),
        &format!("/api/sessions/{session}/terminals"),
        &format!("/api/sessions/{session}/shares"),
        "/api/sessions",
        "/api/users",
        "/api/settings",
        "/api/tokens",
        "/api/auth/sign-ins",
        "/api/secrets",
    ] {
        let (status, mut body) = house.get(person, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        forget_times(&mut body);
        found.push(body);
    }
    found
}

/// That somebody was here is noted with the hour, and changes nothing.
fn forget_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("At"));
            fields.values_mut().for_each(forget_times);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// The operations that take a JSON body, by method and path.
fn takers_of_json() -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut takers = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["requestBody"]["content"]["application/json"].is_object() {
                takers.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    takers
}

#[tokio::test]
async fn no_route_that_changes_something_reads_what_does_not_say_that_it_is_json() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let before = kept(&house, &admin, &id).await;
    let (takers, rows) = (takers_of_json(), access_table());
    let changing = rows.iter().filter(|(method, ..)| changes(method));
    let mut asked = 0;
    for (method, path, _) in changing {
        let takes_json = takers.contains(&(method.clone(), path.clone()));
        let forms = [
            "text/plain",
            "Text/Plain; charset=utf-8",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ];
        let others = ["", "application/octet-stream", "text/json", "json"];
        // A page can make a browser send a form to any address, but with POST only, and other kinds not without asking.
        let forms = forms.iter().filter(|_| takes_json || method == "POST");
        for kind in forms.chain(others.iter().filter(|_| takes_json)) {
            let method: Method = method.parse().unwrap();
            let request = house
                .request(method.clone(), &filled(path, &id))
                .header("cookie", &admin.cookie)
                .header("origin", house.origin())
                .body(r#"{"name":"planted","agent":"shell","data":"x","role":"viewer"}"#);
            let request = match *kind {
                "" => request,
                kind => request.header("content-type", kind),
            };
            let (status, body) = answer(request).await;
            assert_eq!(
                (status, &body["code"]),
                (
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    &json!("request.media_type")
                ),
                "{method} {path} {kind:?}: {body}"
            );
            asked += 1;
        }
    }
    assert!(asked > 4 * takers.len() && takers.len() > 20, "{asked}");
    assert_eq!(kept(&house, &admin, &id).await, before);
    house.close().await;
}
