//! Ports of sessions that are published on the server's machine, with sessions that echo in place of containers.

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::house::{House, Person, in_time};

/// A program that says what it hears, once it has heard all of it.
async fn program() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = Vec::new();
                stream.read_to_end(&mut heard).await.unwrap();
                stream.write_all(b"heard ").await.unwrap();
                stream.write_all(&heard).await.unwrap();
            });
        }
    });
    port
}

/// What is answered at the address, or how the connection broke.
async fn say(address: &str, words: &[u8]) -> std::io::Result<Vec<u8>> {
    let talk = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(words).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    };
    in_time("an answer", talk).await
}

async fn publish(house: &House, person: &Person, name: &str, ports: Value) -> (StatusCode, Value) {
    let body = json!({"name": name, "runtime": "docker", "network": "none", "ports": ports});
    house.ask(person, Method::POST, "/api/sessions", body).await
}

/// What is published of a session.
fn address(session: &Value, container: u16) -> String {
    let ports = session["ports"].as_array().unwrap();
    let port = ports.iter().find(|port| port["container"] == container);
    port.unwrap()["address"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_published_port_reaches_the_program_over_the_link_until_the_session_is_deleted() {
    let house = House::with_containers().await;
    let ann = house.user("ann", Role::Member).await;
    let port = program().await;
    let (status, made) = publish(&house, &ann, "web", json!([{"container": port}])).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap();
    let address = address(&made, port);
    let host: u16 = address.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    assert!((20_000..=29_999).contains(&host), "{address}");
    assert_eq!(
        (&made["ports"][0]["host"], &made["ports"][0]["listening"]),
        (&json!(host), &json!(false))
    );
    house.wait_for_status(&ann, id, "running").await;
    // Nobody listens yet: the visitor is told that nothing came of it.
    let refused = say(&address, b"hello").await;
    assert!(refused.is_err(), "{refused:?}");
    let runtime = house.containers.as_ref().unwrap();
    runtime.listen(id.parse().unwrap(), &[(port.into(), "node")]);
    assert_eq!(say(&address, b"hello").await.unwrap(), b"heard hello");
    let long = vec![b'x'; 3_000_000];
    let answer = say(&address, &long).await.unwrap();
    assert_eq!((answer.len(), answer.ends_with(b"xxx")), (3_000_006, true));
    let path = format!("/api/sessions/{id}");
    let stop = house
        .ask(&ann, Method::POST, &format!("{path}/stop"), json!({}))
        .await;
    assert_eq!(stop.0, StatusCode::OK, "{}", stop.1);
    // The number stays the session's, and a visitor is told at once.
    assert!(say(&address, b"hello").await.is_err());
    assert!(TcpListener::bind(&address).await.is_err());
    let gone = house.ask(&ann, Method::DELETE, &path, json!({})).await;
    assert_eq!(gone.0, StatusCode::NO_CONTENT, "{}", gone.1);
    TcpListener::bind(&address).await.unwrap();
    let admin = house.log_in("admin").await;
    let (_, log) = house.get(&admin, "/api/audit?action=session.create").await;
    let told = log["items"][0]["detail"]["ports"].as_str().unwrap();
    assert_eq!(told, format!("{port} on {address}"));
    house.close().await;
}

#[tokio::test]
async fn what_stays_open_is_reset_when_its_session_is_deleted() {
    let house = House::with_containers().await;
    let ann = house.user("ann", Role::Member).await;
    let port = program().await;
    let (_, made) = publish(&house, &ann, "web", json!([{"container": port}])).await;
    let id = made["id"].as_str().unwrap();
    house.wait_for_status(&ann, id, "running").await;
    let runtime = house.containers.as_ref().unwrap();
    runtime.listen(id.parse().unwrap(), &[(port.into(), "node")]);
    let mut open = TcpStream::connect(address(&made, port)).await.unwrap();
    open.write_all(b"and then").await.unwrap();
    let path = format!("/api/sessions/{id}");
    let gone = house.ask(&ann, Method::DELETE, &path, json!({})).await;
    assert_eq!(gone.0, StatusCode::NO_CONTENT, "{}", gone.1);
    let mut rest = Vec::new();
    let ended = in_time("the end", open.read_to_end(&mut rest)).await;
    assert!(ended.is_err(), "an end in order after {rest:?}");
    house.close().await;
}

#[tokio::test]
async fn a_taken_port_a_foreign_number_and_a_session_on_the_host_are_refused_by_name() {
    let house = House::with_containers().await;
    let ann = house.user("ann", Role::Member).await;
    let (_, first) = publish(&house, &ann, "first", json!([{"container": 80}])).await;
    let taken = first["ports"][0]["host"].clone();
    let again = json!([{"container": 443}, {"container": 80, "host": taken}]);
    let (status, problem) = publish(&house, &ann, "second", again).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("port.taken")),
        "{problem}"
    );
    // Another program of the machine has this one.
    let id = first["id"].as_str().unwrap();
    house
        .ask(
            &ann,
            Method::DELETE,
            &format!("/api/sessions/{id}"),
            json!({}),
        )
        .await;
    let squatter = TcpListener::bind(format!("127.0.0.1:{taken}"))
        .await
        .unwrap();
    let wish = json!([{"container": 80, "host": taken}]);
    let (status, problem) = publish(&house, &ann, "second", wish.clone()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("port.taken")),
        "{problem}"
    );
    drop(squatter);
    let (status, second) = publish(&house, &ann, "second", wish).await;
    assert_eq!(status, StatusCode::CREATED, "{second}");
    assert_eq!(second["ports"][0]["host"], taken);
    let many: Vec<_> = (1..=17).map(|port| json!({"container": port})).collect();
    for (ports, field) in [
        (json!([{"container": 80, "host": 80}]), "ports[0].host"),
        (json!([{"container": 80, "host": 8080}]), "ports[0].host"),
        (
            json!([{"container": 1}, {"container": 0}]),
            "ports[1].container",
        ),
        (
            json!([{"container": 1}, {"container": 1}]),
            "ports[1].container",
        ),
        (json!(many), "ports"),
    ] {
        let (status, problem) = publish(&house, &ann, "third", ports).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let admin = house.log_in("admin").await;
    let on_host = json!({"name": "bare", "runtime": "host", "ports": [{"container": 80}]});
    let (status, problem) = house
        .ask(&admin, Method::POST, "/api/sessions", on_host)
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert_eq!(problem["errors"][0]["field"], "ports", "{problem}");
    house.close().await;
}
