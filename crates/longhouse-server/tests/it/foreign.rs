//! Pages of somebody else's against every route and every socket there is: what the table of routes names, nothing is forgotten.

use longhouse_server::{Access, access_table};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use crate::house::{House, Person};

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

async fn sessions(house: &House, person: &Person) -> serde_json::Value {
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
    for (_, path, access) in access_table().iter().filter(|(method, ..)| method == "GET") {
        if *access == Access::Upgrade || path.contains("logs") {
            continue;
        }
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
    let (_, session) = house.get(&admin, &format!("/api/sessions/{id}")).await;
    assert_eq!(session["status"], "running");
    assert_eq!(sessions(&house, &admin).await, 1);
    house.close().await;
}
