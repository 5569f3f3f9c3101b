//! The session's repository, asked and worked with by sessiond: over what a person has staged, for callers who hang up, and after kills.

use std::path::PathBuf;
use std::time::Duration;

use longhouse_domain::git::{
    CONTEXT_LINES, CommitMessage, DiffOf, FILE_LINES, GitPath, LoggedCommit, Operation, Refusal,
    StatusKind, TreeDiff, TreeStatus, read_log,
};
use longhouse_link::limits::GIT_REFUSAL;
use longhouse_link::proto::{GitReply, GitRequest};
use tonic::Status;

use crate::house::{House, alive, kill, wait_for, within};

/// A session with a repository of one commit, and a person who commits.
async fn house() -> House {
    let house = House::with(|spec| {
        for (name, value) in [
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.org"),
        ] {
            spec.env.insert(name.to_owned(), value.to_owned());
        }
    })
    .await;
    sh(
        &house,
        "git init -q -b main && echo one >a && git add a && git commit -qm first",
    )
    .await;
    house
}

pub(crate) async fn sh(house: &House, script: &str) -> String {
    let done = house.exec(&["sh", "-c", script]).await;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.exit_code, 0, "{script}: {said}");
    String::from_utf8(done.stdout.to_vec())
        .unwrap()
        .trim()
        .to_owned()
}

fn request(operation: &Operation) -> GitRequest {
    GitRequest {
        operation: serde_json::to_string(operation).unwrap(),
        protocols: "https:ssh".to_owned(),
        timeout_seconds: 60,
    }
}

async fn ask(house: &House, operation: &Operation) -> Result<GitReply, Status> {
    Ok(within(house.client().git(request(operation)))
        .await?
        .into_inner())
}

pub(crate) async fn status(house: &House) -> TreeStatus {
    let reply = ask(house, &Operation::Status).await.unwrap();
    TreeStatus::read(&reply.stdout, reply.truncated).unwrap()
}

fn commit(message: Option<&str>, paths: &[&str]) -> Operation {
    let path = |path: &&str| GitPath::try_from(path.as_bytes().to_vec()).unwrap();
    Operation::Commit {
        message: message.map(|text| CommitMessage::try_from(text.to_owned()).unwrap()),
        paths: paths.iter().map(path).collect(),
    }
}

async fn committed(house: &House, operation: &Operation) -> LoggedCommit {
    let reply = ask(house, operation).await.unwrap();
    assert_eq!(reply.exit_code, 0, "{reply:?}");
    read_log(&reply.stdout, false).unwrap().remove(0)
}

pub(crate) fn refusal(refused: Result<GitReply, Status>) -> Refusal {
    let status = refused.unwrap_err();
    let name = status
        .metadata()
        .get(GIT_REFUSAL)
        .expect("a refusal")
        .to_str()
        .unwrap();
    Refusal::parse(name).unwrap()
}

fn lock(house: &House) -> PathBuf {
    house.work().join(".git/index.lock")
}

/// What is staged goes through a program that does not come to its end.
async fn stall(house: &House) {
    sh(house, "echo '*.slow filter=slow' >.gitattributes; git config filter.slow.clean 'echo $$ >.git/stalled; exec sleep 1000'; echo x >a.slow").await;
}

/// The program that stalls git, once there is one.
async fn stalled(house: &House) -> u32 {
    let file = house.work().join(".git/stalled");
    wait_for("git is at work", async || {
        std::fs::read_to_string(&file).ok()?.trim().parse().ok()
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_told_as_it_is() {
    let house = house().await;
    sh(&house, "echo two >>a; printf 'x' >\"$(printf 'b\\377')\"; git mv a c; echo three >>c; mkdir d; echo d >d/new; git stash list").await;
    let status = status(&house).await;
    assert_eq!(
        (status.branch.as_deref(), status.truncated),
        (Some("main"), false)
    );
    let paths: Vec<_> = status
        .entries
        .iter()
        .map(|e| (e.path.as_slice(), e.kind == StatusKind::Untracked))
        .collect();
    assert_eq!(
        paths,
        [(&b"c"[..], false), (b"b\xff", true), (b"d/new", true)]
    );
    assert_eq!(status.entries[0].from.as_deref(), Some(&b"a"[..]));
    let diff = Operation::Diff {
        between: DiffOf::Since("HEAD".parse().unwrap()),
        path: None,
        context: CONTEXT_LINES,
    };
    let reply = ask(&house, &diff).await.unwrap();
    let diff = TreeDiff::read(&reply.stdout, reply.truncated, FILE_LINES).unwrap();
    let found = diff.files.iter().find(|file| file.path == b"c").unwrap();
    assert_eq!(found.hunks[0].lines, ["+one", "+two", "+three"]);
    let log = Operation::Log {
        from: None,
        skip: 0,
        limit: 10,
        path: Some(GitPath::try_from(b"a".to_vec()).unwrap()),
    };
    let commits = read_log(&ask(&house, &log).await.unwrap().stdout, false).unwrap();
    assert_eq!(
        (
            commits.len(),
            commits[0].subject.as_str(),
            commits[0].author.name.as_str()
        ),
        (1, "first", "Ada")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_paths_leaves_what_else_is_staged() {
    let house = house().await;
    sh(&house, "echo s >staged; git add staged; echo more >>a; echo n >new; mkdir -p d; echo d >d/in; echo out >out").await;
    let odd = "feat: `id` $(id)\n\n# a line\n\"; x";
    let made = committed(&house, &commit(Some(odd), &["a", "new", "d"])).await;
    assert_eq!(
        (made.subject.as_str(), made.body.as_str()),
        ("feat: `id` $(id)", "# a line\n\"; x")
    );
    assert_eq!(made.figures.files, 3);
    assert_eq!(
        sh(&house, "git show --format= --name-only HEAD").await,
        "a\nd/in\nnew"
    );
    assert_eq!(
        sh(&house, "git status --porcelain").await,
        "A  staged\n?? out"
    );
    // Without paths what is staged, and nothing else.
    let made = committed(&house, &commit(None, &[])).await;
    assert!(made.subject.contains("staged"), "{}", made.subject);
    assert_eq!(sh(&house, "git status --porcelain").await, "?? out");
    // Where nothing is staged, all.
    sh(&house, "echo ignored >.gitignore; echo x >ignored; rm a").await;
    committed(&house, &commit(Some("chore: all"), &[])).await;
    assert_eq!(
        sh(&house, "git status --porcelain --ignored").await,
        "!! ignored"
    );
    assert_eq!(
        refusal(ask(&house, &commit(None, &[])).await),
        Refusal::NothingToCommit
    );
    assert_eq!(
        refusal(ask(&house, &commit(None, &["new"])).await),
        Refusal::NothingToCommit
    );
    sh(&house, "git fsck --strict").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_refused_leaves_the_index_as_it_was() {
    let house = House::new().await;
    sh(
        &house,
        "git init -q -b main; echo a >a; git config user.useConfigOnly true",
    )
    .await;
    assert_eq!(
        refusal(ask(&house, &commit(None, &[])).await),
        Refusal::NoIdentity
    );
    assert_eq!(sh(&house, "git status --porcelain").await, "?? a");
    assert_eq!(
        refusal(ask(&house, &commit(None, &["a"])).await),
        Refusal::NoIdentity
    );
    assert_eq!(sh(&house, "git status --porcelain").await, "?? a");
    sh(
        &house,
        "git config user.name A; git config user.email a@example.org",
    )
    .await;
    committed(&house, &commit(None, &["a"])).await;
    // Neither hooks nor signatures nor an editor have a part in it.
    sh(&house, "for h in pre-commit commit-msg post-commit; do printf '#!/bin/sh\\ntouch ran; exit 1\\n' >.git/hooks/$h; chmod +x .git/hooks/$h; done; \
        git config commit.gpgSign true; git config gpg.program /bin/false; git config core.editor false; echo b >b").await;
    committed(&house, &commit(None, &[])).await;
    assert!(!house.work().join("ran").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_be_settled_is_not_committed() {
    let house = house().await;
    sh(&house, "git checkout -qb other; echo o >a; git commit -qam o; git checkout -q main; echo m >a; git commit -qam m; git merge -q other || true").await;
    assert_eq!(
        refusal(ask(&house, &commit(None, &[])).await),
        Refusal::Conflicts
    );
    assert!(status(&house).await.has_conflicts());
    sh(&house, "echo settled >a; git add a").await;
    assert_eq!(
        committed(&house, &commit(Some("merge"), &[]))
            .await
            .parents
            .len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_repository_of_the_directorys_own_is_worked_with() {
    let house = House::new().await;
    assert_eq!(
        refusal(ask(&house, &Operation::Status).await),
        Refusal::NoRepository
    );
    sh(
        &house,
        "git init -q --bare elsewhere; echo 'gitdir: elsewhere' >.git",
    )
    .await;
    assert_eq!(
        refusal(ask(&house, &Operation::Status).await),
        Refusal::Elsewhere
    );
    sh(&house, "rm .git; mkdir -p objects refs; echo 'ref: refs/heads/main' >HEAD; printf '[core]\\nbare = true\\nfsmonitor = touch ran\\n' >config").await;
    assert_eq!(
        refusal(ask(&house, &Operation::Status).await),
        Refusal::Bare
    );
    assert!(!house.work().join("ran").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn git_is_gone_when_its_caller_hangs_up_and_leaves_no_lock() {
    let house = house().await;
    stall(&house).await;
    let operation = commit(None, &[]);
    let asked = tokio::time::timeout(Duration::from_secs(30), async {
        tokio::select! {
            done = ask(&house, &operation) => panic!("{done:?}"),
            program = stalled(&house) => program,
        }
    });
    let program = asked.await.unwrap();
    wait_for("git is gone", async || {
        (!alive(program) && !lock(&house).exists()).then_some(())
    })
    .await;
    sh(&house, "git config filter.slow.clean cat").await;
    committed(&house, &operation).await;
    sh(&house, "git fsck --strict").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_outlives_a_kill_is_cleared_away_and_the_change_is_in_the_next_commit() {
    let mut house = house().await;
    stall(&house).await;
    let operation = commit(None, &[]);
    let (mut client, request) = (house.client(), request(&operation));
    let asking = tokio::spawn(async move { client.git(request).await });
    stalled(&house).await;
    house.kill_daemon().await;
    assert!(asking.await.unwrap().is_err() && lock(&house).exists());
    sh_outside(&house, "git config filter.slow.clean cat");
    house.start_again().await;
    // What outlived sessiond ends with a kill, and leaves its lock.
    for pid in house.marked() {
        if pid != house.daemon.pid {
            kill(pid, "KILL");
        }
    }
    let made = committed(&house, &operation).await;
    assert_eq!(made.figures.files, 2);
    assert!(!lock(&house).exists());
    assert_eq!(
        sh(
            &house,
            "git fsck --strict && git rev-list --count HEAD && git status --porcelain"
        )
        .await,
        "2"
    );
}

fn sh_outside(house: &House, script: &str) {
    let done = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(house.work())
        .status();
    assert!(done.unwrap().success(), "{script}");
}
