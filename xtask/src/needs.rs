//! What a machine must have, how to see whether it has it, and how it gets it.
//!
//! Debian and Ubuntu packages are installed where this process may install them (root, or sudo without a password); otherwise the
//! exact command is named. Node.js is only ever named: distributions ship versions that are too old, and which way to a newer one
//! suits a machine is its owner's choice.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{find_program, run, version_of};
use crate::version::Version;

/// How one sees that a need is met.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// One of these programs is in the `PATH`.
    Program(&'static [&'static str]),
    /// A file is there.
    File(&'static str),
    /// Python can make an environment for packages of its own; Debian ships that part apart.
    PythonVenv,
    /// A PostgreSQL server program is there; Debian keeps it out of the `PATH`, by version.
    PostgresServer,
}

/// Something that must be on the machine, and the Debian package that brings it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    sign: Sign,
    package: &'static str,
}

const fn program(names: &'static [&'static str], package: &'static str) -> Need {
    Need {
        sign: Sign::Program(names),
        package,
    }
}

/// What building and running the server takes, besides Rust and Node.js.
pub(crate) const TO_RUN: &[Need] = &[
    program(&["cc"], "gcc"),
    program(&["git"], "git"),
    program(&["tmux"], "tmux"),
];

/// What the tests take beyond [`TO_RUN`].
pub(crate) const TO_TEST: &[Need] = &[
    program(
        &["chromium", "chromium-browser", "google-chrome"],
        "chromium",
    ),
    program(&["ps"], "procps"),
    program(&["less"], "less"),
    program(&["vim", "vi"], "vim-tiny"),
    Need {
        sign: Sign::PostgresServer,
        package: "postgresql",
    },
    // A certificate authority of one's own, and reverse proxies: the documented ones are tried for real.
    program(&["pebble"], "pebble"),
    program(&["nginx"], "nginx-light"),
    program(&["caddy"], "caddy"),
    // A network of a test's own.
    program(&["ip"], "iproute2"),
    // Where keys are shown to log in.
    program(&["sshd"], "openssh-server"),
    // A container engine of the tests' own, and what its images are made of.
    program(&["dockerd"], "docker.io"),
    program(&["docker"], "docker.io"),
    program(&["iptables"], "iptables"),
    program(&["debootstrap"], "debootstrap"),
    program(&["busybox"], "busybox-static"),
    program(&["python3"], "python3"),
    Need {
        sign: Sign::PythonVenv,
        package: "python3-venv",
    },
    Need {
        sign: Sign::File("/etc/ssl/certs/ca-certificates.crt"),
        package: "ca-certificates",
    },
];

/// The oldest Node.js that the web build runs on, from Vite's own requirement.
const OLDEST_NODE: Version = Version::new(20, 19, 0);
/// The oldest npm that the lock files were tried with.
const OLDEST_NPM: Version = Version::new(10, 0, 0);

/// Installs what is missing of `needs`, or names it with the command that installs it.
///
/// # Errors
/// When something is missing and cannot be installed from here.
pub(crate) fn provide(needs: &[Need]) -> Result<()> {
    let packages = missing(needs, is_met);
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    if find_program("apt-get").is_none() {
        bail!(
            "missing on this machine: {list} (names of Debian packages); install them, then run this again"
        );
    }
    let Some(mut command) = privileged() else {
        bail!("missing on this machine: {list}; install with: sudo apt-get install {list}");
    };
    run(command.args(["sh", "-c", &install_script(&packages)]))?;
    let still = missing(needs, is_met);
    if !still.is_empty() {
        bail!(
            "apt-get ended well, but these bring no program that can be found: {}",
            still.join(" ")
        );
    }
    Ok(())
}

/// Checks that Node.js and npm are there and new enough.
///
/// # Errors
/// Names what is missing or too old.
pub(crate) fn check_node() -> Result<()> {
    for (name, oldest) in [("node", OLDEST_NODE), ("npm", OLDEST_NPM)] {
        let path = find_program(name).map(|path| path.display().to_string());
        let found = path.and_then(|path| version_of(&path));
        judge(name, oldest, found.as_deref())?;
    }
    Ok(())
}

/// Checks that the Rust toolchain has the part behind `cargo <name>`.
///
/// # Errors
/// Names the part and the command that adds it.
pub(crate) fn check_rust_component(subcommand: &str, component: &str) -> Result<()> {
    find_program(&format!("cargo-{subcommand}"))
        .map(drop)
        .with_context(|| {
            format!(
                "`cargo {subcommand}` is missing; add it with: rustup component add {component}"
            )
        })
}

fn judge(name: &str, oldest: Version, printed: Option<&str>) -> Result<()> {
    let found = printed.and_then(Version::find);
    let problem = match found {
        Some(version) if version >= oldest => return Ok(()),
        Some(version) => format!("{name} {version} is too old"),
        None => format!("{name} is missing"),
    };
    bail!(
        "{problem}: the web page needs Node.js {OLDEST_NODE} or newer, with npm {OLDEST_NPM} or newer; \
         https://nodejs.org/en/download names the ways to install them"
    )
}

fn is_met(sign: Sign) -> bool {
    match sign {
        Sign::Program(names) => names.iter().any(|name| find_program(name).is_some()),
        Sign::File(path) => Path::new(path).exists(),
        Sign::PythonVenv => Command::new("python3")
            .args(["-c", "import ensurepip, venv"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success()),
        Sign::PostgresServer => {
            find_program("postgres").is_some()
                || std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
                    versions
                        .flatten()
                        .any(|v| v.path().join("bin/postgres").exists())
                })
        }
    }
}

fn missing(needs: &[Need], is_met: impl Fn(Sign) -> bool) -> Vec<&'static str> {
    let packages = needs.iter().filter(|need| !is_met(need.sign));
    let mut packages: Vec<_> = packages.map(|need| need.package).collect();
    // One package may bring two programs.
    packages.dedup();
    packages
}

/// The beginning of a command that runs as root, where that asks nobody for a password.
pub(crate) fn privileged() -> Option<Command> {
    // `id -u` rather than a system call: it keeps this crate free of dependencies and of unsafe code.
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout.trim_ascii() == b"0" {
        return Some(Command::new("env"));
    }
    let sudo = find_program("sudo")?;
    let asks_nobody = Command::new(&sudo)
        .args(["-n", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    asks_nobody.then(|| {
        let mut command = Command::new(sudo);
        command.arg("-n");
        command
    })
}

/// The shell script that installs the packages.
///
/// The tests start PostgreSQL, nginx and Caddy from their programs, in directories of their own. Debian's packages would also start them
/// for the whole machine, and make a cluster; two settings that exist only while the script runs keep them from that.
fn install_script(packages: &[&str]) -> String {
    let mut script = String::from(
        "set -e; export DEBIAN_FRONTEND=noninteractive; made=; trap 'rm -f $made' EXIT; policy=/usr/sbin/policy-rc.d; \
         if [ ! -e \"$policy\" ]; then made=\"$policy\"; printf '#!/bin/sh\\nexit 101\\n' > \"$policy\"; \
         chmod 755 \"$policy\"; fi; ",
    );
    if packages
        .iter()
        .any(|package| package.starts_with("postgresql"))
    {
        script.push_str(
            "no_cluster=/etc/postgresql-common/createcluster.d/longhouse-setup.conf; made=\"$made $no_cluster\"; \
             mkdir -p \"${no_cluster%/*}\"; echo 'create_main_cluster = false' > \"$no_cluster\"; ",
        );
    }
    script.push_str("apt-get update; apt-get install -y --no-install-recommends ");
    script.push_str(&packages.join(" "));
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        let needs = [
            program(&["cc"], "gcc"),
            program(&["vim", "vi"], "vim-tiny"),
            program(&["tmux"], "tmux"),
        ];
        let has_vi = |sign| matches!(sign, Sign::Program(names) if names.contains(&"vi"));
        assert_eq!(missing(&needs, has_vi), ["gcc", "tmux"]);
        assert!(missing(&needs, |_| true).is_empty());
    }

    #[test]
    fn a_need_is_met_by_any_of_its_programs() {
        assert!(is_met(Sign::Program(&["longhouse-no-such-program", "sh"])));
        assert!(!is_met(Sign::Program(&["longhouse-no-such-program"])));
        assert!(!is_met(Sign::File("/longhouse/no/such/file")));
    }

    #[test]
    fn package_names_need_no_quoting() {
        for need in TO_RUN.iter().chain(TO_TEST) {
            assert!(
                need.package.chars().all(|c| c.is_ascii_lowercase()
                    || c.is_ascii_digit()
                    || matches!(c, '-' | '.'))
            );
        }
    }

    #[test]
    fn postgresql_is_installed_without_a_cluster_of_the_machine() {
        assert!(install_script(&["postgresql"]).contains("create_main_cluster = false"));
        let plain = install_script(&["tmux", "less"]);
        assert!(!plain.contains("postgresql"));
        assert!(plain.ends_with("apt-get install -y --no-install-recommends tmux less"));
    }

    #[test]
    fn the_install_script_is_valid_shell() {
        run(Command::new("sh").args(["-n", "-c", &install_script(&["postgresql", "tmux"])]))
            .unwrap();
    }

    #[test]
    fn an_old_node_is_named_with_its_version() {
        judge("node", OLDEST_NODE, Some("v20.19.0")).unwrap();
        judge("node", OLDEST_NODE, Some("v24.1.0")).unwrap();
        let old = judge("node", OLDEST_NODE, Some("v18.20.4\n"))
            .unwrap_err()
            .to_string();
        assert!(old.starts_with("node 18.20.4 is too old"), "{old}");
        let none = judge("npm", OLDEST_NPM, None).unwrap_err().to_string();
        assert!(none.starts_with("npm is missing"), "{none}");
    }
}
