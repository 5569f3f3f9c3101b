//! The session's repository and the one that it came from, and steps with both: only the address that is given counts, nothing is forced, and
//! nothing that the repository names is run.

use longhouse_domain::git::{CommandLine, Joining, Operation, PullWay, Refusal, ResetMode, Step};
use longhouse_link::proto::git_reply::Underway;
use longhouse_link::proto::{GitReply, GitRequest};
use tonic::Status;

use crate::git::{refusal, sh, status};
use crate::house::{House, within};

/// A session with a clone, and a person who commits; what it came from is beside it.
pub(crate) async fn house() -> House {
    let house = House::new().await;
    let script = "git init -q --bare -b main ../forge.git; git init -q -b main; git config user.name A; git config user.email a@example.org; \
        git remote add origin \"file://$(dirname $PWD)/forge.git\"; echo one >a; git add a; git commit -qm first; git push -q origin main; \
        git clone -q ../forge.git ../other; git -C ../other config user.name O; git -C ../other config user.email o@example.org";
    sh(&house, script).await;
    house
}

pub(crate) async fn ask(house: &House, operation: &Operation) -> Result<GitReply, Status> {
    let request = GitRequest {
        operation: serde_json::to_string(operation).unwrap(),
        protocols: "file".to_owned(),
        timeout_seconds: 60,
    };
    Ok(within(house.client().git(request)).await?.into_inner())
}

async fn done(house: &House, operation: Operation) -> GitReply {
    let reply = ask(house, &operation).await.unwrap();
    assert_eq!(reply.exit_code, 0, "{operation:?}: {reply:?}");
    reply
}

async fn step(house: &House, step: Step) {
    done(house, Operation::Step(step)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pushed_and_pulled_is_counted_and_never_forced() {
    let house = house().await;
    sh(&house, "echo two >>a; git commit -qam second").await;
    done(&house, Operation::Push(None)).await;
    let tree = status(&house).await;
    assert_eq!(
        (tree.upstream.as_deref(), tree.ahead_behind),
        (Some("origin/main"), Some((0, 0)))
    );
    sh(&house, "cd ../other && git pull -q && echo o >b && git add b && git commit -qm theirs && git push -q").await;
    sh(&house, "echo three >>a; git commit -qam third").await;
    let refused = ask(&house, &Operation::Push(None)).await.unwrap();
    assert!(
        refused.exit_code != 0 && String::from_utf8_lossy(&refused.stdout).contains("[rejected]"),
        "{refused:?}"
    );
    done(&house, Operation::Fetch(None)).await;
    assert_eq!(status(&house).await.ahead_behind, Some((1, 1)));
    let pull = |way| Operation::Pull(None, way);
    assert_ne!(
        ask(&house, &pull(PullWay::FastForward))
            .await
            .unwrap()
            .exit_code,
        0
    );
    done(&house, pull(PullWay::Rebase)).await;
    done(&house, Operation::Push(None)).await;
    assert_eq!(
        sh(&house, "git -C ../forge.git log --format=%s main").await,
        "third\ntheirs\nsecond\nfirst"
    );
    // Another repository than the one that is given gets nothing, whatever the settings say.
    let url = format!(
        "file://{}",
        house.work().parent().unwrap().join("forge.git").display()
    );
    sh(&house, "git init -q --bare ../thief.git; git remote set-url origin ../thief.git; git config remote.origin.pushurl ../thief.git; \
        echo four >>a; git commit -qam fourth").await;
    done(&house, Operation::Push(Some(url.parse().unwrap()))).await;
    assert_eq!(
        sh(
            &house,
            "git -C ../thief.git for-each-ref; git -C ../forge.git log -1 --format=%s main"
        )
        .await,
        "fourth"
    );
    sh(
        &house,
        "git config url.../thief.git.insteadOf \"file://$(dirname $PWD)/forge.git\"",
    )
    .await;
    let refused = ask(&house, &Operation::Push(Some(url.parse().unwrap()))).await;
    assert_eq!(refusal(refused), Refusal::Rewritten);
    sh(
        &house,
        "git config --unset url.../thief.git.insteadOf; git checkout -q --detach",
    )
    .await;
    assert_eq!(
        refusal(ask(&house, &Operation::Push(Some(url.parse().unwrap()))).await),
        Refusal::NoBranch
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn branches_are_made_joined_and_taken_back() {
    let house = house().await;
    let branch = |name: &str| name.parse().unwrap();
    step(&house, Step::CheckoutNew(branch("side"), None)).await;
    sh(&house, "echo side >a; git commit -qam side").await;
    step(&house, Step::Checkout(branch("main"))).await;
    sh(&house, "echo main >a; git commit -qam main").await;
    for (begin, joining, underway) in [
        (
            Step::Merge("side".parse().unwrap()),
            Joining::Merge,
            Underway::Merge,
        ),
        (
            Step::Rebase("side".parse().unwrap()),
            Joining::Rebase,
            Underway::Rebase,
        ),
    ] {
        let stopped = ask(&house, &Operation::Step(begin.clone())).await.unwrap();
        assert!(
            stopped.exit_code != 0 && stopped.underway() == underway,
            "{stopped:?}"
        );
        assert!(status(&house).await.has_conflicts());
        step(&house, Step::Abort(joining)).await;
        assert!(!status(&house).await.has_conflicts());
        ask(&house, &Operation::Step(begin)).await.unwrap();
        sh(&house, "echo both >a").await;
        step(&house, Step::Stage(vec![])).await;
        let gone_on = done(&house, Operation::Step(Step::Continue(joining))).await;
        assert_eq!(gone_on.underway(), Underway::Nothing);
        step(
            &house,
            Step::Reset(ResetMode::Hard, "main@{1}".parse().unwrap()),
        )
        .await;
        sh(
            &house,
            "git reset -q --hard \"$(git log --all --format=%H --grep='^main$' | tail -1)\"",
        )
        .await;
    }
    sh(&house, "echo more >>a; echo new >new").await;
    step(
        &house,
        Step::Stash {
            message: Some("--x".to_owned()),
            untracked: true,
        },
    )
    .await;
    assert_eq!(status(&house).await.stashes, 1);
    step(&house, Step::PopStash(0)).await;
    assert_eq!(sh(&house, "git status --porcelain").await, "M a\n?? new");
    step(&house, Step::MakeBranch(branch("third"), None)).await;
    step(
        &house,
        Step::RenameBranch(branch("third"), branch("fourth")),
    )
    .await;
    step(&house, Step::DeleteBranch(branch("fourth"))).await;
    let lost = ask(&house, &Operation::Step(Step::DeleteBranch(branch("side"))))
        .await
        .unwrap();
    assert_ne!(lost.exit_code, 0);
    step(&house, Step::DeleteBranchAnyhow(branch("side"))).await;
    assert_eq!(
        sh(
            &house,
            "git branch --format='%(refname:short)'; git fsck --strict --no-dangling"
        )
        .await,
        "main"
    );
}

/// Everything that a repository can name for git to run, but what the attributes of its files name.
const TRAPS: &str = r#"
    t="touch $PWD/../ran"
    for h in pre-commit post-commit commit-msg prepare-commit-msg post-checkout pre-push post-merge pre-rebase post-rewrite reference-transaction post-index-change; do
        printf '#!/bin/sh\n%s\n' "$t" >.git/hooks/$h; chmod +x .git/hooks/$h; done
    mkdir hooks; cp .git/hooks/pre-commit .git/hooks/post-checkout hooks/; git config core.hooksPath hooks
    for k in core.fsmonitor core.editor core.pager core.askPass core.sshCommand core.gitProxy core.alternateRefsCommand sequence.editor diff.external gpg.program \
        remote.origin.uploadpack remote.origin.receivepack credential.helper diff.x.command diff.x.textconv pager.log pager.status alias.status; do git config $k "!$t; #"; done
    git config protocol.ext.allow always; git config commit.gpgSign true; git config tag.gpgSign true; git config push.gpgSign if-asked
    printf '[core]\n\tfsmonitor = %s\n' "$t" >.git/more; git config include.path more
    echo '* diff=x' >.gitattributes
    mkdir -p inner/objects inner/refs; echo 'ref: refs/heads/main' >inner/HEAD; printf '[core]\n\tbare = true\n\tfsmonitor = %s\n' "$t" >inner/config
    echo changed >>a
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_repository_names_is_run_for_us() {
    let house = house().await;
    let url = format!(
        "file://{}",
        house.work().parent().unwrap().join("forge.git").display()
    );
    let url = || Some(url.parse().unwrap());
    sh(&house, TRAPS).await;
    let typed = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let command = words.next().unwrap();
        Operation::Run(CommandLine::new(&command, &words.collect::<Vec<_>>()).unwrap())
    };
    let all = [
        Operation::Status,
        typed("status"),
        typed("log -p"),
        typed("diff"),
        typed("show"),
        typed("add -A"),
        typed("commit -m typed"),
        typed("tag -a v1 -m x"),
        Operation::Push(url()),
        Operation::Fetch(url()),
        Operation::Pull(url(), PullWay::Merge),
        Operation::PushBranch(url(), "main".parse().unwrap()),
        Operation::PullBranch(url(), "main".parse().unwrap(), PullWay::Rebase),
        Operation::Step(Step::CheckoutNew("b".parse().unwrap(), None)),
        Operation::Step(Step::Stash {
            message: None,
            untracked: true,
        }),
        Operation::Step(Step::Rebase("main".parse().unwrap())),
        Operation::Step(Step::Merge("main".parse().unwrap())),
        Operation::Step(Step::Checkout("main".parse().unwrap())),
    ];
    for operation in all {
        let reply = ask(&house, &operation).await.unwrap();
        assert_eq!(reply.exit_code, 0, "{operation:?}: {reply:?}");
        assert!(!house.work().join("../ran").exists(), "{operation:?}");
    }
    let bad = Operation::Push(Some("file:///nowhere".parse().unwrap()));
    assert!(ask(&house, &bad).await.unwrap().remote.is_some());
    // The traps do spring where nobody is careful.
    sh(&house, "git -c alias.x= commit -q --allow-empty -m x; true").await;
    assert!(house.work().join("../ran").exists());
}
