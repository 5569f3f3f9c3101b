//! Several sessions in one repository: each in a working tree and on a branch of its own, none in the way of another, whoever is killed.

mod kills;
mod leave;

use longhouse_domain::git::{AutoCommitMode, Operation, Refusal};
use longhouse_link::proto::worktree_news::{Failed, Made, What, Why};
use longhouse_link::proto::*;
use tonic::Streaming;

use crate::git::{refusal, sh, status};
use crate::house::{House, kill, wait_for, within};
use crate::keep::{every_second, git, house, now, set, watched, write};

/// What is asked for where nothing else is.
fn request(of: &House) -> WorktreeRequest {
    WorktreeRequest {
        tree: of.work().display().to_string(),
        branch: "longhouse/two".to_owned(),
        copy: vec![".env*".to_owned(), "deps".to_owned()],
        timeout_seconds: 60,
        ..WorktreeRequest::default()
    }
}

async fn begin(house: &House, request: WorktreeRequest) -> Streaming<WorktreeNews> {
    within(house.client().make_worktree(request))
        .await
        .unwrap()
        .into_inner()
}

/// How it ended.
async fn ended(house: &House, request: WorktreeRequest) -> Result<Made, Failed> {
    let mut news = begin(house, request).await;
    loop {
        match within(news.message()).await.unwrap().expect("an end").what {
            Some(What::Made(made)) => return Ok(made),
            Some(What::Failed(failed)) => return Err(failed),
            Some(What::Progress(_)) | None => {}
        }
    }
}

/// A repository, and a session beside it that has a working tree of it.
async fn two() -> (House, House) {
    let (one, two) = (house().await, House::new().await);
    ended(&two, request(&one)).await.unwrap();
    (one, two)
}

/// The working trees that the repository knows, but for its first.
fn trees(house: &House) -> Vec<String> {
    let list = git(house, &["worktree", "list", "--porcelain"]);
    let trees = list
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "));
    trees.skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_worktree_stands_on_a_branch_of_its_own_with_the_ignored_files_that_were_asked_for() {
    let (one, two) = (house().await, House::new().await);
    write(&one, ".gitignore", "*.log\n.env*\ndeps\nbuilt\n");
    write(&one, "sub/b", "b\n");
    git(&one, &["add", "--all"]);
    git(&one, &["commit", "--quiet", "--message=more"]);
    for path in [".env", "sub/.env.local", "deps/x/y", "built/z", "a.log"] {
        write(&one, path, "kept apart\n");
    }
    write(&one, "new", "not committed\n");
    let made = ended(&two, request(&one)).await.unwrap();
    assert_eq!((made.found, made.files, made.left_out), (false, 3, 0));
    assert_eq!(
        sh(
            &two,
            "find . -type f | grep -v '^./.git$' | LC_ALL=C sort | tr '\\n' ' '"
        )
        .await,
        "./.env ./.gitignore ./a ./deps/x/y ./sub/.env.local ./sub/b"
    );
    let stands = status(&two).await;
    assert_eq!(stands.branch.as_deref(), Some("longhouse/two"));
    assert!(stands.entries.is_empty());
    assert_eq!(trees(&one), [two.work().display().to_string()]);
    // Once: what is there is found, and nothing is done again.
    std::fs::remove_file(two.work().join(".env")).unwrap();
    assert!(ended(&two, request(&one)).await.unwrap().found);
    assert!(!two.work().join(".env").exists());
}

#[tokio::test]
async fn each_session_commits_and_keeps_for_itself() {
    let (one, two) = two().await;
    let three = House::new().await;
    // From a working tree as from the repository itself, and where that stands.
    sh(
        &two,
        "echo 2 >a && git -c user.name=A -c user.email=a@b commit -qam two",
    )
    .await;
    let from_two = WorktreeRequest {
        branch: "three".to_owned(),
        ..request(&two)
    };
    ended(&three, from_two).await.unwrap();
    assert_eq!(sh(&three, "cat a").await, "2");
    for house in [&one, &two, &three] {
        watched(house, &every_second(AutoCommitMode::Commit)).await;
    }
    for (name, house) in [("one", &one), ("two", &two), ("three", &three)] {
        write(house, &format!("of-{name}"), name);
    }
    for (name, house, branch) in [
        ("one", &one, "main"),
        ("two", &two, "longhouse/two"),
        ("three", &three, "three"),
    ] {
        let file = format!("of-{name}");
        wait_for("its own file is committed", async || {
            let files = git(house, &["show", "--name-only", "--format=", branch]);
            let is_clean = status(house).await.entries.is_empty();
            (files == file && is_clean).then_some(())
        })
        .await;
    }
    // Checkpoints are a session's own, stashed changes everybody's.
    for house in [&two, &three] {
        set(house, &every_second(AutoCommitMode::Checkpoint)).await;
        write(house, "draft", "draft\n");
        now(house, "").await.unwrap();
        let first = CheckpointsRequest::default();
        let kept = within(house.client().checkpoints(first)).await.unwrap();
        assert_eq!(kept.into_inner().checkpoints.len(), 1);
    }
    git(&two, &["add", "draft"]);
    git(&two, &["stash", "--quiet"]);
    assert_eq!(status(&one).await.stashes, 1);
    git(&one, &["fsck", "--strict"]);
}

#[tokio::test]
async fn why_there_is_no_worktree_is_told() {
    let (one, two) = two().await;
    let three = House::new().await;
    let of = |request: WorktreeRequest| ended(&three, request);
    for (request, why) in [
        (
            WorktreeRequest {
                branch: "main".to_owned(),
                ..request(&one)
            },
            Why::BranchInUse,
        ),
        (
            WorktreeRequest {
                branch: "longhouse/two".to_owned(),
                ..request(&two)
            },
            Why::BranchInUse,
        ),
        (
            WorktreeRequest {
                branch: "new".to_owned(),
                from: "nowhere~3".to_owned(),
                ..request(&one)
            },
            Why::NoSuchCommit,
        ),
        (
            WorktreeRequest {
                tree: one.state().display().to_string(),
                ..request(&one)
            },
            Why::NoRepository,
        ),
    ] {
        let failed = of(request).await.unwrap_err();
        assert_eq!(failed.why(), why, "{failed:?}");
        assert_eq!(trees(&one).len(), 1);
        assert_eq!(std::fs::read_dir(three.work()).unwrap().count(), 0);
    }
    write(&three, "mine", "mine");
    let failed = of(WorktreeRequest {
        branch: "three".to_owned(),
        ..request(&one)
    });
    let failed = failed.await.unwrap_err();
    assert_eq!(
        (failed.why(), failed.said.as_str()),
        (Why::NotEmpty, "mine")
    );
    // A branch that is there and free is stood on, as it is.
    std::fs::remove_file(three.work().join("mine")).unwrap();
    git(&one, &["branch", "three"]);
    write(&one, "a", "later\n");
    git(&one, &["commit", "--quiet", "--all", "--message=later"]);
    let three_of_one = WorktreeRequest {
        branch: "three".to_owned(),
        ..request(&one)
    };
    of(three_of_one).await.unwrap();
    assert_eq!(sh(&three, "cat a").await, "one");
}

#[tokio::test]
async fn a_link_to_a_repository_that_does_not_know_of_it_is_not_followed() {
    let (one, two) = two().await;
    let three = House::new().await;
    std::fs::copy(two.work().join(".git"), three.work().join(".git")).unwrap();
    let asked = GitRequest {
        operation: serde_json::to_string(&Operation::Status).unwrap(),
        protocols: "https".to_owned(),
        timeout_seconds: 60,
    };
    let answer = within(three.client().git(asked)).await;
    let refused = refusal(answer.map(tonic::Response::into_inner));
    assert_eq!(refused, Refusal::Elsewhere);
    let request = LeaveRequest {
        tree: one.work().display().to_string(),
        keep: true,
    };
    let left = within(three.client().leave_worktree(request))
        .await
        .unwrap();
    assert!(!left.into_inner().left);
    assert_eq!(trees(&one), [two.work().display().to_string()]);
}
