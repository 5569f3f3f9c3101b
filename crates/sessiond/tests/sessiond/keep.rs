//! Work is kept of its own accord: commits and checkpoints, whatever a person is at, whoever is killed.

mod checkpoints;
mod ending;
pub(crate) mod kills;
mod milestones;
mod person;
mod push;

use std::path::Path;
use std::process::Command;

use longhouse_domain::git::{
    AutoCommit, AutoCommitActivity, AutoCommitMode, AutoCommitState, KeptNews,
};
use longhouse_link::proto::session_event::What;
use longhouse_link::proto::*;
use tonic::{Code, Streaming};

use crate::house::{House, wait_for, within};

/// A person's git in the session's directory.
pub(crate) fn git(house: &House, args: &[&str]) -> String {
    git_in(&house.work(), args)
}

pub(crate) fn git_in(place: &Path, args: &[&str]) -> String {
    let done = Command::new("git")
        .args(["-c", "user.name=Person", "-c", "user.email=p@example.org"])
        .args(args)
        .current_dir(place)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", place)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "git {args:?}: {said}");
    String::from_utf8(done.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

pub(crate) fn write(house: &House, path: &str, text: &str) {
    let place = house.work().join(path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, text).unwrap();
}

/// A session with a repository of one commit.
pub(crate) async fn house() -> House {
    let house = House::new().await;
    git(&house, &["init", "--quiet", "--initial-branch=main"]);
    write(&house, ".gitignore", "*.log\n");
    write(&house, "a", "one\n");
    git(&house, &["add", "--all"]);
    git(&house, &["commit", "--quiet", "--message=first"]);
    house
}

pub(crate) fn every_second(mode: AutoCommitMode) -> AutoCommit {
    AutoCommit {
        mode,
        debounce_seconds: 1,
        ..AutoCommit::default()
    }
}

fn read(reply: AutoCommitReply) -> AutoCommitState {
    serde_json::from_str(&reply.state).unwrap()
}

pub(crate) async fn set(house: &House, settings: &AutoCommit) {
    let settings = serde_json::to_string(settings).unwrap();
    let request = AutoCommitRequest {
        settings,
        ..AutoCommitRequest::default()
    };
    within(house.client().set_auto_commit(request))
        .await
        .unwrap();
}

/// With these settings, and everything is watched.
pub(crate) async fn watched(house: &House, settings: &AutoCommit) {
    set(house, settings).await;
    wait_for("the directory is watched", async || {
        let state = state(house).await;
        (state.activity == AutoCommitActivity::Watching && !state.pending).then_some(())
    })
    .await;
}

async fn state(house: &House) -> AutoCommitState {
    let question = AutoCommitQuestion::default();
    read(
        within(house.client().auto_commit(question))
            .await
            .unwrap()
            .into_inner(),
    )
}

pub(crate) async fn now(house: &House, summary: &str) -> Result<AutoCommitState, tonic::Status> {
    let question = AutoCommitQuestion {
        now: true,
        summary: summary.to_owned(),
    };
    let reply = within(house.client().auto_commit(question)).await?;
    Ok(read(reply.into_inner()))
}

async fn events(house: &House) -> Streaming<SessionEvent> {
    within(house.client().watch(WatchRequest {}))
        .await
        .unwrap()
        .into_inner()
}

async fn next(events: &mut Streaming<SessionEvent>) -> KeptNews {
    loop {
        let event = within(events.message()).await.unwrap().unwrap();
        if let Some(What::Kept(kept)) = event.what {
            return serde_json::from_str(&kept.news).unwrap();
        }
    }
}

fn subjects(house: &House) -> Vec<String> {
    let log = git(house, &["log", "--reverse", "--format=%s"]);
    log.lines().map(str::to_owned).collect()
}

async fn committed(house: &House, commits: usize) {
    let count = commits.to_string();
    wait_for("it is committed", async || {
        (git(house, &["rev-list", "--count", "HEAD"]) == count).then_some(())
    })
    .await;
}

fn clean(house: &House) -> bool {
    git(house, &["status", "--porcelain"]).is_empty()
}

#[tokio::test]
async fn what_changes_is_committed_once_it_is_quiet() {
    let house = house().await;
    let mut events = events(&house).await;
    watched(&house, &every_second(AutoCommitMode::Commit)).await;
    write(&house, "src/b.rs", "fn b() {}\n");
    write(&house, "noise.log", "noise\n");
    let KeptNews::Committed(told) = next(&mut events).await else {
        panic!("no commit is told");
    };
    assert_eq!(
        (told.branch.as_str(), told.files, told.added),
        ("main", 1, 1)
    );
    assert_eq!(told.commit, git(&house, &["rev-parse", "HEAD"]));
    assert_eq!(subjects(&house), ["first", "feat: add b.rs"]);
    assert!(clean(&house));
    let state = wait_for("nothing waits", async || {
        Some(state(&house).await).filter(|state| !state.pending)
    })
    .await;
    assert_eq!(state.last_commit, Some(told));
    git(&house, &["fsck", "--strict"]);
}

#[tokio::test]
async fn parts_are_commits_of_their_own_and_leave_nothing_behind() {
    let house = house().await;
    set(&house, &every_second(AutoCommitMode::Commit)).await;
    write(&house, "web/a.ts", "let a\n");
    write(&house, "crates/x/src/lib.rs", "fn x() {}\n");
    git(&house, &["mv", "a", "b"]);
    git(&house, &["reset", "--quiet"]);
    write(&house, "with space\nand line", "x");
    now(&house, "").await.unwrap();
    committed(&house, 4).await;
    assert!(clean(&house));
    let all = subjects(&house);
    assert!(all.contains(&"feat(x): add lib.rs".to_owned()), "{all:?}");
    assert!(all.contains(&"feat(web): add a.ts".to_owned()), "{all:?}");
    git(&house, &["fsck", "--strict"]);
}

#[tokio::test]
async fn a_burst_of_ten_thousand_files_is_a_few_commits_and_none_is_missed() {
    let house = house().await;
    watched(&house, &every_second(AutoCommitMode::Commit)).await;
    for n in 0..10_000 {
        let place = house.work().join(format!("many/{}", n % 40));
        if n < 40 {
            std::fs::create_dir_all(&place).unwrap();
        }
        std::fs::write(place.join(n.to_string()), n.to_string()).unwrap();
    }
    wait_for("all is committed", async || {
        let listed = git(&house, &["ls-tree", "-r", "--name-only", "HEAD", "many"]);
        (listed.lines().count() == 10_000).then_some(())
    })
    .await;
    wait_for("the index follows", async || clean(&house).then_some(())).await;
    assert!(subjects(&house).len() <= 4, "{:?}", subjects(&house));
}

#[tokio::test]
async fn secrets_and_large_files_are_refused_told_and_left_where_they_are() {
    let house = house().await;
    let mut events = events(&house).await;
    watched(&house, &every_second(AutoCommitMode::Commit)).await;
    let token = format!("ghp_{}", "A2B3C4D5E6F7G2H3K4M5".repeat(2));
    write(&house, "config.ts", &format!("const token = '{token}'\n"));
    write(&house, ".env", "A=b\n");
    let large = std::fs::File::create(house.work().join("large")).unwrap();
    large.set_len(11 * 1024 * 1024).unwrap();
    write(&house, "fine", "x\n");
    write(&house, "left.out", "x\n");
    let KeptNews::Refused { mut files } = next(&mut events).await else {
        panic!("no refusal is told");
    };
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let told: Vec<_> = files
        .iter()
        .map(|file| (file.path.as_str(), file.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (".env", "is a file of environment variables"),
            ("config.ts", "holds a token of GitHub"),
            ("large", "is larger than 10 MiB"),
        ]
    );
    assert!(matches!(next(&mut events).await, KeptNews::Committed(_)));
    let listed = git(&house, &["ls-tree", "-r", "--name-only", "HEAD"]);
    assert!(listed.contains("fine"));
    for path in [".env", "config.ts", "large"] {
        assert!(!listed.lines().any(|line| line == path), "{path}");
        assert!(house.work().join(path).exists());
    }
    assert_eq!(state(&house).await.refused.len(), 3);
    // The same is not news again.
    write(&house, "fine", "y\n");
    assert!(matches!(next(&mut events).await, KeptNews::Committed(_)));
    // A person may mean it.
    git(&house, &["add", "config.ts"]);
    git(&house, &["commit", "--quiet", "--message=meant"]);
    write(
        &house,
        "config.ts",
        &format!("const token = '{token}' // changed\n"),
    );
    let KeptNews::Committed(told) = next(&mut events).await else {
        panic!("no commit is told");
    };
    assert_eq!(told.files, 1);
}

#[tokio::test]
async fn the_agents_end_and_the_sessions_end_are_commits() {
    let house = house().await;
    let patient = AutoCommit {
        mode: AutoCommitMode::Commit,
        debounce_seconds: 3_600,
        interval_seconds: 3_600,
        ignore: vec!["left.out".to_owned()],
        ..AutoCommit::default()
    };
    set(&house, &patient).await;
    house
        .run("agent", &["sh", "-c", "echo by the agent >b"])
        .await;
    committed(&house, 2).await;
    write(&house, "c", "at the end\n");
    write(&house, "left.out", "x\n");
    house.shut_down(false).await;
    assert_eq!(subjects(&house).len(), 3);
    assert_eq!(git(&house, &["status", "--porcelain"]), "?? left.out");
}

#[tokio::test]
async fn the_agents_summary_the_template_and_the_name_stand_in_the_commit() {
    let house = House::with(|spec| {
        for (name, value) in [("AUTHOR", "Ada"), ("COMMITTER", "Ada")] {
            spec.env
                .insert(format!("GIT_{name}_NAME"), value.to_owned());
            spec.env
                .insert(format!("GIT_{name}_EMAIL"), "ada@example.org".to_owned());
        }
    })
    .await;
    git(&house, &["init", "--quiet", "--initial-branch=main"]);
    let settings = AutoCommit {
        message_template: "wip {type}: {subject}".parse().unwrap(),
        ..every_second(AutoCommitMode::Commit)
    };
    set(&house, &settings).await;
    write(&house, "a.rs", "x\n");
    let state = now(&house, "Begin well").await.unwrap();
    assert_eq!(state.last_commit.unwrap().subject, "wip feat: Begin well");
    assert_eq!(
        git(&house, &["log", "--format=%an %ae %cn"]),
        "Ada ada@example.org Ada"
    );
}

#[tokio::test]
async fn without_a_repository_it_says_so_and_begins_once_there_is_one() {
    let house = House::new().await;
    set(&house, &every_second(AutoCommitMode::Commit)).await;
    wait_for("it says so", async || {
        let state = state(&house).await;
        (state.activity == AutoCommitActivity::NoRepository && state.reason.is_some()).then_some(())
    })
    .await;
    write(&house, "a", "x\n");
    git(&house, &["init", "--quiet", "--initial-branch=main"]);
    wait_for("a first commit", async || {
        let there = house.work().join(".git/refs/heads/main").exists();
        there.then_some(())
    })
    .await;
    assert_eq!(subjects(&house), ["feat: add a"]);
    let author = git(&house, &["log", "--format=%an"]);
    assert_eq!(author, "Longhouse");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let house = House::new().await;
    let none = AutoCommit {
        debounce_seconds: 0,
        ..AutoCommit::default()
    };
    for settings in ["{}x".to_owned(), serde_json::to_string(&none).unwrap()] {
        let request = AutoCommitRequest {
            settings,
            ..AutoCommitRequest::default()
        };
        let refused = within(house.client().set_auto_commit(request))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}
