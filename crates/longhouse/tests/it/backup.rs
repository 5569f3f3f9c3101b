//! Backups, made while a server works and restored: elsewhere, or over what is there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::keeper::{CANARY, keeper, run_with, said, start_session, token_of};
use crate::support::{House, processes, running_shell, wait_for, with_processes};

const PASSPHRASE: &str = "open sesame, and be quick";
/// What a server says that refuses to start.
fn refusal(house: &House) -> String {
    let before = house.log().len();
    let status = house.spawn().wait().unwrap();
    assert!(!status.success());
    house.log()[before..].to_owned()
}

fn contains(path: &Path, text: &str) -> bool {
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

/// A backup that was made while sessions were being written down, of a server that was then killed; and how many it surely holds.
async fn made_under_load(house: &mut House) -> (PathBuf, usize) {
    let file = house.home().join("backup");
    let client = house.client().await;
    let writer = client.clone();
    let (told, mut count) = tokio::sync::watch::channel(0);
    let writing = tokio::spawn(async move {
        for number in 1.. {
            let body =
                json!({"name": format!("s{number}"), "agent": "shell", "multiplexer": "none"});
            let made = writer
                .try_send(http::Method::POST, "/api/sessions", Some(&body))
                .await;
            if made.is_err() {
                return;
            }
            told.send_replace(number);
        }
    });
    count.wait_for(|count| *count >= 3).await.unwrap();
    let surely = *count.borrow();
    let shown = file.to_str().unwrap();
    let said = said(
        &run_with(house, &["backup", shown, "--with-key"], PASSPHRASE),
        true,
    );
    assert!(said.contains("under your passphrase"), "{said}");
    count.wait_for(|count| *count > surely + 1).await.unwrap();
    house.kill();
    writing.await.unwrap();
    (file, surely)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_under_load_is_restored_on_a_fresh_machine() {
    let mut house = House::started();
    let id = keeper(&house).await;
    let (file, surely) = made_under_load(&mut house).await;
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = std::fs::read_to_string(house.data_dir().join("keys/master.key")).unwrap();
    for secret in [CANARY, PASSPHRASE, key.trim(), crate::support::PASSWORD] {
        assert!(!contains(&file, secret));
    }
    assert!(!house.home().join(".backup.unfinished").exists());

    // The other machine is gone with all that ran there.
    processes::end_all_of(house.home());
    let mut other = House::new();
    // The first account comes with the backup, and not from the environment.
    other.variables.clear();
    let shown = file.to_str().unwrap();
    said(&run_with(&other, &["restore", shown], "not it"), false);
    assert!(!other.data_dir().join("longhouse.db").exists());
    let text = said(&run_with(&other, &["restore", shown], PASSPHRASE), true);
    assert!(text.contains("every login has ended"), "{text}");
    other.start();
    let client = other.client().await;
    let list = client.get("/api/sessions?limit=100").await.created();
    assert!(list["total"].as_u64().unwrap() > surely as u64, "{list}");
    // What lived on the other machine does not live here, and nothing says otherwise.
    wait_for("every status is true", async || {
        let list = client.get("/api/sessions?limit=100").await.created();
        let sessions = list["items"].as_array().unwrap();
        let is_true = |session: &Value| match session["status"].as_str().unwrap() {
            "error" | "stopped" => true,
            // One that was about to start when the backup was made has done so here.
            "running" => u32::try_from(session["pid"].as_u64().unwrap_or(0))
                .is_ok_and(|pid| pid > 0 && processes::is_alive(pid)),
            _ => false,
        };
        sessions.iter().all(is_true).then_some(())
    })
    .await;
    let kept = client.session_in(&id, "error").await;
    assert!(kept.is_some_and(|session| session["statusReason"].is_string()));
    start_session(&other, &id).await;
    assert_eq!(token_of(&other, &id).await, CANARY);
    client
        .delete(&format!("/api/sessions/{id}"))
        .await
        .created();

    // Over what is there only when that was said, and then it is kept.
    other.kill();
    let refused = said(&run_with(&other, &["restore", shown], PASSPHRASE), false);
    assert!(refused.contains("--force"), "{refused}");
    let text = said(&run_with(&other, &["restore", shown, "--force"], ""), true);
    let aside = text
        .lines()
        .find_map(|line| line.strip_prefix("what was there is kept in "));
    assert!(Path::new(aside.unwrap()).join("longhouse.db").exists());
    other.start();
    let found = other
        .client()
        .await
        .get(&format!("/api/sessions/{id}"))
        .await;
    assert_eq!(found.status, StatusCode::OK);
    other
        .client()
        .await
        .delete(&format!("/api/sessions/{id}"))
        .await
        .created();
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_touches_nothing() {
    let mut house = House::started();
    let shown = house.home().join("backup").to_str().unwrap().to_owned();
    let text = house.succeed(&["backup", &shown]);
    assert!(text.contains("only with the master key"), "{text}");
    // Never over another one.
    said(&house.run(&["backup", &shown]), false);
    said(&house.run(&["restore", &shown, "--force"]), false);
    house.stop();
    let whole = std::fs::read(&shown).unwrap();
    let database = house.data_dir().join("longhouse.db");
    let before = std::fs::read(&database).unwrap();
    for (at, content) in [&whole[..whole.len() - 1], &whole[..100], b"x"]
        .iter()
        .enumerate()
    {
        let damaged = house.home().join(format!("damaged-{at}"));
        std::fs::write(&damaged, content).unwrap();
        let arguments = ["restore", damaged.to_str().unwrap(), "--force"];
        said(&house.run(&arguments), false);
        assert_eq!(std::fs::read(&database).unwrap(), before);
    }
    // One that was cut short between its moves is told at the start, and ended by another.
    std::fs::create_dir(house.data_dir().join("restoring")).unwrap();
    assert!(refusal(&house).contains("not finished"));
    house.succeed(&["restore", &shown, "--force"]);
    house.start();
    house.client().await;
}

#[tokio::test]
async fn without_its_master_key_a_restored_database_is_refused_with_the_keys_name() {
    let mut house = House::started();
    let shown = house.home().join("backup").to_str().unwrap().to_owned();
    let text = house.succeed(&["backup", &shown]);
    let (_, rest) = text.split_once("only with the master key ").unwrap();
    let fingerprint = &rest[..16];
    let mut other = House::new();
    let text = other.succeed(&["restore", &shown]);
    assert!(text.contains(fingerprint), "{text}");
    let text = refusal(&other);
    assert!(
        text.contains(fingerprint) && text.contains("missing"),
        "{text}"
    );
    // Another one is refused, and the right one works from the environment, too.
    let right = std::fs::read_to_string(house.data_dir().join("keys/master.key")).unwrap();
    let wrong = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    let variable = "LONGHOUSE_MASTER_KEY".to_owned();
    other.variables.push((variable.clone(), wrong.to_owned()));
    let text = refusal(&other);
    assert!(
        text.contains(fingerprint) && !text.contains(wrong),
        "{text}"
    );
    other.variables.pop();
    other.variables.push((variable, right.trim().to_owned()));
    other.start();
    other.client().await;
    house.stop();
}

/// A session's status, once it says one at which it may stay.
async fn settled(house: &House, id: &str) -> Value {
    let client = house.client().await;
    wait_for("the session comes to rest or runs", async || {
        let session = client.get(&format!("/api/sessions/{id}")).await.created();
        let status = session["status"].as_str().unwrap();
        matches!(status, "running" | "stopped" | "error").then_some(session)
    })
    .await
}

#[tokio::test]
async fn over_sessions_that_live_a_backup_is_restored_and_nothing_waits_for_ever() {
    let mut house = House::started();
    let client = house.client().await;
    let (same, again, gone) = (
        running_shell(&client, "same", "none").await,
        running_shell(&client, "again", "none").await,
        running_shell(&client, "gone", "none").await,
    );
    let id = |session: &Value| session["id"].as_str().unwrap().to_owned();
    let shown = house.home().join("backup").to_str().unwrap().to_owned();
    house.succeed(&["backup", &shown]);
    // What the backup knows nothing of: a restart, a deletion, a session.
    let path = format!("/api/sessions/{}/restart", id(&again));
    client.post(&path, &json!({})).await.created();
    with_processes(&client, &id(&again)).await;
    client
        .delete(&format!("/api/sessions/{}", id(&gone)))
        .await
        .created();
    let later = running_shell(&client, "later", "none").await;
    house.kill();
    house.succeed(&["restore", &shown, "--force"]);
    house.start();

    let client = house.client().await;
    let kept = settled(&house, &id(&same)).await;
    assert_eq!(kept["status"], "running", "{kept}");
    let kept = with_processes(&client, &id(&same)).await;
    assert_eq!(kept["pid"], same["pid"]);
    client
        .input(&id(&same), "agent", "echo $((6*7))-still\n")
        .await;
    wait_for("it answers", async || {
        let screen = client.screen(&id(&same), "agent").await;
        screen.contains("42-still").then_some(())
    })
    .await;
    // One that was started once more since then runs, or says that it does not, and starts.
    let kept = settled(&house, &id(&again)).await;
    if kept["status"] != "running" {
        assert!(kept["statusReason"].is_string(), "{kept}");
        start_session(&house, &id(&again)).await;
    }
    with_processes(&client, &id(&again)).await;
    client
        .input(&id(&again), "agent", "echo $((6*8))-again\n")
        .await;
    wait_for("it answers", async || {
        let screen = client.screen(&id(&again), "agent").await;
        screen.contains("48-again").then_some(())
    })
    .await;
    // One whose processes were ended says so, and starts.
    let kept = settled(&house, &id(&gone)).await;
    assert_eq!(kept["status"], "error", "{kept}");
    start_session(&house, &id(&gone)).await;
    // Of one that nobody remembers nothing is left running.
    let pid = u32::try_from(later["pid"].as_u64().unwrap()).unwrap();
    wait_for("it has ended", async || {
        (!processes::is_alive(pid)).then_some(())
    })
    .await;
    for session in [&same, &again, &gone] {
        let path = format!("/api/sessions/{}", id(session));
        client.delete(&path).await.created();
    }
}
