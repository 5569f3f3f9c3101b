//! Programs: how they are started, what they find, how their end is told.

use std::collections::BTreeMap;

use longhouse_link::proto::session_event::What;
use longhouse_link::proto::*;
use tonic::Code;

use crate::house::{House, alive, kill, terminal, wait_for, within};

#[tokio::test]
async fn a_program_gets_the_environment_it_was_given_and_nothing_else() {
    let house = House::new().await;
    let mut request = terminal("t", &["env"]);
    request.env = BTreeMap::from([("EXTRA".to_owned(), "ä=#(id);\"".to_owned())]);
    house.create(request).await.unwrap();
    let mut output = house.output("t", 0).await.unwrap();
    assert_eq!(output.until_exit().await, 0);
    let text = output.text();
    let mut names: Vec<&str> = text
        .lines()
        .filter_map(|l| Some(l.split_once('=')?.0))
        .collect();
    names.sort_unstable();
    let expected = [
        "COLORTERM",
        "EXTRA",
        "HOME",
        "LANG",
        "LONGHOUSE_MILESTONE",
        "LONGHOUSE_SESSION_ID",
        "LONGHOUSE_TERMINAL",
        "PATH",
        "PS1",
        "TERM",
    ];
    assert_eq!(names, expected);
    assert!(text.contains("EXTRA=ä=#(id);\"\r\n"), "{text}");
    assert!(
        text.contains(&format!("LONGHOUSE_SESSION_ID={}", house.session)),
        "{text}"
    );
}

#[tokio::test]
async fn a_terminal_that_names_no_program_gets_a_login_shell_only_where_that_is_wanted() {
    for (login_shell, says) in [(true, "42 login"), (false, "42 plain")] {
        let house = House::with(|spec| spec.login_shell = login_shell).await;
        house.create(terminal("t", &[""])).await.unwrap();
        let question = "shopt -q login_shell && k=login || k=plain; echo $((6*7)) $k\n";
        house.type_in("t", question).await;
        house.wait_for_screen("t", says).await;
    }
}

#[tokio::test]
async fn exit_codes_are_told_also_of_signals() {
    let house = House::new().await;
    for (name, script, code) in [
        ("a", "exit 3", 3),
        ("b", "kill -9 $$", 137),
        ("c", "kill -15 $$", 143),
    ] {
        house.run(name, &["bash", "-c", script]).await;
        let mut output = house.output(name, 0).await.unwrap();
        assert_eq!(output.until_exit().await, code, "{script}");
        wait_for("the state says so too", async || {
            (house.terminal(name).await.exit_code == Some(code)).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn the_keyboards_signals_reach_a_program_however_sessiond_was_started() {
    let house = House::new().await;
    for (name, key, code) in [("a", "\x03", 130), ("b", "\x1c", 131)] {
        house
            // No shell: until it has become something else, it does not hear all of them.
            .run(
                name,
                &["awk", "BEGIN { print \"ready\"; fflush(); getline }"],
            )
            .await;
        let mut output = house.output(name, 0).await.unwrap();
        output.until("ready").await;
        house.type_in(name, key).await;
        assert_eq!(output.until_exit().await, code, "{key:?}");
    }
}

#[tokio::test]
async fn the_last_words_of_a_program_come_before_its_end() {
    let house = House::new().await;
    for round in 0..20 {
        let name = format!("t{round}");
        house
            .run(&name, &["bash", "-c", "printf '%070000d' 7; exit 5"])
            .await;
        let mut output = house.output(&name, 0).await.unwrap();
        assert_eq!(output.until_exit().await, 5);
        assert_eq!(output.seen.len(), 70_000);
    }
}

#[tokio::test]
async fn what_cannot_be_started_says_why_and_leaves_nothing() {
    let house = House::new().await;
    for (argv, code) in [
        (&["no-such-program"][..], Code::NotFound),
        (&["/etc/passwd"], Code::FailedPrecondition),
        (&["bash", "a\0b"], Code::InvalidArgument),
    ] {
        let error = house.create(terminal("t", argv)).await.unwrap_err();
        assert_eq!(error.code(), code, "{argv:?}: {}", error.message());
        assert!(!argv[0].starts_with("no") || error.message().contains("no-such-program"));
    }
    for name in ["", "a;b", "#(id)", "a\nb", "../x", "-t"] {
        let error = house.create(terminal(name, &["true"])).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{name:?}");
    }
    let mut request = terminal("t", &["true"]);
    request.env = BTreeMap::from([("A=B".to_owned(), String::new())]);
    assert_eq!(
        house.create(request).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let list = within(house.client().list_terminals(ListTerminalsRequest {}))
        .await
        .unwrap();
    assert!(list.into_inner().terminals.is_empty());
    assert!(house.marked().is_empty());
}

#[tokio::test]
async fn creating_a_terminal_again_finds_it_and_their_number_is_bounded() {
    let house = House::new().await;
    let first = house.run("t", &["sleep", "1000"]).await;
    let second = house.run("t", &["bash"]).await;
    assert_eq!(first.pid, second.pid);
    for n in 1..64 {
        house.run(&format!("t{n}"), &["sleep", "1000"]).await;
    }
    let error = house
        .create(terminal("one-too-many", &["true"]))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn restarting_keeps_history_and_offsets() {
    let house = House::new().await;
    house
        .run(
            "t",
            &[
                "bash",
                "-c",
                "trap '' HUP; echo \"pid $$\"; exec sleep 1000",
            ],
        )
        .await;
    let mut output = house.output("t", 0).await.unwrap();
    output.until("\n").await;
    let before = house.terminal("t").await;
    let name = TerminalRef {
        name: "t".to_owned(),
    };
    let after = within(house.client().restart_terminal(name))
        .await
        .unwrap()
        .into_inner();
    assert!(after.running && after.pid != before.pid);
    assert!(after.offset >= before.offset);
    assert!(
        !alive(before.pid.unwrap()),
        "the program before is gone though it ignores hang-ups"
    );
    assert_eq!(output.until_exit().await, 137);
    output.until(&format!("pid {}", after.pid.unwrap())).await;
    let mut all = house.output("t", 0).await.unwrap();
    all.until(&format!("pid {}", after.pid.unwrap())).await;
    assert!(all.text().contains(&format!("pid {}", before.pid.unwrap())));
}

#[tokio::test]
async fn an_ended_terminal_can_be_restarted_and_closed() {
    let house = House::new().await;
    house.run("t", &["bash", "-c", "echo once; exit 4"]).await;
    let mut output = house.output("t", 0).await.unwrap();
    assert_eq!(output.until_exit().await, 4);
    let name = TerminalRef {
        name: "t".to_owned(),
    };
    within(house.client().restart_terminal(name.clone()))
        .await
        .unwrap();
    assert_eq!(output.until_exit().await, 4);
    assert_eq!(output.text().matches("once").count(), 2);
    within(house.client().close_terminal(name.clone()))
        .await
        .unwrap();
    let error = within(house.client().close_terminal(name))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[tokio::test]
async fn a_program_runs_beside_the_terminals() {
    let house = House::new().await;
    let reply = house
        .exec(&["bash", "-c", "pwd; echo oops >&2; exit 9"])
        .await;
    assert_eq!(reply.exit_code, 9);
    let work = house.work().canonicalize().unwrap();
    assert_eq!(reply.stdout, format!("{}\n", work.display()));
    assert_eq!(reply.stderr, "oops\n");
    assert!(!reply.timed_out && !reply.truncated);
}

#[tokio::test]
async fn a_program_beside_is_bounded_in_time_and_output() {
    let house = House::new().await;
    let script = "setsid sleep 1000 & echo $!; sleep 1001 & echo $!; yes | head -c 100000; wait";
    let request = ExecRequest {
        argv: ["bash", "-c", script].map(str::to_owned).to_vec(),
        timeout_seconds: 1,
        output_limit: 1000,
        ..ExecRequest::default()
    };
    let reply = within(house.client().exec(request))
        .await
        .unwrap()
        .into_inner();
    assert!(reply.timed_out && reply.truncated);
    assert_eq!((reply.exit_code, reply.stdout.len()), (137, 1000));
    let text = String::from_utf8_lossy(&reply.stdout).into_owned();
    for pid in text.lines().take(2) {
        let pid = pid.parse().unwrap();
        wait_for("its children are gone", async || {
            (!alive(pid)).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_watcher_hears_of_starts_sizes_activity_and_ends() {
    let house = House::new().await;
    let mut events = within(house.client().watch(WatchRequest {}))
        .await
        .unwrap()
        .into_inner();
    let mut next = async || {
        within(events.message())
            .await
            .unwrap()
            .unwrap()
            .what
            .unwrap()
    };
    assert_eq!(next().await, What::Ready(session_event::Ready {}));
    house
        .run("t", &["bash", "-c", "echo hello; read line; exit 2"])
        .await;
    let resize = ResizeTerminalRequest {
        name: "t".to_owned(),
        cols: 100,
        rows: 30,
    };
    within(house.client().resize_terminal(resize))
        .await
        .unwrap();
    let mut seen = Vec::new();
    while !seen
        .iter()
        .any(|e| matches!(e, What::TerminalResized(r) if r.cols == 100))
    {
        seen.push(next().await);
    }
    house.type_in("t", "\n").await;
    loop {
        let event = next().await;
        let ended = matches!(&event, What::TerminalExited(e) if e.name == "t" && e.code == 2);
        seen.push(event);
        if ended {
            break;
        }
    }
    assert!(
        seen.iter()
            .any(|e| matches!(e, What::TerminalStarted(s) if s.name == "t"))
    );
    assert!(seen.iter().any(|e| matches!(e, What::Activity(_))));
    assert!(
        seen.iter()
            .any(|e| matches!(e, What::Log(l) if l.level == "info"))
    );
}

#[tokio::test]
async fn statistics_count_the_sessions_processes_also_those_that_left() {
    let house = House::new().await;
    let stats = async || {
        within(house.client().stats(StatsRequest {}))
            .await
            .unwrap()
            .into_inner()
    };
    assert_eq!(stats().await.processes, 0);
    house
        .run("t", &["bash", "-c", "setsid sleep 1000 & sleep 1000"])
        .await;
    let counted = wait_for("three processes", async || {
        Some(stats().await).filter(|s| s.processes == 3)
    })
    .await;
    assert!(counted.memory_bytes > 0 && counted.sessiond_memory_bytes > 0);
}

#[tokio::test]
async fn only_one_sessiond_serves_a_session() {
    let house = House::new().await;
    let refusal = house.start_another().unwrap_err();
    assert!(refusal.error.contains("already"), "{}", refusal.error);
    assert!(alive(house.daemon.pid));
}

#[tokio::test]
async fn sessiond_is_nobodys_child_and_ignores_hang_ups() {
    let mut house = House::new().await;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", house.daemon.pid)).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let pid = house.daemon.pid.to_string();
    assert_ne!(
        fields[1],
        std::process::id().to_string(),
        "its parent is not the starter"
    );
    assert_eq!(
        [fields[2], fields[3]],
        [&pid, &pid],
        "it leads its own group and session"
    );
    assert_eq!(fields[4], "0", "it has no terminal");
    assert_eq!(fields[19], house.daemon.start_ticks.to_string());
    kill(house.daemon.pid, "HUP");
    house.reconnect().await;
    assert_eq!(house.link.hello().pid, house.daemon.pid);
}

#[tokio::test]
async fn a_programs_question_is_answered_unless_a_reader_is_there_to_do_it() {
    let house = House::new().await;
    let ask = "read go; stty raw -echo; printf '\\e[6n'; read -t 1 -d R answer; stty sane; echo \"got=<${answer#*[}>\"";
    for (name, expected) in [("alone", "got=<2;1>"), ("watched", "got=<>")] {
        house.run(name, &["bash", "-c", ask]).await;
        let watched = name == "watched";
        let _reader = if watched {
            Some(house.output(name, 0).await.unwrap())
        } else {
            None
        };
        house.type_in(name, "\n").await;
        house.wait_for_screen(name, expected).await;
    }
}
