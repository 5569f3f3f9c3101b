//! tmux around a terminal: the same screen from a shell, the same program after sessiond's death.

use longhouse_link::proto::*;

use crate::house::{House, alive, terminal, wait_for, within};

fn wrapped(name: &str, argv: &[&str]) -> CreateTerminalRequest {
    CreateTerminalRequest {
        tmux: true,
        ..terminal(name, argv)
    }
}

const SHELL: [&str; 3] = ["bash", "--norc", "--noprofile"];

#[tokio::test]
async fn a_wrapped_program_runs_and_its_exit_code_is_told() {
    let house = House::new().await;
    house
        .create(wrapped(
            "t",
            &["bash", "-c", "echo in tmux; read line; exit 6"],
        ))
        .await
        .unwrap();
    house.wait_for_screen("t", "in tmux").await;
    let mut output = house.output("t", 0).await.unwrap();
    house.type_in("t", "\n").await;
    assert_eq!(output.until_exit().await, 6);
}

#[tokio::test]
async fn arguments_reach_a_wrapped_program_byte_by_byte() {
    let house = House::new().await;
    let hostile = [
        "a;",
        ";",
        "#(touch pwned)",
        "$(touch pwned)",
        "`x`",
        "it's",
        "\"",
        "ü €",
        "",
        "a\nb",
        "-c",
        "#{pid}",
    ];
    let mut argv = vec![
        "bash",
        "-c",
        "printf '%s\\0' \"$@\" > args; echo written; sleep 1000",
        "x",
    ];
    argv.extend(hostile);
    let mut request = wrapped("t", &argv);
    request
        .env
        .insert("ODD".to_owned(), "#(touch pwned);\n$x".to_owned());
    house.create(request).await.unwrap();
    house.wait_for_screen("t", "written").await;
    let written = std::fs::read(house.work().join("args")).unwrap();
    let expected: Vec<u8> = hostile
        .iter()
        .flat_map(|a| [a.as_bytes(), b"\0"].concat())
        .collect();
    assert_eq!(
        String::from_utf8_lossy(&written),
        String::from_utf8_lossy(&expected)
    );
    assert!(!house.work().join("pwned").exists());
}

#[tokio::test]
async fn a_wrapped_program_finds_no_sign_of_tmux_in_its_environment() {
    let house = House::new().await;
    house
        .create(wrapped(
            "t",
            &["bash", "-c", "env > env.txt; echo written; sleep 1000"],
        ))
        .await
        .unwrap();
    house.wait_for_screen("t", "written").await;
    let text = std::fs::read_to_string(house.work().join("env.txt")).unwrap();
    assert!(!text.contains("TMUX"), "{text}");
    assert!(
        text.contains("TERM=xterm-256color") && text.contains("LONGHOUSE_TERMINAL=t"),
        "{text}"
    );
}

#[tokio::test]
async fn after_the_death_of_sessiond_the_program_is_found_again_with_its_history() {
    let mut house = House::new().await;
    house.create(wrapped("t", &SHELL)).await.unwrap();
    house.type_in("t", "seq 1000 1100; echo shell=$$\n").await;
    let screen = house.wait_for_screen("t", "\nshell=").await;
    house.kill_daemon().await;
    let before = house.link.hello().boot_id.clone();
    house.start_again().await;
    assert_ne!(house.link.hello().boot_id, before);
    let found = house.create(wrapped("t", &SHELL)).await.unwrap();
    assert!(found.adopted && found.running);
    let line = screen
        .lines()
        .find(|l| l.starts_with("shell="))
        .unwrap()
        .to_owned();
    house.wait_for_screen("t", &line).await;
    let history = house
        .capture("t", capture_request::Format::Text, 2000)
        .await;
    for n in 1000..=1100 {
        assert!(
            history.lines().any(|l| l == n.to_string()),
            "line {n} is lost:\n{history}"
        );
    }
    house.type_in("t", "echo still=$$; exit 12\n").await;
    let mut output = house.output("t", 0).await.unwrap();
    assert_eq!(output.until_exit().await, 12);
    let pid = line.trim_start_matches("shell=");
    assert!(output.text().contains(&format!("still={pid}")));
}

#[tokio::test]
async fn a_person_in_a_shell_sees_the_same_and_may_detach() {
    let house = House::new().await;
    house.create(wrapped("t", &SHELL)).await.unwrap();
    house.type_in("t", "echo from-the-browser\n").await;
    house.wait_for_screen("t", "from-the-browser").await;
    // The person's terminal is one too.
    let socket = house.state().join("tmux.sock");
    let attach = ["tmux", "-S", socket.to_str().unwrap(), "attach"];
    house.run("person", &attach).await;
    house.wait_for_screen("person", "from-the-browser").await;
    house
        .type_in("person", "echo from-$((40+2))-the-shell\n")
        .await;
    house.wait_for_screen("t", "from-42-the-shell").await;
    // The prefix works for the person, and for the person alone.
    house.type_in("t", "cat -v\n").await;
    house.type_in("t", "\x02d\n").await;
    house.wait_for_screen("t", "^Bd").await;
    house.type_in("person", "\x02d").await;
    house.wait_for_screen("person", "[detached").await;
    assert!(house.terminal("t").await.running);
}

#[tokio::test]
async fn a_detached_client_attaches_again() {
    let house = House::new().await;
    house.create(wrapped("t", &SHELL)).await.unwrap();
    house.type_in("t", "echo shell=$$\n").await;
    house.wait_for_screen("t", "shell=").await;
    let socket = house.state().join("tmux.sock");
    let detach = house
        .exec(&[
            "tmux",
            "-S",
            socket.to_str().unwrap(),
            "detach-client",
            "-s",
            "=t",
        ])
        .await;
    assert_eq!(detach.exit_code, 0, "{:?}", detach.stderr);
    let clients = ["tmux", "-S", socket.to_str().unwrap(), "list-clients"];
    wait_for("a client again", async || {
        (!house.exec(&clients).await.stdout.is_empty()).then_some(())
    })
    .await;
    house.type_in("t", "echo again-$((1+1))\n").await;
    house.wait_for_screen("t", "again-2").await;
    assert!(house.terminal("t").await.running);
}

#[tokio::test]
async fn scrolled_lines_are_in_the_viewers_own_history() {
    let house = House::new().await;
    house.create(wrapped("t", &SHELL)).await.unwrap();
    house.type_in("t", "seq 5000 5100\n").await;
    house.wait_for_screen("t", "5100").await;
    let history = house
        .capture("t", capture_request::Format::Text, 2000)
        .await;
    for n in 5000..=5100 {
        assert!(
            history.lines().any(|l| l == n.to_string()),
            "line {n} is lost:\n{history}"
        );
    }
}

#[tokio::test]
async fn a_wrapped_terminal_is_resized_restarted_and_closed() {
    let house = House::new().await;
    house.create(wrapped("t", &SHELL)).await.unwrap();
    let resize = ResizeTerminalRequest {
        name: "t".to_owned(),
        cols: 101,
        rows: 31,
    };
    within(house.client().resize_terminal(resize))
        .await
        .unwrap();
    wait_for("the size in tmux", async || {
        house.type_in("t", "clear; stty size\n").await;
        house.screen("t").await.contains("31 101").then_some(())
    })
    .await;
    let before = house.terminal("t").await.pid.unwrap();
    let name = TerminalRef {
        name: "t".to_owned(),
    };
    within(house.client().restart_terminal(name.clone()))
        .await
        .unwrap();
    assert!(!alive(before));
    let after = house.terminal("t").await;
    assert!(after.running && after.pid != Some(before));
    house.type_in("t", "echo new-$((2+3))\n").await;
    house.wait_for_screen("t", "new-5").await;
    within(house.client().close_terminal(name)).await.unwrap();
    wait_for("everything is gone", async || {
        house.marked().is_empty().then_some(())
    })
    .await;
}

/// A tmux in a directory of its own that writes down when it is asked for history.
fn counting_tmux() -> (tempfile::TempDir, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let bin = tempfile::tempdir().unwrap();
    let (program, asked) = (bin.path().join("tmux"), bin.path().join("asked"));
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *capture-pane*) echo x >> '{}';; esac\nPATH=/usr/local/bin:/usr/bin:/bin exec tmux \"$@\"\n",
        asked.display()
    );
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (bin, asked)
}

/// To fetch a long history takes longer than whoever comes back wants to wait.
#[tokio::test]
async fn tmux_is_asked_for_its_history_only_where_it_may_differ() {
    let (bin, asked) = counting_tmux();
    let house = House::with(|spec| {
        let path = format!("{}:{}", bin.path().display(), spec.env["PATH"]);
        spec.env.insert("PATH".to_owned(), path);
    })
    .await;
    house.create(wrapped("t", &SHELL)).await.unwrap();
    house.wait_for_screen("t", "$").await;
    let offset = house.terminal("t").await.offset;
    let mut output = house.output("t", offset).await.unwrap();
    house
        .type_in("t", "seq 5000 5400; echo fin$((1+1))\n")
        .await;
    while output.gaps == 0 {
        output.next().await;
    }
    let history = async || {
        let text = house.capture("t", capture_request::Format::Text, 2000);
        text.await.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let times = || std::fs::read_to_string(&asked).unwrap().lines().count();
    let before = times();
    house.type_in("t", "seq 6000 6005\n").await;
    house.wait_for_screen("t", "6005").await;
    let shown = history().await;
    assert!(
        ["5000", "5400", "6000"]
            .iter()
            .all(|n| shown.iter().any(|line| line == n))
    );
    // A viewer is painted as much as a screen keeps, however much tmux has.
    let painted = SnapshotRequest {
        name: "t".to_owned(),
        scrollback_lines: u32::MAX,
    };
    let painted = within(house.client().snapshot(painted)).await.unwrap();
    let first = within(painted.into_inner().message())
        .await
        .unwrap()
        .unwrap();
    assert!(first.data.windows(4).any(|bytes| bytes == b"5000"));
    assert_eq!(times(), before, "what is known was asked for again");
    // tmux forgets it, which its client is not told.
    house.type_in("t", "printf '\\033[3Jdo%s' ne\n").await;
    house.wait_for_screen("t", "done").await;
    let shown = history().await;
    assert!(!shown.iter().any(|line| line == "5000"), "{shown:?}");
}

#[tokio::test]
async fn a_viewer_is_told_to_repaint_after_a_burst_that_tmux_did_not_show() {
    let house = House::new().await;
    house.create(wrapped("t", &SHELL)).await.unwrap();
    house.wait_for_screen("t", "$").await;
    let mut output = house
        .output("t", house.terminal("t").await.offset)
        .await
        .unwrap();
    house
        .type_in("t", "seq 5000 5400; echo fin$((1+1))\n")
        .await;
    while output.gaps == 0 {
        output.next().await;
    }
    // The snapshot that the viewer asks for then has every line.
    let history = house
        .capture("t", capture_request::Format::Text, 2000)
        .await;
    let lines: Vec<&str> = history.lines().collect();
    let expected: Vec<String> = (5000..=5400).map(|n| n.to_string()).collect();
    let first = lines
        .iter()
        .position(|l| *l == "5000")
        .expect("the first line");
    assert_eq!(lines[first..first + expected.len()], expected);
}
