//! What every runtime has to do. Each sentence is tried on each body.

use longhouse_domain::lifecycle::Observed;
use longhouse_domain::session::Workdir;
use longhouse_link::proto::ShutdownRequest;
use longhouse_runtime::echo::EchoRuntime;
use longhouse_runtime::host::HostRuntime;

use crate::fixture::{Body, Fixture, SECRETS, create_terminal, exec, type_and_read, within};

macro_rules! conformance {
    ($($sentence:ident),* $(,)?) => {
        mod host {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $sentence() { super::$sentence::<super::HostRuntime>().await; })*
        }
        mod echo {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $sentence() { super::$sentence::<super::EchoRuntime>().await; })*
        }
    };
}

conformance! {
    a_session_is_seen_alive_until_it_is_ended,
    an_interrupted_provision_is_found_without_its_handle,
    a_second_provision_replaces_the_first,
    a_killed_sessiond_is_seen_gone_with_a_reason_and_can_be_started_again,
    a_shutdown_is_answered_and_then_seen,
    destroying_is_repeatable_and_works_before_anything_was_made,
    a_directory_that_a_person_named_survives,
    what_is_typed_comes_back_and_reading_goes_on_at_the_exact_byte,
    programs_get_the_sessions_variables_and_nothing_of_the_server,
    what_nobody_remembers_is_listed_and_cleared,
}

async fn a_session_is_seen_alive_until_it_is_ended<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    assert!(matches!(fixture.observe(None).await, Observed::Gone { .. }));
    let (handle, link) = fixture.start().await;
    assert_eq!(
        fixture.observe(Some(&handle)).await,
        Observed::Alive(handle.clone())
    );
    for _ in 0..2 {
        within(fixture.runtime.end(fixture.session(), Some(&handle)))
            .await
            .unwrap();
        assert!(matches!(
            fixture.observe(Some(&handle)).await,
            Observed::Gone { .. }
        ));
    }
    within(link.closed()).await;
    fixture.finish().await;
}

async fn an_interrupted_provision_is_found_without_its_handle<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (handle, _link) = fixture.start().await;
    assert_eq!(fixture.observe(None).await, Observed::Alive(handle));
    within(fixture.runtime.end(fixture.session(), None))
        .await
        .unwrap();
    assert!(matches!(fixture.observe(None).await, Observed::Gone { .. }));
    fixture.finish().await;
}

async fn a_second_provision_replaces_the_first<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (first, link) = fixture.start().await;
    let (second, _new_link) = fixture.start().await;
    within(link.closed()).await;
    assert_ne!(first, second);
    // Asked for either, it names the one that lives.
    for handle in [&first, &second] {
        assert_eq!(
            fixture.observe(Some(handle)).await,
            Observed::Alive(second.clone())
        );
    }
    fixture.finish().await;
}

async fn a_killed_sessiond_is_seen_gone_with_a_reason_and_can_be_started_again<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (handle, link) = fixture.start().await;
    fixture.runtime.kill(fixture.session(), &handle);
    within(link.closed()).await;
    let reason = fixture.gone(&handle).await;
    assert!(
        reason.contains("unexpectedly") && reason.contains("start the session again"),
        "{reason}"
    );
    let (again, _link) = fixture.start().await;
    assert_eq!(fixture.observe(Some(&handle)).await, Observed::Alive(again));
    fixture.finish().await;
}

async fn a_shutdown_is_answered_and_then_seen<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (handle, link) = fixture.start().await;
    let request = ShutdownRequest {
        grace_ms: 1000,
        keep_tmux: false,
    };
    within(link.client().shutdown(request)).await.unwrap();
    within(link.closed()).await;
    fixture.gone(&handle).await;
    fixture.finish().await;
}

async fn destroying_is_repeatable_and_works_before_anything_was_made<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    fixture.finish().await;
    let (_handle, _link) = fixture.start().await;
    fixture.finish().await;
    fixture.finish().await;
}

async fn a_directory_that_a_person_named_survives<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let dir = fixture.root.path().join("base/project");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("work"), "of weeks").unwrap();
    let path = dir.to_str().unwrap().to_owned();
    fixture.plan.workdir = Workdir::Named { path };
    assert_eq!(
        fixture
            .runtime
            .workdir_path(fixture.session(), &fixture.plan.workdir),
        dir
    );
    let (_handle, _link) = fixture.start().await;
    fixture.finish().await;
    assert_eq!(
        std::fs::read_to_string(dir.join("work")).unwrap(),
        "of weeks"
    );
}

async fn what_is_typed_comes_back_and_reading_goes_on_at_the_exact_byte<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (_handle, link) = fixture.start().await;
    assert!(create_terminal(&link, "cat", false).await.running);
    let read = type_and_read(&link, 0, "north", "north").await;
    let first = type_and_read(&link, 0, "south", "south").await;
    assert!(first.starts_with(&read));
    // A new connection, as after a restart of the server: the rest comes, from the middle of what was there.
    link.disconnect();
    let link = fixture.accept().await;
    let resumed = type_and_read(&link, 2, "west", "west").await;
    assert!(
        resumed.starts_with(&first[2..]),
        "{resumed:?} after {first:?}"
    );
    fixture.finish().await;
}

async fn programs_get_the_sessions_variables_and_nothing_of_the_server<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (_handle, link) = fixture.start().await;
    let env = exec(&link, &["env"]).await;
    assert!(
        env.lines().any(|line| line == "GREETING=good morning"),
        "{env}"
    );
    for (name, value) in SECRETS {
        assert!(!env.contains(value), "{name} came through");
    }
    fixture.finish().await;
}

async fn what_nobody_remembers_is_listed_and_cleared<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (_handle, _link) = fixture.start().await;
    let left = fixture.runtime.leftovers().await.unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].session, Some(fixture.session()));
    within(fixture.runtime.clear(&left[0])).await.unwrap();
    fixture.assert_nothing_left();
    assert!(fixture.runtime.leftovers().await.unwrap().is_empty());
}
