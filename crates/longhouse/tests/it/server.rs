//! The server's life: first start, use, orderly end, and the starts that are refused.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use http::StatusCode;
use rustix::process::Signal;
use serde_json::json;

use crate::support::http::Client;
use crate::support::terminal::{Came, Viewer};
use crate::support::{House, PASSWORD, processes, running_shell, wait_for, with_processes};

#[tokio::test]
async fn a_person_logs_in_creates_a_session_and_works_in_its_terminal() {
    let house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "first", "none").await;
    let id = session["id"].as_str().unwrap();

    client.input(id, "agent", "echo $((6*7))-by-rest\n").await;
    wait_for("the answer is on the screen", async || {
        client
            .screen(id, "agent")
            .await
            .contains("42-by-rest")
            .then_some(())
    })
    .await;

    let mut viewer = Viewer::join(&client, id, "agent", "").await;
    viewer.send_input("echo $((6*8))-by-socket\n").await;
    let (_, seen) = viewer
        .read_until(None, |read| {
            String::from_utf8_lossy(read).contains("48-by-socket")
        })
        .await;
    assert!(!seen.is_empty());

    client
        .delete(&format!("/api/sessions/{id}"))
        .await
        .created();
    assert_eq!(house.leftovers(), Vec::<std::path::PathBuf>::new());
}

/// The address and the token of the set-up link that the console shows.
fn set_up_link(child: &mut std::process::Child) -> (String, String) {
    let stdout = child.stdout.take().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(stdout));
    let link = lines
        .map_while(Result::ok)
        .find(|line| line.contains("/setup?token="))
        .unwrap();
    let (url, token) = link.trim().split_once("/setup?token=").unwrap();
    (url.to_owned(), token.to_owned())
}

#[tokio::test]
async fn without_a_password_the_console_shows_a_set_up_link_that_works_once() {
    let mut house = House::new();
    house.variables.clear();
    let mut child = house.spawn();
    let (url, token) = set_up_link(&mut child);
    assert!(!house.log().contains(&token), "the link was logged");

    let client = Client::new(&url);
    let body = json!({"token": token, "username": "ada", "password": PASSWORD});
    let made = client.post("/api/auth/setup", &body).await.created();
    assert_eq!(made["user"]["username"], "ada");
    let again = client.post("/api/auth/setup", &body).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);

    processes::signal(child.id(), Signal::TERM);
    assert!(child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_claims_of_the_set_up_link_at_once_exactly_one_succeeds() {
    const CLAIMS: usize = 20;
    let mut house = House::new();
    house.variables.clear();
    let mut child = house.spawn();
    let (url, token) = set_up_link(&mut child);
    let together = std::sync::Arc::new(tokio::sync::Barrier::new(CLAIMS));
    let claims: Vec<_> = (0..CLAIMS)
        .map(|number| {
            let (client, together) = (Client::new(&url), together.clone());
            // Names differ, so that no name decides who wins.
            let body =
                json!({"token": token, "username": format!("claim{number}"), "password": PASSWORD});
            tokio::spawn(async move {
                together.wait().await;
                client.post("/api/auth/setup", &body).await
            })
        })
        .collect();
    let mut won = Vec::new();
    for claim in claims {
        let answer = claim.await.unwrap();
        if answer.status.is_success() {
            won.push(answer.body);
        } else {
            let status = answer.status.as_u16();
            assert!(
                matches!(status, 401 | 403 | 409 | 429 | 503),
                "{}",
                answer.text
            );
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    let mut client = Client::new(&url);
    client.token = Some(won[0]["accessToken"].as_str().unwrap().to_owned());
    let users = client.get("/api/users").await.created();
    assert_eq!(users["total"], 1, "{users}");
    assert_eq!(users["items"][0]["username"], won[0]["user"]["username"]);

    processes::signal(child.id(), Signal::TERM);
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn an_orderly_stop_tells_viewers_leaves_sessions_alone_and_removes_its_socket() {
    let mut house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "stays", "none").await;
    let id = session["id"].as_str().unwrap().to_owned();
    let mut viewer = Viewer::join(&client, &id, "agent", "").await;
    assert!(matches!(viewer.next().await, Came::Text));

    assert!(house.stop().success());
    let closed = loop {
        if let Came::Closed(code) = viewer.next().await {
            break code;
        }
    };
    assert_eq!(closed, Some(1001));
    assert!(!house.data_dir().join("run/ctl.sock").exists());

    house.start();
    let client = house.client().await;
    let again = with_processes(&client, &id).await;
    assert_eq!(again["pid"], session["pid"]);
}

#[tokio::test]
async fn a_hangup_does_not_end_the_server_and_a_second_signal_ends_it_at_once() {
    let mut house = House::started();
    processes::signal(house.pid(), Signal::HUP);
    let client = Client::new(house.url());
    assert_eq!(client.get("/livez").await.status, StatusCode::OK);
    processes::signal(house.pid(), Signal::INT);
    assert!(house.stop().code().is_some(), "it ended by itself");
}

#[tokio::test]
async fn sessions_have_the_limit_of_open_files_that_the_server_was_started_with() {
    let mut house = House::new();
    house.start_through(&["sh", "-c", "ulimit -S -n 300; exec \"$@\"", "sh"]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", house.pid())).unwrap();
    let open_files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let numbers: Vec<&str> = open_files.split_whitespace().collect();
    assert_eq!(
        numbers[3], numbers[4],
        "the server has not raised its own: {open_files}"
    );

    let client = house.client().await;
    running_shell(&client, "limited", "none").await;
    let shown = house.succeed(&[
        "session",
        "exec",
        "limited",
        "--",
        "sh",
        "-c",
        "ulimit -S -n",
    ]);
    assert_eq!(shown, "300\n");
}

#[tokio::test]
async fn a_data_directory_too_deep_for_sockets_works_all_the_same() {
    let mut house = House::new();
    house.deepen();
    house.start();
    let client = house.client().await;
    let session = running_shell(&client, "deep", "none").await;
    assert!(house.succeed(&["session", "ls"]).contains("deep"));
    let id = session["id"].as_str().unwrap();
    client
        .delete(&format!("/api/sessions/{id}"))
        .await
        .created();
    house.stop();
    assert_eq!(std::fs::read_dir(house.run_dir()).unwrap().count(), 0);
    std::fs::remove_dir(house.run_dir()).unwrap();
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_told_why() {
    let house = House::started();
    let second = house
        .command()
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{error}");
    assert!(
        error.contains(&format!("process {}", house.pid())),
        "{error}"
    );
    assert!(error.contains(house.url()), "{error}");
}

#[test]
fn an_address_in_use_and_an_open_one_without_a_word_are_refused() {
    let house = House::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = house.run(&["serve", "--listen", &address]);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(
        error.contains("another program") && !refused.status.success(),
        "{error}"
    );

    let refused = house.run(&["serve", "--listen", "0.0.0.0:0"]);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(error.contains("--insecure"), "{error}");
}

#[test]
fn a_broken_configuration_is_refused_with_its_place() {
    let house = House::new();
    std::fs::create_dir(house.data_dir()).unwrap();
    let file = house.data_dir().join("longhouse.toml");
    for (content, says) in [
        ("lisen = \"127.0.0.1:1\"", "did you mean \"listen\"?"),
        ("listen = ", "line 1"),
        ("max_sessions = \"x\"", "max_sessions"),
    ] {
        std::fs::write(&file, content).unwrap();
        for command in [&["serve"][..], &["config", "check"]] {
            let refused = house.run(command);
            let error = String::from_utf8_lossy(&refused.stderr);
            assert_eq!(refused.status.code(), Some(2), "{command:?}: {error}");
            assert!(error.contains(says), "{command:?}: {error}");
        }
    }
}

#[test]
fn what_is_kept_is_closed_to_others() {
    let house = House::started();
    let mode = |path: &str| {
        let found = std::fs::metadata(house.data_dir().join(path)).unwrap();
        found.permissions().mode() & 0o777
    };
    for (path, expected) in [
        ("", 0o700),
        ("run", 0o700),
        ("run/ctl.sock", 0o600),
        ("keys", 0o700),
        ("keys/master.key", 0o600),
        ("longhouse.db", 0o600),
        ("longhouse.lock", 0o600),
    ] {
        assert_eq!(mode(path), expected, "{path}");
    }
    assert!(!house.log().contains(PASSWORD));
}

#[tokio::test]
async fn a_server_with_few_descriptors_tells_who_comes_too_late_and_recovers() {
    use std::io::{Read as _, Write as _};
    let mut house = House::new();
    house.start_through(&["sh", "-c", "ulimit -n 120; exec \"$@\"", "sh"]);
    let address = house.url().strip_prefix("http://").unwrap().to_owned();
    let ask = |stream: &mut std::net::TcpStream| {
        let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let mut head = [0; 12];
        let patience = Some(std::time::Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        let asked = stream.write_all(request.as_bytes());
        match asked.and_then(|()| stream.read_exact(&mut head)) {
            Ok(()) => String::from_utf8_lossy(&head).into_owned(),
            Err(error) => error.to_string(),
        }
    };
    let mut first = std::net::TcpStream::connect(&address).unwrap();
    assert_eq!(ask(&mut first), "HTTP/1.1 200");
    let flood: Vec<_> = (0..300)
        .filter_map(|_| std::net::TcpStream::connect(&address).ok())
        .collect();
    let mut late = std::net::TcpStream::connect(&address).unwrap();
    assert_eq!(ask(&mut late), "HTTP/1.1 503");
    drop(flood);
    wait_for("there is room again", async || {
        let mut next = std::net::TcpStream::connect(&address).unwrap();
        (ask(&mut next) == "HTTP/1.1 200").then_some(())
    })
    .await;
}
