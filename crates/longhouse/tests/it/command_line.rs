//! The command line against a real server: what it prints, and what it ends with.

use serde_json::Value;

use crate::support::http::Client;
use crate::support::{House, running_shell};

#[tokio::test]
async fn sessions_are_made_listed_used_stopped_and_removed() {
    let house = House::started();
    let made = house.succeed(&[
        "session",
        "new",
        "work",
        "--agent",
        "shell",
        "--multiplexer",
        "none",
        "--env",
        "GREETING=hello",
    ]);
    assert!(made.starts_with("work: "), "{made}");
    let id = session_id(&house, "work");
    let client = house.client().await;
    crate::support::wait_for("it runs", async || client.session_in(&id, "running").await).await;

    let listed = house.succeed(&["session", "ls"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with("NAME  STATUS"), "{listed}");
    assert!(
        lines[1].contains("running") && lines[1].contains("shell"),
        "{listed}"
    );

    let output = house.run(&[
        "session",
        "exec",
        "work",
        "--",
        "sh",
        "-c",
        "echo $GREETING; echo bad >&2; exit 7",
    ]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(output.stdout, b"hello\n");
    assert_eq!(output.stderr, b"bad\n");

    assert_eq!(
        house.succeed(&["session", "stop", "work"]),
        "work: stopped\n"
    );
    let listed = house.succeed(&["session", "ls", "--status", "running"]);
    assert_eq!(listed, "");
    assert_eq!(
        house.succeed(&["session", "start", "work"]),
        "work: starting\n"
    );
    crate::support::wait_for("it runs again", async || {
        client.session_in(&id, "running").await
    })
    .await;
    assert!(!house.succeed(&["session", "logs", "work"]).is_empty());

    assert_eq!(house.succeed(&["session", "rm", "work"]), "work: deleted\n");
    assert_eq!(house.leftovers(), Vec::<std::path::PathBuf>::new());
}

fn session_id(house: &House, name: &str) -> String {
    let json = house.succeed(&["session", "ls", "--json"]);
    let sessions: Vec<Value> = serde_json::from_str(&json).unwrap();
    let session = sessions
        .iter()
        .find(|session| session["name"] == name)
        .unwrap();
    session["id"].as_str().unwrap().to_owned()
}

#[test]
fn failures_say_what_to_do_and_have_their_own_exit_codes() {
    let mut house = House::new();
    std::fs::create_dir(house.data_dir()).unwrap();
    let failed = |house: &House, arguments: &[&str]| {
        let output = house.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), error)
    };
    let (code, error) = failed(&house, &["session", "ls"]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("longhouse serve"), "{error}");

    house.start();
    let (code, error) = failed(&house, &["session", "stop", "absent"]);
    assert_eq!(code, 5, "{error}");
    let (code, _) = failed(&house, &["session", "exec", "absent", "--", "true"]);
    assert_eq!(code, 125);
    let (code, error) = failed(&house, &["session", "new", "bad;name"]);
    assert_eq!(code, 1);
    assert!(error.contains("name: "), "{error}");
    house.succeed(&["session", "new", "taken"]);
    let (code, _) = failed(&house, &["session", "new", "taken"]);
    assert_eq!(code, 6);
    let (code, error) = failed(&house, &["session", "ls", "--url", "ftp://127.0.0.1"]);
    assert_eq!(code, 2);
    assert!(error.contains("begins with https://"), "{error}");
    let url = house.url().to_owned();
    let (code, error) = failed(&house, &["session", "ls", "--url", &url]);
    assert_eq!(code, 4, "{error}");
    assert!(error.contains("LONGHOUSE_TOKEN"), "{error}");
    let (code, error) = failed(&house, &["attach", "taken"]);
    assert_eq!(code, 125);
    assert!(error.contains("needs a terminal"), "{error}");
    let (code, _) = failed(&house, &["session", "frobnicate"]);
    assert_eq!(code, 2);
}

#[tokio::test]
async fn over_the_network_a_token_is_needed_and_is_enough() {
    let house = House::started();
    let client = house.client().await;
    running_shell(&client, "remote", "none").await;
    let output = house
        .command()
        .args(["session", "ls", "--url", house.url()])
        .env("LONGHOUSE_TOKEN", client.token.as_deref().unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("remote"));
}

#[tokio::test]
async fn what_a_session_says_cannot_act_on_the_terminal() {
    let house = House::started();
    house.succeed(&[
        "session",
        "new",
        "sly",
        "--description",
        "x\u{1b}]0;owned\u{7}",
    ]);
    let listed = house.succeed(&["session", "ls"]);
    assert!(!listed.contains('\u{1b}'), "{listed:?}");
    let client = Client::new(house.url());
    assert_eq!(client.get("/livez").await.status, 200);
}

#[test]
fn doctor_finds_a_healthy_house_and_says_what_is_wrong_with_a_sick_one() {
    let house = House::started();
    let report = house.succeed(&["doctor"]);
    assert!(
        report.contains("ok    sessiond") && report.contains("ok    address"),
        "{report}"
    );
    assert!(report.contains(house.url()), "{report}");

    let sick = House::new();
    std::fs::create_dir(sick.data_dir()).unwrap();
    std::fs::write(
        sick.data_dir().join("longhouse.db"),
        "this is no database, but long enough to look at",
    )
    .unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let file = format!("listen = \"{}\"\n", taken.local_addr().unwrap());
    std::fs::write(sick.data_dir().join("longhouse.toml"), file).unwrap();
    let output = sick.run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let state = |name: &str| {
        let finding = findings
            .iter()
            .find(|finding| finding["name"] == name)
            .unwrap();
        (finding["state"].as_str().unwrap(), finding["mend"].as_str())
    };
    assert!(matches!(state("address"), ("fail", Some(mend)) if mend.contains("--listen")));
    assert!(matches!(state("database"), ("fail", Some(mend)) if mend.contains("backup")));
    assert!(matches!(state("data directory"), ("warn", Some(mend)) if mend.contains("chmod 700")));
}

#[test]
fn the_documents_are_printed() {
    let house = House::new();
    let document: Value = serde_json::from_str(&house.succeed(&["openapi"])).unwrap();
    assert!(document["paths"]["/api/sessions"]["post"].is_object());
    let shown = house.succeed(&["config", "show"]);
    assert!(
        shown.contains("listen = \"127.0.0.1:7070\"  # default"),
        "{shown}"
    );
    assert!(house.succeed(&["--version"]).starts_with("longhouse "));
    assert!(
        house
            .succeed(&["session", "--help"])
            .contains("Exit codes:")
    );
}
