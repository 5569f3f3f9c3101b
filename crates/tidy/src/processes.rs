//! Other programs are started in few places, each of which takes care of the environment, the end and the remains.

use crate::finding::{Finding, assert_none};
use crate::repository::rust_files;

/// Where programs are started, by the beginning of the path, each with what it starts.
const DOORS: &[(&str, &str)] = &[
    (
        "crates/longhouse-runtime/src/exec.rs",
        "sessiond, tmux and the agents' programs of sessions on this machine",
    ),
    (
        "crates/sessiond/src/",
        "the programs in a session's terminals",
    ),
    (
        "crates/longhouse/src/master_key/command.rs",
        "the program that prints the master key",
    ),
    (
        "crates/longhouse/src/doctor/",
        "programs that are asked for their version",
    ),
    ("crates/tidy/src/", "git, for the list of files"),
    ("xtask/src/", "cargo, npm and the machine's package manager"),
    ("bench/", "the server under measurement"),
];

fn outside_of_a_door(path: &str, text: &str) -> Vec<Finding> {
    let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
    if is_test || DOORS.iter().any(|(door, _)| path.starts_with(door)) {
        return Vec::new();
    }
    text.lines()
        // What follows is the file's own tests.
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//") && names_command(line))
        .map(|(index, _)| {
            Finding::at(
                path,
                index + 1,
                "starts a program; only the doors listed in processes.rs do",
            )
        })
        .collect()
}

fn names_command(line: &str) -> bool {
    line.contains("process::Command") || (line.contains("process::{") && line.contains("Command"))
}

#[test]
fn programs_are_started_at_the_doors_only() {
    assert_none(
        rust_files()
            .iter()
            .flat_map(|file| outside_of_a_door(&file.path, &file.text))
            .collect(),
    );
}

#[test]
fn a_program_started_elsewhere_is_found() {
    for line in [
        "use std::process::Command;",
        "use std::process::{Command, Stdio};",
        "    let child = tokio::process::Command::new(\"git\");",
    ] {
        assert_eq!(
            outside_of_a_door("crates/longhouse-server/src/a.rs", line).len(),
            1,
            "{line}"
        );
        assert!(
            outside_of_a_door("xtask/src/a.rs", line).is_empty(),
            "{line}"
        );
        assert!(
            outside_of_a_door("crates/longhouse-server/tests/it/a.rs", line).is_empty(),
            "{line}"
        );
        let in_tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{line}\n}}");
        assert!(
            outside_of_a_door("crates/longhouse-server/src/a.rs", &in_tests).is_empty(),
            "{line}"
        );
    }
    assert!(
        outside_of_a_door(
            "crates/a/src/a.rs",
            "// std::process::Command\nuse std::process::ExitCode;"
        )
        .is_empty()
    );
}
