//! A session whose work cannot be kept stays, says why, and goes once it can, or once somebody gives its work up.

use super::*;

/// A session with a file that is nowhere else.
async fn with_draft(client: &Client, base: &str, name: &str) -> String {
    let id = create(client, name, json!({"of": base})).await;
    running(client, &id).await;
    sh(client, &id, "echo draft >draft").await;
    id
}

async fn kept(client: &Client, base: &str) -> Value {
    let list = format!("/api/sessions/{base}/git/kept");
    client.get(&list).await.created()["total"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_cannot_be_kept_keeps_its_session_until_it_can_or_is_given_up() {
    let mut house = House::started();
    let client = house.client().await;
    let (base, place) = base(&client).await;
    let first = with_draft(&client, &base, "first").await;
    let second = with_draft(&client, &base, "second").await;
    // A ref stands where git would make the directory of those to come.
    let in_the_way = "refs/longhouse/kept";
    sh(&client, &base, &format!("git update-ref {in_the_way} HEAD")).await;
    let forced = |id: &str| format!("/api/sessions/{id}?force=true");
    for id in [&first, &second] {
        let answer = client.delete(&forced(id)).await;
        assert_eq!(refused(&answer, 409), "session.work_not_kept");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(
            detail.contains(in_the_way) && detail.contains("discard=true"),
            "{detail}"
        );
    }
    // It is said with the session, also after a restart of the server, and in its log.
    for _ in 0..2 {
        let client = house.client().await;
        let session = wait_for("the session says why it is there", async || {
            let session = client.get(&format!("/api/sessions/{first}")).await;
            let reason = session.body["statusReason"].as_str().unwrap_or_default();
            reason
                .contains("not deleted yet")
                .then(|| session.body.clone())
        })
        .await;
        assert_eq!(session["allowedActions"], json!(["delete"]));
        let logs = client
            .get(&format!("/api/sessions/{first}/logs?q=deleted"))
            .await
            .created();
        assert!(logs["items"].to_string().contains(in_the_way), "{logs}");
        house.kill();
        house.start();
    }
    let client = house.client().await;
    let word = client
        .delete(&format!("/api/sessions/{second}?discard=true"))
        .await;
    assert_eq!(refused(&word, 422), "request.invalid");
    let path = format!("{}&discard=true", forced(&second));
    client.delete(&path).await.created();
    wait_for("its base runs", async || {
        client.session_in(&base, "running").await
    })
    .await;
    sh(&client, &base, &format!("git update-ref -d {in_the_way}")).await;
    wait_for("the other is deleted by itself", async || {
        let answer = client.get(&format!("/api/sessions/{first}")).await;
        (answer.status == 404).then_some(())
    })
    .await;
    assert_eq!((kept(&client, &base).await, trees(&place)), (json!(1), 0));
    delete(&client, &base).await;
}
