//! The server's memory: no core is left of it, no other program of its user looks into it, and it holds on to little.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, geteuid};

use serde_json::json;

use crate::support::{House, PASSWORD, processes, sessiond, wait_for};

/// A user whom no machine has, so that nobody else's processes are his.
const NOBODY_ELSE: u32 = 47_110;

/// The words that run a command as that user.
fn as_him() -> [String; 6] {
    let user = NOBODY_ELSE.to_string();
    [
        "setpriv",
        "--reuid",
        &user,
        "--regid",
        &user,
        "--clear-groups",
    ]
    .map(str::to_owned)
}

/// The limit of core files: the one that holds, and the one up to which it may be raised.
fn core_limits(pid: u32) -> Vec<String> {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    line.unwrap()
        .split_whitespace()
        .skip(4)
        .take(2)
        .map(str::to_owned)
        .collect()
}

/// A copy that he may run, wherever the one of the build lies.
fn lend(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn no_other_program_of_its_user_looks_into_the_server_and_it_leaves_no_core() {
    let mut house = House::new();
    let root = geteuid().is_root();
    let mut words = Vec::new();
    if root {
        let (program, daemon) = (house.home().join("program"), house.home().join("daemon"));
        lend(&house.program, &program);
        lend(sessiond(), &daemon);
        house.program = program;
        let daemon = daemon.to_str().unwrap().to_owned();
        house
            .variables
            .push(("LONGHOUSE_SESSIOND".to_owned(), daemon));
        chown(house.home(), Some(NOBODY_ELSE), Some(NOBODY_ELSE)).unwrap();
        words.extend(as_him());
    }
    let core = ["/bin/sh", "-c", "ulimit -S -c unlimited; exec \"$@\"", "sh"];
    words.extend(core.map(str::to_owned));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    house.start_through(&words);

    // The kernel gives what is in /proc of a process without a core to root, whosever process it is.
    let user = if root {
        NOBODY_ELSE
    } else {
        geteuid().as_raw()
    };
    let place = format!("/proc/{}", house.pid());
    let status = std::fs::read_to_string(format!("{place}/status")).unwrap();
    let runs_as = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .unwrap();
    assert_eq!(runs_as.split_whitespace().next(), Some(&*user.to_string()));
    for file in ["environ", "maps", "mem"] {
        let owner = std::fs::metadata(format!("{place}/{file}")).unwrap().uid();
        assert_eq!(owner, 0, "{file}");
    }
    let look = ["cat".to_owned(), format!("{place}/environ")];
    let words = if root {
        [&as_him()[..], &look].concat()
    } else {
        look.to_vec()
    };
    let looked = Command::new(&words[0]).args(&words[1..]).output().unwrap();
    assert!(
        !looked.status.success() && looked.stdout.is_empty(),
        "{looked:?}"
    );
    assert_eq!(core_limits(house.pid())[0], "0");

    dies_without_a_core(house);
}

#[test]
fn a_server_of_roots_leaves_no_core_either() {
    let mut house = House::new();
    house.start_through(&["/bin/sh", "-c", "ulimit -S -c unlimited; exec \"$@\"", "sh"]);
    assert_eq!(core_limits(house.pid())[0], "0");
    dies_without_a_core(house);
}

fn dies_without_a_core(mut house: House) {
    processes::signal(house.pid(), Signal::ABORT);
    house.kill();
    let names = std::fs::read_dir(house.home()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    let core = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("core");
    assert!(!names.iter().any(core), "{names:?}");
}

/// What the server holds in memory of its own, kB.
fn held(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}

/// One hash takes 19 MiB, and several are made at the same time, in threads of which each has memory of its own.
#[tokio::test]
async fn what_the_hashes_of_passwords_took_goes_back() {
    const HASH: u64 = 19 * 1024;
    let house = House::started();
    let client = house.client().await;
    let before = held(house.pid());
    let login = json!({"username": "admin", "password": PASSWORD});
    for _ in 0..3 {
        let four = std::array::from_fn::<_, 4, _>(|_| client.post("/api/auth/login", &login));
        for answer in futures_util::future::join_all(four).await {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
    wait_for("the memory to go back", async || {
        (held(house.pid()) < before + HASH).then_some(())
    })
    .await;
}
