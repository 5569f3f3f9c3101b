//! Starts over damaged files: the server says clearly what is broken, or serves; it never dies of it, and never begins anew in silence.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use http::StatusCode;
use rustix::process::Signal;
use serde_json::json;

use crate::support::http::Client;
use crate::support::{House, PASSWORD, processes};

/// How a start went.
enum Start {
    /// It serves, there.
    Ready(std::process::Child, String),
    /// It refused, with these words.
    Refused(String),
}

fn start(house: &House) -> Start {
    let before = house.log().len();
    let mut child = house.spawn();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let ready = stdout.lines().map_while(Result::ok).find_map(|line| {
        let (_, url) = line.split_once("is ready at ")?;
        Some(url.to_owned())
    });
    let said = || house.log()[before..].to_owned();
    match ready {
        Some(url) => Start::Ready(child, url),
        None => {
            let status = child.wait().unwrap();
            assert_eq!(status.code(), Some(1), "{status}: {}", said());
            Start::Refused(said())
        }
    }
}

fn database(house: &House, ending: &str) -> PathBuf {
    house.data_dir().join(format!("longhouse.db{ending}"))
}

/// A server that has been used and was killed: what it remembers lies in its file and in its log.
async fn used() -> House {
    let mut house = House::started();
    let mut client = house.client().await;
    for number in 0..40 {
        let body =
            json!({"username": format!("user-{number}"), "password": PASSWORD, "role": "member"});
        client.post("/api/users", &body).await.created();
        if number == 20 {
            house.stop();
            house.start();
            client = house.client().await;
        }
    }
    house
}

fn cut(path: &Path, length: u64) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

fn flip(path: &Path, place: u64) {
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, place).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], place).unwrap();
}

/// Puts back what was there, and then damages it.
fn lay_out(house: &House, file: &[u8], log: &[u8], damage: impl FnOnce(&House)) {
    std::fs::write(database(house, ""), file).unwrap();
    std::fs::write(database(house, "-wal"), log).unwrap();
    _ = std::fs::remove_file(database(house, "-shm"));
    damage(house);
}

/// How many users a server that started finds.
async fn users(start: Start) -> Result<u64, String> {
    let (mut child, url) = match start {
        Start::Ready(child, url) => (child, url),
        Start::Refused(said) => return Err(said),
    };
    let mut client = Client::new(&url);
    let login = json!({"username": "admin", "password": PASSWORD});
    let answer = client.post("/api/auth/login", &login).await;
    let found = if answer.status == StatusCode::OK {
        client.token = answer.body["accessToken"].as_str().map(str::to_owned);
        let users = client.get("/api/users").await;
        users.body["total"].as_u64().ok_or(users.text)
    } else {
        Err(answer.text)
    };
    processes::signal(child.id(), Signal::TERM);
    child.wait().unwrap();
    found
}

#[tokio::test]
async fn a_damaged_log_costs_its_end_at_most_and_the_server_starts() {
    let mut house = used().await;
    house.kill();
    let (file, log) = (
        std::fs::read(database(&house, "")),
        std::fs::read(database(&house, "-wal")),
    );
    let (file, log) = (file.unwrap(), log.unwrap());
    let length = log.len() as u64;
    for (what, least, damage) in [
        (
            "whole",
            41,
            Box::new(|_: &House| {}) as Box<dyn FnOnce(&House)>,
        ),
        (
            "index",
            41,
            Box::new(|house| std::fs::write(database(house, "-shm"), [0x5a; 32_768]).unwrap()),
        ),
        (
            "cut",
            21,
            Box::new(move |house| cut(&database(house, "-wal"), length / 2 + 7)),
        ),
        (
            "cut short",
            21,
            Box::new(|house| cut(&database(house, "-wal"), 31)),
        ),
        (
            "flipped",
            21,
            Box::new(move |house| flip(&database(house, "-wal"), length / 3)),
        ),
        (
            "head",
            21,
            Box::new(|house| flip(&database(house, "-wal"), 9)),
        ),
        (
            "gone",
            21,
            Box::new(|house| std::fs::remove_file(database(house, "-wal")).unwrap()),
        ),
    ] {
        lay_out(&house, &file, &log, damage);
        let found = users(start(&house))
            .await
            .unwrap_or_else(|said| panic!("{what}: {said}"));
        assert!((least..=41).contains(&found), "{what}: {found}");
    }
    assert!(!house.log().contains("panicked"));
}

#[tokio::test]
async fn a_damaged_database_is_named_and_never_begun_anew() {
    let mut house = used().await;
    house.stop();
    let file = std::fs::read(database(&house, "")).unwrap();
    let length = file.len() as u64;
    for (what, damage) in [
        (
            "half of it",
            Box::new(move |house: &House| cut(&database(house, ""), length / 2))
                as Box<dyn FnOnce(&House)>,
        ),
        (
            "its head",
            Box::new(|house| std::fs::write(database(house, ""), [0x5a; 8192]).unwrap()),
        ),
        (
            "a page",
            Box::new(|house| {
                let file = std::fs::File::options()
                    .write(true)
                    .open(database(house, ""))
                    .unwrap();
                file.write_all_at(&[0x5a; 4096], 4096).unwrap();
            }),
        ),
        ("all of it", Box::new(|house| cut(&database(house, ""), 0))),
    ] {
        lay_out(&house, &file, &[], damage);
        let Start::Refused(said) = start(&house) else {
            panic!("{what} is gone, and it serves");
        };
        assert!(said.contains("backup"), "{what}: {said}");
        assert!(!said.contains("panicked"), "{what}: {said}");
    }
    // Bits anywhere: said, or harmless; whoever asks gets an answer.
    for place in (1..8).map(|eighth| length / 8 * eighth + 41) {
        lay_out(&house, &file, &[], |house| {
            flip(&database(house, ""), place)
        });
        if let Err(said) = users(start(&house)).await {
            assert!(!said.contains("panicked"), "{place}: {said}");
        }
    }
    assert!(!house.log().contains("panicked"));
    lay_out(&house, &file, &[], |_| {});
    assert_eq!(users(start(&house)).await, Ok(41));
}
