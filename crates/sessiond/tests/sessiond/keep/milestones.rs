//! What is brought to an end in the session closes a batch at once: tests that passed, and work that whoever did it calls done.

use super::*;
use crate::house::terminal;

/// Nothing else closes a batch while a test lasts.
fn patient() -> AutoCommit {
    let forever = longhouse_domain::git::LONGEST_SECONDS;
    AutoCommit {
        mode: AutoCommitMode::Commit,
        debounce_seconds: forever,
        interval_seconds: forever,
        max_files: longhouse_domain::git::MOST_FILES,
        ..AutoCommit::default()
    }
}

/// Everything is watched, and what there was is kept.
async fn attended(house: &House) {
    set(house, &patient()).await;
    wait_for("the directory is watched", async || {
        (state(house).await.activity == AutoCommitActivity::Watching).then_some(())
    })
    .await;
    house
        .exec(&["sh", "-c", "\"$LONGHOUSE_MILESTONE\" done"])
        .await;
    wait_for("nothing waits", async || {
        (!state(house).await.pending && clean(house)).then_some(())
    })
    .await;
}

/// A project whose tests pass where its file says so.
async fn project() -> House {
    let house = house().await;
    write(&house, "gradlew", "#!/bin/sh\ngrep -q good a\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(house.work().join("gradlew"), mode).unwrap();
    git(&house, &["add", "--all"]);
    git(&house, &["commit", "--quiet", "--message=tests"]);
    attended(&house).await;
    house
}

/// What the file held with each commit since the project began.
fn kept(house: &House) -> Vec<String> {
    let commits = git(house, &["rev-list", "--reverse", "HEAD~..HEAD"]);
    let all = commits.lines();
    all.map(|commit| git(house, &["show", &format!("{commit}:a")]))
        .collect()
}

async fn waits(house: &House) {
    wait_for("the change is seen", async || {
        state(house).await.pending.then_some(())
    })
    .await;
}

#[tokio::test]
async fn tests_that_pass_close_a_batch_and_others_do_not() {
    let house = project().await;
    write(&house, "a", "bad\n");
    waits(&house).await;
    assert_eq!(house.exec(&["./gradlew", "test"]).await.exit_code, 1);
    write(&house, "a", "good, but not asked\n");
    assert_eq!(house.exec(&["./gradlew", "build"]).await.exit_code, 0);
    let hidden = ["sh", "-c", "./gradlew test; true"];
    assert_eq!(house.exec(&hidden).await.exit_code, 0);
    write(&house, "a", "good\n");
    let reply = house.exec(&["sh", "-c", "true && ./gradlew test"]).await;
    assert_eq!(reply.exit_code, 0);
    committed(&house, 3).await;
    assert_eq!(kept(&house), ["good"]);
    // The program of a terminal as well, alone and in tmux.
    for (commits, tmux) in [(4, false), (5, true)] {
        write(&house, "a", &format!("good {commits}\n"));
        let mut request = terminal(&format!("t{commits}"), &["bash", "-c", "./gradlew test"]);
        request.tmux = tmux;
        house.create(request).await.unwrap();
        committed(&house, commits).await;
        assert_eq!(kept(&house), [format!("good {commits}")]);
    }
}

#[tokio::test]
async fn whoever_works_in_a_shell_says_that_it_is_done_and_what_it_was() {
    let mut house = project().await;
    let mut shell = terminal("t", &["bash", "--norc", "--noprofile"]);
    shell.tmux = true;
    house.create(shell.clone()).await.unwrap();
    write(&house, "a", "good\n");
    let passes = "./gradlew test && \"$LONGHOUSE_MILESTONE\" tests && echo said $?\n";
    house.type_in("t", passes).await;
    house.wait_for_screen("t", "said 0").await;
    committed(&house, 3).await;
    write(&house, "a", "better\n");
    let command = "\"$LONGHOUSE_MILESTONE\" done";
    let done = format!("{command} 'fix: say it better'\n");
    house.type_in("t", done.clone()).await;
    committed(&house, 4).await;
    assert_eq!(subjects(&house)[3], "fix: say it better");
    // The words were for that piece of work alone.
    write(&house, "a", "best\n");
    house.exec(&["sh", "-c", command]).await;
    committed(&house, 5).await;
    assert_ne!(subjects(&house)[4], "fix: say it better");

    // The same shell finds it once sessiond was killed and started again.
    house.kill_daemon().await;
    house.start_again().await;
    house.create(shell).await.unwrap();
    attended(&house).await;
    write(&house, "a", "the very best\n");
    house.type_in("t", done).await;
    committed(&house, 6).await;
}

#[tokio::test]
async fn where_nothing_is_kept_by_itself_that_is_said_and_is_no_failure() {
    let house = house().await;
    let told = house
        .exec(&["sh", "-c", "\"$LONGHOUSE_MILESTONE\" done 'not now'"])
        .await;
    let said = String::from_utf8_lossy(&told.stdout);
    assert_eq!((told.exit_code, said.contains("is off")), (0, true));
    for words in ["", "ended", "done a b"] {
        let call = format!("\"$LONGHOUSE_MILESTONE\" {words}");
        let reply = house.exec(&["sh", "-c", &call]).await;
        let said = String::from_utf8_lossy(&reply.stderr);
        assert_eq!(
            (reply.exit_code, said.contains("usage")),
            (2, true),
            "{said}"
        );
    }
    // What was done before it was switched on has no words for what comes after.
    write(&house, "b", "b\n");
    attended(&house).await;
    assert_eq!(subjects(&house), ["first", "feat: add b"]);
}
