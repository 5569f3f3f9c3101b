//! The sessiond program: `start` (called by the server), `run` (the daemon, called by `start`, or with a file as a
//! container's entry point), `run-child` (called by tmux), `connect` and `known-host` (called by ssh), `credential` (called by git).

use std::process::ExitCode;

use serde::Serialize;
use sessiond::Specification;

const USAGE: &str = "usage: sessiond start | run [FILE] | run-child FILE | connect HOST PORT | \
     known-host SOCKET REASON HOST KIND KEY | credential SOCKET ACTION | --version";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
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
            match sessiond::known_host(socket.as_ref(), reason, host, kind, key) {
                Ok(lines) => {
                    print_lines(&lines);
                    ExitCode::SUCCESS
                }
                Err(error) => complain(&format!("sessiond known-host: {error}")),
            }
        }
        ["credential", socket, action] => {
            match sessiond::credential(socket.as_ref(), action, std::io::stdin()) {
                Ok(lines) => {
                    print_lines(&lines);
                    ExitCode::SUCCESS
                }
                Err(error) => complain(&format!("sessiond credential: {error}")),
            }
        }
        ["--version"] => {
            say(&env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        _ => complain(USAGE),
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

#[expect(clippy::print_stdout, reason = "this is what ssh and git read")]
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
