//! Where a session may work: a directory that a person named, opened beneath an allowed base directory.
//!
//! The answer is an open handle, never a path: between the check of a path and its use, whoever can write there can put a symbolic
//! link in its place. sessiond is started in the handle itself (see [`OpenDir::start_path`]). It is deliberately not a sandbox: what
//! runs in a host session may go where its user may go.

use std::ffi::CStr;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, ResolveFlags, accessat, openat, openat2};
use rustix::io::Errno;

use crate::ProvisionError;

/// The longest path that is looked at, bytes; Linux itself ends at 4096.
const PATH_BYTES: usize = 4095;

/// How often a look-up that raced with a rename is repeated; the kernel asks for it with `EAGAIN`.
const RACE_RETRIES: usize = 64;

/// A handle is a place in the tree, nothing to read from: enough to enter it.
const HANDLE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// An open directory in which a session is going to work.
#[derive(Debug)]
pub(crate) struct OpenDir {
    handle: OwnedFd,
}

impl OpenDir {
    /// Opens a directory of Longhouse's own, below which no session decides about names.
    pub(crate) fn own(path: &Path) -> rustix::io::Result<Self> {
        let handle = openat(CWD, path, HANDLE | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Self { handle })
    }

    /// The directory to start a child in: the link in `/proc` that leads to the open handle itself. The child looks it up in its own
    /// table of descriptors, between fork and exec, where the handle still is; what the path's name has come to mean is not asked again.
    pub(crate) fn start_path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.handle.as_raw_fd()))
    }

    /// Where the handle is at this moment.
    pub(crate) fn present_path(&self) -> std::io::Result<PathBuf> {
        fs::read_link(self.start_path())
    }
}

impl AsFd for OpenDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// The directories below which people may name one.
#[derive(Clone, Debug)]
pub(crate) struct AllowedDirs {
    bases: Vec<Base>,
    own: Vec<PathBuf>,
}

#[derive(Clone, Debug)]
struct Base {
    /// As configured; this is what people know it by.
    named: PathBuf,
    /// Without symbolic links, as found when the settings were made.
    canonical: PathBuf,
}

impl AllowedDirs {
    /// Resolves the bases once, for an administrator may well configure a symbolic link. One that is missing or no directory is left
    /// out and logged. `own` are Longhouse's own directories, in which nobody may work: they are removed with their sessions.
    pub(crate) fn new(bases: &[PathBuf], own: &[&Path]) -> Self {
        let resolve = |named: &PathBuf| {
            let canonical = fs::canonicalize(named)
                .and_then(|path| OpenDir::own(&path).map(|_| path).map_err(Into::into))
                .inspect_err(|error| tracing::warn!(path = %named.display(), %error, "an allowed directory is left out"))
                .ok()?;
            Some(Base {
                named: named.clone(),
                canonical,
            })
        };
        let own = own
            .iter()
            .map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()));
        Self {
            bases: bases.iter().filter_map(resolve).collect(),
            own: own.collect(),
        }
    }

    /// Opens the directory that a person named.
    ///
    /// # Errors
    /// [`ProvisionError::Workdir`], with a text for that person. It names the allowed directories and what they typed, and says
    /// nothing about what lies outside them.
    pub(crate) fn open(&self, named: &str) -> Result<OpenDir, ProvisionError> {
        let path = check_text(named)?;
        let mut refusal = None;
        for (base, below) in self.candidates(path) {
            match base.open(below) {
                Ok(dir) => return self.accept(dir, named),
                Err(reason) => refusal = Some(reason),
            }
        }
        Err(match refusal {
            None => refuse(
                named,
                &format!("is not below an allowed directory; {}", self.advice()),
            ),
            Some(Refusal::Leaves) => refuse(
                named,
                &format!(
                    "leads out of the allowed directory through a symbolic link; {}",
                    self.advice()
                ),
            ),
            Some(reason) => refuse(named, reason.text()),
        })
    }

    /// Every base that the path names a place below, and the rest of the path. Compared by components: `/srv/a` is no base of `/srv/a-b`.
    fn candidates<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = (&'a Base, &'a Path)> {
        self.bases.iter().filter_map(move |base| {
            let below = path
                .strip_prefix(&base.named)
                .or_else(|_| path.strip_prefix(&base.canonical));
            Some((base, below.ok()?))
        })
    }

    fn accept(&self, dir: OpenDir, named: &str) -> Result<OpenDir, ProvisionError> {
        if accessat(
            &dir,
            ".",
            Access::READ_OK | Access::EXEC_OK,
            AtFlags::EACCESS,
        )
        .is_err()
        {
            return Err(refuse(named, Refusal::Closed.text()));
        }
        let place = dir.present_path().map_err(|e| {
            ProvisionError::Failed(format!("cannot look at the working directory: {e}"))
        })?;
        if self.own.iter().any(|own| place.starts_with(own)) {
            return Err(refuse(
                named,
                "belongs to Longhouse itself; choose another one",
            ));
        }
        Ok(dir)
    }

    fn advice(&self) -> String {
        if self.bases.is_empty() {
            return "no directory is allowed on this server".to_owned();
        }
        let names: Vec<_> = self
            .bases
            .iter()
            .map(|base| base.named.display().to_string())
            .collect();
        format!("allowed: {}", names.join(", "))
    }
}

impl Base {
    fn open(&self, below: &Path) -> Result<OpenDir, Refusal> {
        // The base is opened anew each time: it may have been unmounted and mounted again since. Nothing on its way may be a link by now.
        let base = resolve(CWD, &self.canonical, ResolveFlags::NO_SYMLINKS).map_err(Refusal::of)?;
        if below.as_os_str().is_empty() {
            return Ok(OpenDir { handle: base });
        }
        match beneath(base.as_fd(), below) {
            Ok(handle) => Ok(OpenDir { handle }),
            // It left the base, or went through an absolute link, which the kernel refuses beneath a handle even where it leads back
            // inside. Follow it by name, and open what comes out beneath the base again: the second look-up is what counts.
            Err(Errno::XDEV) => {
                let whole =
                    fs::canonicalize(self.canonical.join(below)).map_err(|_| Refusal::Leaves)?;
                let below = whole
                    .strip_prefix(&self.canonical)
                    .map_err(|_| Refusal::Leaves)?;
                let handle = if below.as_os_str().is_empty() {
                    Ok(base)
                } else {
                    beneath(base.as_fd(), below)
                };
                handle
                    .map(|handle| OpenDir { handle })
                    .map_err(|_| Refusal::Leaves)
            }
            Err(errno) => Err(Refusal::of(errno)),
        }
    }
}

fn beneath(base: BorrowedFd<'_>, below: &Path) -> rustix::io::Result<OwnedFd> {
    resolve(base, below, ResolveFlags::BENEATH)
}

fn resolve(from: BorrowedFd<'_>, path: &Path, how: ResolveFlags) -> rustix::io::Result<OwnedFd> {
    let how = how | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..RACE_RETRIES {
        match openat2(from, path, HANDLE, Mode::empty(), how) {
            Err(Errno::AGAIN) => {}
            // A kernel before 5.6, or a container that bars the call.
            Err(Errno::NOSYS | Errno::PERM) => return walk(from, path),
            other => return other,
        }
    }
    Err(Errno::AGAIN)
}

/// What `openat2` does, by hand and stricter: one component at a time, and no symbolic link at all.
fn walk(from: BorrowedFd<'_>, path: &Path) -> rustix::io::Result<OwnedFd> {
    let start: &CStr = if path.is_absolute() { c"/" } else { c"." };
    let mut dir = openat(from, start, HANDLE, Mode::empty())?;
    for component in path.components() {
        match component {
            Component::Normal(name) => {
                dir = openat(&dir, name, HANDLE | OFlags::NOFOLLOW, Mode::empty())?;
            }
            Component::ParentDir => return Err(Errno::XDEV),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Ok(dir)
}

/// Why a path below a base could not be opened.
enum Refusal {
    Missing,
    NoDirectory,
    Closed,
    Leaves,
    Other(Errno),
}

impl Refusal {
    fn of(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::Missing,
            Errno::NOTDIR => Self::NoDirectory,
            Errno::ACCESS => Self::Closed,
            Errno::XDEV | Errno::LOOP => Self::Leaves,
            other => Self::Other(other),
        }
    }

    fn text(&self) -> &'static str {
        match self {
            Self::Missing => "does not exist; create it first",
            Self::NoDirectory => "is not a directory",
            Self::Closed => "may not be entered by the user that Longhouse runs as",
            Self::Leaves => "leads out of the allowed directory through a symbolic link",
            Self::Other(Errno::NAMETOOLONG) => "is too long",
            Self::Other(Errno::AGAIN) => "is being moved about; try again",
            Self::Other(_) => "cannot be opened",
        }
    }
}

fn check_text(named: &str) -> Result<&Path, ProvisionError> {
    let path = Path::new(named);
    let reason = if named.is_empty() {
        "is empty"
    } else if named.len() > PATH_BYTES {
        return Err(ProvisionError::Workdir(format!(
            "the working directory is longer than {PATH_BYTES} bytes"
        )));
    } else if named.chars().any(char::is_control) {
        "holds a control character"
    } else if !path.is_absolute() {
        "is not an absolute path"
    } else if path.components().any(|part| part == Component::ParentDir) {
        "holds \"..\""
    } else {
        return Ok(path);
    };
    Err(refuse(named, reason))
}

/// The name is shown escaped: it may hold anything.
fn refuse(named: &str, reason: &str) -> ProvisionError {
    ProvisionError::Workdir(format!("the working directory {named:?} {reason}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    struct Tree {
        root: tempfile::TempDir,
        allowed: AllowedDirs,
    }

    impl Tree {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            for dir in [
                "base/inner/deep",
                "base-evil",
                "outside/secret",
                "data/sessions",
                "base/data",
            ] {
                fs::create_dir_all(root.path().join(dir)).unwrap();
            }
            fs::write(root.path().join("base/file"), "").unwrap();
            let base = root.path().join("base");
            symlink("../outside", base.join("leaves")).unwrap();
            symlink(root.path().join("outside"), base.join("leaves-absolutely")).unwrap();
            symlink("/nowhere/at/all", base.join("dangles-outside")).unwrap();
            symlink("inner/deep", base.join("stays")).unwrap();
            symlink(base.join("inner"), base.join("stays-absolutely")).unwrap();
            symlink("round", base.join("round")).unwrap();
            symlink(&base, root.path().join("alias")).unwrap();
            let allowed = AllowedDirs::new(&[base], &[&root.path().join("base/data")]);
            Self { root, allowed }
        }

        fn open(&self, below: &str) -> Result<PathBuf, String> {
            self.open_path(self.root.path().join(below).to_str().unwrap())
        }

        fn open_path(&self, path: &str) -> Result<PathBuf, String> {
            let dir = self.allowed.open(path).map_err(|e| e.to_string())?;
            let place = dir.present_path().unwrap();
            Ok(place.strip_prefix(self.root.path()).unwrap().to_owned())
        }
    }

    #[test]
    fn directories_below_the_base_and_the_base_itself_are_opened() {
        let tree = Tree::new();
        for (named, place) in [
            ("base", "base"),
            ("base/", "base"),
            ("base/inner/./deep//", "base/inner/deep"),
            ("base/stays", "base/inner/deep"),
            ("base/stays-absolutely", "base/inner"),
            ("base/stays-absolutely/deep", "base/inner/deep"),
        ] {
            assert_eq!(tree.open(named), Ok(PathBuf::from(place)), "{named}");
        }
    }

    #[test]
    fn what_is_not_below_the_base_is_refused_with_the_allowed_directories() {
        let tree = Tree::new();
        let base = tree.root.path().join("base");
        for named in [
            "base-evil",
            "outside",
            "",
            "base/leaves",
            "base/leaves/secret",
            "base/leaves-absolutely",
            "base/dangles-outside",
            "alias",
            "nothing-here",
        ] {
            let refusal = tree.open(named).unwrap_err();
            assert!(
                refusal.contains(base.to_str().unwrap()),
                "{named}: {refusal}"
            );
        }
    }

    #[test]
    fn a_refusal_does_not_tell_whether_something_exists_outside() {
        let tree = Tree::new();
        let shape = |named: &str| tree.open(named).unwrap_err().replace(named, "…");
        assert_eq!(shape("outside/secret"), shape("outside/absent"));
        symlink("../outside/absent", tree.root.path().join("base/to-absent")).unwrap();
        symlink("../outside/secret", tree.root.path().join("base/to-secret")).unwrap();
        assert_eq!(shape("base/to-absent"), shape("base/to-secret"));
    }

    #[test]
    fn paths_that_are_no_plain_absolute_directory_are_refused() {
        let tree = Tree::new();
        let base = tree.root.path().join("base");
        let base = base.to_str().unwrap();
        for (named, part) in [
            (String::new(), "empty"),
            ("base".to_owned(), "absolute"),
            (format!("{base}/../base"), ".."),
            (format!("{base}/inner\0"), "control"),
            (format!("{base}/in\nner"), "control"),
            (format!("{base}/absent"), "does not exist"),
            (format!("{base}/file"), "not a directory"),
            (format!("{base}/file/x"), "not a directory"),
            (format!("{base}/round"), "symbolic link"),
            (format!("{base}/{}", "x".repeat(300)), "too long"),
            (format!("{base}/{}", "x/".repeat(3000)), "longer than"),
            (format!("{base}/data"), "Longhouse itself"),
        ] {
            let refusal = tree.open_path(&named).unwrap_err();
            assert!(refusal.contains(part), "{named:?}: {refusal}");
        }
    }

    #[test]
    fn a_base_may_be_a_symbolic_link_and_is_known_by_both_names() {
        let tree = Tree::new();
        let allowed = AllowedDirs::new(&[tree.root.path().join("alias")], &[]);
        for named in ["alias/inner", "base/inner"] {
            allowed
                .open(tree.root.path().join(named).to_str().unwrap())
                .unwrap();
        }
    }

    #[test]
    fn without_allowed_directories_nothing_can_be_named() {
        let missing = AllowedDirs::new(&[PathBuf::from("/nowhere/at/all")], &[]);
        assert!(
            missing
                .open("/")
                .unwrap_err()
                .to_string()
                .contains("no directory is allowed")
        );
    }

    #[test]
    fn the_walk_by_hand_refuses_every_link() {
        let tree = Tree::new();
        let base = OpenDir::own(&tree.root.path().join("base")).unwrap();
        assert!(walk(base.as_fd(), Path::new("inner/deep")).is_ok());
        for bad in ["leaves", "stays", "../outside", "stays-absolutely/deep"] {
            assert!(walk(base.as_fd(), Path::new(bad)).is_err(), "{bad}");
        }
    }

    /// Somebody swaps a directory for a link that leads outside, as fast as they can, while it is opened again and again.
    #[test]
    fn a_directory_swapped_for_a_link_never_lets_anybody_out() {
        let tree = Tree::new();
        let base = tree.root.path().join("base");
        let (target, aside, link) = (base.join("target"), base.join("aside"), base.join("link"));
        fs::create_dir_all(target.join("work")).unwrap();
        fs::create_dir_all(tree.root.path().join("outside/work")).unwrap();
        symlink("../outside", &link).unwrap();
        let done = AtomicBool::new(false);
        let (mut opened, mut refused) = (0_u32, 0_u32);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let swapped =
                        fs::rename(&target, &aside).and_then(|()| fs::rename(&link, &target));
                    let back =
                        fs::rename(&target, &link).and_then(|()| fs::rename(&aside, &target));
                    swapped.and(back).unwrap();
                }
            });
            for _ in 0..200_000 {
                match tree.open("base/target/work") {
                    Ok(place) => {
                        assert!(place.starts_with("base"), "escaped to {}", place.display());
                        opened += 1;
                    }
                    Err(_) => refused += 1,
                }
                if opened > 500 && refused > 500 {
                    break;
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        assert!(
            opened > 0 && refused > 0,
            "the race was not run: {opened} opened, {refused} refused"
        );
    }
}
