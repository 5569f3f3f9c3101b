//! Git as people type it where another repository has to answer, and repositories that lie below a session's workspace.

use serde_json::{Value, json};

use super::{house, post, session, sh};
use crate::support::forge::Forge;
use crate::support::http::Client;

/// Types a line of git in a session, at a place of its workspace. What it said; it need not have succeeded.
async fn git(client: &Client, id: &str, place: &str, line: &str) -> Value {
    let answer = typed(client, id, place, line).await;
    answer.created()
}

async fn typed(client: &Client, id: &str, place: &str, line: &str) -> crate::support::http::Answer {
    let mut words = line.split(' ');
    let command = words.next();
    let args: Vec<_> = words.collect();
    let body = json!({"sessionId": id, "path": place, "command": command, "args": args});
    client.post("/api/git", &body).await
}

/// The same, and it succeeded.
async fn done(client: &Client, id: &str, place: &str, line: &str) -> String {
    let said = git(client, id, place, line).await;
    assert_eq!(said["exitCode"], 0, "{line}: {said}");
    said["stdout"].as_str().unwrap().to_owned()
}

/// A commit of one file by whoever works in the session.
async fn commit(client: &Client, id: &str, place: &str, file: &str) {
    let script = format!("echo {file} >{place}/{file}");
    sh(client, id, &script).await;
    done(client, id, place, "add -A").await;
    done(client, id, place, &format!("commit -m {file}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_reaches_the_stored_repository_alone_and_forces_nothing() {
    let house = house();
    let (client, forge) = (house.client().await, Forge::new().await);
    forge.git(&["-C", "a.git", "config", "http.receivepack", "true"]);
    forge.git(&["init", "--quiet", "--bare", "thief.git"]);
    forge.git(&["-C", "thief.git", "config", "http.receivepack", "true"]);
    let id = session(&client, &forge, json!({})).await;
    let there = forge.commits("a.git", "main");
    let thief = forge.url("thief.git");
    sh(
        &client,
        &id,
        &format!("git remote set-url origin {thief}; git config remote.origin.pushurl {thief}"),
    )
    .await;
    commit(&client, &id, ".", "one").await;
    done(&client, &id, ".", "push -u origin main").await;
    assert_eq!(forge.commits("a.git", "main"), there + 1);
    assert_eq!(forge.git(&["-C", "thief.git", "for-each-ref"]), "");
    for (line, field) in [
        ("push --force", "args[0]"),
        ("push origin +main", "args[1]"),
        ("push origin main:x", "args[1]"),
        ("push elsewhere", "args[0]"),
        ("fetch --upload-pack=id", "args[0]"),
    ] {
        let refused = typed(&client, &id, ".", line).await;
        let found = (refused.status.as_u16(), &refused.body["errors"][0]["field"]);
        assert_eq!(found, (422, &json!(field)), "{line}: {}", refused.text);
    }

    // What somebody else pushed is not pushed over.
    forge.git(&["clone", "--quiet", "a.git", "other"]);
    forge.git(&[
        "-C",
        "other",
        "commit",
        "--quiet",
        "--allow-empty",
        "--message=theirs",
    ]);
    forge.git(&["-C", "other", "push", "--quiet"]);
    commit(&client, &id, ".", "two").await;
    let refused = git(&client, &id, ".", "push").await;
    let said = refused["stdout"].as_str().unwrap();
    assert!(
        refused["exitCode"] == 1 && said.contains("[rejected]"),
        "{refused}"
    );
    done(&client, &id, ".", "fetch -q origin").await;
    let refused = git(&client, &id, ".", "pull").await;
    assert_ne!(refused["exitCode"], 0, "{refused}");
    done(&client, &id, ".", "pull --rebase origin main").await;
    // A branch need not be stood on to be pushed.
    done(&client, &id, ".", "checkout -b side").await;
    done(&client, &id, ".", "push origin main").await;
    assert_eq!(forge.commits("a.git", "main"), there + 3);
    let gone = git(&client, &id, ".", "push origin nothing").await;
    assert_eq!(gone["exitCode"], 1, "{gone}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clone_that_is_typed_is_a_repository_below_the_workspace() {
    let house = house();
    let (client, forge) = (house.client().await, Forge::new().await);
    forge.git(&["clone", "--quiet", "--bare", "made", "b.git"]);
    forge.git(&["-C", "b.git", "config", "http.receivepack", "true"]);
    let id = session(&client, &forge, json!({})).await;
    sh(&client, &id, "mkdir plain; ln -s plain linked").await;
    let url = forge.url("b.git");
    done(&client, &id, "libs", &format!("clone -b dev -- {url} b")).await;
    let again = git(&client, &id, ".", &format!("clone {url} libs/b")).await;
    assert_eq!(again["exitCode"], 128, "{again}");
    for (line, status) in [
        (format!("clone {url} linked/b"), 409),
        (format!("clone {url} ../b"), 422),
        ("clone file:///etc x".to_owned(), 422),
        (format!("clone --config=core.fsmonitor=id {url}"), 422),
    ] {
        let refused = typed(&client, &id, ".", &line).await;
        assert_eq!(refused.status, status, "{line}: {}", refused.text);
    }
    // What failed leaves nothing.
    let failed = git(
        &client,
        &id,
        ".",
        &format!("clone {} gone", forge.url("gone.git")),
    )
    .await;
    assert_eq!(failed["exitCode"], 128, "{failed}");
    sh(&client, &id, "test ! -e gone && test ! -e plain/b").await;

    // Every question and every step has the place.
    let path = |below: &str| format!("/api/sessions/{id}/git/{below}");
    sh(&client, &id, "echo more >>libs/b/readme").await;
    let status = client.get(&path("status?in=libs/b")).await.created();
    assert_eq!(
        json!([status["branch"], status["counts"]["unstaged"]]),
        json!(["dev", 1])
    );
    let diff = client
        .get(&path("diff?in=libs%2Fb&path=readme"))
        .await
        .created();
    assert_eq!(diff["files"][0]["path"], "readme");
    let step = async |what: &str, body: Value| {
        post(&client, &id, &format!("{what}?in=libs/b"), body).await
    };
    assert_eq!(step("stage", json!({})).await["counts"]["staged"], 1);
    assert_eq!(
        step("checkout", json!({"branch": "new", "create": true})).await["branch"],
        "new"
    );
    let made = step("commit", json!({"message": "docs: more"})).await;
    let log = client.get(&path("log?in=libs/b&limit=1")).await.created();
    assert_eq!(log["items"][0]["hash"], made["hash"]);
    let conflicts = client.get(&path("conflicts?in=libs/b")).await.created();
    assert_eq!(conflicts["total"], 0);
    let outer = client.get(&path("status")).await.created();
    assert_eq!(outer["branch"], "main");
    for (place, status, code) in [
        ("plain", 409, "git.no_repository"),
        ("linked", 409, "git.no_repository"),
        ("../x", 422, "request.invalid"),
        ("libs/b/.git", 422, "request.invalid"),
    ] {
        let refused = client.get(&path(&format!("status?in={place}"))).await;
        let found = (refused.status.as_u16(), refused.body["code"].as_str());
        assert_eq!(found, (status, Some(code)), "{place}");
    }

    // Once it is in the list, the address there is the one that counts.
    let listed = json!({"name": "b", "sessionId": id, "path": "libs/b"});
    let listed = client.post("/api/repositories", &listed).await.created();
    assert_eq!(listed["gitUrl"], json!(url));
    sh(
        &client,
        &id,
        &format!("git -C libs/b remote set-url origin {}", forge.url("a.git")),
    )
    .await;
    step("push", json!({})).await;
    assert!(
        forge
            .git(&["-C", "b.git", "branch", "--list", "new"])
            .contains("new")
    );
    assert_eq!(forge.git(&["-C", "a.git", "branch", "--list", "new"]), "");
}
