//! Whoever asks something of a session while it is started anew is answered: with what they asked for, or that it does not run.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{join, join_all};
use hyper::Method;
use serde_json::{Value, json};

use crate::support::{House, running_shell, wait_for};

/// How often the session is started anew under those who ask.
const TIMES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_meets_a_restart_is_no_fault_of_the_server() {
    let house = House::started();
    let client = house.client().await;
    let made = running_shell(&client, "one", "none").await;
    let id = made["id"].as_str().unwrap().to_owned();
    let begin = json!({"command": ["git", "init", "--quiet"]});
    client
        .post(&format!("/api/sessions/{id}/exec"), &begin)
        .await
        .created();
    let path = |below: &str| format!("/api/sessions/{id}/{below}");
    let asked = [
        ("git/status", None),
        ("git/unstage", Some(json!({"paths": ["a"]}))),
        ("git/checkpoints", None),
        ("terminals", None),
        ("exec", Some(json!({"command": ["true"]}))),
    ];
    let restarted = AtomicBool::new(false);
    let restart = async {
        for _ in 0..TIMES {
            client.post(&path("restart"), &json!({})).await.created();
            wait_for("it runs again", async || {
                client.session_in(&id, "running").await
            })
            .await;
        }
        restarted.store(true, Ordering::Relaxed);
    };
    let ask = |(what, body): &(&str, Option<Value>)| {
        let (path, body) = (path(what), body.clone());
        let method = if body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let (client, restarted) = (&client, &restarted);
        async move {
            let mut refused = 0;
            while !restarted.load(Ordering::Relaxed) {
                let answer = client.send(method.clone(), &path, body.as_ref()).await;
                let code = answer.body["code"].as_str();
                match code {
                    None => assert!(answer.status.is_success(), "{path}: {}", answer.text),
                    Some(code) => assert_eq!(code, "session.not_running", "{path}"),
                }
                refused += usize::from(code.is_some());
            }
            refused
        }
    };
    let (refused, ()) = join(join_all(asked.iter().map(ask)), restart).await;
    // Else nobody asked while it did not run.
    assert!(refused.iter().sum::<usize>() > 0);
}
