//! B4: directories are swapped for links that lead out, as fast as the machine can, while every operation is asked of them.
//!
//! The attacker is a thread of its own that exchanges the two names in one step, a hundred thousand times at the least and for as long
//! as requests are made. Nothing of what lies outside may come in, and nothing may happen to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use reqwest::StatusCode;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::json;

use super::{Answer, Tree, trees};
use crate::house::House;

/// How often the names are exchanged in each form at the least.
const SWAPS: u64 = 100_000;

/// How often every operation is asked at the least.
const ROUNDS: usize = 50;

const SECRET: &[u8] = b"what lies outside";

struct Attacker {
    swaps: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Attacker {
    fn start(dir: &Path) -> Self {
        let (one, other) = (dir.join("d"), dir.join("swap"));
        let (swaps, stop) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (counted, stopped) = (swaps.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self {
            swaps,
            stop,
            thread,
        }
    }

    fn swaps(&self) -> u64 {
        self.swaps.load(Ordering::Relaxed)
    }

    fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.swaps.load(Ordering::Relaxed)
    }
}

/// Every file and directory below, with its content.
fn picture(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.push((path.clone(), Vec::new()));
            found.extend(picture(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// Asks for everything once, through the name that is being swapped.
async fn ask(tree: &Tree<'_>, round: usize) -> Vec<Answer> {
    let pair = |from: &str, to: &str| json!({"from": tree.text(from), "to": tree.text(to)});
    let made = format!("d/made-{round}");
    let nested = format!("d/sub/deep-{round}");
    vec![
        tree.read(b"d/file").await,
        tree.read(b"d/sub/file").await,
        tree.list(b"d").await,
        tree.archive(b"d").await,
        tree.save(b"d/file", b"from inside").await,
        tree.save(made.as_bytes(), b"planted").await,
        tree.post(
            "/mkdir",
            json!({"path": tree.text(&nested), "parents": true}),
        )
        .await,
        tree.post("/copy", pair("d/sub/file", &format!("copy-{round}")))
            .await,
        tree.post("/copy", pair("kept", &format!("d/copied-{round}")))
            .await,
        tree.post("/copy", pair("d/sub", &format!("tree-{round}")))
            .await,
        tree.post("/move", pair(&made, &format!("moved-{round}")))
            .await,
        tree.post(
            "/move",
            pair(&format!("moved-{round}"), &format!("d/back-{round}")),
        )
        .await,
        tree.delete(format!("d/back-{round}").as_bytes(), false)
            .await,
        tree.delete(nested.as_bytes(), true).await,
        tree.delete(b"d/sub/victim", true).await,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_swap_of_a_directory_for_a_link_lets_anybody_out() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let outside = tempfile::tempdir().unwrap();
        for dir in [outside.path().to_owned(), tree.dir.join("d")] {
            std::fs::create_dir_all(dir.join("sub/victim")).unwrap();
        }
        for path in ["file", "sub/file", "sub/victim/file"] {
            std::fs::write(outside.path().join(path), SECRET).unwrap();
            std::fs::write(tree.dir.join("d").join(path), "from inside").unwrap();
        }
        std::fs::write(tree.dir.join("kept"), "from inside").unwrap();
        std::os::unix::fs::symlink(outside.path(), tree.dir.join("swap")).unwrap();
        let before = picture(outside.path());

        let attacker = Attacker::start(&tree.dir);
        let (mut round, mut done, mut refused) = (0, 0, 0);
        while round < ROUNDS || attacker.swaps() < SWAPS {
            for answer in ask(&tree, round).await {
                let escaped = answer
                    .bytes
                    .windows(SECRET.len())
                    .any(|text| text == SECRET);
                assert!(!escaped, "what lies outside came in");
                assert!(answer.status.as_u16() < 500, "{}", answer.status);
                done += usize::from(answer.status.is_success());
                refused += usize::from(answer.status == StatusCode::FORBIDDEN);
            }
            round += 1;
        }
        let swaps = attacker.end();
        assert!(swaps >= SWAPS, "only {swaps} swaps");
        // The race was one: it was met in both of its states.
        assert!(
            done > ROUNDS && refused > ROUNDS,
            "{done} done, {refused} refused"
        );
        assert_eq!(
            picture(outside.path()),
            before,
            "something happened outside"
        );
        let copies = std::fs::read_dir(&tree.dir).unwrap();
        for copy in copies.map(|entry| entry.unwrap().path()) {
            let inside = copy.is_file() && !copy.is_symlink();
            assert!(
                !inside || std::fs::read(&copy).unwrap() != SECRET,
                "{copy:?}"
            );
        }
    }
    house.close().await;
}
