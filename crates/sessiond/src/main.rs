//! The sessiond program: `start` (called by the server), `run` (the daemon, called by `start`, or with a file as a
//! container's entry point), `run-child` (called by tmux), `connect` and `known-host` (called by ssh), `credential` (called by git). Under
//! the name `milestone` it is the command of whoever works in a session.

use std::process::ExitCode;

use serde::Serialize;
use sessiond::{AskError, Specification};

const USAGE: &str = "usage: sessiond start | run [FILE] | run-child FILE | connect HOST PORT | \
     known-host SOCKET REASON HOST KIND KEY | credential SOCKET ACTION | --version";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let (called, words) = match &arguments[..] {
        [called, words @ ..] => (called.as_str(), words),
        [] => ("", &[][..]),
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Some(state_dir) = sessiond::called_as_milestone(called.as_ref()) {
        return answer("milestone", sessiond::milestone(state_dir, &words));
    }
    match words[..] {
        ["start"] => match sessiond::start() {
            Ok(started) => {
                say(&started);
                ExitCode::SUCCESS
            }
            Err(failure) => {
                say(&failure);
                ExitCode::FAILURE
            }
        },
        ["run"] => match sessiond::run(Specification::StandardInput) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_said_on_standard_output) => ExitCode::FAILURE,
        },
        ["run", file] => match sessiond::run(Specification::File(file.as_ref())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_said_on_standard_output) => ExitCode::FAILURE,
        },
        ["run-child", file] => match sessiond::run_child(file) {
            Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
            Err(error) => complain(&format!("sessiond run-child: {error}")),
        },
        ["connect", host, port] => match sessiond::connect(host, port) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&format!("sessiond connect: {error}")),
        },
        ["known-host", socket, reason, host, kind, key] => {
            let lines = sessiond::known_host(socket.as_ref(), reason, host, kind, key);
            answer("sessiond known-host", lines)
        }
        ["credential", socket, action] => {
            let lines = sessiond::credential(socket.as_ref(), action, std::io::stdin());
            answer("sessiond credential", lines)
        }
        ["--version"] => {
            say(&env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        _ => complain(USAGE),
    }
}

/// What the session's agent answered to `who`, or why it did not.
fn answer(who: &str, lines: Result<String, AskError>) -> ExitCode {
    match lines {
        Ok(lines) => {
            print_lines(&lines);
            ExitCode::SUCCESS
        }
        Err(error) => complain(&format!("{who}: {error}")),
    }
}

#[expect(
    clippy::print_stdout,
    reason = "this is the program's answer to its caller"
)]
fn say(answer: &impl Serialize) {
    match serde_json::to_string(answer) {
        Ok(line) => println!("{line}"),
        Err(error) => println!("{{\"error\":\"{error}\"}}"),
    }
}

#[expect(clippy::print_stdout, reason = "this is what ssh, git and people read")]
fn print_lines(lines: &str) {
    print!("{lines}");
}

#[expect(
    clippy::print_stderr,
    reason = "this is what a person sees who called it wrongly"
)]
fn complain(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}
