//! A session that keeps a secret, commands that read theirs from standard input, and what they say.

use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::{House, with_processes};

/// The secret that the session keeps.
pub(crate) const CANARY: &str = "canary-of-a-session";

/// Runs a command with this on its standard input.
pub(crate) fn run_with(house: &House, arguments: &[&str], input: &str) -> Output {
    let mut command = house.command();
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early reads nothing.
    _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Everything that a command printed, of one that went well or did not.
pub(crate) fn said(output: &Output, success: bool) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.success(), success, "{text}");
    text
}

/// Makes it; gives its identifier.
pub(crate) async fn keeper(house: &House) -> String {
    let client = house.client().await;
    let body = json!({"name": "keeper", "agent": "shell", "multiplexer": "none", "secrets": {"TOKEN": CANARY}});
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap().to_owned();
    with_processes(&client, &id).await;
    id
}

/// What the session's programs read as its secret.
pub(crate) async fn token_of(house: &House, id: &str) -> Value {
    let client = house.client().await;
    let body = json!({"command": ["/bin/sh", "-c", "cat $LONGHOUSE_SECRETS_DIR/TOKEN"]});
    let path = format!("/api/sessions/{id}/exec");
    client.post(&path, &body).await.created()["stdout"].clone()
}

/// Starts a session that rests.
pub(crate) async fn start_session(house: &House, id: &str) {
    let client = house.client().await;
    let path = format!("/api/sessions/{id}/start");
    client.post(&path, &json!({})).await.created();
    with_processes(&client, id).await;
}
