//! What cannot be is said: beforehand, where the server can know it, and by git, where only that does.

use super::*;

/// A repository in the list that lies below a session's workspace.
async fn listed_below(client: &Client, id: &str) -> Value {
    sh(
        client,
        id,
        "git init -q below && echo below >>.git/info/exclude",
    )
    .await;
    let body = json!({"name": "below", "sessionId": id, "path": "below"});
    client.post("/api/repositories", &body).await.created()["id"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused_while_the_person_looks() {
    let house = House::started();
    let client = house.client().await;
    let (base, _) = base(&client).await;
    let body = json!({"name": "plain", "agent": "shell", "multiplexer": "none", "runtime": "host"});
    let plain = client.post("/api/sessions", &body).await.created();
    let plain = plain["id"].as_str().unwrap().to_owned();
    running(&client, &plain).await;
    let below = listed_below(&client, &base).await;
    for (more, field) in [
        (json!({"worktree": {"of": "nobody"}}), "worktree.of"),
        (json!({"worktree": {"of": plain}}), "worktree.of"),
        (json!({"worktree": {}}), "worktree"),
        (
            json!({"worktree": {"of": base, "repository": below}}),
            "worktree",
        ),
        (
            json!({"worktree": {"repository": below}}),
            "worktree.repository",
        ),
        (
            json!({"worktree": {"repository": uuid::Uuid::nil()}}),
            "worktree.repository",
        ),
        (
            json!({"worktree": {"repository": "base"}}),
            "worktree.repository",
        ),
        (
            json!({"worktree": {"of": base, "branch": "--lock"}}),
            "worktree.branch",
        ),
        (
            json!({"worktree": {"of": base, "from": "a..b"}}),
            "worktree.from",
        ),
        (
            json!({"worktree": {"of": base, "copy": ["../x"]}}),
            "worktree.copy",
        ),
        (
            json!({"worktree": {"of": base, "setup": "x".repeat(20_000)}}),
            "worktree.setup",
        ),
        (
            json!({"worktree": {"of": base}, "repoUrl": "https://example.org/a"}),
            "repoUrl",
        ),
        (
            json!({"worktree": {"of": base}, "repoType": "empty"}),
            "repoType",
        ),
        (
            json!({"worktree": {"of": base}, "workdir": house.home()}),
            "workdir",
        ),
        (json!({"repoType": "worktree"}), "worktree"),
    ] {
        let mut body = wish("new", json!(null));
        let fields = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        let answer = client.post("/api/sessions", &body).await;
        assert_eq!(answer.status, 422, "{more}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["field"], field, "{}", answer.body);
    }
    // What only git knows is told in words, and the session can begin otherwise.
    let asked = json!({"of": base, "branch": "main"});
    let id = create(&client, "taken", asked).await;
    let failed = wait_for("the session fails", async || {
        client.session_in(&id, "error").await
    })
    .await;
    let reason = failed["statusReason"].as_str().unwrap();
    assert!(
        reason.contains("\"main\"") && reason.contains("choose another branch"),
        "{reason}"
    );
    sh(&client, &base, "git checkout -q -b elsewhere").await;
    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    running(&client, &id).await;
    for id in [&id, &plain, &base] {
        delete(&client, id).await;
    }
}
