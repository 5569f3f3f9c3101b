//! The end: nothing is left, whatever the programs think of it.

use longhouse_link::spec::SessiondSpec;

use crate::house::{House, alive, kill, terminal, wait_for, within};

/// Programs that do not want to go.
const STUBBORN: &str = "trap '' HUP TERM; (trap '' HUP; setsid bash -c 'trap \"\" HUP TERM; echo $$ >> pids; \
                        while :; do sleep 1; done') & echo $$ >> pids; while :; do sleep 1; done";

async fn stubborn_pids(house: &House, count: usize) -> Vec<u32> {
    wait_for("the programs are there", async || {
        let text = std::fs::read_to_string(house.work().join("pids")).ok()?;
        let pids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        (pids.len() == count).then_some(pids)
    })
    .await
}

fn files(house: &House) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(house.state())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_shutdown_leaves_no_process_and_no_socket() {
    let house = House::new().await;
    house.run("plain", &["bash", "-c", STUBBORN]).await;
    let mut wrapped = terminal("wrapped", &["bash", "-c", STUBBORN]);
    wrapped.tmux = true;
    house.create(wrapped).await.unwrap();
    let pids = stubborn_pids(&house, 4).await;
    assert!(house.state().join("tmux.sock").exists());
    house.shut_down(false).await;
    for pid in pids {
        assert!(!alive(pid), "process {pid} is left");
    }
    assert!(house.marked().is_empty());
    assert_eq!(files(&house), ["sessiond.log"]);
}

#[tokio::test]
async fn a_signal_ends_the_session_too() {
    let house = House::new().await;
    house.run("t", &["bash", "-c", STUBBORN]).await;
    let pids = stubborn_pids(&house, 2).await;
    kill(house.daemon.pid, "TERM");
    within(house.link.closed()).await;
    wait_for("sessiond is gone", async || {
        (!alive(house.daemon.pid)).then_some(())
    })
    .await;
    assert!(pids.into_iter().all(|pid| !alive(pid)));
}

#[tokio::test]
async fn tmux_can_be_left_to_the_next_sessiond() {
    let mut house = House::new().await;
    let mut wrapped = terminal("t", &["bash", "-c", "echo $$ >> pids; exec sleep 1000"]);
    wrapped.tmux = true;
    house.create(wrapped.clone()).await.unwrap();
    house
        .run("plain", &["bash", "-c", "echo $$ >> pids; exec sleep 1000"])
        .await;
    stubborn_pids(&house, 2).await;
    let plain = house.terminal("plain").await.pid.unwrap();
    house.shut_down(true).await;
    assert!(!alive(plain));
    house.start_again().await;
    let found = house.create(wrapped).await.unwrap();
    assert!(found.adopted && found.running);
    house.shut_down(false).await;
    assert!(house.marked().is_empty());
}

#[tokio::test]
async fn a_specification_that_is_none_is_refused_with_a_reason() {
    let house = House::new().await;
    for (change, expected) in [
        (
            (|spec| spec.protocol = 99) as fn(&mut SessiondSpec),
            "protocol 99",
        ),
        (|spec| spec.state_dir = "/nonexistent".into(), "lock"),
    ] {
        let mut other = House::with(|_| {}).await;
        other.shut_down(false).await;
        change(&mut other.spec);
        let refusal = other.start_another().unwrap_err();
        assert!(refusal.error.contains(expected), "{}", refusal.error);
    }
    drop(house);
}
