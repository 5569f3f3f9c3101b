//! What a container prints, read from its engine: sessiond's own lines, those of a program, a flood, and a container that is gone.

use serde_json::Value;

use super::engine::{Yard, docker, sh};
use crate::support::http::Client;
use crate::support::wait_for;

/// Standard output of the container, as programs in it find it.
const STDOUT: &str = "/proc/1/fd/1";

async fn lines(client: &Client, id: &str, question: &str) -> Value {
    let path = format!("/api/containers/{id}/logs?{question}");
    client.get(&path).await.created()
}

fn has(page: &Value, source: &str, message: &str) -> bool {
    let lines = page["items"].as_array().unwrap();
    lines
        .iter()
        .any(|line| line["source"] == source && line["message"].as_str().unwrap().contains(message))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_container_prints_is_read_while_it_is_there_and_a_flood_stays_bounded() {
    let mut yard = Yard::started();
    let client = yard.house.client().await;
    let session = yard.running(&client, "printing").await;
    let id = session["id"].as_str().unwrap();
    let container = session["container"]["id"].as_str().unwrap();
    sh(&client, id, &format!("echo hello from inside > {STDOUT}")).await;
    wait_for("both kinds of line are there", async || {
        let page = lines(&client, &container[..12], "source=container").await;
        let both = has(&page, "container", "hello from inside")
            && has(&page, "sessiond", "sessiond begins");
        both.then_some(())
    })
    .await;
    let page = lines(&client, id, "").await;
    assert!(has(&page, "container", "hello from inside"), "{page}");
    assert!(
        has(&page, "session", ""),
        "the journal is there too: {page}"
    );
    // 40 MB, of which the engine keeps a part, and an answer less.
    let flood =
        format!("yes 0123456789012345678901234567890123456789 | head -c 40000000 > {STDOUT}");
    sh(&client, id, &flood).await;
    sh(&client, id, &format!("echo after the flood > {STDOUT}")).await;
    wait_for("what came last is read", async || {
        let page = lines(&client, id, "source=container&tail=10").await;
        assert!(page["total"].as_u64().unwrap() <= 10);
        has(&page, "container", "after the flood").then_some(())
    })
    .await;
    let page = lines(&client, id, "source=container&q=0123").await;
    assert!(page["total"].as_u64().unwrap() <= 10_000);
    assert_eq!(sh(&client, id, "echo well").await, "well");

    docker(&["rm", "--force", container]);
    wait_for("the session rests", async || {
        client.session_in(id, "error").await
    })
    .await;
    let page = lines(&client, id, "").await;
    assert!(has(&page, "session", ""), "{page}");
    let missing = page["missing"].as_str().unwrap();
    assert!(missing.contains("container"), "{missing}");
    yard.delete(&client, id).await;
}
