//! How a session's processes leave the groups that the server stands in, so that stopping the service or logging out does not end them.
//!
//! A service manager ends everything in a unit's control group. Where systemd runs, it is asked for a scope; elsewhere the new daemon is
//! moved to a control group beside the server's own. What is possible is found once, at the start: [`decide`] is pure, and its answer
//! is what `longhouse doctor` shows.

use std::fs;
use std::path::{Path, PathBuf};

pub use crate::exec::Manager;

use super::cgroup::{Membership, memberships};

/// How sessions are held apart from the server, and what an administrator ought to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detachment {
    /// The way that is taken.
    pub way: Way,
    /// What may still end the sessions along with the server or its user's login, and how to mend it.
    pub warning: Option<String>,
}

/// A way out of the server's control groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The server stands in no group that anybody would end: nothing to leave.
    Nothing,
    /// A transient scope of systemd for each session.
    Scope {
        /// The `systemd-run` program.
        systemd_run: PathBuf,
        /// Whose systemd.
        manager: Manager,
    },
    /// A control group for each session, made in each of these directories.
    Groups(Vec<PathBuf>),
    /// There is none.
    Stay,
}

/// What the decision is made from.
#[derive(Clone, Debug, Default)]
struct Facts {
    root: bool,
    /// systemd is the machine's init.
    systemd: bool,
    systemd_run: Option<PathBuf>,
    /// The user has a systemd of their own.
    user_manager: bool,
    /// It goes on when the user logs out.
    lingers: bool,
    memberships: Vec<Membership>,
}

fn decide(facts: &Facts) -> Detachment {
    let unit = facts
        .memberships
        .iter()
        .filter(|membership| membership.tracks_services())
        .flat_map(|membership| membership.group.rsplit('/'))
        .find(|part| part.ends_with(".service") || part.ends_with(".scope"));
    match (facts.systemd, unit) {
        (true, Some(unit)) => decide_with_systemd(facts, unit),
        _ => decide_with_groups(facts),
    }
}

fn decide_with_systemd(facts: &Facts, unit: &str) -> Detachment {
    let Some(systemd_run) = facts.systemd_run.clone() else {
        let mut found = decide_with_groups(facts);
        if found.way == Way::Stay {
            found.warning = Some(format!(
                "stopping {unit} ends all sessions: install systemd-run"
            ));
        }
        return found;
    };
    let scope = |manager| Way::Scope {
        systemd_run,
        manager,
    };
    let login = unit.starts_with("session-") && unit.ends_with(".scope");
    let linger = "run `loginctl enable-linger` for the user that Longhouse runs as";
    match (facts.root, facts.user_manager, facts.lingers) {
        (true, _, _) => Detachment {
            way: scope(Manager::System),
            warning: None,
        },
        (false, true, true) => Detachment {
            way: scope(Manager::User),
            warning: None,
        },
        // The user's systemd ends with the last login and takes its scopes along. A login's own scope outlives it on most machines.
        (false, _, false) if login => Detachment {
            way: Way::Stay,
            warning: Some(format!("logging out may end all sessions: {linger}")),
        },
        (false, true, false) => Detachment {
            way: scope(Manager::User),
            warning: Some(format!(
                "all sessions end when the user's last login does: {linger}"
            )),
        },
        (false, false, _) => Detachment {
            way: Way::Stay,
            warning: Some(format!(
                "stopping {unit} ends all sessions: {linger}, or set KillMode=process in the unit"
            )),
        },
    }
}

fn decide_with_groups(facts: &Facts) -> Detachment {
    let to_leave: Vec<_> = facts
        .memberships
        .iter()
        .filter(|m| !m.is_root() && !m.is_limit())
        .collect();
    let stuck: Vec<_> = to_leave
        .iter()
        .filter(|m| m.beside.is_none())
        .map(|m| m.group.as_str())
        .collect();
    let warning = (!stuck.is_empty()).then(|| {
        format!("whatever ends the control group {} ends all sessions: allow Longhouse to make groups beside it", stuck.join(", "))
    });
    let open: Vec<_> = to_leave.iter().filter_map(|m| m.beside.clone()).collect();
    let way = match (to_leave.is_empty(), open.is_empty()) {
        (true, _) => Way::Nothing,
        (false, true) => Way::Stay,
        (false, false) => Way::Groups(open),
    };
    Detachment { way, warning }
}

impl Detachment {
    /// Looks at this machine. `search` are the directories in which `systemd-run` may be.
    #[must_use]
    pub fn find(search: impl Iterator<Item = PathBuf>) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let name = super::environment::Account::of(uid).name;
        decide(&Facts {
            root: uid == 0,
            systemd: Path::new("/run/systemd/system").is_dir(),
            systemd_run: search
                .map(|dir| dir.join("systemd-run"))
                .find(|path| path.is_file()),
            user_manager: Path::new(&format!("/run/user/{uid}/systemd/private")).exists(),
            lingers: Path::new("/var/lib/systemd/linger").join(name).exists(),
            memberships: memberships(&groups, &mounts),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership(controllers: &str, group: &str, beside: Option<&str>) -> Membership {
        Membership {
            controllers: controllers.to_owned(),
            group: group.to_owned(),
            beside: beside.map(PathBuf::from),
        }
    }

    fn with_systemd(root: bool, group: &str, user_manager: bool, lingers: bool) -> Detachment {
        decide(&Facts {
            root,
            systemd: true,
            systemd_run: Some("/usr/bin/systemd-run".into()),
            user_manager,
            lingers,
            memberships: vec![membership("", group, None)],
        })
    }

    fn manager(detachment: &Detachment) -> Option<Manager> {
        match &detachment.way {
            Way::Scope { manager, .. } => Some(*manager),
            Way::Nothing | Way::Groups(_) | Way::Stay => None,
        }
    }

    const SERVICE: &str = "/system.slice/longhouse.service";
    const USER_SERVICE: &str =
        "/user.slice/user-1000.slice/user@1000.service/app.slice/longhouse.service";
    const LOGIN: &str = "/user.slice/user-1000.slice/session-3.scope";

    #[test]
    fn a_service_of_root_asks_the_machines_systemd_for_scopes() {
        for group in [SERVICE, LOGIN] {
            let found = with_systemd(true, group, false, false);
            assert_eq!(
                (manager(&found), found.warning),
                (Some(Manager::System), None)
            );
        }
    }

    #[test]
    fn a_user_whose_systemd_lingers_is_safe_everywhere() {
        for group in [SERVICE, USER_SERVICE, LOGIN] {
            let found = with_systemd(false, group, true, true);
            assert_eq!(
                (manager(&found), found.warning),
                (Some(Manager::User), None)
            );
        }
    }

    #[test]
    fn a_user_without_lingering_is_told_to_enable_it() {
        let service = with_systemd(false, USER_SERVICE, true, false);
        assert_eq!(manager(&service), Some(Manager::User));
        let login = with_systemd(false, LOGIN, true, false);
        assert_eq!(login.way, Way::Stay);
        let system = with_systemd(false, SERVICE, false, false);
        assert_eq!(system.way, Way::Stay);
        for found in [service, login, system] {
            assert!(found.warning.unwrap().contains("enable-linger"));
        }
    }

    #[test]
    fn without_a_unit_or_systemd_run_the_groups_themselves_are_used() {
        let open = membership("", "/x/longhouse.service", Some("/sys/fs/cgroup/x"));
        let facts = Facts {
            systemd: true,
            memberships: vec![open],
            ..Facts::default()
        };
        assert_eq!(
            decide(&facts).way,
            Way::Groups(vec!["/sys/fs/cgroup/x".into()])
        );
        let shut = Facts {
            systemd: true,
            memberships: vec![membership("", SERVICE, None)],
            ..Facts::default()
        };
        assert!(
            decide(&shut)
                .warning
                .unwrap()
                .contains("install systemd-run")
        );
    }

    #[test]
    fn a_server_in_no_group_has_nothing_to_leave() {
        let facts = Facts {
            memberships: vec![
                membership("pids", "/", None),
                membership("memory", "/limited", Some("/m")),
            ],
            ..Facts::default()
        };
        assert_eq!(
            decide(&facts),
            Detachment {
                way: Way::Nothing,
                warning: None
            }
        );
    }

    #[test]
    fn a_group_that_cannot_be_left_is_named() {
        let facts = Facts {
            memberships: vec![
                membership("pids", "/jail", None),
                membership("freezer", "/jail", Some("/f")),
            ],
            ..Facts::default()
        };
        let found = decide(&facts);
        assert_eq!(found.way, Way::Groups(vec!["/f".into()]));
        assert!(found.warning.unwrap().contains("/jail"));
    }
}
