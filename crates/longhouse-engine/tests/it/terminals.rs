//! Terminals through the hub: who reads what, from which byte, and whose size counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::Status;
use longhouse_domain::terminal::{TerminalCommand, TerminalSize};
use longhouse_engine::{
    Access, CaptureFormat, Closed, EngineError, ExecCommand, Join, NewTerminal, Viewer, ViewerEvent,
};

use crate::house::{House, in_time};

const ENDLESS: usize = usize::MAX;

pub(crate) async fn join(house: &House, from: Option<u64>, access: Access) -> Viewer {
    house
        .engine
        .join_terminal(&house.ann, "one", "agent", Join { from, access })
        .await
        .unwrap()
}

/// Reads until `count` bytes of output have come; checks that offsets follow each other.
pub(crate) async fn read(viewer: &mut Viewer, count: usize) -> (u64, Vec<u8>) {
    let mut all = Vec::new();
    let mut begin = None;
    while all.len() < count {
        match in_time("output", viewer.next(ENDLESS)).await {
            ViewerEvent::Output { offset, data } => {
                let first = *begin.get_or_insert(offset);
                assert_eq!(
                    offset,
                    first + all.len() as u64,
                    "a byte was lost or came twice"
                );
                all.extend_from_slice(&data);
            }
            ViewerEvent::Closed(closed) => panic!("closed: {closed:?}"),
            _ => {}
        }
    }
    (begin.unwrap_or_default(), all)
}

#[tokio::test]
async fn everybody_sees_the_same_and_one_who_comes_back_goes_on_at_the_exact_byte() {
    let mut house = House::new().await;
    house.running("one").await;
    let mut first = join(&house, None, Access::Write).await;
    let mut second = join(&house, None, Access::Read).await;
    let start = first.hello().offset;
    first
        .write(Bytes::from_static(b"0123456789"))
        .await
        .unwrap();
    assert_eq!(read(&mut first, 10).await, (start, b"0123456789".to_vec()));
    assert_eq!(read(&mut second, 10).await, (start, b"0123456789".to_vec()));
    drop((first, second));

    house.restart(async |_, _| ()).await;
    house.wait_for("one", |session| session.pid.is_some()).await;
    let mut back = join(&house, Some(start + 4), Access::Read).await;
    assert_eq!(back.hello().offset, start + 4);
    assert_eq!(read(&mut back, 6).await, (start + 4, b"456789".to_vec()));
    house.close().await;
}

#[tokio::test]
async fn one_who_joins_or_asks_for_what_nobody_has_is_repainted_first() {
    let house = House::new().await;
    house.running("one").await;
    for from in [None, Some(u64::MAX / 2)] {
        let mut viewer = join(&house, from, Access::Read).await;
        let repainted = loop {
            match in_time("a repaint", viewer.next(ENDLESS)).await {
                ViewerEvent::Snapshot { .. } => break true,
                ViewerEvent::Output { .. } => break false,
                _ => {}
            }
        };
        assert!(repainted, "{from:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn an_offset_of_an_earlier_start_never_names_another_byte() {
    let house = House::new().await;
    house.running("one").await;
    let mut viewer = join(&house, None, Access::Write).await;
    let start = viewer.hello().offset;
    viewer.write(Bytes::from_static(b"before")).await.unwrap();
    read(&mut viewer, 6).await;
    drop(viewer);
    house
        .engine
        .restart_session(&house.ann, "one")
        .await
        .unwrap();
    house.wait_for_status("one", Status::Running).await;
    let mut viewer = join(&house, None, Access::Write).await;
    assert!(viewer.hello().offset > start + 6, "{:?}", viewer.hello());
    viewer
        .write(Bytes::from_static(b"another text"))
        .await
        .unwrap();
    read(&mut viewer, 12).await;
    let mut late = join(&house, Some(start + 2), Access::Read).await;
    assert_ne!(late.hello().offset, start + 2);
    while !matches!(
        in_time("a repaint", late.next(ENDLESS)).await,
        ViewerEvent::Snapshot { .. }
    ) {}
    house.close().await;
}

#[tokio::test]
async fn one_who_only_looks_can_neither_type_nor_resize() {
    let house = House::new().await;
    house.running("one").await;
    let viewer = join(&house, None, Access::Read).await;
    let typed = viewer.write(Bytes::from_static(b"x")).await;
    assert!(
        matches!(
            typed,
            Err(EngineError::Forbidden {
                code: "terminal.read_only",
                ..
            })
        ),
        "{typed:?}"
    );
    assert!(viewer.resize(TerminalSize::DEFAULT).is_err());
    house.close().await;
}

#[tokio::test]
async fn a_viewer_without_credit_gets_no_output_until_it_has_some() {
    let house = House::new().await;
    house.running("one").await;
    let mut writer = join(&house, None, Access::Write).await;
    let mut reader = join(&house, None, Access::Read).await;
    while !matches!(reader.next(ENDLESS).await, ViewerEvent::Snapshot { .. }) {}
    writer.write(Bytes::from(vec![b'x'; 100])).await.unwrap();
    read(&mut writer, 100).await;
    let nothing = tokio::time::timeout(std::time::Duration::from_millis(200), async {
        while !matches!(reader.next(0).await, ViewerEvent::Output { .. }) {}
    });
    assert!(nothing.await.is_err(), "output came without credit");
    let some = in_time("output", async {
        loop {
            if let ViewerEvent::Output { data, .. } = reader.next(7).await {
                return data;
            }
        }
    });
    assert_eq!(some.await.len(), 7);
    house.close().await;
}

#[tokio::test]
async fn the_size_of_the_one_who_types_counts() {
    let house = House::new().await;
    house.running("one").await;
    let mut ann = join(&house, None, Access::Write).await;
    let bob = join(&house, None, Access::Write).await;
    let (large, small) = (
        TerminalSize {
            cols: 120,
            rows: 40,
        },
        TerminalSize { cols: 60, rows: 20 },
    );
    ann.resize(large).unwrap();
    wait_for_size(&mut ann, large).await;
    bob.resize(small).unwrap();
    bob.write(Bytes::from_static(b"y")).await.unwrap();
    wait_for_size(&mut ann, small).await;
    house.close().await;
}

async fn wait_for_size(viewer: &mut Viewer, wanted: TerminalSize) {
    in_time("the size", async {
        loop {
            if viewer.next(ENDLESS).await == ViewerEvent::Size(wanted) {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_terminal_is_opened_remembered_and_closed() {
    let mut house = House::new().await;
    house.running("one").await;
    let new = |name: Option<&str>| NewTerminal {
        name: name.map(|name| name.parse().unwrap()),
        title: None,
        command: TerminalCommand::Shell,
        size: TerminalSize::DEFAULT,
    };
    let opened = house
        .engine
        .create_terminal(&house.ann, "one", new(None))
        .await
        .unwrap();
    assert_eq!(opened.name.as_str(), "terminal-1");
    let twice = house
        .engine
        .create_terminal(&house.ann, "one", new(Some("terminal-1")))
        .await;
    assert!(
        matches!(
            twice,
            Err(EngineError::Conflict {
                code: "terminal.exists",
                ..
            })
        ),
        "{twice:?}"
    );
    house.restart(async |_, _| ()).await;
    assert_eq!(
        house
            .engine
            .list_terminals(&house.ann, "one")
            .await
            .unwrap()
            .len(),
        3
    );
    house.wait_for("one", |session| session.pid.is_some()).await;
    let mut viewer = house
        .engine
        .join_terminal(
            &house.ann,
            "one",
            "terminal-1",
            Join {
                from: None,
                access: Access::Read,
            },
        )
        .await
        .unwrap();
    house
        .engine
        .close_terminal(&house.ann, "one", "terminal-1")
        .await
        .unwrap();
    let closed = in_time("the end", async {
        loop {
            if let ViewerEvent::Closed(closed) = viewer.next(ENDLESS).await {
                return closed;
            }
        }
    });
    assert_eq!(closed.await, Closed::TerminalGone);
    let gone = house
        .engine
        .get_terminal(&house.ann, "one", "terminal-1")
        .await;
    assert!(
        matches!(gone, Err(EngineError::TerminalNotFound)),
        "{gone:?}"
    );
    house.close().await;
}

#[tokio::test]
async fn viewers_hear_that_their_session_was_stopped() {
    let house = House::new().await;
    house.running("one").await;
    let mut viewer = join(&house, None, Access::Read).await;
    house.engine.stop_session(&house.ann, "one").await.unwrap();
    in_time("the end", async {
        while viewer.next(ENDLESS).await != ViewerEvent::Closed(Closed::TerminalGone) {}
    })
    .await;
    let late = house
        .engine
        .join_terminal(
            &house.ann,
            "one",
            "agent",
            Join {
                from: None,
                access: Access::Read,
            },
        )
        .await;
    assert!(
        matches!(
            late,
            Err(EngineError::Conflict {
                code: "session.not_running",
                ..
            })
        ),
        "{late:?}"
    );
    house.close().await;
}

#[tokio::test]
async fn what_a_terminal_showed_last_stays_readable() {
    let house = House::new().await;
    house.running("one").await;
    let mut viewer = join(&house, None, Access::Write).await;
    viewer
        .write(Bytes::from_static(b"the result is 42"))
        .await
        .unwrap();
    read(&mut viewer, 16).await;
    house.engine.stop_session(&house.ann, "one").await.unwrap();
    let capture = house
        .engine
        .capture_terminal(&house.ann, "one", "agent", CaptureFormat::Text, 100)
        .await
        .unwrap();
    assert!(
        String::from_utf8_lossy(&capture).contains("the result is 42"),
        "{capture:?}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_while_the_session_is_stopped_hears_that_it_does_not_run() {
    let house = House::new().await;
    house.running("one").await;
    for _ in 0..10 {
        let stopped = AtomicBool::new(false);
        let (asked, ()) = tokio::join!(ask_until(&house, &stopped), async {
            house.engine.stop_session(&house.ann, "one").await.unwrap();
            stopped.store(true, Ordering::Release);
        });
        for answer in asked {
            let known = matches!(
                answer,
                EngineError::TerminalNotFound
                    | EngineError::Conflict {
                        code: "session.not_running",
                        ..
                    }
            );
            assert!(known, "{answer:?}");
        }
        house.engine.start_session(&house.ann, "one").await.unwrap();
        house.wait_for_status("one", Status::Running).await;
    }
    house.close().await;
}

/// Asks this and that of the session, and gives what was refused.
async fn ask_until(house: &House, over: &AtomicBool) -> Vec<EngineError> {
    let (engine, ann) = (&house.engine, &house.ann);
    let mut refused = Vec::new();
    while !over.load(Ordering::Acquire) {
        let new = NewTerminal {
            name: None,
            title: None,
            command: TerminalCommand::Shell,
            size: TerminalSize::DEFAULT,
        };
        let created = async {
            let terminal = engine.create_terminal(ann, "one", new).await?;
            engine
                .close_terminal(ann, "one", terminal.name.as_str())
                .await
        };
        let command = ExecCommand {
            argv: vec!["hello".to_owned()],
            timeout: Duration::from_secs(5),
        };
        let (created, ran, listed, shown) = tokio::join!(
            created,
            engine.exec(ann, "one", command),
            engine.list_terminals(ann, "one"),
            engine.capture_terminal(ann, "one", "agent", CaptureFormat::Text, 0),
        );
        let answers = [created.err(), ran.err(), listed.err(), shown.err()];
        refused.extend(answers.into_iter().flatten());
    }
    refused
}
