//! How a session's processes leave the groups that the server stands in, so that stopping the service or logging out does not end them.
//!
//! A service manager ends everything in a unit's control group. Where systemd runs, it is asked for a scope; elsewhere the new daemon is
//! moved to a control group beside the server's own. What is possible is found once, at the start: [`decide`] is pure, and its answer
//! is what `longhouse doctor` shows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use crate::exec::Manager;

/// Controllers whose groups are kept: they are limits that somebody put around the server, and its sessions must not slip out of them.
const LIMITS: [&str; 4] = ["memory", "cpuset", "devices", "hugetlb"];

/// How often, and how long apart, the removal of a group is tried.
const REMOVE_TRIES: u32 = 50;
const REMOVE_PAUSE: Duration = Duration::from_millis(10);

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

/// The server's place in one hierarchy of control groups.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Membership {
    /// As in `/proc/self/cgroup`: controllers, `name=…`, or nothing for version 2.
    controllers: String,
    /// The group, from the hierarchy's root.
    group: String,
    /// The directory of the group above, where this process may make groups.
    beside: Option<PathBuf>,
}

impl Membership {
    fn is_root(&self) -> bool {
        self.group == "/"
    }

    /// Whether service managers use this hierarchy to know what belongs to a service.
    fn tracks_services(&self) -> bool {
        self.controllers.is_empty() || self.controllers.starts_with("name=")
    }

    fn is_limit(&self) -> bool {
        self.controllers
            .split(',')
            .any(|controller| LIMITS.contains(&controller))
    }
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
    pub(super) fn find(search: impl Iterator<Item = PathBuf>) -> Self {
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

/// Moves a process to a group of this name in each of the directories. Returns the groups that it is in now.
///
/// # Errors
/// None: a group that cannot be made or entered is logged and left out, for the session works without.
pub(super) fn enter_groups(beside: &[PathBuf], name: &str, pid: u32) -> Vec<PathBuf> {
    let enter = |group: PathBuf| -> io::Result<PathBuf> {
        match fs::create_dir(&group) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        fs::write(group.join("cgroup.procs"), pid.to_string())?;
        Ok(group)
    };
    let entered = beside.iter().filter_map(|dir| {
        let group = dir.join(name);
        enter(group.clone())
            .inspect_err(|error| {
                tracing::warn!(group = %group.display(), %error, "a session stays in the server's control group");
                let _ = fs::remove_dir(&group);
            })
            .ok()
    });
    entered.collect()
}

/// The processes in a group.
pub(super) fn members(group: &Path) -> Vec<u32> {
    let text = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// Removes an empty group. The kernel may hold it for a moment after its last process has gone.
pub(super) fn remove_group(group: &Path) -> io::Result<()> {
    let mut tries = 0;
    loop {
        match fs::remove_dir(group) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && tries < REMOVE_TRIES => {
                tries += 1;
                std::thread::sleep(REMOVE_PAUSE);
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => return Ok(()),
        }
    }
}

fn memberships(groups: &str, mounts: &str) -> Vec<Membership> {
    let parse = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, group) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        let beside = mount_of(&controllers, mounts).and_then(|mount| dir_beside(&mount, &group));
        Some(Membership {
            controllers,
            group,
            beside,
        })
    };
    groups.lines().filter_map(parse).collect()
}

/// The directory in which groups beside `group` are made, if this process may write there.
fn dir_beside(mount: &Path, group: &str) -> Option<PathBuf> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    let above = Path::new(group.strip_prefix('/')?).parent()?;
    if above
        .components()
        .any(|part| part == std::path::Component::ParentDir)
    {
        return None;
    }
    let dir = mount.join(above);
    // Entering takes the right to write the list of processes of the group above both, too.
    let writable = |path: &Path| accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok();
    (writable(&dir) && writable(&dir.join("cgroup.procs"))).then_some(dir)
}

/// Where the hierarchy with these controllers is mounted, whole.
fn mount_of(controllers: &str, mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let (root, point) = (place.next()?, place.next()?);
        let mut kind = kind.split(' ');
        let (kind, options) = (kind.next()?, kind.nth(1)?);
        let fits = match kind {
            "cgroup2" => controllers.is_empty(),
            "cgroup" => {
                !controllers.is_empty()
                    && controllers
                        .split(',')
                        .all(|wanted| options.split(',').any(|option| option == wanted))
            }
            _ => false,
        };
        (fits && root == "/").then(|| PathBuf::from(point))
    })
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

    #[test]
    fn hierarchies_are_found_where_they_are_mounted() {
        let mounts = "\
29 23 0:25 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw
30 23 0:26 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 23 0:28 /inner /mnt/pids rw - cgroup cgroup rw,pids
";
        for (controllers, place) in [
            ("", Some("/sys/fs/cgroup/unified")),
            ("name=systemd", Some("/sys/fs/cgroup/systemd")),
            ("cpu,cpuacct", Some("/sys/fs/cgroup/cpu,cpuacct")),
            ("pids", None),
            ("memory", None),
        ] {
            assert_eq!(
                mount_of(controllers, mounts),
                place.map(PathBuf::from),
                "{controllers}"
            );
        }
        let parsed = memberships("5:cpu,cpuacct:/a/b\n0::/x:y\nbroken\n", "");
        assert_eq!(
            parsed,
            [
                membership("cpu,cpuacct", "/a/b", None),
                membership("", "/x:y", None)
            ]
        );
    }
}
