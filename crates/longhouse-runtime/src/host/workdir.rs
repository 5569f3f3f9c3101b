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
mod tests;
