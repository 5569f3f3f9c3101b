//! Checkpoints: everything is in them, nothing is touched by them, and anything is brought back from them.

use longhouse_link::proto::checkpoints_request::{First, Restore, Take};

use super::*;

async fn ask(house: &House, first: Option<First>) -> Result<CheckpointsReply, tonic::Status> {
    let request = CheckpointsRequest { first };
    Ok(within(house.client().checkpoints(request))
        .await?
        .into_inner())
}

async fn take(house: &House) -> CheckpointsReply {
    ask(house, Some(First::Take(Take {}))).await.unwrap()
}

async fn restore(
    house: &House,
    number: u64,
    path: Option<&str>,
) -> Result<CheckpointsReply, tonic::Status> {
    let path = path.map(|path| path.as_bytes().to_vec().into());
    ask(house, Some(First::Restore(Restore { number, path }))).await
}

fn text(house: &House, path: &str) -> Option<String> {
    std::fs::read_to_string(house.work().join(path)).ok()
}

#[tokio::test]
async fn a_checkpoint_has_new_files_and_touches_nothing() {
    let house = house().await;
    write(&house, "a", "two\n");
    git(&house, &["add", "a"]);
    write(&house, "a", "three\n");
    write(&house, "new/b", "b\n");
    let index = std::fs::read(house.work().join(".git/index")).unwrap();
    let before = (
        git(&house, &["status", "--porcelain"]),
        git(&house, &["rev-parse", "HEAD"]),
    );
    let taken = take(&house).await;
    assert!(taken.is_new && taken.taken == Some(1));
    let commit = taken.checkpoints[0].commit.clone();
    let listed = git(&house, &["ls-tree", "-r", "--name-only", &commit]);
    assert_eq!(listed, ".gitignore\na\nnew/b");
    assert_eq!(git(&house, &["show", &format!("{commit}:a")]), "three");
    assert_eq!(
        index,
        std::fs::read(house.work().join(".git/index")).unwrap()
    );
    assert_eq!(
        before,
        (
            git(&house, &["status", "--porcelain"]),
            git(&house, &["rev-parse", "HEAD"])
        )
    );
    assert_eq!(git(&house, &["branch", "--list"]), "* main");
    // The same again is the same.
    let again = take(&house).await;
    assert!(!again.is_new && again.taken == Some(1) && again.checkpoints.len() == 1);
    git(&house, &["fsck", "--strict"]);
}

#[tokio::test]
async fn changes_become_checkpoints_where_that_is_wanted() {
    let house = house().await;
    let mut events = events(&house).await;
    watched(&house, &every_second(AutoCommitMode::Checkpoint)).await;
    let head = git(&house, &["rev-parse", "HEAD"]);
    write(&house, "a", "two\n");
    let told = loop {
        match next(&mut events).await {
            KeptNews::Checkpoint { subject, .. } if subject.contains("record") => {}
            other => break other,
        }
    };
    assert!(
        matches!(told, KeptNews::Checkpoint { ref subject, .. } if subject == "chore: update a"),
        "{told:?}"
    );
    assert_eq!(head, git(&house, &["rev-parse", "HEAD"]));
}

#[tokio::test]
async fn everything_is_brought_back_and_that_can_be_undone() {
    let house = house().await;
    write(&house, "dir/kept", "kept\n");
    std::os::unix::fs::symlink("a", house.work().join("link")).unwrap();
    let first = take(&house).await.taken.unwrap();
    write(&house, "a", "spoilt\n");
    std::fs::remove_dir_all(house.work().join("dir")).unwrap();
    write(&house, "dir", "a file now\n");
    std::fs::remove_file(house.work().join("link")).unwrap();
    write(&house, "later/deep/x", "x\n");
    write(&house, "noise.log", "ignored\n");
    write(&house, ".env", "SECRET=1\n");
    let back = restore(&house, first, None).await.unwrap();
    assert_eq!(text(&house, "a").unwrap(), "one\n");
    assert_eq!(text(&house, "dir/kept").unwrap(), "kept\n");
    assert_eq!(
        std::fs::read_link(house.work().join("link")).unwrap(),
        Path::new("a")
    );
    assert!(!house.work().join("later").exists());
    // What no checkpoint holds stays.
    assert_eq!(text(&house, "noise.log").unwrap(), "ignored\n");
    assert_eq!(text(&house, ".env").unwrap(), "SECRET=1\n");
    restore(&house, back.taken.unwrap(), None).await.unwrap();
    assert_eq!(text(&house, "a").unwrap(), "spoilt\n");
    assert_eq!(text(&house, "dir").unwrap(), "a file now\n");
    assert_eq!(text(&house, "later/deep/x").unwrap(), "x\n");
    assert!(!house.work().join("link").exists());
}

#[tokio::test]
async fn one_file_is_brought_back_alone() {
    let house = house().await;
    write(&house, "b", "b\n");
    take(&house).await;
    write(&house, "a", "two\n");
    write(&house, "b", "bb\n");
    let back = restore(&house, 1, Some("a")).await.unwrap();
    assert_eq!((back.files, back.taken), (1, Some(2)));
    assert_eq!(
        (
            text(&house, "a").unwrap().as_str(),
            text(&house, "b").unwrap().as_str()
        ),
        ("one\n", "bb\n")
    );
    let none = restore(&house, 77, None).await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
    let outside = restore(&house, 1, Some("../a")).await.unwrap_err();
    assert_eq!(outside.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_no_checkpoint_holds_is_not_written_over() {
    let house = house().await;
    write(&house, "x", "kept\n");
    take(&house).await;
    std::fs::remove_file(house.work().join("x")).unwrap();
    write(&house, ".gitignore", "x\n");
    write(&house, "x", "ignored by now\n");
    let back = restore(&house, 1, None).await.unwrap();
    assert_eq!(back.left_alone, ["x"]);
    assert_eq!(text(&house, "x").unwrap(), "ignored by now\n");
    assert_eq!(text(&house, ".gitignore").unwrap(), "*.log\n");
}

#[tokio::test]
async fn the_newest_hundred_are_kept() {
    let house = house().await;
    take(&house).await;
    let first = ask(&house, None).await.unwrap().checkpoints[0]
        .commit
        .clone();
    // As a long session would have made them.
    let name = |n: u64| format!("refs/longhouse/checkpoints/{}/{n}", house.session);
    let wishes: String = (2..=100)
        .map(|n| format!("create {} {first}\n", name(n)))
        .collect();
    std::fs::write(house.state().join("wishes"), wishes).unwrap();
    let wishes = house.state().join("wishes");
    git(
        &house,
        &[
            "-c",
            &format!("alias.all=!git update-ref --stdin <{}", wishes.display()),
            "all",
        ],
    );
    write(&house, "a", "two\n");
    let kept = take(&house).await.checkpoints;
    let numbers: Vec<_> = kept.iter().map(|one| one.number).collect();
    assert_eq!(numbers, (2..=101).rev().collect::<Vec<_>>());
}
