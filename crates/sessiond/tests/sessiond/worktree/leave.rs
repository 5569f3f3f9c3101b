//! Leaving the repository: what only this working tree holds is kept on a ref, the tree goes, its files and its branch stay.

use longhouse_domain::git::KeptWork;

use super::*;
use crate::keep::git_in;
use crate::keep::kills::killed_and_started_again;

async fn leave(two: &House, one: &House) -> LeaveReply {
    let request = LeaveRequest {
        tree: one.work().display().to_string(),
        keep: true,
    };
    within(two.client().leave_worktree(request))
        .await
        .unwrap()
        .into_inner()
}

async fn asked(house: &House, operation: &Operation) -> GitReply {
    let request = GitRequest {
        operation: serde_json::to_string(operation).unwrap(),
        protocols: "https".to_owned(),
        timeout_seconds: 60,
    };
    within(house.client().git(request))
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn what_is_not_committed_is_kept_and_comes_back_as_a_branch() {
    let (one, two) = two().await;
    set(&two, &every_second(AutoCommitMode::Checkpoint)).await;
    write(&two, "a", "changed\n");
    now(&two, "").await.unwrap();
    write(&two, "new", "new\n");
    let left = leave(&two, &one).await;
    let kept = format!("refs/longhouse/kept/{}/longhouse/two", two.session);
    assert_eq!((left.left, left.kept.as_str()), (true, kept.as_str()));
    assert!(trees(&one).is_empty() && !one.work().join(".git/worktrees").exists());
    assert!(two.work().join("new").exists() && !two.work().join(".git").exists());
    // Its checkpoints are gone with it: one ref is left.
    let refs = ["for-each-ref", "--format=%(refname)", "refs/longhouse/"];
    assert_eq!(git(&one, &refs), kept);
    assert_eq!(git(&one, &["show", &format!("{kept}:new")]), "new");
    // Asked again, there is nothing to leave, and it is kept as it was.
    assert_eq!(leave(&two, &one).await, LeaveReply::default());
    let list = asked(&one, &Operation::KeptWork).await;
    let list = KeptWork::read(&list.stdout).unwrap();
    assert_eq!((list.len(), list[0].session), (1, two.session));
    let back = Operation::BringBack {
        session: two.session,
        branch: None,
    };
    // Its branch is there still.
    let reply = asked(&one, &back).await;
    assert_eq!(
        (reply.exit_code, &reply.stdout[..]),
        (0, &b"longhouse/two-kept"[..])
    );
    assert_eq!(git(&one, &["show", "longhouse/two-kept:a"]), "changed");
    assert_eq!(git(&one, &refs), "");
    git(&one, &["fsck", "--strict"]);
}

#[tokio::test]
async fn commits_are_kept_that_neither_another_branch_nor_another_repository_has() {
    let (one, two) = two().await;
    let unsaved = async || {
        let reply = asked(&two, &Operation::UnsavedHere).await;
        longhouse_domain::git::read_log(&reply.stdout, false)
            .unwrap()
            .len()
    };
    // It began where another branch stands.
    assert_eq!(unsaved().await, 0);
    write(&two, "b", "b\n");
    git(&two, &["add", "b"]);
    git(&two, &["commit", "--quiet", "--message=mine"]);
    assert_eq!(unsaved().await, 1);
    git(&one, &["branch", "other", "longhouse/two"]);
    assert_eq!(unsaved().await, 0);
    git(&one, &["branch", "--quiet", "-D", "other"]);
    git(
        &one,
        &["update-ref", "refs/remotes/origin/two", "longhouse/two"],
    );
    assert_eq!(unsaved().await, 0);
    git(&one, &["update-ref", "-d", "refs/remotes/origin/two"]);
    let kept = leave(&two, &one).await.kept;
    assert_eq!(git(&one, &["log", "-1", "--format=%s", &kept]), "mine");
    assert_eq!(
        git(&one, &["log", "-1", "--format=%s", "longhouse/two"]),
        "mine"
    );
}

#[tokio::test]
async fn where_nothing_would_be_lost_nothing_is_kept() {
    let (one, two) = two().await;
    let left = leave(&two, &one).await;
    assert_eq!((left.left, left.kept.as_str()), (true, ""));
    assert_eq!(git(&one, &["for-each-ref", "refs/longhouse/"]), "");
    // The branch is free, and a repository that is gone is no fault.
    let three = House::new().await;
    ended(&three, request(&one)).await.unwrap();
    std::fs::remove_dir_all(one.work().join(".git")).unwrap();
    assert_eq!(leave(&three, &one).await, LeaveReply::default());
}

#[tokio::test]
async fn sessiond_is_killed_at_many_moments_and_the_work_is_kept_once() {
    let one = house().await;
    for round in 0..12 {
        let mut two = House::new().await;
        let branch = format!("longhouse/{round}");
        let asked = WorktreeRequest {
            branch,
            ..request(&one)
        };
        ended(&two, asked).await.unwrap();
        write(&two, "draft", &format!("{round}\n"));
        let request = LeaveRequest {
            tree: one.work().display().to_string(),
            keep: true,
        };
        let mut client = two.client();
        let cut_off = tokio::spawn(async move { client.leave_worktree(request).await.is_ok() });
        // Another moment each time: the whole takes some hundred milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(round * 19)).await;
        killed_and_started_again(&mut two).await;
        cut_off.await.unwrap();
        leave(&two, &one).await;
        assert!(trees(&one).is_empty());
        let kept = format!("refs/longhouse/kept/{}/longhouse/{round}", two.session);
        assert_eq!(
            git(&one, &["show", &format!("{kept}:draft")]),
            round.to_string()
        );
        let entries = one.work().join(".git/worktrees");
        assert!(!entries.exists());
    }
    git_in(&one.work(), &["fsck", "--strict"]);
}
