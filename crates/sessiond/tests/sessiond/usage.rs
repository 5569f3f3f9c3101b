//! What the session uses, seen from inside.

use longhouse_link::proto::{TerminalRef, UsageReply, UsageRequest};

use crate::house::{House, wait_for, within};

async fn usage(house: &House) -> UsageReply {
    let question = UsageRequest::default();
    within(house.client().usage(question))
        .await
        .unwrap()
        .into_inner()
}

async fn until(house: &House, what: &str, wanted: impl Fn(&UsageReply) -> bool) -> UsageReply {
    wait_for(what, async || {
        Some(usage(house).await).filter(|now| wanted(now))
    })
    .await
}

#[tokio::test]
async fn a_busy_agent_is_at_work_and_its_time_counts_after_its_end() {
    let house = House::new().await;
    let before = usage(&house).await;
    assert_eq!((before.agent_active, before.tasks), (None, 0), "{before:?}");
    house
        .run("agent", &["/bin/sh", "-c", "while :; do :; done"])
        .await;
    let busy = until(&house, "the agent is at work", |now| {
        now.agent_active == Some(true) && now.cpu_us > before.cpu_us + 500_000
    })
    .await;
    assert_eq!(busy.tasks, 1);
    assert!(
        busy.memory_bytes > 0 && busy.passed_us > before.passed_us,
        "{busy:?}"
    );
    let agent = TerminalRef {
        name: "agent".to_owned(),
    };
    within(house.client().close_terminal(agent)).await.unwrap();
    let after = until(&house, "it has ended", |now| now.tasks == 0).await;
    assert!(after.cpu_us >= busy.cpu_us, "{busy:?} {after:?}");
    assert_eq!(after.agent_active, None);
}

#[tokio::test]
async fn an_agent_that_waits_is_not_at_work() {
    let house = House::new().await;
    // It says something once, and waits for ever.
    house
        .run("agent", &["/bin/sh", "-c", "echo hello; read answer"])
        .await;
    until(&house, "it has spoken", |now| {
        now.agent_active == Some(true)
    })
    .await;
    let quiet = until(&house, "it waits", |now| now.agent_active == Some(false)).await;
    assert_eq!(quiet.tasks, 1);
    // What another terminal does is not the agent's doing.
    house
        .run("other", &["/bin/sh", "-c", "while :; do :; done"])
        .await;
    let both = until(&house, "the other is busy", |now| {
        now.tasks == 2 && now.cpu_us > quiet.cpu_us + 500_000
    })
    .await;
    assert_eq!(both.agent_active, Some(false));
}

#[tokio::test]
async fn what_the_session_takes_up_on_disk_is_its_workspace_and_its_own_home() {
    let house = House::with(|spec| {
        let home = spec.env["HOME"].clone();
        std::fs::write(format!("{home}/large"), vec![1; 2 << 20]).unwrap();
        spec.own_home = Some(home.into());
    })
    .await;
    std::fs::write(house.work().join("file"), vec![1; 1 << 20]).unwrap();
    let known = until(&house, "the disk was looked at", |now| {
        now.disk_bytes.is_some()
    })
    .await;
    let bytes = known.disk_bytes.unwrap();
    assert!((3 << 20..4 << 20).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn the_home_of_a_person_is_not_the_sessions() {
    let house = House::with(|spec| {
        let home = &spec.env["HOME"];
        std::fs::write(format!("{home}/large"), vec![1; 2 << 20]).unwrap();
    })
    .await;
    let known = until(&house, "the disk was looked at", |now| {
        now.disk_bytes.is_some()
    })
    .await;
    assert!(known.disk_bytes.unwrap() < 1 << 20, "{known:?}");
}
