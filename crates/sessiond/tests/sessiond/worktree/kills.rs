//! Whoever is killed while a working tree is made, or while one works in it: the repository is whole, and the next one goes on.

use super::*;
use crate::house::alive;
use crate::keep::kills::{killed_and_started_again, locks};

#[tokio::test]
async fn sessiond_is_killed_at_many_moments_and_the_worktree_is_made_once() {
    let one = house().await;
    for n in 0..400 {
        write(&one, &format!("many/{n}"), &format!("{n}\n"));
        write(&one, &format!("deps/{n}"), &format!("{n}\n"));
    }
    write(&one, ".gitignore", "deps\n");
    git(&one, &["add", "--all"]);
    git(&one, &["commit", "--quiet", "--message=many"]);
    for round in 0..12 {
        let mut two = House::new().await;
        let branch = format!("longhouse/{round}");
        let asked = || WorktreeRequest {
            branch: branch.clone(),
            ..request(&one)
        };
        let news = begin(&two, asked()).await;
        // Another moment each time: the whole takes some hundred milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(round * 13)).await;
        killed_and_started_again(&mut two).await;
        drop(news);
        ended(&two, asked()).await.unwrap();
        assert_eq!(trees(&one).len(), usize::try_from(round).unwrap() + 1);
        let stands = status(&two).await;
        assert_eq!((stands.branch, stands.entries.len()), (Some(branch), 0));
        assert_eq!(
            std::fs::read_dir(two.work().join("deps")).unwrap().count(),
            400
        );
        let mut left = Vec::new();
        locks(&one.work().join(".git"), &mut left);
        assert!(left.is_empty(), "{left:?}");
    }
    git(&one, &["fsck", "--strict"]);
}

#[tokio::test]
async fn git_in_one_session_keeps_its_locks_whoever_recovers_in_another() {
    let (mut one, two) = two().await;
    // A git that stands still, and holds the lock of its index, in the first session; its sessiond is killed.
    write(&one, ".gitattributes", "*.slow filter=slow\n");
    git(
        &one,
        &[
            "config",
            "filter.slow.clean",
            "echo $$ >.git/stalled; exec sleep 1000",
        ],
    );
    write(&one, "x.slow", "x");
    let operation = serde_json::to_string(&Operation::Commit {
        message: None,
        paths: Vec::new(),
    });
    let commit = GitRequest {
        operation: operation.unwrap(),
        protocols: "https".to_owned(),
        timeout_seconds: 60,
    };
    let mut client = one.client();
    let asked = tokio::spawn(async move { client.git(commit).await });
    let stalled = wait_for("git stands still", async || {
        let pid = std::fs::read_to_string(one.work().join(".git/stalled")).ok()?;
        pid.trim().parse::<u32>().ok()
    })
    .await;
    one.kill_daemon().await;
    assert!(asked.await.unwrap().is_err());
    let lock = one.work().join(".git/index.lock");
    assert!(lock.exists() && alive(stalled));
    // The other session neither takes its turn nor its locks. It has to wait for that one.
    set(&two, &every_second(AutoCommitMode::Commit)).await;
    write(&two, "b", "b\n");
    let waiting = now(&two, "b");
    tokio::pin!(waiting);
    for _ in 0..20 {
        let pause = tokio::time::sleep(std::time::Duration::from_millis(25));
        tokio::select! {
            done = &mut waiting => panic!("it did not wait: {done:?}"),
            () = pause => assert!(lock.exists()),
        }
    }
    // Once it is gone, with what it left, either goes on.
    for pid in one.marked() {
        kill(pid, "KILL");
    }
    waiting.await.unwrap();
    assert!(!lock.exists());
    assert_eq!(git(&two, &["log", "-1", "--name-only", "--format="]), "b");
    git(&one, &["config", "filter.slow.clean", "cat"]);
    one.start_again().await;
    git(&one, &["add", "x.slow"]);
    git(&one, &["fsck", "--strict"]);
}

#[tokio::test]
async fn a_worktree_that_is_half_entered_is_entered_anew() {
    let (one, two) = (house().await, House::new().await);
    // As a kill leaves it: git's mark alone, and one that names the tree but has no commit yet.
    let entries = one.work().join(".git/worktrees");
    for (name, files) in [
        ("work", vec![("locked", "initializing".to_owned())]),
        (
            "work1",
            vec![
                ("locked", "initializing".to_owned()),
                ("gitdir", two.work().join(".git").display().to_string()),
                ("HEAD", "0".repeat(40)),
            ],
        ),
    ] {
        std::fs::create_dir_all(entries.join(name)).unwrap();
        for (file, text) in files {
            std::fs::write(entries.join(name).join(file), text).unwrap();
        }
    }
    std::fs::create_dir_all(one.work().join(".git/longhouse")).unwrap();
    std::fs::write(one.work().join(".git/longhouse/at-work"), "").unwrap();
    let link = format!("gitdir: {}\n", entries.join("work1").display());
    std::fs::write(two.work().join(".git"), link).unwrap();
    ended(&two, request(&one)).await.unwrap();
    assert_eq!(std::fs::read_dir(&entries).unwrap().count(), 1);
    assert_eq!(status(&two).await.branch.as_deref(), Some("longhouse/two"));
}
