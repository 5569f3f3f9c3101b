//! The watch against a real kernel.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::*;

struct Room {
    room: tempfile::TempDir,
    watch: Watch,
}

impl Room {
    /// A directory with a few things in it, whose watch has begun.
    async fn new(patterns: &[&str]) -> Self {
        let room = tempfile::tempdir().unwrap();
        for directory in [".git", "src/deep", "target/debug", "nested/.git"] {
            fs::create_dir_all(room.path().join(directory)).unwrap();
        }
        fs::write(room.path().join(".gitignore"), "target\n*.log\n").unwrap();
        let patterns: Vec<_> = patterns.iter().map(|p| (*p).to_owned()).collect();
        let watch = Watch::begin(room.path().to_owned(), LeftOut::new(&patterns)).unwrap();
        let this = Self { room, watch };
        let seen = this.until(|seen| seen.sight.is_some()).await;
        // The root, src and src/deep: neither what is ignored nor what is a repository of its own.
        assert_eq!(seen.sight, Some(Sight::Clear(3)));
        assert!(seen.unknown);
        this
    }

    fn write(&self, path: &str) {
        fs::write(self.room.path().join(path), "x").unwrap();
    }

    /// All that is seen until it is enough.
    async fn until(&self, enough: impl Fn(&Seen) -> bool) -> Seen {
        let mut all = Seen::default();
        let deadline = Duration::from_secs(30);
        tokio::time::timeout(deadline, async {
            while !enough(&all) {
                all.add(self.watch.next().await);
            }
        })
        .await
        .expect("it is never seen");
        all
    }

    /// All that is seen until a last change, which is made now, is seen.
    async fn all(&self) -> usize {
        let last = self.room.path().join(".git/HEAD");
        fs::write(last, "x").unwrap();
        self.until(|seen| seen.in_git).await.files.len()
    }
}

fn number(path: &str) -> u64 {
    let mut seen = Seen::default();
    seen.file(Path::new(path));
    seen.files.pop_first().unwrap()
}

#[tokio::test]
async fn a_change_is_seen_and_what_is_ignored_is_not() {
    let room = Room::new(&["left.out"]).await;
    for path in ["a.log", "target/debug/x", "nested/x", "left.out"] {
        room.write(path);
    }
    assert_eq!(room.all().await, 0);
    room.write("src/deep/a");
    let seen = room.until(|seen| !seen.files.is_empty()).await;
    assert!(seen.files.contains(&number("src/deep/a")) && seen.last.is_some());
    fs::remove_file(room.room.path().join("src/deep/a")).unwrap();
    let seen = room.until(|seen| !seen.files.is_empty()).await;
    assert!(seen.files.contains(&number("src/deep/a")));
}

#[tokio::test]
async fn what_reads_is_not_heard() {
    let room = Room::new(&[]).await;
    fs::read(room.room.path().join(".gitignore")).unwrap();
    fs::read_dir(room.room.path().join("src"))
        .unwrap()
        .for_each(drop);
    assert_eq!(room.all().await, 0);
}

#[tokio::test]
async fn new_directories_are_watched_with_what_is_in_them_already() {
    let room = Room::new(&[]).await;
    let new = room.room.path().join("new/deeper");
    fs::create_dir_all(&new).unwrap();
    fs::write(new.join("a"), "").unwrap();
    room.until(|seen| seen.files.contains(&number("new/deeper/a")))
        .await;
    room.write("new/deeper/b");
    room.until(|seen| seen.files.contains(&number("new/deeper/b")))
        .await;
}

#[tokio::test]
async fn a_directory_is_followed_to_its_new_name_and_not_out_of_the_house() {
    let room = Room::new(&[]).await;
    let at = |path: &str| room.room.path().join(path);
    fs::rename(at("src"), at("code")).unwrap();
    room.until(|seen| seen.files.contains(&number("src"))).await;
    room.write("code/deep/a");
    room.until(|seen| seen.files.contains(&number("code/deep/a")))
        .await;
    let outside = tempfile::tempdir().unwrap();
    fs::rename(at("code"), outside.path().join("code")).unwrap();
    room.until(|seen| seen.files.contains(&number("code")))
        .await;
    fs::write(outside.path().join("code/deep/b"), "").unwrap();
    assert_eq!(room.all().await, 0);
}

#[tokio::test]
async fn a_change_of_what_is_ignored_counts_from_then_on() {
    let room = Room::new(&[]).await;
    fs::write(room.room.path().join(".gitignore"), "*.log\n").unwrap();
    let seen = room.until(|seen| seen.sight.is_some()).await;
    assert_eq!(seen.sight, Some(Sight::Clear(5)));
    room.write("target/debug/x");
    room.until(|seen| seen.files.contains(&number("target/debug/x")))
        .await;
}

#[tokio::test]
async fn ten_thousand_changes_are_little_news() {
    let room = Room::new(&[]).await;
    for n in 0..10_000 {
        room.write(&format!("src/{n}"));
    }
    // Whatever the kernel lost is said to be unknown; of the rest no more is kept than a batch asks for.
    let enough = |seen: &Seen| seen.files.len() == FILES || seen.unknown;
    assert!(room.until(enough).await.files.len() <= FILES);
    let _rest = room.all().await;
    room.write("src/deep/last");
    let last = number("src/deep/last");
    room.until(|seen| seen.files.contains(&last)).await;
}

#[tokio::test]
async fn the_thread_ends_with_the_watch() {
    let room = Room::new(&[]).await;
    let told = Arc::clone(&room.watch.told);
    drop(room.watch);
    let ended = async {
        while Arc::strong_count(&told) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended)
        .await
        .unwrap();
}
