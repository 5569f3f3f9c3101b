//! Several sessions in one repository, by the whole product: made, set up, killed while that is done, deleted without losing anything.

mod refused;
mod stuck;

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::http::Client;
use crate::support::{House, processes, wait_for};

/// A session with a repository of one commit, and files that it ignores.
async fn base(client: &Client) -> (String, PathBuf) {
    let body = json!({
        "name": "base", "agent": "shell", "multiplexer": "none", "runtime": "host",
        "gitUserName": "Ada", "gitUserEmail": "ada@example.org"
    });
    let made = client.post("/api/sessions", &body).await.created();
    let id = made["id"].as_str().unwrap().to_owned();
    let session = running(client, &id).await;
    let script = "git init -q -b main && printf '.env\\nnode_modules\\n' >.gitignore && echo one >a && git add --all && \
         git commit -qm first && echo KEY=1 >.env && mkdir -p node_modules/x && echo x >node_modules/x/y";
    sh(client, &id, script).await;
    (id, PathBuf::from(session["workdir"].as_str().unwrap()))
}

async fn sh(client: &Client, id: &str, script: &str) -> String {
    let body = json!({"command": ["sh", "-c", script]});
    let answer = client
        .post(&format!("/api/sessions/{id}/exec"), &body)
        .await
        .created();
    assert_eq!(answer["exitCode"], 0, "{answer}");
    answer["stdout"].as_str().unwrap().trim().to_owned()
}

async fn running(client: &Client, id: &str) -> Value {
    wait_for("the session runs", async || {
        client.session_in(id, "running").await
    })
    .await
}

/// A wish for a session with a working tree of another's repository.
fn wish(name: &str, worktree: Value) -> Value {
    json!({
        "name": name, "agent": "shell", "multiplexer": "none", "worktree": worktree,
        "gitUserName": "Ada", "gitUserEmail": "ada@example.org"
    })
}

async fn create(client: &Client, name: &str, worktree: Value) -> String {
    let made = client.post("/api/sessions", &wish(name, worktree)).await;
    let made = made.created();
    assert_eq!(
        (&made["runtime"], &made["repoType"]),
        (&json!("host"), &json!("worktree"))
    );
    made["id"].as_str().unwrap().to_owned()
}

/// What the repository knows of its working trees, but for the first.
fn trees(base: &Path) -> usize {
    let entries = std::fs::read_dir(base.join(".git/worktrees"));
    entries.map_or(0, Iterator::count)
}

/// The names of all lock files that are left in it.
fn locks(place: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(place).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            locks(&entry.path(), found);
        } else if entry.path().extension().is_some_and(|end| end == "lock") {
            found.push(entry.path());
        }
    }
}

async fn delete(client: &Client, id: &str) {
    let path = format!("/api/sessions/{id}?force=true");
    client.delete(&path).await.created();
}

/// What is refused, with its code.
fn refused(answer: &crate::support::http::Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    answer.body["code"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_on_one_repository_work_each_in_a_tree_that_is_ready_to_run() {
    let house = House::started();
    let client = house.client().await;
    let (base, place) = base(&client).await;
    let listed = json!({"name": "base", "sessionId": base});
    let listed = client.post("/api/repositories", &listed).await.created();
    let asked = json!({
        "repository": listed["id"], "copy": [".env", "node_modules"],
        "setup": "echo preparing; cat .env node_modules/x/y >ready"
    });
    let id = create(&client, "Fix login", asked).await;
    let session = running(&client, &id).await;
    let worktree = &session["worktree"];
    assert_eq!(
        (
            &worktree["base"],
            &worktree["branch"],
            &worktree["setUp"]["exitCode"]
        ),
        (&json!(base), &json!("longhouse/fix-login"), &json!(0))
    );
    assert_eq!(session["statusReason"], Value::Null);
    let said = sh(
        &client,
        &id,
        "git branch --show-current; cat ready; git status --porcelain",
    )
    .await;
    assert_eq!(said, "longhouse/fix-login\nKEY=1\nx\n?? ready");
    assert!(client.screen(&id, "setup").await.contains("preparing"));
    // A third one, of the second, by name and on a branch of its own choice.
    sh(&client, &id, "git add ready && git commit -qm ready").await;
    let asked = json!({"of": "Fix login", "branch": "third"});
    let third = create(&client, "third", asked).await;
    let session = running(&client, &third).await;
    assert_eq!(session["worktree"]["base"], json!(base));
    assert_eq!(
        sh(&client, &third, "git log --format=%s; ls -A").await,
        "ready\nfirst\n.env\n.git\n.gitignore\na\nready"
    );
    // Once: what was done there stays, and the script is not run again, whatever the server meets.
    sh(&client, &id, "rm ready").await;
    for what in ["stop", "start"] {
        let path = format!("/api/sessions/{id}/{what}");
        client.post(&path, &json!({})).await.created();
    }
    running(&client, &id).await;
    assert_eq!(sh(&client, &id, "git status --porcelain").await, "D ready");
    // The repository goes last, whoever insists.
    let answer = client
        .delete(&format!("/api/sessions/{base}?force=true"))
        .await;
    assert_eq!(refused(&answer, 409), "session.has_worktrees");
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 2);
    for id in [&third, &id, &base] {
        delete(&client, id).await;
    }
    assert!(!place.exists() && house.leftovers().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_up_that_fails_leaves_a_session_that_works_and_can_be_run_again() {
    let house = House::started();
    let client = house.client().await;
    let (base, _) = base(&client).await;
    let asked = json!({"of": base, "setup": "echo looking; test -e fixed\necho done"});
    let id = create(&client, "two", asked).await;
    let session = running(&client, &id).await;
    let reason = session["statusReason"].as_str().unwrap().to_owned();
    assert!(
        reason.contains("exit code 1") && reason.contains("\"setup\""),
        "{reason}"
    );
    assert_eq!(session["worktree"]["setUp"]["exitCode"], 1);
    assert!(client.screen(&id, "setup").await.contains("looking"));
    sh(&client, &id, "touch fixed").await;
    // Also in a session that was started anew, where its terminal rests.
    for what in ["stop", "start"] {
        let path = format!("/api/sessions/{id}/{what}");
        client.post(&path, &json!({})).await.created();
    }
    let session = running(&client, &id).await;
    assert!(
        session["statusReason"]
            .as_str()
            .unwrap()
            .contains("exit code 1")
    );
    let path = format!("/api/sessions/{id}/terminals/setup/restart");
    client.post(&path, &json!({})).await.created();
    wait_for("it went well", async || {
        let session = client.get(&format!("/api/sessions/{id}")).await.created();
        let went = session["worktree"]["setUp"]["exitCode"] == 0;
        (went && session["statusReason"].is_null()).then_some(())
    })
    .await;
    for id in [&id, &base] {
        delete(&client, id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_deleted_session_had_is_kept_and_comes_back() {
    let house = House::started();
    let client = house.client().await;
    let (base, place) = base(&client).await;
    let mut ids = Vec::new();
    for name in ["at-work", "at-rest"] {
        let id = create(&client, name, json!({"of": base})).await;
        running(&client, &id).await;
        // Not the same commit in both, which neither alone would have.
        let script =
            format!("echo {name} >own && git add own && git commit -qm mine && echo draft >draft");
        sh(&client, &id, &script).await;
        ids.push(id);
    }
    let path = format!("/api/sessions/{}", ids[0]);
    let answer = client.delete(&path).await;
    assert_eq!(refused(&answer, 409), "session.unsaved_work");
    let named = answer.body["errors"].as_array().unwrap();
    assert_eq!((named.len(), &named[0]["field"]), (2, &json!("draft")));
    // One that rests is left by a sessiond that is started for it.
    client
        .post(&format!("/api/sessions/{}/stop", ids[1]), &json!({}))
        .await
        .created();
    for id in &ids {
        delete(&client, id).await;
    }
    assert_eq!(trees(&place), 0);
    let list = format!("/api/sessions/{base}/git/kept");
    let kept = client.get(&list).await.created();
    assert_eq!(kept["total"], 2);
    let of = |id: &str| {
        let items = kept["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["session"] == id)
            .unwrap()
            .clone()
    };
    assert_eq!(of(&ids[0])["branch"], "longhouse/at-work");
    // Its branch stands, with what was committed; the rest comes back beside it.
    let restore = |id: &str| format!("{list}/{id}/restore");
    let back = client.post(&restore(&ids[0]), &json!({})).await.created();
    assert_eq!(back["branch"], "longhouse/at-work-kept");
    let name = json!({"branch": "back"});
    let back = client.post(&restore(&ids[1]), &name).await.created();
    assert_eq!(back["branch"], "back");
    for branch in ["longhouse/at-work-kept", "back"] {
        let script = format!("git show {branch}:draft; git log -1 --format=%s {branch}~1");
        assert_eq!(sh(&client, &base, &script).await, "draft\nmine");
    }
    assert_eq!(client.get(&list).await.created()["total"], 0);
    let again = client.post(&restore(&ids[0]), &json!({})).await;
    assert_eq!(refused(&again, 409), "git.nothing_kept");
    delete(&client, &base).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_meanwhile_the_worktree_is_made_and_left_once() {
    let mut house = House::started();
    let client = house.client().await;
    let (base, place) = base(&client).await;
    sh(
        &client,
        &base,
        "for n in $(seq 300); do echo $n >f$n; done; git add f* && git commit -qm many",
    )
    .await;
    for round in 0..6_u64 {
        let name = format!("s{round}");
        let asked = json!({"of": base, "copy": ["node_modules"], "setup": "echo once >>count"});
        let client = house.client().await;
        let id = create(&client, &name, asked).await;
        // Another moment each time; every other round it is the session that is killed.
        tokio::time::sleep(std::time::Duration::from_millis(40 + round * 70)).await;
        kill(&mut house, &id, round).await;
        let client = house.client().await;
        let session = wait_for("the session runs", async || {
            let session = client.get(&format!("/api/sessions/{id}")).await.created();
            if matches!(session["status"].as_str(), Some("error" | "stopped")) {
                client
                    .post(&format!("/api/sessions/{id}/start"), &json!({}))
                    .await;
            }
            (session["status"] == "running").then_some(session)
        })
        .await;
        assert_eq!(session["worktree"]["setUp"]["exitCode"], 0, "{session}");
        let said = sh(
            &client,
            &id,
            "ls | wc -l; git status --porcelain; cat node_modules/x/y",
        )
        .await;
        assert_eq!(said, "303\n?? count\nx", "round {round}");
        assert_eq!(trees(&place), 1);
        // And the same while it is deleted.
        let path = format!("/api/sessions/{id}?force=true");
        let deleting = tokio::spawn(async move {
            client
                .try_send(hyper::Method::DELETE, &path, None)
                .await
                .is_ok()
        });
        tokio::time::sleep(std::time::Duration::from_millis(round * 60)).await;
        kill(&mut house, &id, round).await;
        deleting.await.unwrap();
        let client = house.client().await;
        wait_for("it is gone", async || {
            let answer = client
                .delete(&format!("/api/sessions/{id}?force=true"))
                .await;
            (answer.status == 404).then_some(())
        })
        .await;
        assert_eq!(trees(&place), 0);
        let kept = client
            .get(&format!("/api/sessions/{base}/git/kept"))
            .await
            .created();
        assert_eq!(kept["total"], json!(round + 1), "{kept}");
    }
    let mut left = Vec::new();
    locks(&place.join(".git"), &mut left);
    assert!(left.is_empty(), "{left:?}");
    let client = house.client().await;
    sh(&client, &base, "git fsck --strict --no-dangling").await;
    delete(&client, &base).await;
}

/// Kills the server and starts another one, or kills the session's sessiond.
async fn kill(house: &mut House, id: &str, round: u64) {
    if round.is_multiple_of(2) {
        house.kill();
        house.start();
        return;
    }
    let mark = format!("LONGHOUSE_SESSION_ID={id}");
    for (pid, name) in processes::of(house.home()) {
        let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let is_its = environ
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes());
        if is_its && name.contains("sessiond") {
            processes::signal(pid, Signal::KILL);
        }
    }
}
