//! Sessions whose repository asks for a login over HTTPS (here over HTTP, which a test's server may use): with a token that the server keeps and
//! git is given on demand.

use serde_json::{Value, json};

use crate::support::forge::{Forge, TOKEN};
use crate::support::http::Client;
use crate::support::{House, processes, wait_for};

/// A house whose server may clone over plain HTTP.
fn house() -> House {
    let mut house = House::new();
    let (name, value) = ("LONGHOUSE_GIT_PROTOCOLS", "https:ssh:http");
    house.variables.push((name.to_owned(), value.to_owned()));
    house.start();
    house
}

async fn create(client: &Client, name: &str, url: &str) -> String {
    let body = json!({"name": name, "agent": "shell", "multiplexer": "none", "runtime": "host", "repoUrl": url});
    let made = client.post("/api/sessions", &body).await.created();
    made["id"].as_str().unwrap().to_owned()
}

async fn in_status(client: &Client, id: &str, status: &str) -> Value {
    wait_for(&format!("the session is {status}"), async || {
        client.session_in(id, status).await
    })
    .await
}

async fn sh(client: &Client, id: &str, script: &str) -> (i64, String) {
    let body = json!({"command": ["sh", "-c", script]});
    let path = format!("/api/sessions/{id}/exec");
    let answer = client.post(&path, &body).await.created();
    let [out, err] = ["stdout", "stderr"].map(|stream| answer[stream].as_str().unwrap().to_owned());
    (answer["exitCode"].as_i64().unwrap(), format!("{out}{err}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_given_the_token_for_its_repository_and_no_other() {
    let (house, forge, other) = (house(), Forge::new().await, Forge::new().await);
    let client = house.client().await;
    let url = forge.url("locked/a.git");
    // Without a token, or with one for other repositories, nobody is let in; the session can be started again.
    let host = format!("127.0.0.1:{}", forge.port);
    let elsewhere = json!({"host": host, "path": "team", "token": TOKEN});
    client.post("/api/git-tokens", &elsewhere).await.created();
    let id = create(&client, "one", &url).await;
    let failed = in_status(&client, &id, "error").await;
    assert!(
        failed["statusReason"]
            .as_str()
            .unwrap()
            .contains("asks for a login"),
        "{failed}"
    );
    let kept = json!({"host": host, "path": "/locked/", "token": TOKEN});
    let kept = client.post("/api/git-tokens", &kept).await.created();
    assert_eq!(
        (&kept["path"], &kept["username"]),
        (&json!("locked"), &json!("git"))
    );
    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    in_status(&client, &id, "running").await;

    // Longhouse's git and people's have it, for this host alone.
    let fetched = client
        .post(&format!("/api/sessions/{id}/git/fetch"), &json!({}))
        .await;
    assert_eq!(fetched.status, 200, "{}", fetched.text);
    let (code, said) = sh(&client, &id, "git fetch origin").await;
    assert_eq!(code, 0, "{said}");
    let script = format!(
        "GIT_TERMINAL_PROMPT=0 git ls-remote {}",
        other.url("locked/a.git")
    );
    assert_ne!(sh(&client, &id, &script).await.0, 0);
    let ask = format!(
        "printf 'protocol=http\\nhost=127.0.0.1:{}\\n\\n' | GIT_TERMINAL_PROMPT=0 git credential fill",
        other.port
    );
    let (_, said) = sh(&client, &id, &ask).await;
    assert!(!said.contains(TOKEN), "{said}");

    // It is on record and marked as used; and it stands in no file, argument or variable.
    let used = client.get("/api/audit?action=git_token.use").await.body;
    assert_eq!(
        used["items"][0]["detail"]["place"],
        format!("{host}/locked"),
        "{used}"
    );
    assert!(!used.to_string().contains(TOKEN));
    let list = client.get("/api/git-tokens").await.body;
    assert!(!list.to_string().contains(TOKEN));
    assert!(list["items"][0]["lastUsedAt"].is_string(), "{list}");
    for (pid, command) in processes::of(house.home()) {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(!command.contains(TOKEN) && !String::from_utf8_lossy(&environment).contains(TOKEN));
    }
    let found = std::process::Command::new("grep")
        .args(["-rlF", TOKEN])
        .arg(house.home())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");

    // Once it is deleted, nobody is given it.
    let path = format!("/api/git-tokens/{}", kept["id"].as_str().unwrap());
    assert_eq!(client.delete(&path).await.status, 204);
    let fetched = client
        .post(&format!("/api/sessions/{id}/git/fetch"), &json!({}))
        .await;
    assert_ne!(fetched.status, 200, "{}", fetched.text);
}
