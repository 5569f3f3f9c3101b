//! What is there while a session starts.

use bytes::Bytes;
use longhouse_domain::Status;
use longhouse_domain::event::{EventKind, Stage};
use longhouse_domain::lifecycle::Wish;
use longhouse_engine::{Access, LogQuestion, SessionView};
use longhouse_runtime::echo::Trouble;

use crate::house::{House, in_time, shell};
use crate::terminals::{join, read};

/// Its place is made, as far as this runtime is concerned, when sessiond was greeted: who waited for that first would wait for ever.
#[tokio::test]
async fn sessiond_is_greeted_while_its_place_is_still_being_made() {
    let house = House::new().await;
    house.runtime.expect(Trouble::AwaitsHello);
    house.running("one").await;
    house.close().await;
}

/// Who waits for the agent waits for nothing else: here the shell beside it begins only when somebody has typed to the agent.
#[tokio::test]
async fn the_agents_terminal_is_there_before_its_session_is_complete() {
    let house = House::new().await;
    house.runtime.expect(Trouble::StandsBack);
    let create = house.engine.create_session(&house.ann, shell("one"), None);
    create.await.unwrap();
    let mut viewer = in_time("a place", join(&house, None, Access::Write)).await;
    let status = async || {
        let view = house.engine.get_session(&house.ann, "one").await.unwrap();
        view.session.status()
    };
    assert_eq!(status().await, Status::Starting);
    let start = viewer.hello().offset;
    viewer.write(Bytes::from_static(b"ab")).await.unwrap();
    assert_eq!(read(&mut viewer, 2).await, (start, b"ab".to_vec()));
    house.wait_for_status("one", Status::Running).await;
    viewer.write(Bytes::from_static(b"c")).await.unwrap();
    assert_eq!(read(&mut viewer, 1).await, (start + 2, b"c".to_vec()));
    house.close().await;
}

/// Each start tells the same in the same order, also the first one, of which the beginning is written down with the record.
#[tokio::test]
async fn what_is_told_of_a_start_comes_once_and_in_order() {
    let house = House::new().await;
    let mut notices = house.engine.notices();
    house.running("one").await;
    house.engine.stop_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Stopped).await;
    house.engine.start_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Running).await;
    let (mut starts, mut started) = (Vec::new(), Vec::new());
    while starts.len() < 2 {
        match &in_time("a notice", notices.recv())
            .await
            .unwrap()
            .event
            .what
        {
            EventKind::Created => started.push("created"),
            EventKind::Progress { stage, .. } => started.push(match stage {
                Stage::Container => "place",
                Stage::Agent => "agent",
                _ => "else",
            }),
            EventKind::StatusChanged {
                from: Status::Starting,
                to: Status::Running,
                ..
            } => {
                starts.push(std::mem::take(&mut started));
            }
            _ => {}
        }
    }
    assert_eq!(
        starts,
        [vec!["created", "place", "agent"], vec!["place", "agent"]]
    );
    let question = LogQuestion::default();
    let log = house
        .engine
        .session_logs(&house.ann, "one", &question)
        .await
        .unwrap();
    let lines = log.lines.iter().map(|line| line.message.as_str());
    let lines: Vec<&str> = lines.filter(|line| line.contains("starting ")).collect();
    let start = [
        "preparing the working directory and starting sessiond",
        "starting the terminals",
    ];
    assert_eq!(lines, [start, start].concat());
    assert!(
        log.lines[0].message.starts_with("preparing"),
        "{:?}",
        log.lines[0]
    );
    house.close().await;
}

/// It was stopped before it had begun: what was written down with its record is not taken for its next start's.
#[tokio::test]
async fn a_session_that_was_stopped_before_it_began_starts_like_any_other() {
    let house = House::new().await;
    house.runtime.hide(true);
    let create = house.engine.create_session(&house.ann, shell("one"), None);
    create.await.unwrap();
    let shown = async {
        let wished = |view: &SessionView| view.session.wish == Wish::Stopped;
        house.wait_for("one", wished).await;
        house.runtime.hide(false);
    };
    let (stopped, ()) = tokio::join!(house.engine.stop_session(&house.ann, "one"), shown);
    stopped.unwrap();
    house.wait_for_status("one", Status::Stopped).await;
    let mut notices = house.engine.notices();
    house.engine.start_session(&house.ann, "one").await.unwrap();
    house.wait_for_status("one", Status::Running).await;
    let (mut starts, mut place) = (false, false);
    loop {
        match &in_time("a notice", notices.recv())
            .await
            .unwrap()
            .event
            .what
        {
            EventKind::StatusChanged { to, .. } if *to == Status::Starting => starts = true,
            EventKind::StatusChanged { to, .. } if *to == Status::Running => break,
            EventKind::Progress { stage, .. } => place |= *stage == Stage::Container,
            _ => {}
        }
    }
    assert!(starts && place, "told: starts {starts}, its place {place}");
    house.close().await;
}
