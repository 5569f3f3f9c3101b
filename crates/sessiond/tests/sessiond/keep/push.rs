//! Commits push themselves: to the one address, never by force, once, whoever is away or killed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use longhouse_domain::git::{ConflictIn, PushActivity, PushState};

use super::kills::{killed_and_started_again, locks};
use super::*;

/// What the session's repository came from.
fn forge(house: &House) -> PathBuf {
    house.work().parent().unwrap().join("forge.git")
}

fn over_there(house: &House, args: &[&str]) -> String {
    git_in(&forge(house), args)
}

/// A session with a clone of a repository of one commit; somebody else has another clone beside it.
async fn cloned() -> House {
    let house = super::house().await;
    let place = house.work();
    git_in(
        place.parent().unwrap(),
        &["clone", "--quiet", "--bare", "work", "forge.git"],
    );
    let url = format!("file://{}", forge(&house).display());
    git(&house, &["remote", "add", "origin", &url]);
    git(&house, &["fetch", "--quiet", "origin"]);
    git_in(
        place.parent().unwrap(),
        &["clone", "--quiet", "forge.git", "other"],
    );
    house
}

/// Somebody else pushes this file.
fn theirs(house: &House, path: &str, text: &str) {
    let other = house.work().parent().unwrap().join("other");
    git_in(&other, &["pull", "--quiet", "--rebase"]);
    std::fs::write(other.join(path), text).unwrap();
    git_in(&other, &["add", "--all"]);
    git_in(&other, &["commit", "--quiet", "--message=theirs"]);
    git_in(&other, &["push", "--quiet"]);
}

async fn set_pushing(house: &House, remote: &str, protected: &[&str]) {
    set_pushing_by("file", house, remote, protected).await;
}

async fn set_pushing_by(protocols: &str, house: &House, remote: &str, protected: &[&str]) {
    let settings = AutoCommit {
        push: true,
        protected_branches: protected.iter().map(|name| (*name).to_owned()).collect(),
        ..every_second(AutoCommitMode::Commit)
    };
    let request = AutoCommitRequest {
        settings: serde_json::to_string(&settings).unwrap(),
        remote: remote.to_owned(),
        protocols: protocols.to_owned(),
    };
    within(house.client().set_auto_commit(request))
        .await
        .unwrap();
}

async fn pushes(house: &House) {
    let url = format!("file://{}", forge(house).display());
    set_pushing(house, &url, &[]).await;
}

async fn push_state(house: &House, activity: PushActivity) -> PushState {
    wait_for(&format!("{activity:?}"), async || {
        let push = state(house).await.push;
        (push.activity == activity && (activity != PushActivity::Pending || push.reason.is_some()))
            .then_some(push)
    })
    .await
}

/// Waits until the forge has what the session has.
async fn pushed(house: &House, branch: &str) {
    wait_for("it is pushed", async || {
        let head = git(house, &["rev-parse", "HEAD"]);
        let there = over_there(
            house,
            &[
                "for-each-ref",
                "--format=%(objectname)",
                &format!("refs/heads/{branch}"),
            ],
        );
        let known = state(house).await.push.activity == PushActivity::UpToDate;
        (head == there && clean(house) && known).then_some(())
    })
    .await;
}

/// The news of this commit's push, and what was told before it.
async fn told_until_pushed(events: &mut Streaming<SessionEvent>, commit: &str) -> Vec<KeptNews> {
    let mut told = Vec::new();
    loop {
        let news = next(events).await;
        let is_it = matches!(&news, KeptNews::Pushed(push) if push.commit == commit);
        told.push(news);
        if is_it {
            return told;
        }
    }
}

#[tokio::test]
async fn a_commit_is_pushed_and_told_and_the_branch_follows() {
    let house = cloned().await;
    let mut events = events(&house).await;
    pushes(&house).await;
    write(&house, "b", "b\n");
    pushed_after(&house, 2).await;
    let head = git(&house, &["rev-parse", "HEAD"]);
    let told = told_until_pushed(&mut events, &head).await;
    let [KeptNews::Committed(commit), KeptNews::Pushed(push)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!((&commit.commit, &push.commit), (&head, &head));
    assert_eq!((push.branch.as_str(), push.to.as_str()), ("main", "main"));
    assert_eq!(state(&house).await.push.last.as_ref(), Some(push));
    assert_eq!(
        git(&house, &["rev-parse", "--abbrev-ref", "main@{upstream}"]),
        "origin/main"
    );
    // A person's own commit goes, too.
    write(&house, "c.log", "ignored\n");
    git(
        &house,
        &["commit", "--quiet", "--allow-empty", "--message=by hand"],
    );
    pushed_after(&house, 3).await;
}

async fn pushed_after(house: &House, commits: usize) {
    committed(house, commits).await;
    pushed(house, "main").await;
}

#[tokio::test]
async fn nothing_is_pushed_to_another_address_than_the_one_that_is_known() {
    let house = cloned().await;
    let thief = house.work().parent().unwrap().join("thief.git");
    git_in(
        thief.parent().unwrap(),
        &["init", "--quiet", "--bare", "thief.git"],
    );
    let thief_url = format!("file://{}", thief.display());
    git(&house, &["remote", "set-url", "origin", &thief_url]);
    git(&house, &["config", "remote.origin.pushurl", &thief_url]);
    pushes(&house).await;
    write(&house, "b", "b\n");
    pushed_after(&house, 2).await;
    let instead = format!("url.{thief_url}.insteadOf");
    let url = format!("file://{}", forge(&house).display());
    git(&house, &["config", &instead, &url]);
    write(&house, "c", "c\n");
    let state = push_state(&house, PushActivity::Pending).await;
    assert!(state.reason.unwrap().contains("insteadOf"));
    assert_eq!(git_in(&thief, &["for-each-ref"]), "");
}

#[tokio::test]
async fn while_the_other_side_is_away_commits_wait_also_over_a_restart() {
    let mut house = cloned().await;
    let away = forge(&house).with_extension("away");
    std::fs::rename(forge(&house), &away).unwrap();
    pushes(&house).await;
    write(&house, "b", "b\n");
    committed(&house, 2).await;
    let state = push_state(&house, PushActivity::Pending).await;
    assert_eq!(state.to.as_deref(), Some("main"));
    assert!(state.reason.unwrap().contains("not reached"));
    killed_and_started_again(&mut house).await;
    pushes(&house).await;
    push_state(&house, PushActivity::Pending).await;
    std::fs::rename(&away, forge(&house)).unwrap();
    pushed(&house, "main").await;
}

#[tokio::test]
async fn a_commit_hurries_what_waits_for_the_other_side_to_be_there() {
    let house = cloned().await;
    // Somebody who takes every call, and says nothing.
    let dead = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a.git", dead.local_addr().unwrap());
    let mut calls = 0;
    set_pushing_by("http", &house, &url, &[]).await;
    let began = Instant::now();
    let rounds = 4;
    for round in 0..rounds {
        write(&house, "b", &format!("{round}\n"));
        committed(&house, round + 2).await;
        within(dead.accept()).await.unwrap();
        calls += 1;
        push_state(&house, PushActivity::Pending).await;
    }
    // Left alone, these would have taken all the pauses between them.
    let pauses: Duration = (1..calls).map(longhouse_domain::git::push_pause).sum();
    assert!(began.elapsed() < pauses, "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_others_pushed_comes_below_and_nothing_is_forced_or_lost() {
    let house = cloned().await;
    theirs(&house, "theirs", "theirs\n");
    pushes(&house).await;
    write(&house, "b", "b\n");
    write(&house, "a", "two\n");
    pushed(&house, "main").await;
    let log = over_there(&house, &["log", "--reverse", "--format=%s", "main"]);
    let subjects: Vec<_> = log.lines().collect();
    assert_eq!(subjects[..2], ["first", "theirs"], "{log}");
    for (path, text) in [("a", "two"), ("b", "b"), ("theirs", "theirs")] {
        assert_eq!(over_there(&house, &["show", &format!("main:{path}")]), text);
        assert_eq!(
            std::fs::read_to_string(house.work().join(path))
                .unwrap()
                .trim(),
            text
        );
    }
    // The same change on both sides is one.
    theirs(&house, "same", "same\n");
    write(&house, "same", "same\n");
    write(&house, "more", "more\n");
    wait_for("it is pushed", async || {
        let there = over_there(&house, &["ls-tree", "--name-only", "main"]);
        there.contains("more").then_some(())
    })
    .await;
    pushed(&house, "main").await;
    assert_eq!(
        over_there(&house, &["rev-list", "--count", "main", "--", "same"]),
        "1"
    );
    git(&house, &["fsck", "--strict", "--no-dangling"]);
}

#[tokio::test]
async fn what_does_not_go_together_is_left_as_it_is_and_told_once() {
    let house = cloned().await;
    let mut events = events(&house).await;
    theirs(&house, "a", "theirs\n");
    let before = over_there(&house, &["rev-parse", "main"]);
    pushes(&house).await;
    write(&house, "a", "ours\n");
    let stands = push_state(&house, PushActivity::Conflict).await;
    assert_eq!(stands.files, ["a"]);
    assert_eq!(over_there(&house, &["rev-parse", "main"]), before);
    assert_eq!(git(&house, &["show", "HEAD:a"]), "ours");
    assert!(clean(&house));
    // A commit more does not tell it again; a person settles it, and it goes on.
    write(&house, "b", "b\n");
    committed(&house, 3).await;
    wait_for("no commit is being made", async || {
        (!state(&house).await.pending && clean(&house)).then_some(())
    })
    .await;
    push_state(&house, PushActivity::Conflict).await;
    git(
        &house,
        &[
            "merge",
            "--quiet",
            "--strategy=ours",
            "--message=both",
            "origin/main",
        ],
    );
    pushed(&house, "main").await;
    let head = git(&house, &["rev-parse", "HEAD"]);
    let told = told_until_pushed(&mut events, &head).await;
    let conflicts: Vec<_> = told
        .iter()
        .filter_map(|news| match news {
            KeptNews::Conflict(conflict) => Some((conflict.during, conflict.files.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(conflicts, [(ConflictIn::Push, vec!["a".to_owned()])]);
}

#[tokio::test]
async fn a_protected_branch_is_left_alone_and_commits_go_to_the_sessions_own() {
    let house = cloned().await;
    let own = format!("longhouse/{}", house.session);
    let hook = forge(&house).join("hooks/update");
    let script = "#!/bin/sh\ncase $1 in refs/heads/main) echo 'GH006: Protected branch update failed' >&2; exit 1;; esac\n";
    std::fs::write(&hook, script).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let before = over_there(&house, &["rev-parse", "main"]);
    pushes(&house).await;
    write(&house, "b", "b\n");
    committed(&house, 2).await;
    pushed(&house, &own).await;
    assert_eq!(over_there(&house, &["rev-parse", "main"]), before);
    // What is configured is not even tried.
    std::fs::remove_file(&hook).unwrap();
    let url = format!("file://{}", forge(&house).display());
    set_pushing(&house, &url, &["ma*"]).await;
    write(&house, "c", "c\n");
    committed(&house, 3).await;
    pushed(&house, &own).await;
    assert_eq!(over_there(&house, &["rev-parse", "main"]), before);
    assert_eq!(state(&house).await.push.to.as_deref(), Some(own.as_str()));
}

#[tokio::test]
async fn sessiond_is_killed_at_many_moments_and_each_commit_is_pushed_once() {
    let mut house = cloned().await;
    for round in 0..12 {
        // As long as sessiond knows no settings, it pushes nothing.
        if round % 3 == 0 {
            theirs(&house, &format!("theirs{round}"), "theirs\n");
        }
        pushes(&house).await;
        write(&house, &format!("file{round}"), "x\n");
        let question = AutoCommitQuestion {
            now: true,
            ..AutoCommitQuestion::default()
        };
        within(house.client().auto_commit(question)).await.unwrap();
        // Another moment of the push each time.
        tokio::time::sleep(std::time::Duration::from_millis(round * 23)).await;
        killed_and_started_again(&mut house).await;
        git(&house, &["fsck", "--strict", "--no-dangling"]);
        over_there(&house, &["fsck", "--strict", "--no-dangling"]);
    }
    pushes(&house).await;
    pushed(&house, "main").await;
    for round in 0..12 {
        let path = format!("file{round}");
        assert_eq!(
            over_there(&house, &["rev-list", "--count", "main", "--", &path]),
            "1",
            "{path}"
        );
    }
    let mut left = Vec::new();
    locks(&house.work().join(".git"), &mut left);
    assert!(left.is_empty(), "{left:?}");
}
