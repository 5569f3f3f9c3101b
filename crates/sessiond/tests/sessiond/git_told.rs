//! What a person's work with the repository came to is told once, to whoever watches or watches next.

use longhouse_domain::git::{
    CommandLine, ConflictIn, Joining, KeptNews, Operation, PullWay, RepositoryUrl, Step,
};
use longhouse_link::proto::WatchRequest;
use longhouse_link::proto::session_event::What;

use crate::git::sh;
use crate::git_remote::{ask, house};
use crate::house::{House, within};

/// What is told to a new watcher, up to now: the port list comes before whatever is told by this.
async fn told(house: &House) -> Vec<KeptNews> {
    let mut events = within(house.client().watch(WatchRequest {}))
        .await
        .unwrap()
        .into_inner();
    // A commit that is told to the watcher ends what waited for it.
    let last = Operation::Commit {
        message: Some("last".to_owned().try_into().unwrap()),
        paths: vec![],
    };
    sh(house, "echo last >>last").await;
    ask(house, &last).await.unwrap();
    let mut told = Vec::new();
    loop {
        let event = within(events.message()).await.unwrap().unwrap();
        let Some(What::Kept(kept)) = event.what else {
            continue;
        };
        let news: KeptNews = serde_json::from_str(&kept.news).unwrap();
        if matches!(&news, KeptNews::Committed(commit) if commit.subject == "last") {
            return told;
        }
        told.push(news);
    }
}

fn typed(line: &str) -> Operation {
    let mut words = line.split(' ').map(str::to_owned);
    let command = words.next().unwrap();
    Operation::Run(CommandLine::new(&command, &words.collect::<Vec<_>>()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_and_pushes_by_hand_are_told_once() {
    let house = house().await;
    sh(&house, "echo two >>a").await;
    for operation in [
        typed("commit --dry-run -a -m no"),
        typed("commit -q -a -m typed"),
        typed("status"),
        Operation::Push(None),
        Operation::Push(None),
    ] {
        ask(&house, &operation).await.unwrap();
    }
    let head = sh(&house, "git rev-parse HEAD").await;
    let told = told(&house).await;
    let [KeptNews::Committed(commit), KeptNews::Pushed(push)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(
        (
            commit.subject.as_str(),
            commit.branch.as_str(),
            commit.added
        ),
        ("typed", "main", 1)
    );
    assert_eq!((&commit.commit, &push.commit), (&head, &head));
    assert_eq!((push.branch.as_str(), push.to.as_str()), ("main", "main"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_go_together_is_told_with_its_files() {
    let house = house().await;
    sh(
        &house,
        "cd ../other && git pull -q && echo theirs >a && git commit -qam theirs && git push -q",
    )
    .await;
    sh(&house, "echo ours >a; git commit -qam ours").await;
    let url: RepositoryUrl = sh(&house, "git config remote.origin.url")
        .await
        .parse()
        .unwrap();
    for (pull, joining) in [
        (PullWay::Merge, Joining::Merge),
        (PullWay::Rebase, Joining::Rebase),
    ] {
        let reply = ask(&house, &Operation::Pull(Some(url.clone()), pull)).await;
        assert_ne!(reply.unwrap().exit_code, 0);
        ask(&house, &Operation::Step(Step::Abort(joining)))
            .await
            .unwrap();
    }
    sh(
        &house,
        "echo stashed >a; git stash -q; echo other >a; git commit -qam other",
    )
    .await;
    ask(&house, &Operation::Step(Step::PopStash(0)))
        .await
        .unwrap();
    sh(&house, "git checkout -q --ours a; git add a").await;
    let told = told(&house).await;
    let during: Vec<_> = told
        .iter()
        .map(|news| match news {
            KeptNews::Conflict(conflict) => {
                assert_eq!(conflict.files, ["a"]);
                conflict.during
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        during,
        [ConflictIn::Merge, ConflictIn::Rebase, ConflictIn::Stash]
    );
}
