//! Repositories below the session's directory, and one that is made in it: each is worked with alone, and nothing outside is.

use longhouse_domain::git::{CommandLine, KeptNews, Operation, Refusal, Repository, TreeStatus};
use longhouse_link::proto::session_event::What;
use longhouse_link::proto::{NewsAcknowledged, WatchRequest};

use crate::git::{refusal, sh};
use crate::git_remote::ask;
use crate::house::{House, within};

fn run(command: &str, args: &[&str]) -> Operation {
    let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
    Operation::Run(CommandLine::new(command, &args).unwrap())
}

fn at(path: &str, operation: Operation) -> Operation {
    operation.at(&path.parse().unwrap())
}

/// A session whose directory is a repository with two more in it, beside one that is not the session's.
async fn house() -> House {
    let house = House::new().await;
    let script = "for dir in . a/b '$(touch ran)' ../outside; do git init -q -b main \"$dir\"; git -C \"$dir\" config user.name A; \
        git -C \"$dir\" config user.email a@example.org; done; git -C a/b checkout -q -b inner; ln -s ../../outside a/link; \
        ln -s b a/near; mkdir plain; echo x >a/b/file; echo y >outer";
    sh(&house, script).await;
    house
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_below_is_worked_with_alone() {
    let house = house().await;
    for (operation, branch) in [
        (Operation::Glance, "main"),
        (at("a/b", Operation::Glance), "inner"),
        (at("$(touch ran)", Operation::Glance), "main"),
    ] {
        let reply = ask(&house, &operation).await.unwrap();
        let status = TreeStatus::read(&reply.stdout, false).unwrap();
        assert_eq!(status.branch.as_deref(), Some(branch), "{operation:?}");
    }
    for operation in [
        run("add", &["--", "file"]),
        run("commit", &["-m", "inside"]),
    ] {
        let reply = ask(&house, &at("a/b", operation)).await.unwrap();
        assert_eq!(reply.exit_code, 0, "{reply:?}");
    }
    assert_eq!(
        sh(&house, "git -C a/b log --format=%s inner").await,
        "inside"
    );
    assert_eq!(
        sh(
            &house,
            "git rev-list --all --count; git status --short outer"
        )
        .await,
        "0\n?? outer"
    );
    assert!(!house.work().join("ran").exists());
    // Its turn is its own, and is left as tidy.
    assert!(house.work().join("a/b/.git/longhouse/lock").exists());
    assert!(!house.work().join("a/b/.git/longhouse/at-work").exists());
}

/// The first of git's news that a new watcher hears.
async fn first_news(house: &House) -> (u64, KeptNews) {
    let mut client = house.client();
    let mut events = within(client.watch(WatchRequest {}))
        .await
        .unwrap()
        .into_inner();
    loop {
        let event = within(events.message()).await.unwrap().unwrap();
        if let Some(What::Kept(kept)) = event.what {
            return (event.number, serde_json::from_str(&kept.news).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_commits_are_told_with_its_place_until_they_are_acknowledged() {
    let house = house().await;
    let commit = |subject: &str| at("a/b", run("commit", &["--allow-empty", "-m", subject]));
    ask(&house, &commit("first")).await.unwrap();
    for _ in 0..2 {
        let (number, KeptNews::Committed(told)) = first_news(&house).await else {
            panic!("not a commit");
        };
        assert_eq!(
            (number, told.path.as_str(), told.branch.as_str()),
            (1, "a/b", "inner")
        );
        assert_eq!(told.subject, "first");
    }
    ask(&house, &commit("second")).await.unwrap();
    let heard = NewsAcknowledged { number: 1 };
    within(house.client().acknowledge_news(heard))
        .await
        .unwrap();
    let (number, KeptNews::Committed(told)) = first_news(&house).await else {
        panic!("not a commit");
    };
    assert_eq!((number, told.subject.as_str()), (2, "second"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_place_leads_out_of_the_session_or_over_a_link() {
    let house = house().await;
    for place in ["a/link", "a/near", "plain", "a", "gone", "outer"] {
        let refused = ask(&house, &at(place, Operation::Status)).await;
        assert_eq!(refusal(refused), Refusal::NoRepository, "{place}");
    }
    // Who does not keep to the rules of paths is not even understood.
    for place in ["../outside", ".git", "/tmp", "a//b"] {
        let asked = format!("{{\"below\":[\"{place}\",\"status\"]}}");
        let request = longhouse_link::proto::GitRequest {
            operation: asked,
            protocols: "file".to_owned(),
            timeout_seconds: 60,
        };
        let refused = house.client().git(request).await.unwrap_err();
        assert_eq!(
            refused.code(),
            tonic::Code::InvalidArgument,
            "{place}: {refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clone_below_stays_in_the_session_and_leaves_no_half_of_it() {
    let house = house().await;
    sh(
        &house,
        "git -C a/b add -A && git -C a/b commit -qm inside && git clone -q --bare a/b ../forge.git",
    )
    .await;
    let forge = house.work().parent().unwrap().join("forge.git");
    let clone = |url: String, to: &str| {
        let repository = Repository {
            url: url.parse().unwrap(),
            branch: None,
            depth: None,
            submodules: false,
        };
        Operation::Clone(repository, to.parse().unwrap())
    };
    let url = format!("file://{}", forge.display());
    let made = ask(&house, &clone(url.clone(), "new/er")).await.unwrap();
    assert_eq!(made.exit_code, 0, "{made:?}");
    let reply = ask(&house, &at("new/er", Operation::Glance)).await.unwrap();
    let status = TreeStatus::read(&reply.stdout, false).unwrap();
    assert_eq!(status.branch.as_deref(), Some("inner"));
    let again = ask(&house, &clone(url.clone(), "new/er")).await.unwrap();
    assert_eq!(again.exit_code, 128, "{again:?}");
    for place in ["a/link/x", "a/link", "a/near/x", "outer/x"] {
        let refused = ask(&house, &clone(url.clone(), place)).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::FailedPrecondition, "{place}");
    }
    // In a place of a place nothing is cloned.
    let nested = ask(&house, &at("a/b", clone(url, "x"))).await.unwrap_err();
    assert_eq!(nested.code(), tonic::Code::InvalidArgument, "{nested}");
    let failed = clone("file:///nowhere".to_owned(), "gone/deep");
    let failed = ask(&house, &failed).await.unwrap();
    assert!(
        failed.exit_code == 128 && failed.remote.is_some(),
        "{failed:?}"
    );
    assert_eq!(
        sh(&house, "ls -A ../outside; test ! -e gone/deep").await,
        ".git"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_repository_is_made_once_and_over_nobodys() {
    let house = House::new().await;
    let init = Operation::Init("trunk".parse().unwrap());
    for _ in 0..2 {
        let reply = ask(&house, &init).await.unwrap();
        assert_eq!(reply.exit_code, 0, "{reply:?}");
    }
    assert_eq!(
        sh(
            &house,
            "git symbolic-ref --short HEAD; ls -A .git/hooks 2>&1 | wc -l"
        )
        .await,
        "trunk\n1"
    );
    // What a git left that was killed in the middle is brought to its end.
    sh(&house, "rm .git/config .git/HEAD").await;
    ask(&house, &init).await.unwrap();
    sh(&house, "git status --short && git config user.name mine").await;
    // What stands on another branch stays there, with its settings.
    let other = Operation::Init("other".parse().unwrap());
    ask(&house, &other).await.unwrap();
    let kept = sh(
        &house,
        "git symbolic-ref --short HEAD; git config user.name",
    )
    .await;
    assert_eq!(kept, "trunk\nmine");
    sh(&house, "rm -rf .git; ln -s ../elsewhere .git").await;
    assert_eq!(refusal(ask(&house, &init).await), Refusal::Elsewhere);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn origin_is_made_or_gets_another_address() {
    let house = house().await;
    for url in ["https://a.example.org/x.git", "git@b.example.org:y.git"] {
        let moved = at("a/b", Operation::SetOrigin(url.parse().unwrap()));
        let reply = ask(&house, &moved).await.unwrap();
        assert_eq!(reply.exit_code, 0, "{reply:?}");
        let said = sh(
            &house,
            "git -C a/b remote -v | grep -c fetch; git -C a/b remote get-url origin; git remote",
        )
        .await;
        assert_eq!(
            said,
            format!(
                "1\n{}",
                url.parse::<longhouse_domain::git::RepositoryUrl>().unwrap()
            )
        );
    }
}
