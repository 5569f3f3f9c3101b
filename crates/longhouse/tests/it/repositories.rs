//! The list of repositories over HTTP, with a real git in real sessions: cloned, made, put into the list, told of while their sessions run and
//! afterwards, worked with, moved, and taken out with and without their files.

use hyper::Method;
use serde_json::{Value, json};

use crate::support::forge::Forge;
use crate::support::http::Client;
use crate::support::{House, wait_for};

/// A house whose server may clone over plain HTTP, as a test's forge has it.
fn house() -> House {
    let mut house = House::new();
    for (name, value) in [
        ("LONGHOUSE_GIT_PROTOCOLS", "https:ssh:http"),
        ("LONGHOUSE_GIT_REPOSITORY_PORTS", "18100-18103"),
    ] {
        house.variables.push((name.to_owned(), value.to_owned()));
    }
    house.start();
    house
}

async fn list(client: &Client) -> Vec<Value> {
    let page = client.get("/api/repositories").await.created();
    let items = page["items"].as_array().unwrap().clone();
    assert_eq!(
        (&page["total"], &page["nextCursor"]),
        (&json!(items.len()), &Value::Null)
    );
    items
}

fn path(repository: &Value) -> String {
    format!("/api/repositories/{}", repository["id"].as_str().unwrap())
}

fn session(repository: &Value) -> &str {
    repository["sessionId"].as_str().unwrap()
}

async fn get(client: &Client, repository: &Value) -> Value {
    client.get(&path(repository)).await.created()
}

async fn put(client: &Client, repository: &Value, change: Value) -> crate::support::http::Answer {
    client
        .send(Method::PUT, &path(repository), Some(&change))
        .await
}

/// Puts one into the list whose session runs before this returns.
async fn create(client: &Client, body: Value) -> Value {
    let made = client.post("/api/repositories", &body).await.created();
    wait_for("its session runs", async || {
        client.session_in(session(&made), "running").await
    })
    .await;
    get(client, &made).await
}

async fn sh(client: &Client, id: &str, script: &str) -> String {
    let body = json!({"command": ["sh", "-c", script]});
    let exec = format!("/api/sessions/{id}/exec");
    let answer = client.post(&exec, &body).await.created();
    assert_eq!(answer["exitCode"], 0, "{answer}");
    answer["stdout"].as_str().unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_cloned_into_the_list_told_of_and_deleted_with_its_files() {
    let mut house = house();
    let (client, forge) = (house.client().await, Forge::new().await);
    let body =
        json!({"name": "shop", "gitUrl": forge.url("a.git"), "branch": "dev", "runtime": "host"});
    let made = create(&client, body).await;
    let told = |r: &Value| {
        json!([
            r["name"],
            r["sessionName"],
            r["path"],
            r["gitUrl"],
            r["branch"],
            r["dirty"],
            r["ahead"],
            r["port"],
            r["running"],
            r["problem"]
        ])
    };
    let clean = json!([
        "shop",
        "shop",
        "",
        forge.url("a.git"),
        "dev",
        false,
        0,
        18100,
        true,
        null
    ]);
    assert_eq!(told(&made), clean);
    assert_eq!(sh(&client, session(&made), "echo $PORT").await, "18100");

    // A program that listens on its port is told of, and where it is looked at.
    assert_eq!(made["listening"], json!(false));
    let url = made["previewUrl"].as_str().unwrap();
    assert!(url.contains(&format!("18100--{}", session(&made))), "{url}");
    client
        .input(session(&made), "manual", "python3 -m http.server $PORT\r")
        .await;
    wait_for("somebody listens", async || {
        (get(&client, &made).await["listening"] == true).then_some(())
    })
    .await;

    // A new file and a commit are seen at once; after the session's end, and a server's, as they were.
    sh(&client, session(&made), "git config user.name A; git config user.email a@example.org; echo x >>readme; git commit -qam more; echo y >new").await;
    let changed = get(&client, &made).await;
    assert_eq!(
        (&changed["dirty"], &changed["ahead"]),
        (&json!(true), &json!(1))
    );
    let stop = format!("/api/sessions/{}/stop", session(&made));
    client.post(&stop, &json!({})).await.created();
    house.kill();
    house.start();
    let client = house.client().await;
    let resting = list(&client).await.remove(0);
    let last = ["dirty", "ahead", "branch", "asOf", "running", "port"].map(|name| &resting[name]);
    let asof = &resting["asOf"];
    assert_eq!(
        last,
        [
            &json!(true),
            &json!(1),
            &json!("dev"),
            asof,
            &json!(false),
            &json!(18100)
        ]
    );
    assert!(asof.is_string());

    let with_files = format!("{}?files=true", path(&made));
    let refused = client.delete(&with_files).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (409, &json!("session.unsaved_work"))
    );
    let gone = client.delete(&format!("{with_files}&force=true")).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(list(&client).await, Vec::<Value>::new());
    let session = client
        .get(&format!("/api/sessions/{}", session(&made)))
        .await;
    assert_eq!(session.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_repository_holds_others_and_each_is_worked_with_by_its_entry() {
    let house = house();
    let client = house.client().await;
    let outer = create(
        &client,
        json!({"name": "outer", "runtime": "host", "branch": "trunk", "port": 18101}),
    )
    .await;
    assert_eq!(
        (&outer["branch"], &outer["port"], &outer["gitUrl"]),
        (&json!("trunk"), &json!(18101), &Value::Null)
    );
    let id = session(&outer);
    sh(&client, id, "git init -q -b inner libs/a && git -C libs/a remote add origin https://user:canary@h.example.org/a && mkdir plain").await;
    let listed = |place: &str| json!({"name": "a", "sessionId": id, "path": place});
    let inner = client.post("/api/repositories", &listed("libs/a/")).await;
    let inner = inner.created();
    // An address with a password in it is not repeated.
    assert_eq!(
        json!([
            inner["path"],
            inner["branch"],
            inner["port"],
            inner["gitUrl"]
        ]),
        json!(["libs/a", "inner", 18100, null])
    );
    for (place, status, code) in [
        ("libs/a", 409, "repository.exists"),
        ("plain", 409, "git.no_repository"),
        ("../x", 422, "request.invalid"),
        ("libs/a/.git", 422, "request.invalid"),
    ] {
        let refused = client.post("/api/repositories", &listed(place)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body["code"].as_str()),
            (status, Some(code)),
            "{place}"
        );
    }

    let git = async |question: Value| client.post("/api/git", &question).await;
    let status = |mut place: Value| {
        place["command"] = json!("status");
        place["args"] = json!(["--short", "--branch"]);
        place
    };
    for (place, branch) in [
        (json!({"repository": inner["id"]}), "inner"),
        (json!({"sessionId": "outer", "path": "libs/a"}), "inner"),
        (json!({"repository": outer["id"]}), "trunk"),
        (json!({"sessionId": id}), "trunk"),
    ] {
        let answer = git(status(place.clone())).await.created();
        let said = answer["stdout"].as_str().unwrap();
        assert!(said.contains(branch), "{place}: {answer}");
    }
    for (place, status_code) in [
        (json!({"repository": inner["id"], "path": "libs"}), 422),
        (json!({"sessionId": id, "path": "../x"}), 422),
        (json!({"path": "libs/a"}), 422),
        (json!({"sessionId": id, "path": "plain"}), 409),
        (
            json!({"repository": "01890000-0000-7000-8000-000000000000"}),
            404,
        ),
    ] {
        let refused = git(status(place.clone())).await;
        assert_eq!(refused.status.as_u16(), status_code, "{place}");
    }

    // What lies deeper keeps its session, too.
    sh(&client, id, "echo x >libs/a/precious").await;
    let refused = client.delete(&format!("/api/sessions/{id}")).await;
    let named = refused.body["errors"].to_string();
    assert!(
        refused.status == 409 && named.contains("libs/a/precious"),
        "{}",
        refused.text
    );
    let refused = client.delete(&format!("{}?files=true", path(&inner))).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    // Out of the list, and still there.
    assert_eq!(client.delete(&path(&inner)).await.status, 204);
    assert_eq!(client.delete(&path(&inner)).await.status, 404);
    assert_eq!(sh(&client, id, "cat libs/a/precious").await, "x");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_gets_another_name_port_and_address() {
    let house = house();
    let (client, forge) = (house.client().await, Forge::new().await);
    let body = json!({"name": "one", "gitUrl": forge.url("a.git"), "runtime": "host"});
    let one = create(&client, body).await;
    let two = create(&client, json!({"name": "two", "runtime": "host"})).await;
    assert_eq!((&one["port"], &two["port"]), (&json!(18100), &json!(18101)));
    for (change, status, code) in [
        (json!({"port": 18101}), 409, "repository.port_taken"),
        (json!({"port": 80}), 422, "request.invalid"),
        (json!({"gitUrl": "file:///etc"}), 422, "request.invalid"),
        (
            json!({"gitUrl": "https://u:p@h.example.org/x"}),
            422,
            "request.invalid",
        ),
        (json!({"name": "/"}), 422, "request.invalid"),
    ] {
        let refused = put(&client, &one, change.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body["code"].as_str()),
            (status, Some(code)),
            "{change}"
        );
    }
    let url = forge.url("b.git");
    let change = json!({"name": "first", "port": 19000, "gitUrl": url});
    let changed = put(&client, &one, change).await.created();
    assert_eq!(
        json!([changed["name"], changed["port"], changed["gitUrl"]]),
        json!(["first", 19000, url])
    );
    let id = session(&one);
    assert_eq!(sh(&client, id, "git remote get-url origin").await, url);
    let held = client.get(&format!("/api/sessions/{id}")).await.created();
    assert_eq!(json!([held["name"], held["repoUrl"]]), json!(["one", url]));

    // The new port is given to what is started from now on; the address needs a session that runs.
    client
        .post(&format!("/api/sessions/{id}/stop"), &json!({}))
        .await
        .created();
    let refused = put(&client, &one, json!({"gitUrl": forge.url("a.git")})).await;
    assert_eq!(refused.body["code"], json!("session.not_running"));
    client
        .post(&format!("/api/sessions/{id}/start"), &json!({}))
        .await
        .created();
    wait_for("it runs again", async || {
        client.session_in(id, "running").await
    })
    .await;
    assert_eq!(sh(&client, id, "echo $PORT").await, "19000");

    // A directory of git's that is gone is said, and what was known stays.
    sh(&client, id, "mv .git gone").await;
    let lost = get(&client, &one).await;
    assert_eq!(
        (&lost["problem"]["code"], &lost["branch"]),
        (&json!("git.no_repository"), &json!("main"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ports_are_given_out_once_and_run_out_with_words() {
    let house = house();
    let client = house.client().await;
    let mut made = Vec::new();
    for n in 0..4 {
        let body = json!({"name": format!("r{n}"), "runtime": "host"});
        made.push(client.post("/api/repositories", &body).await.created());
    }
    let ports: Vec<_> = made.iter().map(|made| made["port"].clone()).collect();
    assert_eq!(json!(ports), json!([18100, 18101, 18102, 18103]));
    let fifth = json!({"name": "r4", "runtime": "host"});
    let refused = client.post("/api/repositories", &fifth).await;
    assert_eq!(refused.body["code"], json!("repository.no_port"));
    // Nothing of it is left, not even its name.
    let sessions = client.get("/api/sessions").await.created();
    assert_eq!(sessions["total"], json!(4));
    assert_eq!(client.delete(&path(&made[1])).await.status, 204);
    let fifth = client.post("/api/repositories", &fifth).await.created();
    assert_eq!(fifth["port"], json!(18101));
}
