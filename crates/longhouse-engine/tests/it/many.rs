//! Many of everything on one server: ten thousand who look at a terminal, and hundreds of sessions. (`cargo xtask bench` has
//! a thousand of them, with their processes, and ten thousand connections.)

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};
use longhouse_domain::Status;
use longhouse_engine::{Access, Join};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::house::{House, all, shell};
use crate::terminals::{join, read};

const VIEWERS: usize = 10_000;
const SESSIONS: usize = 300;

/// How many sessions are made at the same time.
const AT_ONCE: usize = 50;

/// One after the other: each of the two keeps the machine busy.
static ALONE: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_viewers_get_every_byte_beside_one_that_takes_none() {
    let _alone = ALONE.lock().await;
    let house = House::new().await;
    house.running("one").await;
    let asleep = join(&house, None, Access::Read).await;
    let mut typist = join(&house, None, Access::Write).await;
    let start = typist.hello().offset;
    let typed: Arc<[u8]> = (0..20_000_u32).map(|n| b'a' + (n % 23) as u8).collect();
    let mut reading = JoinSet::new();
    while reading.len() < VIEWERS {
        for mut viewer in join_all((0..500).map(|_| join(&house, None, Access::Read))).await {
            let typed = Arc::clone(&typed);
            reading.spawn(async move {
                let got = read(&mut viewer, typed.len()).await;
                assert_eq!(got, (start, typed.to_vec()));
            });
        }
    }
    for piece in typed.chunks(10_000) {
        typist.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    assert_eq!(read(&mut typist, typed.len()).await.0, start);
    while let Some(read) = reading.join_next().await {
        read.unwrap();
    }
    drop((asleep, typist));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_sessions_are_found_again_and_each_still_answers() {
    let _alone = ALONE.lock().await;
    let mut house = House::with_room_for(SESSIONS as u32).await;
    let mut made = 0;
    while made < SESSIONS {
        let more = (made..made + AT_ONCE).map(|n| {
            let new = shell(&format!("s{n}"));
            house.engine.create_session(&house.ann, new, None)
        });
        for view in try_join_all(more).await.unwrap() {
            let name = view.session.name.to_string();
            house.wait_for_status(&name, Status::Running).await;
        }
        made += AT_ONCE;
    }
    house.restart(async |_, _| ()).await;
    for n in 0..SESSIONS {
        let name = format!("s{n}");
        house.wait_for(&name, |session| session.pid.is_some()).await;
        let access = Access::Write;
        let joined = Join { from: None, access };
        let terminal = house
            .engine
            .join_terminal(&house.ann, &name, "agent", joined);
        let mut viewer = terminal.await.unwrap();
        let start = viewer.hello().offset;
        let said = Bytes::from(name.into_bytes());
        viewer.write(said.clone()).await.unwrap();
        assert_eq!(read(&mut viewer, said.len()).await, (start, said.to_vec()));
    }
    let listed = house.engine.list_sessions(&house.ann, all()).await.unwrap();
    assert_eq!(listed.total, SESSIONS as u64);
    house.close().await;
}
