//! Canaries: secrets are planted wherever a server takes some, rightly or by mistake, and then looked for in everything that it
//! leaves behind or lets out, in every form that one would recognise them in.

mod credentials;
mod outputs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use http::Method;
use serde_json::{Value, json};

use credentials::Provider;
use outputs::Outputs;

use crate::support::forms::{base64, forms};
use crate::support::http::Client;
use crate::support::{House, PASSWORD, processes, wait_for, with_processes};

/// The master key, in base64.
const MASTER_KEY: &str = "Y2FuYXJ5LW1hc3Rlci1rZXktb2YtMzItYnl0ZXMtISE=";

/// What is planted, by where.
fn canaries() -> BTreeMap<&'static str, String> {
    let long: String = (0..2_000).map(|n| format!("canary-long-{n:05} ")).collect();
    [
        ("secret", "canary/secret+with=signs & more é"),
        ("key", "-----BEGIN CANARY KEY-----\ncanary-line-one\ncanary-line-two\n-----END CANARY KEY-----\n"),
        ("long", long.as_str()),
        ("changed", "canary?changed/later+"),
        ("stray", "canary:stray/value+of=nothing"),
        ("password", PASSWORD),
        ("new password", "canary new pass/word+"),
        ("passphrase", "canary-pass/phrase+of=backup"),
        ("master key", MASTER_KEY),
    ]
    .map(|(place, value)| (place, value.to_owned()))
    .into()
}

/// Asks, and keeps the answer whatever it is.
async fn ask(
    client: &Client,
    outputs: &mut Outputs,
    method: Method,
    path: &str,
    body: Option<&Value>,
) {
    let answer = client.send(method.clone(), path, body).await;
    let place = format!(
        "the answer {} to {method} {}",
        answer.status,
        path.split('?').next().unwrap()
    );
    outputs.add(place, answer.text);
}

/// Requests that hold a secret where none belongs.
async fn stray(client: &Client, outputs: &mut Outputs, value: &str) {
    let bodies = [
        json!({"name": "a", "secrets": value}),
        json!({"name": "a", "secrets": {"A": [value]}}),
        json!({"name": "a", "secrets": {value: "x"}}),
        // No name may hold that character, so that nothing is made of it.
        json!({"name": format!("{value}\u{1}")}),
        json!({"name": "a", "agent": value}),
        json!({"name": "a", "mode": value}),
        json!({"name": "a", "memoryLimit": value}),
        json!({"name": "a", "workdir": value}),
        json!({"name": "a", "idleTimeoutSeconds": value}),
    ];
    // Whoever sent it may read in the refusal what they wrote; nobody else may read it anywhere.
    let mut to_the_sender = Outputs::default();
    for body in &bodies {
        ask(
            client,
            &mut to_the_sender,
            Method::POST,
            "/api/sessions",
            Some(body),
        )
        .await;
    }
    for (path, body) in [
        (
            "/api/auth/login",
            json!({"username": "admin", "password": value}),
        ),
        (
            "/api/auth/login",
            json!({"username": "admin", "password": {"of": value}}),
        ),
        (
            "/api/auth/setup",
            json!({"token": value, "username": "x", "password": value}),
        ),
        ("/api/auth/refresh", json!({"refreshToken": value})),
        (
            "/api/auth/password",
            // Never the right one: it would end this very login.
            json!({"currentPassword": format!("{value}-not"), "newPassword": value}),
        ),
        ("/api/auth/ticket", json!({"resource": value})),
        ("/api/secrets/rotate-master", json!({"key": value})),
        ("/api/secrets/rotate", json!({"key": value})),
    ] {
        ask(client, outputs, Method::POST, path, Some(&body)).await;
    }
    stray_addresses(client, outputs, value).await;
}

/// Addresses and headers that hold one.
async fn stray_addresses(client: &Client, outputs: &mut Outputs, value: &str) {
    let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for path in [
        format!("/api/sessions?limit={encoded}"),
        format!("/api/sessions?{encoded}=1"),
        format!("/api/sessions/{encoded}"),
        format!("/api/{encoded}"),
        format!("/{encoded}"),
    ] {
        ask(client, outputs, Method::GET, &path, None).await;
    }
    let mut stranger = client.clone();
    stranger.token = Some(encoded);
    ask(&stranger, outputs, Method::GET, "/api/auth/me", None).await;
}

/// A session that has secrets, which change, and a password that does.
async fn honest_use(
    client: &Client,
    outputs: &mut Outputs,
    canaries: &BTreeMap<&str, String>,
) -> String {
    let body = json!({"name": "keeper", "agent": "shell", "multiplexer": "tmux",
        "secrets": {"A": canaries["secret"], "KEY": canaries["key"], "LONG": canaries["long"]}});
    let made = client.post("/api/sessions", &body).await;
    outputs.add("the answer to a creation", made.text.clone());
    let id = made.created()["id"].as_str().unwrap().to_owned();
    with_processes(client, &id).await;
    let path = format!("/api/sessions/{id}");
    let patch = json!({"secrets": {"A": canaries["changed"]}});
    ask(client, outputs, Method::PATCH, &path, Some(&patch)).await;
    let read = json!({"command": ["/bin/sh", "-c", "sha256sum $LONGHOUSE_SECRETS_DIR/*"]});
    ask(
        client,
        outputs,
        Method::POST,
        &format!("{path}/exec"),
        Some(&read),
    )
    .await;
    for what in ["restart", "stop", "start"] {
        ask(
            client,
            outputs,
            Method::POST,
            &format!("{path}/{what}"),
            Some(&json!({})),
        )
        .await;
        wait_for("it comes to rest or to run", async || {
            let status = client.get(&path).await.created()["status"].clone();
            (status == "running" || status == "stopped").then_some(())
        })
        .await;
    }
    id
}

async fn plant(
    house: &House,
    outputs: &mut Outputs,
    canaries: &BTreeMap<&str, String>,
) -> (Client, String) {
    let change = json!({"currentPassword": PASSWORD, "newPassword": canaries["new password"]});
    let client = house.client().await;
    let changed = client.post("/api/auth/password", &change).await;
    outputs.add("the answer to a new password", changed.text.clone());
    changed.created();
    let client = house.client_with(&canaries["new password"]).await;
    let id = honest_use(&client, outputs, canaries).await;
    for value in canaries.values().filter(|value| value.len() < 1_000) {
        stray(&client, outputs, value).await;
    }
    (client, id)
}

/// Asks for everything that shows much.
async fn look_around(client: &Client, outputs: &mut Outputs, id: &str) {
    // Whom nobody knows would see nothing.
    client.get("/api/auth/me").await.created();
    for path in [
        "/metrics",
        "/health",
        "/api/config",
        "/api/audit?limit=200",
        "/api/audit/export",
        "/api/secrets",
        "/api/sessions",
        "/api/auth/me",
    ] {
        ask(client, outputs, Method::GET, path, None).await;
    }
    for what in [
        "",
        "/logs",
        "/health",
        "/stats",
        "/terminals",
        "/terminals/agent/screen",
    ] {
        ask(
            client,
            outputs,
            Method::GET,
            &format!("/api/sessions/{id}{what}"),
            None,
        )
        .await;
    }
}

fn back_up(house: &House, file: &Path, passphrase: &str) -> Vec<u8> {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut command = house.command();
    let command = command.args(["backup", "--with-key"]).arg(file);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(passphrase.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    [output.stdout, output.stderr].concat()
}

#[tokio::test]
async fn no_secret_is_found_in_anything_that_a_server_lets_out() {
    let mut canaries = canaries();
    let mut house = House::new();
    let provider = Provider::open(&mut house).await;
    for (name, value) in [
        ("LONGHOUSE_MASTER_KEY", MASTER_KEY),
        ("LONGHOUSE_LOG_LEVEL", "debug"),
    ] {
        house.variables.push((name.to_owned(), value.to_owned()));
    }
    // A core would be written here.
    house.start_through(&["/bin/sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"]);
    let mut outputs = Outputs::default();
    let (client, id) = plant(&house, &mut outputs, &canaries).await;
    canaries.extend(credentials::plant(&client, &mut outputs, &provider, &id).await);
    look_around(&client, &mut outputs, &id).await;
    for command in [
        &["config", "show"][..],
        &["doctor"],
        &["secrets", "status"],
        &["secrets", "rotate"],
    ] {
        let output = house.run(command);
        outputs.add(
            format!("{command:?}"),
            [output.stdout, output.stderr].concat(),
        );
    }
    let backup: PathBuf = house.home().join("backup");
    outputs.add("backup", back_up(&house, &backup, &canaries["passphrase"]));
    outputs.add_processes(&house, house.pid());
    outputs.add_tree(house.home());
    assert!(
        outputs
            .0
            .iter()
            .any(|(place, _)| place.ends_with("longhouse.db-wal"))
    );

    processes::signal(house.pid(), rustix::process::Signal::ABORT);
    house.kill();
    let names = std::fs::read_dir(house.home()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().starts_with("core")),
        "{names:?}"
    );

    let mut leaks = Vec::new();
    for (what, value) in &canaries {
        for form in forms(value) {
            for place in outputs.with(&form) {
                leaks.push(format!("{what}, as {form:?}: {place}"));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));

    house.start();
    house.succeed(&["session", "rm", &id]);
}

#[test]
fn a_value_is_recognised_in_every_form() {
    let value = "canary/secret+with=signs & more";
    let mut outputs = Outputs::default();
    for text in [
        format!("before {value} after"),
        format!("{{\"a\":{}}}", serde_json::to_string(value).unwrap()),
        "canary%2Fsecret%2Bwith%3Dsigns%20%26%20more".to_owned(),
        base64(format!("user:{value}").as_bytes()),
        base64(value.as_bytes()),
        base64(format!("xy{value}z").as_bytes()),
    ] {
        outputs.0.clear();
        outputs.add("here", text.clone());
        let found = forms(value)
            .iter()
            .any(|form| !outputs.with(form).is_empty());
        assert!(found, "{text}");
    }
}
