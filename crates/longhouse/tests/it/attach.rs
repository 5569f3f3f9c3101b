//! `longhouse attach` at a real terminal.

use rustix::process::Signal;

use crate::support::pty::AtTerminal;
use crate::support::{House, processes, running_shell, wait_for};

const DETACH: &str = "\x1c\x1c";

#[tokio::test]
async fn what_is_typed_reaches_the_session_and_detaching_leaves_it_running() {
    let house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "desk", "none").await;
    let mut desk = AtTerminal::start(&house, &["attach", "desk"]);
    wait_for("the terminal is raw", async || {
        (!desk.is_cooked()).then_some(())
    })
    .await;
    desk.type_in("echo $((6*7))-typed\n");
    desk.wait_until_shown("42-typed").await;

    desk.type_in(DETACH);
    assert_eq!(desk.wait_for_end().await.code(), Some(0));
    assert!(desk.is_cooked(), "the terminal was not restored");
    assert!(
        desk.shown().contains("detached from desk"),
        "{}",
        desk.shown()
    );
    let id = session["id"].as_str().unwrap();
    assert!(client.session_in(id, "running").await.is_some());

    // Who comes later sees what was there, and by another name of the same terminal.
    let again = AtTerminal::start(&house, &["attach", "desk/agent"]);
    again.wait_until_shown("42-typed").await;
}

#[tokio::test]
async fn a_session_is_made_and_opened_in_one_step() {
    let house = House::started();
    let arguments = [
        "session",
        "new",
        "quick",
        "--multiplexer",
        "none",
        "--workdir",
        ".",
        "--attach",
    ];
    let mut desk = AtTerminal::start(&house, &arguments);
    wait_for("the terminal is raw", async || {
        (!desk.is_cooked()).then_some(())
    })
    .await;
    desk.type_in("pwd; exit 9\n");
    assert_eq!(desk.wait_for_end().await.code(), Some(9));
    let home = house.home().to_str().unwrap();
    assert!(desk.shown().contains(home), "{}", desk.shown());
    // A full reset would have wiped what the person had on the screen.
    assert!(!desk.shown().contains("\x1bc"), "{:?}", desk.shown());
}

#[tokio::test]
async fn a_single_detach_key_is_for_the_program() {
    let house = House::started();
    let client = house.client().await;
    running_shell(&client, "quit", "none").await;
    let mut desk = AtTerminal::start(&house, &["attach", "quit"]);
    wait_for("the terminal is raw", async || {
        (!desk.is_cooked()).then_some(())
    })
    .await;
    // ctrl-\ makes the kernel send SIGQUIT, which `sleep` dies of and the shell reports.
    desk.type_in("sleep 1000; echo code-$((0+$?))\n");
    desk.wait_until_shown("sleep 1000").await;
    let sleeping = || {
        processes::of(house.home())
            .iter()
            .any(|(_, command)| command.starts_with("sleep 1000"))
    };
    wait_for("sleep runs", async || sleeping().then_some(())).await;
    desk.type_in("\x1c");
    desk.wait_until_shown("code-131").await;
    desk.type_in(DETACH);
    desk.wait_for_end().await;
}

#[tokio::test]
async fn the_size_follows_the_window() {
    let house = House::started();
    let client = house.client().await;
    running_shell(&client, "size", "none").await;
    let desk = AtTerminal::start(&house, &["attach", "size"]);
    wait_for("the terminal is raw", async || {
        (!desk.is_cooked()).then_some(())
    })
    .await;
    desk.type_in("while :; do echo size=$(stty size)=; sleep 0.1; done\n");
    for (rows, cols) in [(30, 100), (50, 132)] {
        desk.resize(rows, cols);
        desk.wait_until_shown(&format!("size={rows} {cols}=")).await;
    }
}

#[tokio::test]
async fn the_programs_end_is_ours_with_its_exit_code() {
    let house = House::started();
    let client = house.client().await;
    running_shell(&client, "end", "none").await;
    let mut desk = AtTerminal::start(&house, &["attach", "end/manual"]);
    wait_for("the terminal is raw", async || {
        (!desk.is_cooked()).then_some(())
    })
    .await;
    desk.type_in("exit 23\n");
    assert_eq!(desk.wait_for_end().await.code(), Some(23));
    assert!(desk.is_cooked());
}

#[tokio::test]
async fn who_only_watches_cannot_type() {
    let house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "glass", "none").await;
    let id = session["id"].as_str().unwrap();
    let mut watcher = AtTerminal::start(&house, &["attach", "--read-only", "glass"]);
    wait_for("the terminal is raw", async || {
        (!watcher.is_cooked()).then_some(())
    })
    .await;
    watcher.type_in("echo $((6*7))-forbidden\n");
    client.input(id, "agent", "echo $((6*7))-allowed\n").await;
    watcher.wait_until_shown("42-allowed").await;
    assert!(!client.screen(id, "agent").await.contains("forbidden"));
    watcher.type_in(DETACH);
    assert_eq!(watcher.wait_for_end().await.code(), Some(0));
}

#[tokio::test]
async fn a_killed_server_that_comes_back_finds_us_where_we_were() {
    let mut house = House::started();
    let client = house.client().await;
    running_shell(&client, "storm", "none").await;
    let mut desk = AtTerminal::start(&house, &["attach", "storm"]);
    wait_for("the terminal is raw", async || {
        (!desk.is_cooked()).then_some(())
    })
    .await;
    desk.type_in("i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line-$i-; sleep 0.01; done; echo all-$((6*7))\n");
    desk.wait_until_shown("line-20-").await;
    house.kill();
    house.start();
    desk.wait_until_shown("all-42").await;
    let shown = desk.shown();
    for n in 1..=400 {
        assert!(
            shown.contains(&format!("line-{n}-")),
            "line {n} is missing:\n{shown}"
        );
    }
    desk.type_in(DETACH);
    assert_eq!(desk.wait_for_end().await.code(), Some(0));
}

#[tokio::test]
async fn while_the_server_is_away_a_notice_stands_there_and_leaving_works() {
    let mut house = House::started();
    let client = house.client().await;
    running_shell(&client, "away", "none").await;
    let mut desk = AtTerminal::start(&house, &["attach", "away"]);
    wait_for("the terminal is raw", async || {
        (!desk.is_cooked()).then_some(())
    })
    .await;
    house.kill();
    desk.wait_until_shown("the server is away").await;
    desk.type_in(DETACH);
    assert_eq!(desk.wait_for_end().await.code(), Some(0));
    assert!(desk.is_cooked());
}

#[tokio::test]
async fn a_signal_restores_the_terminal_and_what_the_program_had_switched_on() {
    let house = House::started();
    let client = house.client().await;
    running_shell(&client, "modes", "none").await;
    let mut desk = AtTerminal::start(&house, &["attach", "modes"]);
    wait_for("the terminal is raw", async || {
        (!desk.is_cooked()).then_some(())
    })
    .await;
    desk.type_in("printf '\\033[?1049h\\033[?25l\\033[?2004hfull-%s' screen\n");
    desk.wait_until_shown("full-screen").await;
    processes::signal(desk.pid(), Signal::TERM);
    assert_eq!(desk.wait_for_end().await.code(), Some(128 + 15));
    assert!(desk.is_cooked());
    for mode in ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"] {
        wait_for("the mode was switched back", async || {
            desk.shown().contains(mode).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn attaching_to_what_is_not_there_says_what_is() {
    let house = House::started();
    let client = house.client().await;
    running_shell(&client, "here", "none").await;
    let mut desk = AtTerminal::start(&house, &["attach", "here/absent"]);
    assert_eq!(desk.wait_for_end().await.code(), Some(125));
    desk.wait_until_shown("agent, manual").await;
    let mut desk = AtTerminal::start(&house, &["attach", "nowhere"]);
    assert_eq!(desk.wait_for_end().await.code(), Some(125));
    house.succeed(&["session", "stop", "here"]);
    let mut desk = AtTerminal::start(&house, &["attach", "here"]);
    assert_eq!(desk.wait_for_end().await.code(), Some(125));
    desk.wait_until_shown("longhouse session start").await;
}
