//! What people and programs write, in the server's log: it cannot make a line of its own, nor act on the terminal of whoever reads it.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::http::Client;
use crate::support::{House, PASSWORD, running_shell, wait_for};

/// What somebody would write to have it stand in the log as a line.
const FORGED: &str = "2031-01-01T00:00:00Z  INFO forged: all is well";

/// The same, after everything that ends a line somewhere, with colours and a title for the terminal.
fn hostile() -> String {
    format!(
        "a\r\n{FORGED}\n{FORGED}\u{b}{FORGED}\u{85}{FORGED}\u{2028}{FORGED}\u{1b}[31m\u{9b}2J\u{1b}]0;title\u{7}\u{202e}\u{0}"
    )
}

/// Requests with a body that holds it, for a session.
#[rustfmt::skip] // One request, one line.
fn bodies(id: &str) -> Vec<(String, Value)> {
    let (hostile, session) = (hostile(), format!("/api/sessions/{id}"));
    vec![
        ("/api/client-errors".to_owned(), json!({"message": hostile, "url": hostile, "stack": hostile})),
        ("/api/auth/login".to_owned(), json!({"username": hostile, "password": hostile})),
        ("/api/auth/setup".to_owned(), json!({"token": hostile, "username": hostile, "password": hostile})),
        ("/api/auth/refresh".to_owned(), json!({"refreshToken": hostile})),
        ("/api/auth/ticket".to_owned(), json!({"resource": hostile})),
        ("/api/users".to_owned(), json!({"username": hostile, "password": PASSWORD, "role": "member"})),
        ("/api/tokens".to_owned(), json!({"name": hostile, "scopes": ["sessions:read"]})),
        ("/api/sessions".to_owned(), json!({"name": hostile})),
        ("/api/sessions".to_owned(), json!({"name": "b", "agent": "shell", "description": hostile, "labels": {"a": hostile}})),
        ("/api/sessions".to_owned(), json!({"name": "c", "agent": "shell", "workdir": format!("/{hostile}")})),
        (format!("{session}/terminals"), json!({"name": hostile})),
        (format!("{session}/terminals"), json!({"command": [hostile, hostile]})),
        (format!("{session}/exec"), json!({"command": ["/bin/echo", hostile]})),
        (format!("{session}/exec"), json!({"command": [hostile]})),
        (format!("{session}/shares"), json!({"userId": hostile, "access": "view"})),
        (format!("{session}/terminals/agent/input"), json!({"data": hostile})),
        (format!("/api/files/mkdir?session={id}"), json!({"path": hostile})),
        (format!("/api/files/move?session={id}"), json!({"from": hostile, "to": hostile})),
    ]
}

/// Addresses that hold it.
#[rustfmt::skip] // One address, one line.
fn addresses(id: &str) -> Vec<String> {
    let (hostile, session) = (hostile(), format!("/api/sessions/{id}"));
    let encoded: String = hostile.bytes().map(|byte| format!("%{byte:02X}")).collect();
    vec![
        format!("/{encoded}"),
        format!("/api/{encoded}"),
        format!("/api/sessions/{encoded}"),
        format!("/api/sessions?q={encoded}"),
        format!("/api/files?session={encoded}&path={encoded}"),
        format!("/api/files/content?session={id}&path={encoded}"),
        format!("/api/audit?actor={encoded}"),
        format!("/api/auth/oidc/corp/callback?state={encoded}&error={encoded}&error_description={encoded}&iss={encoded}"),
        format!("/api/auth/oidc/corp/login?next={encoded}"),
        format!("{session}/terminals/{encoded}/ws"),
        format!("/socket.io/?EIO=4&transport={encoded}&sid={encoded}"),
    ]
}

/// Everything that a stranger or a user can name, write or report.
async fn write_everywhere(client: &Client) {
    let session = running_shell(client, "works", "none").await;
    let id = session["id"].as_str().unwrap();
    for (path, body) in bodies(id) {
        client.post(&path, &body).await;
    }
    for path in addresses(id) {
        for method in [Method::GET, Method::DELETE] {
            client.send(method, &path, None).await;
        }
    }
    // What a program in the session says of itself, and how it ends.
    let says = "printf '\\033]0;a\\n2031-01-01 forged\\007\\r\\n'; exit 3\n";
    client.input(id, "agent", says).await;
    wait_for("the program has ended", async || {
        let path = format!("/api/sessions/{id}/terminals");
        let terminals = client.get(&path).await.created();
        (terminals["items"][0]["status"] != "running").then_some(())
    })
    .await;
}

/// Whether a line is one that the server began: with its moment, or as an object.
fn is_ours(line: &str, format: &str) -> bool {
    if format == "json" {
        return serde_json::from_str::<Value>(line).is_ok_and(|line| line["timestamp"].is_string());
    }
    let moment = line.split(' ').next().unwrap_or_default();
    moment.ends_with('Z') && moment.parse::<jiff::Timestamp>().is_ok() && !line.starts_with("2031")
}

#[tokio::test]
async fn nothing_that_anybody_writes_makes_a_line_of_the_log_or_acts_on_a_terminal() {
    let mut house = House::new();
    let config = "[oidc.corp]\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"longhouse\"\n";
    std::fs::create_dir(house.data_dir()).unwrap();
    std::fs::write(house.data_dir().join("longhouse.toml"), config).unwrap();
    for format in ["text", "json"] {
        let mut variables = vec![("LONGHOUSE_ADMIN_PASSWORD".to_owned(), PASSWORD.to_owned())];
        for (name, value) in [("FORMAT", format), ("LEVEL", "debug")] {
            variables.push((format!("LONGHOUSE_LOG_{name}"), value.to_owned()));
        }
        house.variables = variables;
        let before = house.log().len();
        house.start();
        let client = house.client().await;
        write_everywhere(&client).await;
        for shown in [
            house.run(&["session", "ls"]),
            house.run(&["session", "logs", "works"]),
            house.run(&["user", "ls"]),
            house.run(&["audit", "export"]),
        ] {
            let said = String::from_utf8_lossy(&shown.stdout).into_owned();
            assert!(!said.contains(acts), "{said:?}");
            assert!(!said.lines().any(|line| line.starts_with(FORGED)), "{said}");
        }
        assert_eq!(client.get("/livez").await.status, StatusCode::OK);
        for session in client.get("/api/sessions").await.created()["items"]
            .as_array()
            .unwrap()
        {
            client
                .delete(&format!(
                    "/api/sessions/{}",
                    session["id"].as_str().unwrap()
                ))
                .await
                .created();
        }
        house.stop();

        let log = &house.log()[before..];
        assert!(log.contains("forged"), "nothing hostile came into the log");
        let found = |c: char| acts(c) && (format == "text" || !is_mark(c));
        let wrong = log.lines().find(|line| line.contains(found));
        assert_eq!(wrong, None, "{format}");
        for line in log.lines() {
            assert!(is_ours(line, format), "{format}: {line}");
        }
    }
}

/// What ends a line or acts on a terminal, but for the end of a line.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n') || is_mark(c)
}

/// What ends lines for some programs, or turns them round. In JSON it is a character like any other.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}')
}
