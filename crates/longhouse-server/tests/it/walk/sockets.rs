//! Every WebSocket path, opened by everybody.

use std::collections::BTreeSet;

use longhouse_domain::Scope;
use longhouse_server::{Access, access_table};

use super::cast::{CAST, Cast, NAMES};
use crate::house::House;
use crate::terminal_client::{Client, Got};

/// How a connection begins for each of the cast: with `hello`, or with a close code.
type Expected = [Began; CAST];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Began {
    Hello(&'static str),
    Closed(u16),
}

struct Case {
    path: &'static str,
    question: &'static str,
    expected: Expected,
}

fn cases() -> Vec<Case> {
    use Began::{Closed, Hello};
    let path = "/api/sessions/{id}/terminals/{name}/ws";
    let (out, gone, no) = (Closed(4401), Closed(4404), Closed(4403));
    let (read, write) = (Hello("read"), Hello("write"));
    vec![
        Case {
            path,
            question: "?mode=write",
            expected: [out, gone, no, no, write, write, write],
        },
        Case {
            path,
            question: "?mode=read",
            expected: [out, gone, read, read, read, read, read],
        },
    ]
}

#[test]
fn every_websocket_path_has_a_row() {
    let paths: BTreeSet<_> = access_table()
        .into_iter()
        .filter(|(_, _, access)| *access == Access::Upgrade)
        .map(|(_, path, _)| path)
        .collect();
    let rows: BTreeSet<_> = cases().iter().map(|case| case.path.to_owned()).collect();
    assert_eq!(paths, rows, "paths of WebSockets and rows of the walk");
}

#[tokio::test]
async fn everybody_gets_in_where_they_may_and_is_told_why_not() {
    let house = House::new().await;
    let cast = Cast::assemble(&house).await;
    let ground = cast.session(&house).await;
    for case in cases() {
        for (at, name) in NAMES.iter().enumerate() {
            let path = case.path.replace("{name}", "agent") + case.question;
            let bearer = cast.person(at).map(|person| person.token.as_str());
            let began = begin(&house, bearer, &path.replace("{id}", &ground.session)).await;
            assert_eq!(began, case.expected[at], "{path} by {name}");
            if began == Began::Closed(4404) {
                let never = uuid::Uuid::now_v7().to_string();
                let never = begin(&house, bearer, &path.replace("{id}", &never)).await;
                assert_eq!(began, never, "{path} tells of a session");
            }
        }
    }
    house.close().await;
}

/// Reading asks for one scope, and writing for another one on top.
#[tokio::test]
async fn an_api_token_opens_a_socket_within_its_scopes() {
    let house = House::new().await;
    let cast = Cast::assemble(&house).await;
    let ground = cast.session(&house).await;
    for case in cases() {
        let path = case.path.replace("{name}", "agent") + case.question;
        let path = path.replace("{id}", &ground.session);
        for scope in Scope::ALL {
            let others = Scope::ALL.iter().filter(|other| **other != scope);
            for scopes in [vec![scope], others.copied().collect()] {
                let names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
                let name = format!("walk-{}", cast.number());
                let token = house.api_token(cast.admin(), &name, &names).await;
                let may = |scope| scopes.contains(&scope);
                let began = begin(&house, Some(&token), &path).await;
                let mode = path.rsplit('=').next();
                let expected = match (may(Scope::SessionsRead), may(Scope::SessionsWrite)) {
                    (true, true) if mode == Some("write") => Began::Hello("write"),
                    (true, _) if mode == Some("read") => Began::Hello("read"),
                    _ => Began::Closed(4403),
                };
                assert_eq!(began, expected, "{path} with {names:?}");
            }
        }
    }
    house.close().await;
}

async fn begin(house: &House, bearer: Option<&str>, path: &str) -> Began {
    let headers: Vec<_> = bearer
        .map(|token| ("authorization", format!("Bearer {token}")))
        .into_iter()
        .collect();
    let (socket, protocol) = house.upgrade(path, &headers).await.unwrap();
    let mut client = Client {
        socket,
        protocol,
        hello: serde_json::Value::Null,
    };
    loop {
        match client.next().await {
            Got::Text(message) if message["type"] == "hello" => {
                return Began::Hello(match message["mode"].as_str() {
                    Some("write") => "write",
                    _ => "read",
                });
            }
            Got::Closed(code) => return Began::Closed(code),
            _ => {}
        }
    }
}
