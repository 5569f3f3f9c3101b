//! Secrets of sessions: on their way to the programs, and never on any other.

use longhouse_domain::{SecretText, Status};
use longhouse_engine::SessionPatch;
use longhouse_engine::UnsavedWork;
use longhouse_runtime::echo::EchoRuntime;
use longhouse_store::SecretScope;

use crate::house::{House, shell};

#[tokio::test]
async fn secrets_reach_the_session_change_at_once_and_go_with_it_and_nobody_is_shown_more_than_names()
 {
    let mut house = House::new().await;
    let secret = |text: &str| SecretText::new(text);
    let mut new = shell("one");
    new.secrets = [
        ("A".to_owned(), secret("canary-a")),
        ("B".to_owned(), secret("canary-b")),
    ]
    .into();
    let made = house.engine.create_session(&house.ann, new, None).await;
    let made = made.unwrap();
    let id = made.session.id;
    assert_eq!(made.session.spec.secrets, ["A", "B"]);
    assert!(!format!("{made:?}").contains("canary"));
    house.wait_for_status("one", Status::Running).await;
    let held = |runtime: &EchoRuntime| {
        let texts = runtime.secrets_of(id).into_iter();
        let texts = texts.map(|(name, text)| format!("{name}={}", text.reveal()));
        texts.collect::<Vec<_>>()
    };
    assert_eq!(held(&house.runtime), ["A=canary-a", "B=canary-b"]);

    let patch = SessionPatch {
        secrets: [
            ("A".to_owned(), None),
            ("B".to_owned(), Some(secret("changed"))),
            ("C".to_owned(), Some(secret("new"))),
        ]
        .into(),
        ..SessionPatch::default()
    };
    let changed = house.engine.update_session(&house.ann, "one", patch).await;
    assert_eq!(changed.unwrap().session.spec.secrets, ["B", "C"]);
    assert_eq!(held(&house.runtime), ["B=changed", "C=new"]);

    house.engine.stop_session(&house.ann, "one").await.unwrap();
    assert_eq!(held(&house.runtime), [""; 0]);
    house.restart(async |_, _| ()).await;
    house.engine.start_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Running).await;
    assert_eq!(held(&house.runtime), ["B=changed", "C=new"]);

    house
        .engine
        .delete_session(&house.ann, "one", UnsavedWork::GivenUp)
        .await
        .unwrap();
    assert_eq!(held(&house.runtime), [""; 0]);
    let scope = SecretScope::Session(id);
    assert!(
        house
            .engine
            .secrets()
            .texts_of(scope)
            .await
            .unwrap()
            .is_empty()
    );
    house.close().await;
}

#[tokio::test]
async fn secrets_that_no_file_could_hold_are_refused_without_being_quoted() {
    let house = House::new().await;
    for name in ["", "../x", "A B", "9", &"N".repeat(129)] {
        let mut new = shell("one");
        let canary = SecretText::new("canary");
        new.secrets = [(name.to_owned(), canary)].into();
        let refused = house.engine.create_session(&house.ann, new, None).await;
        let refused = format!("{:?}", refused.unwrap_err());
        assert!(
            refused.contains("secrets") && !refused.contains("canary"),
            "{refused}"
        );
    }
    let mut new = shell("one");
    let long = SecretText::new("canary".repeat(20_000));
    new.secrets = [("A".to_owned(), long)].into();
    let refused = house.engine.create_session(&house.ann, new, None).await;
    assert!(!format!("{:?}", refused.unwrap_err()).contains("canary"));
    house.close().await;
}
