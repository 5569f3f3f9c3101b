//! A test that needs what only an administrator may do runs itself again in a namespace of its own, where it is one.

use std::process::Command;

/// Set for the run in the namespace.
const INSIDE: &str = "LONGHOUSE_TEST_IN_A_NAMESPACE";

/// Whether this is the run in the namespace. The first run starts that one with these flags of unshare(1), and fails with it.
pub(crate) fn is_entered(test: &str, flags: &[&str]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut again = Command::new("unshare");
    // Who is not root becomes it within the namespace alone.
    if !rustix::process::geteuid().is_root() {
        again.arg("--map-root-user");
    }
    again
        .args(flags)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1");
    assert!(run(&mut again), "it failed in the namespace");
    false
}

/// Whether a program ended well.
pub(crate) fn run(command: &mut Command) -> bool {
    command.status().unwrap().success()
}
