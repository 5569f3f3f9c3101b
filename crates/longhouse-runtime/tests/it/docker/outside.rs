//! What is done to a container from outside is seen, told, and explained.

use longhouse_domain::lifecycle::{Cause, Observed};
use longhouse_domain::session::Workdir;
use longhouse_link::proto::ExecRequest;
use longhouse_runtime::docker::DockerRuntime;
use longhouse_runtime::{Happening, News, Progress, ProvisionError, Runtime};
use tokio::sync::mpsc;

use super::engine::{cli, listed};
use crate::fixture::{Fixture, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_a_resumption_and_a_removal_are_told_as_they_happen() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let (sender, mut news) = mpsc::channel(16);
    let runtime = fixture.runtime.clone();
    let watching = tokio::spawn(async move { runtime.watch(sender).await });
    let (handle, link) = fixture.start().await;
    let id = fixture.runtime.container(&handle).unwrap().id;
    // The watch has begun: it tells of what comes now, or finds it when it first looks.
    let mut expect = async |args: &[&str], what| {
        cli(args).unwrap();
        let session = fixture.session();
        while within(news.recv()).await.unwrap() != (News { session, what }) {}
    };
    expect(&["pause", &id], Happening::Paused).await;
    assert!(matches!(
        fixture.observe(Some(&handle)).await,
        Observed::Alive(_)
    ));
    expect(&["unpause", &id], Happening::Resumed).await;
    expect(&["rm", "--force", &id], Happening::Ended).await;
    within(link.closed()).await;
    // The command has come back: there is nothing any more.
    let reason = fixture.gone(&handle).await;
    assert!(reason.contains("removed from outside"), "{reason}");
    watching.abort();
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_runs_out_of_memory_says_so_with_its_limit() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let (handle, link) = fixture.start().await;
    // sessiond itself is made to look like the largest: whoever is chosen then takes the session along.
    let script = "for p in /proc/[0-9]*; do case $(cat $p/comm) in sessiond) echo 1000 > $p/oom_score_adj;; esac; done; \
                  tail /dev/zero";
    let request = ExecRequest {
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        timeout_seconds: 20,
        output_limit: 1024,
        ..ExecRequest::default()
    };
    // There may be nobody left to answer.
    let _ = within(link.client().exec(request)).await;
    within(link.closed()).await;
    let reason = fixture.gone(&handle).await;
    assert!(
        reason.contains("out of memory") && reason.contains("128 MB"),
        "{reason}"
    );
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_cannot_be_had_is_named_with_the_engines_words() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let missing = "localhost:1/no/such-image:7";
    if let Some(spec) = &mut fixture.plan.container {
        spec.image = missing.parse().unwrap();
    }
    let (sender, mut progress) = mpsc::channel::<Progress>(16);
    let failure = within(fixture.runtime.prepare(&fixture.plan, &sender)).await;
    let failure = failure.unwrap_err().to_string();
    assert!(
        failure.contains(missing) && failure.contains("localhost:1"),
        "{failure}"
    );
    assert!(
        failure.contains("refused") || failure.contains("dial"),
        "{failure}"
    );
    let first = progress.recv().await.unwrap();
    assert!(first.detail.contains(missing), "{first:?}");
    assert!(
        within(fixture.runtime.provision(&fixture.plan))
            .await
            .is_err()
    );
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_the_machine_has_is_refused_by_the_fields_name() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    for (cpu_millis, memory_mb, expected) in
        [(u32::MAX, 128, "cpuLimit"), (500, u32::MAX, "memoryLimit")]
    {
        if let Some(spec) = &mut fixture.plan.container {
            (spec.limits.cpu_millis, spec.limits.memory_mb) = (cpu_millis, memory_mb);
        }
        for answer in [
            fixture.runtime.check(&fixture.plan).await,
            fixture.runtime.provision(&fixture.plan).await.map(drop),
        ] {
            let Err(ProvisionError::Field { field, .. }) = answer else {
                panic!("{answer:?}")
            };
            assert_eq!(field, expected);
        }
    }
    fixture.plan.workdir = Workdir::Named {
        path: "/etc".to_owned(),
    };
    let answer = fixture.runtime.check(&fixture.plan).await;
    assert!(
        matches!(answer, Err(ProvisionError::Workdir(_))),
        "{answer:?}"
    );
    fixture.assert_nothing_left();
}

/// What nobody remembers is ended; what was worked on is kept, until the session is deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn volumes_go_with_a_deletion_and_stay_when_a_session_is_merely_forgotten() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let (_handle, _link) = fixture.start().await;
    let volumes = |fixture: &Fixture<DockerRuntime>| {
        listed(
            "volume",
            fixture.runtime.server_mark(),
            Some(fixture.session()),
        )
        .len()
    };
    let left = fixture.runtime.leftovers().await.unwrap();
    within(fixture.runtime.clear(&left[0])).await.unwrap();
    assert_eq!(volumes(&fixture), 2);
    fixture.finish().await;
    assert_eq!(volumes(&fixture), 0);
}

/// Each server clears what is its own, on an engine that they share.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_servers_containers_are_not_seen() {
    let mut one = Fixture::<DockerRuntime>::new();
    let other = Fixture::<DockerRuntime>::new();
    let (handle, _link) = one.start().await;
    assert_eq!(other.runtime.leftovers().await.unwrap(), []);
    let seen = within(other.runtime.observe(one.session(), Some(&handle))).await;
    assert!(matches!(seen, Observed::Gone { .. }), "{seen:?}");
    within(other.runtime.destroy(one.session(), &Workdir::Own))
        .await
        .unwrap();
    assert!(matches!(
        one.observe(Some(&handle)).await,
        Observed::Alive(_)
    ));
    one.finish().await;
}

/// A container does not outlive its machine, and is not to blame for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_that_ended_with_its_machine_is_told_from_one_that_failed() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let (mut handle, _link) = fixture.start().await;
    let id = fixture.runtime.container(&handle).unwrap().id;
    cli(&["kill", &id]).unwrap();
    fixture.gone(&handle).await;
    let ended = async |handle: &_| match fixture.observe(Some(handle)).await {
        Observed::Gone { reason, cause } => (reason, cause),
        other => panic!("{other:?}"),
    };
    assert_eq!(ended(&handle).await.1, Cause::Fault);
    handle.0["boot"] = "another".into();
    let (reason, cause) = ended(&handle).await;
    assert_eq!(cause, Cause::Outage);
    assert!(reason.contains("machine was restarted"), "{reason}");
    fixture.finish().await;
}
