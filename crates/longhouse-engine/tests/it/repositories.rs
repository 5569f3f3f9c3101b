//! A session that begins with a repository: cloned once, told of, and given up with a reason.

use longhouse_domain::Status;
use longhouse_domain::event::{EventKind, Stage};
use longhouse_domain::git::{Repository, Transport};
use longhouse_engine::{CatchUp, EngineError, NewSession};
use longhouse_runtime::echo::Trouble;

use crate::house::{House, shell};

fn cloned(name: &str, url: &str) -> NewSession {
    NewSession {
        repository: Some(Repository {
            url: url.parse().unwrap(),
            branch: Some("dev".parse().unwrap()),
            depth: None,
            submodules: false,
        }),
        ..shell(name)
    }
}

async fn create(house: &House, name: &str) {
    let new = cloned(name, "https://example.org/a.git");
    let made = house.engine.create_session(&house.ann, new, None).await;
    made.unwrap();
}

/// How much of the clone was told, in order.
async fn percents(house: &House) -> Vec<Option<u8>> {
    let CatchUp::Events(events) = house.engine.notices_since(&house.ann, 0).await.unwrap() else {
        panic!("told to reload");
    };
    let percent = |what: &EventKind| match what {
        EventKind::Progress { stage, percent, .. } => (*stage == Stage::Clone).then_some(*percent),
        _ => None,
    };
    let told = events.iter().filter_map(|told| percent(&told.what));
    told.collect()
}

#[tokio::test]
async fn a_session_begins_with_its_repository_and_is_never_given_it_again() {
    let mut house = House::new().await;
    create(&house, "one").await;
    let running = house.wait_for_status("one", Status::Running).await;
    assert!(running.session.cloned_at.is_some());
    assert_eq!(percents(&house).await, [None, Some(50)]);

    // Whoever cloned again would fail now.
    house.engine.stop_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Stopped).await;
    house.runtime.expect(Trouble::CannotClone);
    house.engine.start_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Running).await;
    house.restart(async |_, _| ()).await;
    let again = house.wait_for_status("one", Status::Running).await;
    assert_eq!(again.session.cloned_at, running.session.cloned_at);
    house.close().await;
}

#[tokio::test]
async fn what_cannot_be_cloned_is_an_error_that_says_why_and_can_be_tried_again() {
    let house = House::new().await;
    house.runtime.expect(Trouble::CannotClone);
    create(&house, "one").await;
    let failed = house.wait_for_status("one", Status::Error).await;
    let reason = failed.session.phase.reason().unwrap();
    assert!(
        reason.contains("https://example.org/a.git") && reason.contains("\"dev\""),
        "{reason}"
    );
    assert_eq!(failed.session.cloned_at, None);
    house.engine.start_session(&house.ann, "one").await.unwrap();
    let running = house.wait_for_status("one", Status::Running).await;
    assert!(running.session.cloned_at.is_some());
    house.close().await;
}

#[tokio::test]
async fn a_clone_that_comes_to_no_end_keeps_nobody_from_stopping_and_deleting() {
    let house = House::new().await;
    house.runtime.expect(Trouble::ClonesForEver);
    create(&house, "one").await;
    house.wait_for("one", |_| house.runtime.clones() == 1).await;
    house.engine.stop_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Stopped).await;
    assert_eq!(
        house.runtime.clones(),
        0,
        "the clone did not end with the wish"
    );

    house.runtime.expect(Trouble::ClonesForEver);
    house.engine.start_session(&house.ann, "one").await.unwrap();
    house.wait_for("one", |_| house.runtime.clones() == 1).await;
    house.close().await;
}

#[tokio::test]
async fn a_clone_is_begun_again_by_a_server_that_comes_back() {
    let mut house = House::new().await;
    house.runtime.expect(Trouble::ClonesForEver);
    create(&house, "one").await;
    house.wait_for("one", |_| house.runtime.clones() == 1).await;
    house
        .restart(async |_, runtime| {
            crate::house::in_time("the clone ends with its server", async {
                while runtime.clones() > 0 {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        })
        .await;
    let view = house.wait_for("one", |_| house.runtime.clones() == 1).await;
    assert_eq!(view.session.status(), Status::Starting);
    house.close().await;
}

#[tokio::test]
async fn only_the_ways_that_the_server_allows_are_used() {
    let house = House::new().await;
    for url in ["http://example.org/a", "file:///etc"] {
        let new = cloned("one", url);
        assert!(!matches!(
            new.repository.as_ref().unwrap().url.transport(),
            Transport::Https | Transport::Ssh
        ));
        let refused = house.engine.create_session(&house.ann, new, None).await;
        let Err(EngineError::Invalid(problems)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(problems[0].field, "repoUrl");
    }
    house.close().await;
}
