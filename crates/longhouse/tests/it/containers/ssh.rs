//! Containers whose repository is reached over SSH, by the way out of a closed network: a real OpenSSH on both sides, and a key that is in neither
//! the container nor anything that the container is given.

use serde_json::json;

use super::engine::{Yard, sh, until_running};
use crate::support::forge::Forge;
use crate::support::http::Client;
use crate::support::sshd::{Sshd, make_key};
use crate::support::wait_for;

/// Where the hosts are: on this machine, and in no container, where 127.0.0.1 is the container itself.
const HOST: &str = "127.0.0.2";

/// What a command in the container says, however it ends.
async fn said(client: &Client, id: &str, command: &str) -> String {
    sh(client, id, &format!("({command}) 2>&1; true")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_container_clones_and_pushes_over_ssh_with_a_key_that_is_never_in_it() {
    let (mut yard, forge) = (Yard::started(), Forge::new().await);
    let (sshd, other) = (Sshd::at(HOST).await, Sshd::at(HOST).await);
    let client = yard.house.client().await;
    let keys = tempfile::tempdir().unwrap();
    let file = keys.path().join("key");
    make_key(&file);
    let private = std::fs::read_to_string(&file).unwrap();
    let public = std::fs::read_to_string(file.with_extension("pub")).unwrap();
    sshd.authorize(&public);
    other.authorize(&public);
    let known = sshd.change_host_key();
    let kept = json!({"name": "mine", "privateKey": private});
    let kept = client.post("/api/ssh-keys", &kept).await.created();
    let repository = forge.made().with_file_name("a.git");
    let more = json!({"network": "git", "sshKeyId": kept["id"], "gitUserName": "Ada", "gitUserEmail": "ada@example.org"});
    let url = sshd.url_at(HOST, &repository);
    let id = yard.clone_of(&client, &url, more).await;
    let session = until_running(&client, &id).await;
    let host = format!("{HOST}:{}", sshd.port);
    assert_eq!(session["allowHosts"], json!([host]));

    // People and agents in it push, and so does Longhouse's own git.
    let work = "echo one >one && git add one && git commit -qm one && git push -q origin main";
    assert_eq!(said(&client, &id, work).await, "", "{}", sshd.log());
    forge.git(&["-C", "a.git", "cat-file", "-e", "main:one"]);
    said(&client, &id, "git commit -q --allow-empty -m two").await;
    let path = format!("/api/sessions/{id}/git/push");
    client.post(&path, &json!({})).await.created();
    let last = forge.git(&["-C", "a.git", "log", "-1", "--format=%s", "main"]);
    assert_eq!(last, "two");

    // Any line of the key's middle would give it away; what is searched for is found where it is, and the search is not.
    let line = private.lines().nth(2).unwrap();
    let search = |text: &str| {
        let (first, rest) = text.split_at(1);
        let places = "/etc /home /opt /run /tmp /usr /var /workspace /proc/[0-9]*/environ /proc/[0-9]*/cmdline";
        format!("grep -rl -e '[{first}]{rest}' {places} 2>/dev/null")
    };
    said(
        &client,
        &id,
        "echo mark-7f3e91 >/tmp/place; git config x.y mark-7f3e91",
    )
    .await;
    let found = said(&client, &id, &search("mark-7f3e91")).await;
    assert_eq!(found.lines().count(), 2, "{found}");
    assert_eq!(said(&client, &id, &search(line)).await, "");

    // A host off the list is not reached, and one whose key has changed is not spoken to.
    let elsewhere = format!("git ls-remote {}", other.url_at(HOST, &repository));
    let refused = said(&client, &id, &elsewhere).await;
    let words = format!("{HOST}:{} is not on this session's list", other.port);
    assert!(refused.contains(&words), "{refused}");
    let shown = sshd.change_host_key();
    let refused = said(&client, &id, "git fetch origin").await;
    assert!(
        refused.contains(&shown) && refused.contains(&known),
        "{refused}"
    );
    yard.delete(&client, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_a_container_was_not_cloned_over_ssh_is_said_in_words() {
    let (mut yard, forge) = (Yard::started(), Forge::new().await);
    let sshd = Sshd::at(HOST).await;
    let client = yard.house.client().await;
    let url = sshd.url_at(HOST, &forge.made().with_file_name("a.git"));
    for (more, words) in [
        (
            json!({"network": "allowlist", "allowHosts": ["*.example.org"]}),
            "is not on this session's list of allowed hosts",
        ),
        (
            json!({"network": "git"}),
            "accepts none of the session's SSH keys",
        ),
    ] {
        let mut wish = more;
        wish["generateSshKey"] = json!(true);
        let id = yard.clone_of(&client, &url, wish).await;
        let failed = wait_for("the session fails", async || {
            client.session_in(&id, "error").await
        })
        .await;
        let why = failed["statusReason"].as_str().unwrap();
        assert!(why.contains(words), "{why}");
        yard.delete(&client, &id).await;
    }
}
