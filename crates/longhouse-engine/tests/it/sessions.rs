//! A session's life, from the wish to its end, over faults and restarts.

use longhouse_domain::event::EventKind;
use longhouse_domain::lifecycle::{Phase, Wish};
use longhouse_domain::{Role, Status};
use longhouse_engine::{Action, CatchUp, EngineError, SessionPatch, UnsavedWork};
use longhouse_runtime::echo::Trouble;

use crate::house::{House, actor, all, in_time, shell};

#[tokio::test]
async fn a_created_session_answers_at_once_and_comes_to_run() {
    let house = House::new().await;
    let created = house
        .engine
        .create_session(&house.ann, shell("one"), None)
        .await
        .unwrap();
    assert_eq!(created.session.status(), Status::Starting);
    let running = house.wait_for_status("one", Status::Running).await;
    let names: Vec<_> = running
        .terminals
        .iter()
        .map(|t| (t.name.to_string(), t.running))
        .collect();
    assert_eq!(
        names,
        [("agent".to_owned(), true), ("manual".to_owned(), true)]
    );
    assert!(running.allowed_actions.contains(&Action::Drive));
    house.close().await;
}

#[tokio::test]
async fn a_failed_creation_leaves_the_session_in_error_with_the_reason_and_can_be_started_again() {
    let house = House::new().await;
    house
        .runtime
        .expect(Trouble::Fails("no room on the disk".to_owned()));
    house
        .engine
        .create_session(&house.ann, shell("one"), None)
        .await
        .unwrap();
    let failed = house.wait_for_status("one", Status::Error).await;
    assert_eq!(failed.session.phase.reason(), Some("no room on the disk"));
    assert_eq!(failed.session.wish, Wish::Stopped);
    house.engine.start_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Running).await;
    house.close().await;
}

#[tokio::test]
async fn the_death_of_sessiond_ends_the_session_visibly_and_nobody_starts_it_unasked() {
    let mut house = House::new().await;
    let session = house.running("one").await;
    house.runtime.kill(session.session.id);
    let ended = house.wait_for_status("one", Status::Error).await;
    assert!(
        ended
            .session
            .phase
            .reason()
            .is_some_and(|reason| !reason.is_empty())
    );
    house.restart(async |_, _| ()).await;
    assert_eq!(
        house
            .engine
            .get_session(&house.ann, "one")
            .await
            .unwrap()
            .session
            .status(),
        Status::Error
    );
    house.close().await;
}

#[tokio::test]
async fn a_sessiond_that_dies_while_it_is_furnished_does_not_leave_the_session_starting() {
    let house = House::new().await;
    house.runtime.expect(Trouble::DiesOnceAttached);
    house
        .engine
        .create_session(&house.ann, shell("one"), None)
        .await
        .unwrap();
    house
        .wait_for("one", |session| {
            matches!(session.session.status(), Status::Running | Status::Error)
        })
        .await;
    house.close().await;
}

#[tokio::test]
async fn a_server_that_comes_back_finds_every_session_with_its_true_status() {
    let mut house = House::new().await;
    let lives = house.running("lives").await;
    let dies = house.running("dies").await;
    house.running("stops").await;
    house
        .engine
        .stop_session(&house.ann, "stops")
        .await
        .unwrap();
    house
        .restart(async |_, runtime| runtime.kill(dies.session.id))
        .await;
    let status = async |name| {
        house
            .engine
            .get_session(&house.ann, name)
            .await
            .unwrap()
            .session
            .status()
    };
    assert_eq!(status("lives").await, Status::Running);
    assert_eq!(status("dies").await, Status::Error);
    assert_eq!(status("stops").await, Status::Stopped);
    let again = house
        .wait_for("lives", |session| session.pid.is_some())
        .await;
    assert_eq!(again.session.created_at, lives.session.created_at);
    house.close().await;
}

#[tokio::test]
async fn a_wish_that_was_only_written_down_is_carried_out_by_the_next_server() {
    let mut house = House::new().await;
    let gone = house.running("gone").await;
    let stopped = house.running("stopped").await;
    let restarts = house.running("restarts").await;
    house
        .restart(async |store, _| {
            let now = gone.session.created_at;
            store
                .set_wish(gone.session.id, Wish::Deleted, now)
                .await
                .unwrap();
            store
                .set_wish(stopped.session.id, Wish::Stopped, now)
                .await
                .unwrap();
            let handle = restarts.session.phase.handle().unwrap().clone();
            let phase = Phase::Restarting { handle };
            store
                .set_phase(restarts.session.id, phase, now)
                .await
                .unwrap();
        })
        .await;
    house.wait_for_status("stopped", Status::Stopped).await;
    let again = house.wait_for_status("restarts", Status::Running).await;
    assert_ne!(again.session.phase, restarts.session.phase);
    in_time("the deleted session is gone", async {
        while house
            .engine
            .list_sessions(&house.ann, all())
            .await
            .unwrap()
            .total
            > 2
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    house.close().await;
}

#[tokio::test]
async fn stopping_starting_and_restarting_come_to_what_was_asked() {
    let house = House::new().await;
    house.running("one").await;
    let refused = house
        .engine
        .start_session(&house.ann, "one")
        .await
        .unwrap_err();
    assert!(
        matches!(
            refused,
            EngineError::Conflict {
                code: "session.already_running",
                ..
            }
        ),
        "{refused:?}"
    );
    let stopped = house.engine.stop_session(&house.ann, "one").await.unwrap();
    assert_eq!(stopped.session.status(), Status::Stopped);
    assert!(stopped.terminals.iter().all(|terminal| !terminal.running));
    // Once more changes nothing.
    house.engine.stop_session(&house.ann, "one").await.unwrap();
    house.engine.start_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Running).await;
    let restarted = house
        .engine
        .restart_session(&house.ann, "one")
        .await
        .unwrap();
    assert_eq!(
        (restarted.session.status(), restarted.pid),
        (Status::Starting, None)
    );
    house.wait_for_status("one", Status::Running).await;
    house.close().await;
}

#[tokio::test]
async fn the_same_request_twice_makes_one_session() {
    let house = House::new().await;
    let key = || Some("key-1".to_owned());
    let (first, second) = tokio::join!(
        house.engine.create_session(&house.ann, shell("one"), key()),
        house.engine.create_session(&house.ann, shell("one"), key()),
    );
    assert_eq!(first.unwrap().session.id, second.unwrap().session.id);
    let other = house
        .engine
        .create_session(&house.ann, shell("two"), key())
        .await
        .unwrap_err();
    assert!(matches!(other, EngineError::Conflict { .. }), "{other:?}");
    let same_name = house
        .engine
        .create_session(&house.ann, shell("ONE"), None)
        .await
        .unwrap_err();
    assert!(
        matches!(
            same_name,
            EngineError::Conflict {
                code: "session.name_taken",
                ..
            }
        ),
        "{same_name:?}"
    );
    house.close().await;
}

fn assert_full<T: std::fmt::Debug>(answer: Result<T, EngineError>) {
    let code = "session.limit_reached";
    assert!(
        matches!(answer, Err(EngineError::Conflict { code: found, .. }) if found == code),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_user_has_no_more_running_sessions_than_allowed() {
    let house = House::new().await;
    for name in ["a", "b", "c", "d"] {
        house.running(name).await;
    }
    assert_full(
        house
            .engine
            .create_session(&house.ann, shell("e"), None)
            .await,
    );
    house.engine.stop_session(&house.ann, "a").await.unwrap();
    house.running("e").await;
    // One that rests has given its place away, and gets one like all others.
    assert_full(house.engine.start_session(&house.ann, "a").await);
    assert_full(house.engine.restart_session(&house.ann, "a").await);
    let resting = house.engine.get_session(&house.ann, "a").await.unwrap();
    assert_eq!(resting.session.status(), Status::Stopped);
    house
        .engine
        .delete_session(&house.ann, "e", UnsavedWork::GivenUp)
        .await
        .unwrap();
    house.engine.start_session(&house.ann, "a").await.unwrap();
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_made_at_once_do_not_share_the_last_place() {
    let house = House::new().await;
    let made = (0..12).map(|n| {
        let (engine, ann) = (house.engine.clone(), house.ann.clone());
        tokio::spawn(async move {
            engine
                .create_session(&ann, shell(&format!("s{n}")), None)
                .await
        })
    });
    let mut places = 0;
    for answer in made.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Ok(_) => places += 1,
            refused => assert_full(refused),
        }
    }
    assert_eq!(places, 4);
    house.close().await;
}

#[tokio::test]
async fn others_do_not_see_a_session_and_an_admin_does() {
    let house = House::new().await;
    house.running("one").await;
    let bob = actor("bob", Role::Member);
    for refused in [
        house.engine.get_session(&bob, "one").await.map(drop),
        house.engine.stop_session(&bob, "one").await.map(drop),
        house
            .engine
            .delete_session(&bob, "one", UnsavedWork::GivenUp)
            .await,
        house.engine.list_terminals(&bob, "one").await.map(drop),
    ] {
        assert!(
            matches!(refused, Err(EngineError::SessionNotFound)),
            "{refused:?}"
        );
    }
    assert_eq!(
        house.engine.list_sessions(&bob, all()).await.unwrap().total,
        0
    );
    house
        .engine
        .get_session(&actor("root", Role::Admin), "one")
        .await
        .unwrap();
    house.close().await;
}

#[tokio::test]
async fn what_happened_can_be_caught_up_with() {
    let mut house = House::new().await;
    house.running("one").await;
    let seen = house.engine.last_seq().await.unwrap();
    let patch = SessionPatch {
        description: Some("new".to_owned()),
        ..SessionPatch::default()
    };
    house
        .engine
        .update_session(&house.ann, "one", patch)
        .await
        .unwrap();
    house.restart(async |_, _| ()).await;
    let CatchUp::Events(missed) = house.engine.notices_since(&house.ann, seen).await.unwrap()
    else {
        panic!("everything is kept")
    };
    assert!(
        missed.iter().any(|event| event.what == EventKind::Updated),
        "{missed:?}"
    );
    assert!(missed.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    house.close().await;
}

#[tokio::test]
async fn an_unused_session_is_stopped_when_its_time_is_over() {
    let house = House::new().await;
    let mut new = shell("idle");
    new.idle_timeout_seconds = Some(1);
    house
        .engine
        .create_session(&house.ann, new, None)
        .await
        .unwrap();
    let stopped = house.wait_for_status("idle", Status::Stopped).await;
    assert_eq!(stopped.session.phase.reason(), Some("idle for 1 seconds"));
    house.close().await;
}
