//! Sessions whose repository is reached over SSH, with a key that never enters them: a real OpenSSH server, real git, the key in the server's
//! store. Which hosts the key is shown to, what happens when a host's key changes, and when the server is killed in between.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::forge::Forge;
use crate::support::http::Client;
use crate::support::sshd::{Sshd, make_key};
use crate::support::{House, processes, wait_for};

/// A session on the host with this key, which begins with the forge's repository.
async fn create(client: &Client, url: &str, key: Value) -> Value {
    let mut body = json!({
        "name": "one", "agent": "shell", "multiplexer": "none", "runtime": "host", "repoUrl": url,
        "gitUserName": "Ada", "gitUserEmail": "ada@example.org",
    });
    let fields = key.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    client.post("/api/sessions", &body).await.created()
}

async fn in_status(client: &Client, id: &str, status: &str) -> Value {
    wait_for(&format!("the session is {status}"), async || {
        client.session_in(id, status).await
    })
    .await
}

/// The same with the forge's repository over this host; its identifier.
async fn begin(client: &Client, sshd: &Sshd, forge: &Forge, key: Value) -> String {
    let made = create(client, &sshd.url(&bare(forge)), key).await;
    id_of(&made)
}

/// A key that is made and kept, with this beside its name, and may log in at these hosts.
async fn kept_key(client: &Client, hosts: &[&Sshd], more: Value) -> Value {
    let mut wish = json!({"name": "mine", "generate": true});
    let fields = more.as_object().unwrap().clone();
    wish.as_object_mut().unwrap().extend(fields);
    let kept = client.post("/api/ssh-keys", &wish).await.created();
    for sshd in hosts {
        sshd.authorize(kept["publicKey"].as_str().unwrap());
    }
    kept
}

/// Removes the session, with whatever is in it.
async fn remove(client: &Client, id: &str) {
    client
        .delete(&format!("/api/sessions/{id}?force=true"))
        .await
        .created();
    wait_for("the session is gone", async || {
        (client.get(&format!("/api/sessions/{id}")).await.status == 404).then_some(())
    })
    .await;
}

/// What a script in the session says, with its exit code.
async fn sh(client: &Client, id: &str, script: &str) -> (i64, String) {
    let body = json!({"command": ["sh", "-c", script]});
    let path = format!("/api/sessions/{id}/exec");
    let answer = client.post(&path, &body).await.created();
    let said = ["stdout", "stderr"].map(|stream| answer[stream].as_str().unwrap());
    let code = answer["exitCode"].as_i64().unwrap();
    (code, said.concat().trim().to_owned())
}

/// What the audit log says of an action: its outcomes with the value of a detail, oldest first.
async fn audited(client: &Client, action: &str, detail: &str) -> Vec<(String, String)> {
    let list = client
        .get(&format!("/api/audit?action={action}"))
        .await
        .body;
    let items = list["items"].as_array().unwrap().iter().rev();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items
        .map(|item| (text(&item["outcome"]), text(&item["detail"][detail])))
        .collect()
}

/// The forge's repository, as it lies on the disk.
fn bare(forge: &Forge) -> PathBuf {
    forge.made().with_file_name("a.git")
}

fn id_of(session: &Value) -> String {
    session["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_clones_and_pushes_with_a_key_that_was_made_for_it_and_goes_with_it() {
    let (house, forge, sshd) = (House::started(), Forge::new().await, Sshd::new().await);
    let client = house.client().await;
    let made = create(
        &client,
        &sshd.url(&bare(&forge)),
        json!({"generateSshKey": true}),
    )
    .await;
    let id = id_of(&made);
    let public = made["sshPublicKey"].as_str().unwrap().to_owned();
    assert_eq!(made["hasSshKey"], true);
    // Nobody at the host knows the key yet; the session can be started again.
    let failed = in_status(&client, &id, "error").await;
    let reason = failed["statusReason"].as_str().unwrap();
    assert!(
        reason.contains("accepts none of the session's SSH keys"),
        "{reason}"
    );
    sshd.authorize(&public);
    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    in_status(&client, &id, "running").await;

    // People and agents in it, and Longhouse's own git, push with it.
    let script = "echo one >one && git add one && git commit -qm one && git push -q origin main && ssh-add -L";
    let (code, said) = sh(&client, &id, script).await;
    assert_eq!(
        (code, said.split(' ').nth(1)),
        (0, public.split(' ').nth(1)),
        "{said}\n{}",
        sshd.log()
    );
    sh(
        &client,
        &id,
        "echo two >two && git add two && git commit -qm two",
    )
    .await;
    let pushed = client
        .post(&format!("/api/sessions/{id}/git/push"), &json!({}))
        .await;
    assert_eq!(pushed.status, 200, "{}", pushed.text);
    forge.git(&["-C", "a.git", "cat-file", "-e", "main:two"]);
    let host = format!("[127.0.0.1]:{}", sshd.port);
    let signed = audited(&client, "ssh_key.sign", "host").await;
    assert!(
        signed.len() >= 3
            && signed
                .iter()
                .all(|entry| *entry == ("ok".to_owned(), host.clone())),
        "{signed:?}"
    );
    assert_eq!(audited(&client, "known_host.learn", "host").await.len(), 1);

    remove(&client, &id).await;
    wait_for("nothing is left of it", async || {
        house.leftovers().is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_used_and_never_enters_the_session() {
    let (house, forge, sshd) = (House::started(), Forge::new().await, Sshd::new().await);
    let client = house.client().await;
    let keys = tempfile::tempdir().unwrap();
    let file = keys.path().join("key");
    make_key(&file);
    let private = std::fs::read_to_string(&file).unwrap();
    sshd.authorize(&std::fs::read_to_string(file.with_extension("pub")).unwrap());
    let kept = json!({"name": "mine", "privateKey": private});
    let kept = client.post("/api/ssh-keys", &kept).await.created();
    assert_eq!(kept["lastUsedAt"], Value::Null);
    let id = begin(&client, &sshd, &forge, json!({"sshKeyId": kept["id"]})).await;
    in_status(&client, &id, "running").await;
    let list = client.get("/api/ssh-keys").await.body;
    assert!(list["items"][0]["lastUsedAt"].is_string(), "{list}");

    // Any two lines of the key's middle would give it away.
    let line = private.lines().nth(2).unwrap();
    assert_eq!(holding(house.home(), line), Vec::<PathBuf>::new());
    for (pid, command) in processes::of(house.home()) {
        assert!(!command.contains(line), "{command}");
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&environment).contains(line));
    }
    // Whoever is in the session may have it sign for its hosts, and nothing else; nobody else of the machine reaches it.
    let (_, said) = sh(
        &client,
        &id,
        "stat -c %a $SSH_AUTH_SOCK $(dirname $SSH_AUTH_SOCK)",
    )
    .await;
    assert_eq!(said, "600\n700");
    let (code, said) = sh(
        &client,
        &id,
        "echo x >x; ssh-add -L >key.pub; ssh-keygen -Y sign -n git -f key.pub x",
    )
    .await;
    assert_ne!(code, 0, "{said}");
    let refused = audited(&client, "ssh_key.sign", "reason").await;
    assert!(
        refused
            .last()
            .is_some_and(|(outcome, _)| outcome == "denied"),
        "{refused:?}"
    );

    // A key that is deleted signs no more.
    let path = format!("/api/ssh-keys/{}", kept["id"].as_str().unwrap());
    assert_eq!(client.delete(&path).await.status, 204);
    let (code, said) = sh(&client, &id, "git fetch origin").await;
    assert!(code != 0 && said.contains("Permission denied"), "{said}");
}

/// The files below a directory that hold this text.
fn holding(dir: &Path, text: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .flat_map(|path| match path.symlink_metadata() {
            Ok(found) if found.is_dir() => holding(&path, text),
            Ok(found) if found.is_file() => {
                let bytes = std::fs::read(&path).unwrap_or_default();
                let holds = String::from_utf8_lossy(&bytes).contains(text);
                if holds { vec![path] } else { Vec::new() }
            }
            _ => Vec::new(),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_with_another_key_is_refused_until_a_person_forgets_the_old_one() {
    let (house, forge, sshd) = (House::started(), Forge::new().await, Sshd::new().await);
    let client = house.client().await;
    let known = sshd.change_host_key();
    let kept = kept_key(&client, &[&sshd], json!({})).await;
    let id = begin(&client, &sshd, &forge, json!({"sshKeyId": kept["id"]})).await;
    in_status(&client, &id, "running").await;
    let list = client.get("/api/known-hosts").await.body;
    assert_eq!(list["items"][0]["fingerprint"], known, "{list}");

    let shown = sshd.change_host_key();
    let fetched = client
        .post(&format!("/api/sessions/{id}/git/fetch"), &json!({}))
        .await;
    assert!(
        fetched.status != 200 && fetched.text.contains("another host key"),
        "{}",
        fetched.text
    );
    let (code, said) = sh(&client, &id, "git fetch origin").await;
    assert!(
        code != 0 && said.contains(&shown) && said.contains(&known),
        "{said}"
    );
    // Everybody who may look at the session sees it.
    let session = client.get(&format!("/api/sessions/{id}")).await.body;
    let reason = session["statusReason"].as_str().unwrap_or_default();
    assert!(
        reason.contains(&shown) && reason.contains("forget"),
        "{session}"
    );
    let list = client.get("/api/known-hosts").await.body;
    assert_eq!(
        (
            &list["items"][0]["fingerprint"],
            &list["items"][0]["refusedFingerprint"]
        ),
        (&json!(known), &json!(shown))
    );
    assert_eq!(
        audited(&client, "known_host.refuse", "fingerprint").await[0],
        ("denied".to_owned(), shown.clone())
    );
    // So does a new session of the same person.
    let two = client.post("/api/sessions", &json!({
        "name": "two", "agent": "shell", "multiplexer": "none", "runtime": "host", "repoUrl": sshd.url(&bare(&forge)), "sshKeyId": kept["id"],
    })).await.created();
    let failed = in_status(&client, &id_of(&two), "error").await;
    assert!(
        failed["statusReason"]
            .as_str()
            .unwrap()
            .contains("another host key"),
        "{failed}"
    );

    let path = format!(
        "/api/known-hosts/{}",
        list["items"][0]["id"].as_str().unwrap()
    );
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(
        sh(&client, &id, "git fetch origin").await,
        (0, String::new())
    );
    let session = client.get(&format!("/api/sessions/{id}")).await.body;
    assert_eq!(session["statusReason"], Value::Null);
    let list = client.get("/api/known-hosts").await.body;
    assert_eq!(list["items"][0]["fingerprint"], shown, "{list}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_not_shown_to_a_host_that_it_is_not_for() {
    let (house, forge) = (House::started(), Forge::new().await);
    let (ours, other) = (Sshd::new().await, Sshd::new().await);
    let client = house.client().await;
    let other_host = format!("127.0.0.1:{}", other.port);
    for (hosts, goes) in [(json!([]), false), (json!([other_host]), true)] {
        let wish = json!({"name": format!("for {hosts}"), "hosts": hosts});
        let kept = kept_key(&client, &[&ours, &other], wish).await;
        let id = begin(&client, &ours, &forge, json!({"sshKeyId": kept["id"]})).await;
        in_status(&client, &id, "running").await;
        let script = format!("git fetch -q {} main", other.url(&bare(&forge)));
        let (code, said) = sh(&client, &id, &script).await;
        assert_eq!(code == 0, goes, "{said}");
        let last = audited(&client, "ssh_key.sign", "host")
            .await
            .pop()
            .unwrap();
        let outcome = if goes { "ok" } else { "denied" };
        assert_eq!(
            last,
            (outcome.to_owned(), format!("[127.0.0.1]:{}", other.port))
        );
        remove(&client, &id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clone_that_the_key_was_not_used_for_says_why() {
    let (house, forge) = (House::started(), Forge::new().await);
    let (ours, other) = (Sshd::new().await, Sshd::new().await);
    let client = house.client().await;
    let kept = kept_key(&client, &[&ours, &other], json!({})).await;
    // A part of the repository is at a host that the key is not for.
    let elsewhere = other.url(&bare(&forge));
    let part = format!("[submodule \"part\"]\n\tpath = part\n\turl = {elsewhere}\n");
    forge.write(".gitmodules", &part);
    let commit = forge.git(&["-C", "made", "rev-parse", "HEAD"]);
    let link = format!("160000,{commit},part");
    forge.git(&["-C", "made", "update-index", "--add", "--cacheinfo", &link]);
    forge.git(&["-C", "made", "add", ".gitmodules"]);
    forge.git(&["-C", "made", "commit", "--quiet", "--message=part"]);
    forge.git(&["-C", "made", "push", "--quiet", "../a.git", "main"]);
    let wish = json!({"sshKeyId": kept["id"], "cloneSubmodules": true});
    let id = begin(&client, &ours, &forge, wish).await;
    let failed = in_status(&client, &id, "error").await;
    let reason = failed["statusReason"].as_str().unwrap();
    let host = format!("was not used for [127.0.0.1]:{}", other.port);
    assert!(
        reason.contains(&host) && reason.contains("this is none of them"),
        "{reason}"
    );
    remove(&client, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_git_fails_in_words_and_works_again_afterwards() {
    let (mut house, forge, sshd) = (House::started(), Forge::new().await, Sshd::new().await);
    let client = house.client().await;
    let kept = kept_key(&client, &[&sshd], json!({})).await;
    let id = begin(&client, &sshd, &forge, json!({"sshKeyId": kept["id"]})).await;
    let session = in_status(&client, &id, "running").await;
    let workdir = PathBuf::from(session["workdir"].as_str().unwrap());
    let ended = async || {
        wait_for("git has ended", async || {
            let code = std::fs::read_to_string(workdir.join("code")).ok()?;
            (!code.is_empty()).then_some(code)
        })
        .await
    };
    // It begins when the server is gone, and tells how it went.
    let script = "(while [ ! -e go ]; do sleep 0.05; done; git fetch origin >said 2>&1; echo $? >code) >/dev/null 2>&1 &";
    sh(&client, &id, script).await;
    house.kill();
    std::fs::write(workdir.join("go"), "").unwrap();
    let code = ended().await;
    let said = std::fs::read_to_string(workdir.join("said")).unwrap();
    assert_ne!(code.trim(), "0", "{said}");
    assert!(said.contains("Longhouse gave no answer"), "{said}");

    // What is asked shortly before the server is back, it answers.
    for name in ["go", "said", "code"] {
        std::fs::remove_file(workdir.join(name)).unwrap();
    }
    house.start();
    let client = house.client().await;
    in_status(&client, &id, "running").await;
    sh(&client, &id, script).await;
    house.kill();
    std::fs::write(workdir.join("go"), "").unwrap();
    house.start();
    let code = ended().await;
    assert_eq!(
        code.trim(),
        "0",
        "{}",
        std::fs::read_to_string(workdir.join("said")).unwrap()
    );
}
