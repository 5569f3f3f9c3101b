//! Sessions on the host that begin with a repository, cloned from a real git server: what arrives, what fails and why, kills, and that
//! git runs nowhere but below sessiond.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::forge::Forge;
use crate::support::http::Client;
use crate::support::{House, processes, wait_for};

/// A house whose server may clone over plain HTTP, as a test's forge has it.
fn house() -> House {
    let mut house = House::new();
    let setting = ("LONGHOUSE_GIT_PROTOCOLS", "https:ssh:http");
    let (name, value) = setting;
    house.variables.push((name.to_owned(), value.to_owned()));
    house.start();
    house
}

async fn create(client: &Client, name: &str, url: &str) -> String {
    create_with(client, name, url, json!({})).await
}

async fn create_with(client: &Client, name: &str, url: &str, more: Value) -> String {
    let mut body = json!({"name": name, "agent": "shell", "multiplexer": "none", "runtime": "host", "repoUrl": url});
    let fields = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    let made = client.post("/api/sessions", &body).await.created();
    assert_eq!(
        (&made["repoUrl"], &made["repoType"]),
        (&json!(url), &json!("clone"))
    );
    made["id"].as_str().unwrap().to_owned()
}

async fn running(client: &Client, id: &str) -> Value {
    wait_for("the session runs", async || {
        client.session_in(id, "running").await
    })
    .await
}

async fn stopped(client: &Client, id: &str) -> Value {
    wait_for("the session is stopped", async || {
        client.session_in(id, "stopped").await
    })
    .await
}

/// Why it is in `error`.
async fn failed(client: &Client, id: &str) -> String {
    let session = wait_for("the session fails", async || {
        client.session_in(id, "error").await
    })
    .await;
    session["statusReason"].as_str().unwrap().to_owned()
}

async fn sh(client: &Client, id: &str, script: &str) -> String {
    let body = json!({"command": ["sh", "-c", script]});
    let path = format!("/api/sessions/{id}/exec");
    let answer = client.post(&path, &body).await.created();
    answer["stdout"].as_str().unwrap().trim().to_owned()
}

async fn start(client: &Client, id: &str) {
    let path = format!("/api/sessions/{id}/start");
    client.post(&path, &json!({})).await.created();
}

async fn delete(house: &House, client: &Client, id: &str) {
    let path = format!("/api/sessions/{id}");
    client.delete(&format!("{path}?force=true")).await.created();
    wait_for("nothing of the session is left", async || {
        let gone = client.get(&path).await.status == 404;
        (gone && house.leftovers().is_empty()).then_some(())
    })
    .await;
}

/// What is in a session's directory.
fn names(workdir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(workdir).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_begins_in_its_repository_on_its_branch_and_commits_as_its_person() {
    let (house, forge) = (house(), Forge::new().await);
    let client = house.client().await;
    let more = json!({"branch": "dev", "cloneDepth": 1, "gitUserName": "Ada", "gitUserEmail": "ada@example.org"});
    let id = create_with(&client, "one", &forge.url("a.git"), more).await;
    let session = running(&client, &id).await;
    assert_eq!(
        (&session["branch"], &session["cloneDepth"]),
        (&json!("dev"), &json!(1))
    );
    assert!(session["clonedAt"].is_string(), "{session}");
    let script = "cat readme; git branch --show-current; git rev-list --count HEAD; echo more >more && git add more && git commit -qm x && \
         git log -1 --format='%an <%ae>'";
    let said = sh(&client, &id, script).await;
    assert_eq!(said, "hello\ndev\n1\nAda <ada@example.org>");

    // Once: what was done there stays, whatever the server meets.
    client
        .post(&format!("/api/sessions/{id}/stop"), &json!({}))
        .await
        .created();
    stopped(&client, &id).await;
    start(&client, &id).await;
    running(&client, &id).await;
    assert_eq!(sh(&client, &id, "ls").await, "more\nreadme");
    delete(&house, &client, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_clone_says_why_in_words_and_can_be_tried_again() {
    let (house, forge) = (house(), Forge::new().await);
    let client = house.client().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/a.git", closed.local_addr().unwrap());
    drop(closed);
    for (number, (url, branch, words)) in [
        (
            forge.url("a.git"),
            json!("nowhere"),
            "no branch or tag \"nowhere\"",
        ),
        (forge.url("b.git"), Value::Null, "has no such repository"),
        (forge.url("private/a.git"), Value::Null, "asks for a login"),
        (forge.url("moved/a.git"), Value::Null, "leads to another"),
        (nobody, Value::Null, "does not answer"),
        (
            "http://nowhere.invalid/a.git".to_owned(),
            Value::Null,
            "there is no host nowhere.invalid",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let id = create_with(
            &client,
            &format!("s{number}"),
            &url,
            json!({"branch": branch}),
        )
        .await;
        let reason = failed(&client, &id).await;
        assert!(reason.contains(words) && reason.contains(&url), "{reason}");
        delete(&house, &client, &id).await;
    }
    // It is there by the second time.
    let id = create_with(
        &client,
        "later",
        &forge.url("a.git"),
        json!({"branch": "later"}),
    )
    .await;
    failed(&client, &id).await;
    forge.git(&["-C", "made", "branch", "later"]);
    forge.publish();
    start(&client, &id).await;
    let session = running(&client, &id).await;
    let workdir = session["workdir"].as_str().unwrap();
    assert_eq!(names(Path::new(workdir)), [".git", "readme"]);
    delete(&house, &client, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_with_something_in_it_is_left_alone() {
    let (house, forge) = (house(), Forge::new().await);
    let client = house.client().await;
    let workdir = house.home().join("mine");
    std::fs::create_dir(&workdir).unwrap();
    std::fs::write(workdir.join("notes"), "mine").unwrap();
    let more = json!({"workdir": workdir});
    let id = create_with(&client, "one", &forge.url("a.git"), more).await;
    let reason = failed(&client, &id).await;
    assert!(
        reason.contains("not empty") && reason.contains("notes"),
        "{reason}"
    );
    assert_eq!(names(&workdir), ["notes"]);
    std::fs::remove_file(workdir.join("notes")).unwrap();
    start(&client, &id).await;
    running(&client, &id).await;
    delete(&house, &client, &id).await;
    assert_eq!(names(&workdir), [".git", "readme"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_and_deleting_end_a_clone_and_what_it_had_made() {
    let (house, forge) = (house(), Forge::new().await);
    let client = house.client().await;
    let id = create(&client, "one", &forge.url("stalled/a.git")).await;
    wait_for("the clone is under way", async || {
        (forge.stalled() == 1).then_some(())
    })
    .await;
    client
        .post(&format!("/api/sessions/{id}/stop"), &json!({}))
        .await
        .created();
    let session = stopped(&client, &id).await;
    wait_for("git has hung up", async || {
        (forge.stalled() == 0).then_some(())
    })
    .await;
    assert!(names(Path::new(session["workdir"].as_str().unwrap())).is_empty());
    start(&client, &id).await;
    wait_for("the clone is under way", async || {
        (forge.stalled() == 1).then_some(())
    })
    .await;
    delete(&house, &client, &id).await;
    wait_for("git has hung up", async || {
        (forge.stalled() == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clone_whose_server_or_sessiond_is_killed_is_begun_again() {
    let (mut house, forge) = (house(), Forge::new().await);
    let client = house.client().await;
    let id = create(&client, "one", &forge.url("stalled/a.git")).await;
    wait_for("the clone is under way", async || {
        (forge.stalled() == 1).then_some(())
    })
    .await;
    house.kill();
    wait_for("git ends with the server", async || {
        (forge.stalled() == 0).then_some(())
    })
    .await;
    house.start();
    wait_for("the clone is begun again", async || {
        (forge.stalled() == 1).then_some(())
    })
    .await;
    let killed = sessiond_in(&house).unwrap();
    processes::signal(killed, rustix::process::Signal::KILL);
    wait_for("another sessiond clones", async || {
        let another = sessiond_in(&house).filter(|pid| *pid != killed);
        (forge.stalled() == 1).then_some(another?)
    })
    .await;
    let client = house.client().await;
    delete(&house, &client, &id).await;
}

/// What the kernel calls a process.
fn name(pid: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
    name.ok().map(|name| name.trim().to_owned())
}

/// The sessiond of a house's one session.
fn sessiond_in(house: &House) -> Option<u32> {
    let all = processes::of(house.home()).into_iter().map(|(pid, _)| pid);
    let mut sessionds = all.filter(|pid| name(*pid).as_deref() == Some("sessiond"));
    sessionds.next()
}

/// The processes below a process, itself not among them.
fn below(root: u32) -> Vec<(u32, String)> {
    let parent = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit(") ")
            .next()?
            .split(' ')
            .nth(1)?
            .parse::<u32>()
            .ok()
    };
    let is_below = |pid: u32| {
        let mut up = parent(pid);
        while let Some(now) = up.filter(|now| *now > 1) {
            if now == root {
                return true;
            }
            up = parent(now);
        }
        false
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let named = pids.filter_map(|pid: u32| Some((pid, name(pid)?)));
    named.filter(|(pid, _)| is_below(*pid)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn git_runs_below_sessiond_and_never_below_the_server() {
    let (house, forge) = (house(), Forge::new().await);
    let client = house.client().await;
    let id = create(&client, "one", &forge.url("stalled/a.git")).await;
    wait_for("the clone is under way", async || {
        (forge.stalled() == 1).then_some(())
    })
    .await;
    let is_git = |(_, name): &(u32, String)| name.starts_with("git");
    let of_server = below(house.pid());
    assert!(!of_server.iter().any(is_git), "{of_server:?}");
    let of_session = below(sessiond_in(&house).unwrap());
    assert!(of_session.iter().any(is_git), "{of_session:?}");
    // Nobody reads a secret, or anything of the server's, in what git was started with.
    for (pid, _) in of_session.into_iter().filter(is_git) {
        let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let environ = String::from_utf8_lossy(&environ);
        assert!(!environ.contains(crate::support::PASSWORD), "{environ}");
        assert!(
            !environ.contains("LONGHOUSE_DATA") && !environ.contains("TOKEN"),
            "{environ}"
        );
    }
    delete(&house, &client, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_repository_runs_nothing() {
    let (house, forge) = (house(), Forge::new().await);
    let client = house.client().await;
    let marker = house.home().join("marker");
    let run = format!("touch {}", marker.display());
    forge.write(".gitattributes", "* filter=x diff=x\n");
    let bare = format!("[core]\n\tbare = true\n\tfsmonitor = {run}\n\thooksPath = hooks\n");
    for (name, text) in [
        ("bare/HEAD", "ref: refs/heads/main\n"),
        ("bare/config", bare.as_str()),
        ("bare/objects/x", ""),
        ("bare/refs/x", ""),
        ("bare/hooks/post-checkout", "#!/bin/sh\ntouch marker\n"),
        (".claude/settings.json", "{}"),
    ] {
        forge.write(name, text);
    }
    let url = run.replace(' ', "% ");
    forge.write(
        ".gitmodules",
        &format!("[submodule \"s\"]\n\tpath = s\n\turl = ext::sh -c {url}\n"),
    );
    // What the person who runs the server has configured does not count either.
    let settings = format!(
        "[core]\n\tfsmonitor = {run}\n\tsshCommand = {run}\n[filter \"x\"]\n\tsmudge = {run}\n\tprocess = {run}\n[diff \"x\"]\n\ttextconv = {run}\n\
         [protocol]\n\tallow = always\n[credential]\n\thelper = !{run}\n"
    );
    std::fs::write(house.home().join(".gitconfig"), settings).unwrap();
    forge.git(&["-C", "made", "add", "--all", "--force"]);
    let link = "160000,1234567890123456789012345678901234567890,s";
    forge.git(&["-C", "made", "update-index", "--add", "--cacheinfo", link]);
    forge.git(&["-C", "made", "commit", "--quiet", "--message=evil"]);
    std::fs::create_dir(forge.made().join("s")).unwrap();
    forge.publish();
    let plain = create(&client, "plain", &forge.url("a.git")).await;
    running(&client, &plain).await;
    let with_submodules = json!({"cloneSubmodules": true});
    let full = create_with(&client, "full", &forge.url("a.git"), with_submodules).await;
    let reason = failed(&client, &full).await;
    assert!(reason.contains("does not allow"), "{reason}");
    let private = create(&client, "private", &forge.url("private/a.git")).await;
    failed(&client, &private).await;
    assert!(!marker.exists(), "something of the repository ran");
    for id in [plain, full, private] {
        client
            .delete(&format!("/api/sessions/{id}"))
            .await
            .created();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_encrypted_ways_are_open_where_nothing_else_was_set() {
    let house = House::started();
    let client = house.client().await;
    for url in ["http://127.0.0.1/a.git", "file:///srv/a.git"] {
        let body = json!({"name": "one", "runtime": "host", "repoUrl": url});
        let refused = client.post("/api/sessions", &body).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.body["errors"][0]["field"], "repoUrl");
    }
    let list = client.get("/api/sessions").await.created();
    assert_eq!(list["total"], 0);
}
