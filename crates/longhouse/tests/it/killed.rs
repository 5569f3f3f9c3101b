//! kill -9, of the server and of sessiond, at moments that nobody chose: nothing is lost, nothing is left over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, StatusCode};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::chance::Chance;
use crate::support::http::Client;
use crate::support::terminal::Viewer;
use crate::support::{House, processes, running_shell, wait_for, with_processes};

/// How often the server is killed while sessions are made, stopped, started and deleted.
const ROUNDS: u64 = 20;

/// How often it is killed under a viewer who counts.
const COUNTED_ROUNDS: usize = 8;

/// What may be true of a session, as far as the server's answers say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    /// What was asked last, and whether it was answered.
    last: Option<(&'static str, bool)>,
    created: bool,
    deleted: bool,
}

type Ledger = Arc<Mutex<BTreeMap<String, Known>>>;

/// Asks for one thing and writes down what was asked and what was answered. `false` when the server is gone.
async fn ask(client: &Client, ledger: &Ledger, name: &str, what: &'static str) -> bool {
    let path = format!("/api/sessions/{name}");
    let body = json!({"name": name, "agent": "shell", "multiplexer": "none"});
    let (method, path, body) = match what {
        "create" => (Method::POST, "/api/sessions".to_owned(), Some(&body)),
        "delete" => (Method::DELETE, path, None),
        action => (Method::POST, format!("{path}/{action}"), None),
    };
    ledger
        .lock()
        .unwrap()
        .entry(name.to_owned())
        .or_default()
        .last = Some((what, false));
    let Ok(answer) = client.try_send(method, &path, body).await else {
        return false;
    };
    let fine = answer.status.is_success()
        // Somebody who is started twice, or stopped while starting, may be told so.
        || matches!(answer.status, StatusCode::CONFLICT);
    assert!(fine, "{what} {name}: {} {}", answer.status, answer.text);
    let mut ledger = ledger.lock().unwrap();
    let known = ledger.entry(name.to_owned()).or_default();
    known.last = Some((what, true));
    known.created |= what == "create";
    known.deleted |= what == "delete";
    true
}

/// One person's work until the server is gone.
async fn work(client: Client, ledger: Ledger, worker: u64, round: u64) {
    let mut chance = Chance(worker * 1000 + round);
    for number in 0.. {
        let name = format!("w{worker}-r{round}-{number}");
        let mut steps = vec!["create"];
        match chance.below(4) {
            0 => steps.extend(["stop"]),
            1 => steps.extend(["stop", "start"]),
            2 => steps.extend(["delete"]),
            _ => {}
        }
        for step in steps {
            if !ask(&client, &ledger, &name, step).await {
                return;
            }
        }
    }
}

/// Compares what the server says after its return with what it had said before.
async fn compare(client: &Client, ledger: &Ledger) {
    let known = ledger.lock().unwrap().clone();
    for (name, known) in known {
        let path = format!("/api/sessions/{name}");
        let settled = wait_for("the session settles", async || {
            let answer = client.get(&path).await;
            if answer.status == StatusCode::NOT_FOUND {
                return Some(None);
            }
            assert!(answer.status.is_success(), "{name}: {}", answer.text);
            is_settled(&answer.body).then_some(Some(answer.body))
        })
        .await;
        check(&name, &known, settled.as_ref());
        if settled.is_none() {
            ledger.lock().unwrap().remove(&name);
        }
    }
}

/// Whether nothing more happens by itself. A running session's processes are known once sessiond has dialled in again.
fn is_settled(session: &Value) -> bool {
    match session["status"].as_str().unwrap() {
        "running" => session["statusReason"] != "stopping" && session["pid"].is_number(),
        status => matches!(status, "stopped" | "error"),
    }
}

fn check(name: &str, known: &Known, found: Option<&Value>) {
    let Some(found) = found else {
        let may_be_gone = !known.created || known.last.is_some_and(|(what, _)| what == "delete");
        assert!(may_be_gone, "{name} is lost: {known:?}");
        return;
    };
    assert!(!known.deleted, "{name} came back: {found}");
    let status = found["status"].as_str().unwrap();
    if status == "error" {
        assert!(
            found["statusReason"].is_string(),
            "an error without a reason: {found}"
        );
    }
    match known.last {
        Some(("create" | "start", true)) => assert_eq!(status, "running", "{name}: {found}"),
        Some(("stop", true)) => assert_eq!(status, "stopped", "{name}: {found}"),
        _ => {}
    }
    if status == "running" {
        let pid = found["pid"]
            .as_u64()
            .and_then(|pid| u32::try_from(pid).ok());
        assert!(
            pid.is_some_and(processes::is_alive),
            "{name} has no process: {found}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_moment_loses_nothing_and_leaves_nothing() {
    let mut house = House::new();
    let ledger = Ledger::default();
    let mut chance = Chance(7);
    for round in 0..ROUNDS {
        house.start();
        let client = house.client().await;
        compare(&client, &ledger).await;
        let workers: Vec<_> = (0..2)
            .map(|worker| tokio::spawn(work(client.clone(), Arc::clone(&ledger), worker, round)))
            .collect();
        tokio::time::sleep(Duration::from_millis(chance.below(250))).await;
        house.kill();
        for worker in workers {
            worker.await.unwrap();
        }
    }
    // Also killed while it starts.
    for _ in 0..3 {
        let mut child = house.spawn();
        tokio::time::sleep(Duration::from_millis(chance.below(60))).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    house.start();
    let client = house.client().await;
    compare(&client, &ledger).await;
    let names: Vec<String> = ledger.lock().unwrap().keys().cloned().collect();
    assert!(
        names.len() > 5,
        "the rounds were too short to mean anything: {names:?}"
    );
    for name in names {
        client
            .delete(&format!("/api/sessions/{name}"))
            .await
            .created();
    }
    let server = house.pid();
    wait_for("no process is left", async || {
        let left = processes::of(house.home());
        left.iter().all(|(pid, _)| *pid == server).then_some(())
    })
    .await;
    // What a half-made session left is cleared in the background.
    wait_for("nothing is left", async || {
        house.leftovers().is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_viewer_goes_on_at_the_exact_byte_after_each_kill_and_no_process_notices() {
    let mut house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "counter", "none").await;
    let id = session["id"].as_str().unwrap().to_owned();
    let count = "stty -echo; i=0; while :; do j=0; while [ $j -lt 20 ]; do i=$((i+1)); j=$((j+1)); echo $i; done; sleep 0.01; done\n";
    client.input(&id, "agent", count).await;
    let terminal_pid = |session: &Value| session["terminals"][0]["pid"].clone();

    let mut viewer = Viewer::join(&client, &id, "agent", "?from=0").await;
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    let (mut next, mut everything) = viewer.read_until(Some(0), |read| lines(read) > 200).await;
    for _ in 0..COUNTED_ROUNDS {
        house.kill();
        house.start();
        let client = house.client().await;
        let again = with_processes(&client, &id).await;
        assert_eq!(again["pid"], session["pid"]);
        assert_eq!(terminal_pid(&again), terminal_pid(&session));
        let mut viewer = Viewer::join(&client, &id, "agent", &format!("?from={next}")).await;
        let (after, read) = viewer
            .read_until(Some(next), |read| lines(read) > 200)
            .await;
        everything.extend_from_slice(&read);
        next = after;
    }
    let text = String::from_utf8(everything).unwrap();
    let begin = text.find("\n1\r\n").expect("the count begins");
    let counted = text[begin..].trim_start().rsplit_once('\n').unwrap().0;
    for (expected, line) in (1..).zip(counted.lines()) {
        assert_eq!(line.trim_end(), expected.to_string());
    }
}

/// The process of a session's sessiond.
fn sessiond_of(house: &House) -> u32 {
    let found = processes::of(house.home());
    let daemons: Vec<_> = found
        .iter()
        .filter(|(_, command)| command.ends_with(" run "))
        .collect();
    assert_eq!(daemons.len(), 1, "{found:?}");
    daemons[0].0
}

#[tokio::test]
async fn a_killed_sessiond_ends_its_session_visibly() {
    let house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "victim", "none").await;
    let id = session["id"].as_str().unwrap();
    processes::signal(sessiond_of(&house), Signal::KILL);
    let ended = wait_for("the session is in error", async || {
        client.session_in(id, "error").await
    })
    .await;
    let reason = ended["statusReason"].as_str().unwrap();
    assert!(!reason.is_empty());
    client
        .delete(&format!("/api/sessions/{id}"))
        .await
        .created();
    let server = house.pid();
    wait_for("no process is left", async || {
        processes::of(house.home())
            .iter()
            .all(|(pid, _)| *pid == server)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_terminal_in_tmux_outlives_sessiond_and_is_found_again() {
    let house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "phoenix", "tmux").await;
    let id = session["id"].as_str().unwrap();
    client
        .input(id, "agent", "echo shell-$$-here; marker=alive\n")
        .await;
    let shell = wait_for("the shell's number is shown", async || {
        let screen = client.screen(id, "agent").await;
        let (_, rest) = screen.split_once("\nshell-")?;
        rest.split_once("-here").map(|(pid, _)| pid.to_owned())
    })
    .await;

    processes::signal(sessiond_of(&house), Signal::KILL);
    wait_for("the session is in error", async || {
        client.session_in(id, "error").await
    })
    .await;
    assert!(
        processes::is_alive(shell.parse().unwrap()),
        "the shell died with sessiond"
    );

    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    wait_for("it runs again", async || {
        let session = client.get(&format!("/api/sessions/{id}")).await.created();
        (session["status"] == "running").then_some(())
    })
    .await;
    client.input(id, "agent", "echo again-$$-$marker\n").await;
    let wanted = format!("again-{shell}-alive");
    wait_for("the same shell answers", async || {
        client
            .screen(id, "agent")
            .await
            .contains(&wanted)
            .then_some(())
    })
    .await;

    client
        .delete(&format!("/api/sessions/{id}"))
        .await
        .created();
    let server = house.pid();
    wait_for("no process is left", async || {
        processes::of(house.home())
            .iter()
            .all(|(pid, _)| *pid == server)
            .then_some(())
    })
    .await;
}
