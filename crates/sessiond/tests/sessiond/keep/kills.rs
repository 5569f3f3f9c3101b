//! Whoever is killed in the middle of a commit or a checkpoint: the repository is whole, and each change is committed once.

use super::*;

/// Kills sessiond and whatever git it has running, and starts another one.
pub(crate) async fn killed_and_started_again(house: &mut House) {
    house.kill_daemon().await;
    for pid in house.marked() {
        crate::house::kill(pid, "KILL");
    }
    wait_for("nothing of it runs", async || {
        house.marked().is_empty().then_some(())
    })
    .await;
    house.start_again().await;
}

pub(crate) fn locks(place: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(place).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            locks(&entry.path(), found);
        } else if entry.path().extension().is_some_and(|end| end == "lock") {
            found.push(entry.path().display().to_string());
        }
    }
}

#[tokio::test]
async fn sessiond_is_killed_at_many_moments_and_each_change_is_committed_once() {
    let mut house = house().await;
    let settings = every_second(AutoCommitMode::Commit);
    for round in 0..24 {
        set(&house, &settings).await;
        write(
            &house,
            &format!("dir{}/file{round}", round % 3),
            &format!("{round}\n"),
        );
        write(&house, "a", &format!("{round}\n"));
        let client = house.client();
        let commit = tokio::spawn(async move {
            let mut client = client;
            let question = AutoCommitQuestion {
                now: true,
                ..AutoCommitQuestion::default()
            };
            let _cut_off = client.auto_commit(question).await;
        });
        // Another moment each time: a commit takes some hundred milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(round * 17)).await;
        killed_and_started_again(&mut house).await;
        within(commit).await.unwrap();
        git(&house, &["fsck", "--strict", "--no-dangling"]);
    }
    set(&house, &settings).await;
    wait_for("a commit of what is left", async || {
        now(&house, "").await.ok().filter(|_| clean(&house))
    })
    .await;
    for round in 0..24 {
        let path = format!("dir{}/file{round}", round % 3);
        let commits = git(&house, &["log", "--format=%H", "--", &path]);
        assert_eq!(commits.lines().count(), 1, "{path}");
        assert_eq!(
            git(&house, &["show", &format!("HEAD:{path}")]),
            round.to_string()
        );
    }
    let mut left = Vec::new();
    locks(&house.work().join(".git"), &mut left);
    assert!(left.is_empty(), "{left:?}");
    git(&house, &["fsck", "--strict"]);
}

#[tokio::test]
async fn an_index_that_did_not_follow_yet_follows_later_and_leaves_a_persons_work_alone() {
    let mut house = house().await;
    set(&house, &every_second(AutoCommitMode::Commit)).await;
    let old_tree = git(&house, &["rev-parse", "HEAD^{tree}"]);
    write(&house, "b", "b\n");
    write(&house, "c", "c\n");
    now(&house, "").await.unwrap();
    assert!(clean(&house));
    // As if the kill had come between the branch and the index, and a person had prepared something since.
    let new = git(&house, &["rev-parse", "HEAD"]);
    house.kill_daemon().await;
    git(&house, &["read-tree", &old_tree]);
    write(&house, "c", "mine\n");
    git(&house, &["add", "c"]);
    let note = house.work().join(".git/longhouse/commit");
    std::fs::write(&note, format!("{old_tree} {new}\n")).unwrap();
    house.start_again().await;
    wait_for("it is brought to its end", async || {
        (!note.exists()).then_some(())
    })
    .await;
    wait_for("the index follows", async || {
        (git(&house, &["status", "--porcelain"]) == "M  c").then_some(())
    })
    .await;
}
