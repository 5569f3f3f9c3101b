//! Control groups: the server's own place in them, and the groups that sessions are moved to.
//!
//! It knows both versions of the kernel's interface and nothing of systemd; which way is taken is decided in [`super::detach`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Controllers whose groups are kept: they are limits that somebody put around the server, and its sessions must not slip out of them.
const LIMITS: [&str; 4] = ["memory", "cpuset", "devices", "hugetlb"];

/// How often, and how long apart, the removal of a group is tried.
const REMOVE_TRIES: u32 = 50;
const REMOVE_PAUSE: Duration = Duration::from_millis(10);

/// The server's place in one hierarchy of control groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    /// As in `/proc/self/cgroup`: controllers, `name=…`, or nothing for version 2.
    pub(super) controllers: String,
    /// The group, from the hierarchy's root.
    pub(super) group: String,
    /// The directory of the group above, where this process may make groups.
    pub(super) beside: Option<PathBuf>,
}

impl Membership {
    pub(super) fn is_root(&self) -> bool {
        self.group == "/"
    }

    /// Whether service managers use this hierarchy to know what belongs to a service.
    pub(super) fn tracks_services(&self) -> bool {
        self.controllers.is_empty() || self.controllers.starts_with("name=")
    }

    pub(super) fn is_limit(&self) -> bool {
        self.controllers
            .split(',')
            .any(|controller| LIMITS.contains(&controller))
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

/// Reads the contents of `/proc/<pid>/cgroup` and `/proc/<pid>/mountinfo`.
pub(super) fn memberships(groups: &str, mounts: &str) -> Vec<Membership> {
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
pub(super) mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn membership(controllers: &str, group: &str) -> Membership {
        Membership {
            controllers: controllers.to_owned(),
            group: group.to_owned(),
            beside: None,
        }
    }

    fn memberships_of(pid: u32) -> Vec<Membership> {
        let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
        memberships(&read("cgroup"), &read("mountinfo"))
    }

    /// A program in a group of its own, as a service manager would start the server.
    struct Service {
        program: Child,
        outer: PathBuf,
        place: Membership,
    }

    impl Service {
        /// `None` where this user may not make groups.
        fn start() -> Option<Self> {
            let (place, outer) = outer_group("service")?;
            let inner = outer.join("longhouse.service");
            fs::create_dir_all(&inner).unwrap();
            let program = Command::new("sleep")
                .arg("600")
                .env_clear()
                .spawn()
                .unwrap();
            fs::write(inner.join("cgroup.procs"), program.id().to_string()).unwrap();
            Some(Self {
                program,
                outer,
                place,
            })
        }

        fn place(&self) -> Membership {
            let all = memberships_of(self.program.id());
            all.into_iter()
                .find(|place| place.controllers == self.place.controllers)
                .unwrap()
        }
    }

    /// A directory for a test's own groups, in a hierarchy where this user may make some.
    pub(in super::super) fn outer_group(name: &str) -> Option<(Membership, PathBuf)> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let open_dir = |place: &Membership| {
            if place.is_root() {
                mount_of(&place.controllers, &mounts).filter(|root| may_write(root))
            } else {
                place.beside.clone()
            }
        };
        let mut places = memberships_of(std::process::id()).into_iter();
        places.find_map(|place| {
            let dir = open_dir(&place).filter(|_| !place.is_limit())?;
            let outer = dir.join(format!("longhouse-test-{name}-{}", std::process::id()));
            Some((place, outer))
        })
    }

    fn may_write(dir: &Path) -> bool {
        use rustix::fs::{Access, access};
        access(dir.join("cgroup.procs"), Access::WRITE_OK).is_ok()
    }

    #[test]
    fn a_process_leaves_the_servers_group_for_one_beside_it() {
        let Some(mut service) = Service::start() else {
            let own = memberships_of(std::process::id());
            assert!(
                own.iter()
                    .all(|place| place.is_limit() || place.beside.is_none())
            );
            return;
        };
        let before = service.place();
        assert!(before.group.ends_with("/longhouse.service"));
        assert_eq!(before.beside.as_ref(), Some(&service.outer));

        let groups = enter_groups(
            &[service.outer.clone()],
            "longhouse-0123",
            service.program.id(),
        );
        assert_eq!(groups, [service.outer.join("longhouse-0123")]);
        assert_eq!(members(&groups[0]), [service.program.id()]);
        assert!(service.place().group.ends_with("/longhouse-0123"));
        assert!(members(&service.outer.join("longhouse.service")).is_empty());

        service.program.kill().unwrap();
        service.program.wait().unwrap();
        remove_group(&groups[0]).unwrap();
        remove_group(&groups[0]).unwrap();
        for group in [service.outer.join("longhouse.service"), service.outer] {
            remove_group(&group).unwrap();
            assert!(!group.exists());
        }
    }

    #[test]
    fn a_group_that_cannot_be_made_is_left_out() {
        let nowhere = PathBuf::from("/nowhere/at/all");
        assert!(enter_groups(&[nowhere], "longhouse-0123", std::process::id()).is_empty());
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
            [membership("cpu,cpuacct", "/a/b"), membership("", "/x:y")]
        );
    }
}
