//! Accounts and API tokens by the command line: on a server that runs, and in the database of one that does not.

use std::io::Write as _;
use std::process::{Output, Stdio};

use http::StatusCode;
use serde_json::json;

use crate::support::House;
use crate::support::http::Client;

const ANN: &str = "a long password of ann's";
const LATER: &str = "another long password";

/// Runs a command with this on its standard input.
fn given(house: &House, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = house.command();
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early reads nothing.
    _ = child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("{input}\n").as_bytes());
    said(&child.wait_with_output().unwrap())
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

async fn login(house: &House, name: &str, password: &str) -> StatusCode {
    let login = json!({"username": name, "password": password});
    let client = Client::new(house.url());
    client.post("/api/auth/login", &login).await.status
}

/// The words of an account's line in the list.
fn listed(house: &House, name: &str) -> Option<Vec<String>> {
    let list = house.succeed(&["user", "ls"]);
    assert!(list.starts_with("NAME "), "{list}");
    let mut lines = list
        .lines()
        .map(|line| line.split_whitespace().map(str::to_owned).collect());
    lines.find(|words: &Vec<String>| words[0] == name)
}

/// What holds with and without a server: everything but logging in.
fn accounts_are_looked_after(house: &House) {
    let (code, text) = given(house, &["user", "add", "ann", "--host"], ANN);
    assert_eq!((code, text.as_str()), (Some(0), "ann: member\n"));
    let line = listed(house, "ann").unwrap();
    assert_eq!(line, ["ann", "member", "yes", "no", "0", "never"]);

    let refused = |arguments: &[&str], input: &str, expected: i32| {
        let (code, text) = given(house, arguments, input);
        assert_eq!(code, Some(expected), "{arguments:?}: {text}");
        assert!(!text.contains(ANN), "{text}");
    };
    refused(&["user", "add", "ANN"], ANN, 6);
    refused(&["user", "add", "bob"], "short", 1);
    refused(&["user", "add", "bob"], "", 1);
    refused(&["user", "add", "b ob"], ANN, 1);
    refused(&["user", "add", "bob", "--role", "king"], ANN, 2);
    refused(&["user", "add", "bob", "--password", ANN], "", 2);
    refused(&["user", "passwd", "nobody"], ANN, 5);
    refused(&["user", "role", "nobody", "viewer"], "", 5);
    refused(&["user", "rm", "nobody"], "", 5);
    refused(&["user", "role", "admin", "member"], "", 6);
    refused(&["user", "rm", "admin"], "", 6);
    assert!(listed(house, "bob").is_none());

    let shown = house.succeed(&["user", "role", "ann", "admin", "--host", "no"]);
    assert_eq!(shown, "ann: admin\n");
    // An admin may use the host in any case; what the permission says counts again afterwards.
    assert_eq!(listed(house, "ann").unwrap()[1..3], ["admin", "yes"]);
    house.succeed(&["user", "role", "ann", "member"]);
    assert_eq!(listed(house, "ann").unwrap()[1..3], ["member", "no"]);
}

#[tokio::test]
async fn accounts_are_made_changed_and_removed_while_the_server_runs() {
    let mut house = House::started();
    accounts_are_looked_after(&house);
    assert_eq!(login(&house, "ann", ANN).await, StatusCode::OK);
    let (code, text) = given(&house, &["user", "passwd", "ann"], LATER);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(login(&house, "ann", ANN).await, StatusCode::UNAUTHORIZED);
    assert_eq!(login(&house, "ann", LATER).await, StatusCode::OK);

    // Whoever owns sessions goes only with a word on these.
    house.succeed(&["session", "new", "work", "--multiplexer", "none"]);
    let (code, _) = given(&house, &["user", "add", "boss", "--role", "admin"], ANN);
    assert_eq!(code, Some(0));
    let (code, text) = said(&house.run(&["user", "rm", "admin"]));
    assert_eq!(code, Some(6), "{text}");
    let shown = house.succeed(&["user", "rm", "admin", "--hand-over-to", "boss"]);
    assert_eq!(shown, "admin: deleted\n");
    assert_eq!(listed(&house, "boss").unwrap()[4], "1");
    house.succeed(&["user", "rm", "ann"]);
    assert!(listed(&house, "ann").is_none());
    house.succeed(&["session", "rm", "work"]);
    assert!(house.stop().success());
    assert!(!house.log().contains(ANN) && !house.log().contains(LATER));
}

#[tokio::test]
async fn accounts_are_made_changed_and_removed_while_no_server_runs() {
    let mut house = House::started();
    house.succeed(&["session", "new", "work", "--multiplexer", "none"]);
    assert!(house.stop().success());
    accounts_are_looked_after(&house);
    // Sessions are a server's business.
    let (code, _) = given(&house, &["user", "add", "boss", "--role", "admin"], ANN);
    assert_eq!(code, Some(0));
    for arguments in [
        &["user", "rm", "admin", "--remove-sessions"][..],
        &["user", "role", "admin", "viewer"],
    ] {
        let (code, text) = said(&house.run(arguments));
        assert_eq!(code, Some(6), "{text}");
        assert!(text.contains("longhouse serve"), "{text}");
    }
    let (code, text) = given(&house, &["user", "passwd", "ann"], LATER);
    assert_eq!(code, Some(0), "{text}");
    let held = house.succeed(&["audit", "verify"]);
    assert!(held.contains("holds"), "{held}");
    for (action, times) in [
        ("user.create", 2),
        ("user.update", 2),
        ("user.password", 1),
        ("user.delete", 0),
    ] {
        let log = house.succeed(&["audit", "export", "--action", action]);
        let beside = log
            .lines()
            .filter(|line| line.contains(r#""via":"command line""#));
        assert_eq!(beside.count(), times, "{log}");
        assert!(!log.contains(LATER));
    }

    house.start();
    assert_eq!(login(&house, "ann", ANN).await, StatusCode::UNAUTHORIZED);
    assert_eq!(login(&house, "ann", LATER).await, StatusCode::OK);
    house.succeed(&["session", "rm", "work"]);
    assert!(house.stop().success());
    assert_eq!(house.succeed(&["user", "rm", "ann"]), "ann: deleted\n");
    assert!(listed(&house, "ann").is_none());
}

#[test]
fn a_token_is_made_listed_used_from_a_file_and_deleted() {
    let house = House::started();
    let create = ["token", "create", "ci", "--scope", "sessions:read"];
    let made = house.succeed(&create);
    let token = made.trim_end();
    assert!(token.starts_with("lh_") && !token.contains('\n'), "{made}");
    let list = house.succeed(&["token", "ls"]);
    let line = list.lines().nth(1).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let expected = ["ci", &token[..7], "sessions:read", "never", "never"];
    assert_eq!(words, expected, "{list}");
    let (code, text) = said(&house.run(&create));
    assert_eq!(code, Some(6), "{text}");

    let file = house.home().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let with_file = |arguments: &[&str]| {
        let mut command = house.command();
        command.args(arguments).args(["--url", house.url()]);
        let command = command.env("LONGHOUSE_TOKEN_FILE", &file);
        said(&command.stdin(Stdio::null()).output().unwrap())
    };
    house.succeed(&["session", "new", "work", "--multiplexer", "none"]);
    let (code, text) = with_file(&["session", "ls"]);
    assert!(code == Some(0) && text.contains("work"), "{text}");
    // No more than its scope, and never another token.
    assert_eq!(with_file(&["session", "stop", "work"]).0, Some(4));
    assert_eq!(with_file(&create).0, Some(4));
    assert!(!house.succeed(&["token", "ls"]).contains("never  never"));

    let (code, text) = said(&house.run(&["token", "rm", "absent"]));
    assert_eq!(code, Some(5), "{text}");
    assert_eq!(house.succeed(&["token", "rm", "ci"]), "ci: deleted\n");
    assert_eq!(house.succeed(&["token", "ls"]).lines().count(), 1);
    assert_eq!(with_file(&["session", "ls"]).0, Some(4));
    for content in ["\n", "two\nlines\n"] {
        std::fs::write(&file, content).unwrap();
        let (code, text) = with_file(&["session", "ls"]);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("LONGHOUSE_TOKEN_FILE"), "{text}");
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(with_file(&["session", "ls"]).0, Some(2));
    assert!(!house.log().contains(token));
    house.succeed(&["session", "rm", "work"]);
}

#[tokio::test]
async fn a_server_without_accounts_says_how_to_make_the_first_one() {
    let mut house = House::new();
    house.variables.clear();
    house.start();
    // Nobody is there as whom the owner of the data directory could act: that is said, with both ways on.
    let first = ["user", "add", "ann", "--role", "admin"];
    for command in [&first[..], &["user", "ls"]] {
        let (code, text) = given(&house, command, ANN);
        assert_eq!(code, Some(4), "{text}");
        assert!(
            text.contains("set-up link") && text.contains("stop the server"),
            "{text}"
        );
        assert!(!text.contains("LONGHOUSE_TOKEN"), "{text}");
    }
    assert!(house.stop().success());
    let (code, text) = given(&house, &["user", "add", "ann"], ANN);
    assert_eq!(code, Some(6), "{text}");
    assert!(text.contains("--role admin"), "{text}");
    let (code, text) = given(&house, &first, ANN);
    assert_eq!((code, text.as_str()), (Some(0), "ann: admin\n"));
    house.start();
    assert_eq!(login(&house, "ann", ANN).await, StatusCode::OK);
    // The set-up link is not good for another one.
    let client = Client::new(house.url());
    let late = json!({"token": "x", "username": "late", "password": ANN});
    let late = client.post("/api/auth/setup", &late).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
    let (code, text) = given(&house, &["user", "add", "bob"], LATER);
    assert_eq!((code, text.as_str()), (Some(0), "bob: member\n"));
    assert!(house.stop().success());
}
