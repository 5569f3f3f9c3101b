//! Containers that begin with a repository: cloned inside, by the way out of a closed network, from a real git server.

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::engine::{IMAGE, Yard, sh, until_running};
use crate::support::forge::Forge;
use crate::support::http::Client;
use crate::support::wait_for;

/// Where the git server is: on this machine, and in no container, where 127.0.0.1 is the container itself.
const FORGE: &str = "127.0.0.2";

/// A server that may clone over plain HTTP, as a test's forge has it.
fn yard() -> Yard {
    let mut yard = Yard::new();
    let (name, value) = ("LONGHOUSE_GIT_PROTOCOLS", "https:ssh:http");
    yard.house
        .variables
        .push((name.to_owned(), value.to_owned()));
    yard.house.start();
    yard
}

/// Why the session is in `error`.
async fn failed(client: &Client, id: &str) -> String {
    let session = wait_for("the session fails", async || {
        client.session_in(id, "error").await
    })
    .await;
    session["statusReason"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_that_reaches_git_alone_begins_in_its_repository_and_reaches_nothing_else() {
    let (mut yard, forge) = (yard(), Forge::at(FORGE).await);
    let client = yard.house.client().await;
    let url = forge.url("a.git");
    let more = json!({"network": "git", "branch": "dev", "gitUserName": "Ada", "gitUserEmail": "ada@example.org"});
    let id = yard.clone_of(&client, &url, more).await;
    let session = until_running(&client, &id).await;
    let host = format!("{FORGE}:{}", forge.port);
    assert_eq!(session["allowHosts"], json!([host]));
    assert!(session["clonedAt"].is_string(), "{session}");
    let script = "cat readme; git branch --show-current; echo more >more && git add more && git commit -qm x && git log -1 --format='%an <%ae>'";
    assert_eq!(
        sh(&client, &id, script).await,
        "hello\ndev\nAda <ada@example.org>"
    );
    // Git goes on reaching it, and nobody reaches anything else.
    let remote = sh(
        &client,
        &id,
        "git fetch --quiet && git ls-remote --heads origin | wc -l",
    )
    .await;
    assert_eq!(remote, "2");
    let other = TcpListener::bind((FORGE, 0)).await.unwrap();
    let port = other.local_addr().unwrap().port();
    let script = format!(
        "git ls-remote http://{FORGE}:{port}/a.git 2>&1; /opt/longhouse/sessiond connect {FORGE} {port} 2>&1"
    );
    let refused = sh(&client, &id, &script).await;
    assert!(refused.contains("403"), "{refused}");
    let named = format!("{FORGE}:{port} is not on this session's list");
    assert!(refused.contains(&named), "{refused}");
    yard.delete(&client, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_a_container_was_not_cloned_is_said_in_words() {
    let (mut yard, forge) = (yard(), Forge::at(FORGE).await);
    let client = yard.house.client().await;
    let nobody = {
        let closed = TcpListener::bind((FORGE, 0)).await.unwrap();
        closed.local_addr().unwrap().port()
    };
    let (there, nowhere) = (forge.url("a.git"), format!("http://{FORGE}:{nobody}/a.git"));
    let list = json!({"network": "allowlist", "allowHosts": ["*.example.org"]});
    let bare = json!({"network": "git", "image": IMAGE});
    for (url, more, words) in [
        (
            &nowhere,
            json!({"network": "git"}),
            "does not accept the connection",
        ),
        (
            &there,
            list,
            "is not on this session's list of allowed hosts",
        ),
        (&there, bare, "install git"),
        (
            &forge.url("none.git"),
            json!({"network": "git"}),
            "none.git was not cloned",
        ),
    ] {
        let id = yard.clone_of(&client, url, more).await;
        let why = failed(&client, &id).await;
        assert!(
            why.contains("was not cloned") && why.contains(words),
            "{why}"
        );
        yard.delete(&client, &id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clone_in_a_container_goes_on_after_the_server_was_killed_and_leaves_nothing_when_it_is_given_up()
 {
    let (mut yard, forge) = (yard(), Forge::at(FORGE).await);
    let client = yard.house.client().await;
    let more = json!({"network": "git"});
    let id = yard
        .clone_of(&client, &forge.url("stalled/a.git"), more)
        .await;
    let waiting = async |number: usize| {
        let what = format!("{number} git waits at the forge");
        wait_for(&what, async || (forge.stalled() == number).then_some(())).await;
    };
    waiting(1).await;
    yard.house.kill();
    waiting(0).await;
    yard.house.start();
    let client = yard.house.client().await;
    waiting(1).await;
    let session = client.get(&format!("/api/sessions/{id}")).await.created();
    assert_eq!(
        (&session["status"], &session["clonedAt"]),
        (&json!("starting"), &Value::Null)
    );
    yard.delete(&client, &id).await;
}

/// Everything that a repository can name for git to run. Each would leave a mark.
fn traps(mark: &str) -> String {
    format!(
        r#"t="touch {mark}"; mkdir -p .git/hooks
        for h in pre-commit post-commit commit-msg prepare-commit-msg post-checkout pre-push reference-transaction post-index-change; do
            printf '#!/bin/sh\n%s\n' "$t" >.git/hooks/$h; chmod +x .git/hooks/$h; done
        for k in core.fsmonitor core.editor core.pager core.askPass core.sshCommand core.gitProxy diff.external diff.x.textconv gpg.program \
            remote.origin.uploadpack remote.origin.receivepack credential.helper alias.status; do git config $k "!$t; #"; done
        git config protocol.ext.allow always; git config commit.gpgSign true
        echo '* diff=x' >.gitattributes
        mkdir -p inner/objects inner/refs; echo 'ref: refs/heads/main' >inner/HEAD; printf '[core]\n\tbare = true\n\tfsmonitor = %s\n' "$t" >inner/config
        echo changed >>readme"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_hostile_repository_names_runs_neither_outside_its_container_nor_for_us() {
    let (mut yard, forge) = (yard(), Forge::at(FORGE).await);
    let client = yard.house.client().await;
    forge.git(&["-C", "a.git", "config", "http.receivepack", "true"]);
    let more = json!({"network": "git", "gitUserName": "Ada", "gitUserEmail": "ada@example.org"});
    let id = yard.clone_of(&client, &forge.url("a.git"), more).await;
    until_running(&client, &id).await;
    // A place that is there inside and outside.
    let mark = format!("/tmp/longhouse-trap-{id}");
    let (inside, outside) = (
        format!("test -e {mark}; echo $?"),
        std::path::Path::new(&mark),
    );
    sh(&client, &id, &traps(&mark)).await;
    let path = |below: &str| format!("/api/sessions/{id}/git/{below}");
    for look in ["status", "diff", "log"] {
        client.get(&path(look)).await.created();
        assert_eq!(sh(&client, &id, &inside).await, "1", "{look}");
    }
    for (what, body) in [
        ("stage", json!({"paths": ["readme"]})),
        ("commit", json!({"message": "docs: changed"})),
        ("push", json!({})),
        ("fetch", json!({})),
        ("checkout", json!({"branch": "side", "create": true})),
    ] {
        client.post(&path(what), &body).await.created();
        assert_eq!(sh(&client, &id, &inside).await, "1", "{what}");
    }
    assert!(!outside.exists());
    // They do spring where nobody is careful, and then inside.
    sh(
        &client,
        &id,
        "git -c commit.gpgSign=false commit -q --allow-empty -m x; true",
    )
    .await;
    assert_eq!(sh(&client, &id, &inside).await, "0");
    assert!(!outside.exists());
    yard.delete(&client, &id).await;
}
