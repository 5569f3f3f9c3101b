//! A person works with git in the same place: what they prepare stays, and their git is never told to wait for ours.

use std::mem::MaybeUninit;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::*;

#[tokio::test]
async fn a_persons_staged_work_and_merges_are_not_disturbed() {
    let house = house().await;
    set(&house, &every_second(AutoCommitMode::Commit)).await;
    write(&house, "staged", "mine\n");
    git(&house, &["add", "staged"]);
    write(&house, "a", "two\n");
    let refused = now(&house, "").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("being prepared"), "{refused}");
    assert_eq!(
        git(&house, &["status", "--porcelain"]),
        "M a\nA  staged".replace("M a", " M a").trim_end()
    );
    // Once the person is done, it goes on by itself.
    let blocked = wait_for("it says what is in the way", async || {
        Some(state(&house).await).filter(|state| state.activity == AutoCommitActivity::Blocked)
    })
    .await;
    assert!(blocked.pending && blocked.reason.unwrap().contains("being prepared"));
    git(&house, &["commit", "--quiet", "--message=by hand"]);
    committed(&house, 3).await;
    assert_eq!(subjects(&house)[1], "by hand");

    git(&house, &["checkout", "--quiet", "--detach"]);
    write(&house, "a", "three\n");
    let refused = now(&house, "").await.unwrap_err();
    assert!(refused.message().contains("not on a branch"), "{refused}");
    git(&house, &["checkout", "--quiet", "main"]);
    std::fs::write(
        house.work().join(".git/MERGE_HEAD"),
        git(&house, &["rev-parse", "HEAD"]),
    )
    .unwrap();
    let refused = now(&house, "").await.unwrap_err();
    assert_eq!(refused.message(), "a merge is under way");
}

#[tokio::test]
async fn a_persons_git_is_never_refused_because_ours_works_at_the_index() {
    let house = house().await;
    watched(&house, &every_second(AutoCommitMode::Commit)).await;
    let kernel = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
    let made = WatchFlags::CREATE | WatchFlags::MODIFY | WatchFlags::MOVED_FROM;
    inotify::add_watch(&kernel, house.work().join(".git"), made).unwrap();
    let events = |name: &str| {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&kernel, &mut buffer);
        let mut found = Vec::new();
        loop {
            match reader.next() {
                Ok(event)
                    if event
                        .file_name()
                        .is_some_and(|it| it.to_bytes() == name.as_bytes()) =>
                {
                    found.push(event.events());
                }
                Ok(_) => {}
                Err(Errno::AGAIN) => return found,
                Err(error) => panic!("{error}"),
            }
        }
    };
    for commits in 2..5 {
        write(&house, "a", &format!("{commits}\n"));
        committed(&house, commits).await;
        wait_for("the index follows", async || {
            let status = git(&house, &["--no-optional-locks", "status", "--porcelain"]);
            status.is_empty().then_some(())
        })
        .await;
    }
    let held = events("index.lock");
    assert!(!held.is_empty() && held.iter().all(|event| *event == ReadFlags::CREATE));
    // A git that works at the index itself holds it from its first look to its last word; this is how that looks.
    write(&house, "b", "by hand\n");
    git(&house, &["add", "b"]);
    assert!(events("index.lock").contains(&ReadFlags::MOVED_FROM));
}
