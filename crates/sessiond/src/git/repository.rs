//! The repository of the session: found in its directory, or below it where that is asked for, and changed by one at a time.
//!
//! Whatever changes it holds [`Turn`]: a lock of this sessiond's, and one on a file below `.git/longhouse` that other sessionds see, too. The
//! file is at the same time what git reads: so the lock is held for as long as any git of ours lives, also one that outlives a sessiond that
//! was killed, and who gets it knows that there is none. A repository with several working trees has one such lock for all of them, for what
//! a killed git leaves (of branches, of objects) may be in the way of every one.
//!
//! ```text
//!   .git/longhouse/lock       locked while a git of ours may change something
//!   .git/longhouse/at-work    there from before such a git starts until it has ended by itself
//!   .git/longhouse/…          what is under way in this working tree; another one has that below .git/worktrees/<name>/longhouse
//! ```

pub(super) mod linked;
mod stale;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use longhouse_domain::git::{Refusal, Underway};
use longhouse_domain::working_copy::CopyPath;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, ResolveFlags, flock, openat, openat2};
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, sleep};

use crate::session::Session;
pub(crate) use linked::Places;

/// How often one looks whether a lock that another process holds is free.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// How long one waits for somebody else's git before what may be its lock is left alone.
const OTHERS_WORK: Duration = Duration::from_secs(2);

/// A repository whose working tree is the session's directory, or one below it.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    /// The working tree.
    pub(crate) root: PathBuf,
    places: Places,
}

impl Repository {
    /// The one of the session. sessiond's current directory is the session's, which it never leaves.
    pub(crate) fn here() -> Result<Self, Refusal> {
        let root = fs::canonicalize(".").map_err(|_| Refusal::NoRepository)?;
        Self::at(root)
    }

    /// The one at this place of the session. No link leads there: the kernel goes from the session's directory down, one name after the other.
    /// Who puts something else there between that and git is the session's own user, as whom git runs.
    pub(crate) fn below(path: &CopyPath) -> Result<Self, Refusal> {
        let session = fs::canonicalize(".").map_err(|_| Refusal::NoRepository)?;
        Self::below_in(session, path)
    }

    fn below_in(session: PathBuf, path: &CopyPath) -> Result<Self, Refusal> {
        if path.is_workspace() {
            return Self::at(session);
        }
        let rules = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let found = openat(CWD, &session, flags, Mode::empty())
            .and_then(|session| openat2(session, path.as_str(), flags, Mode::empty(), rules));
        found.map_err(|_| Refusal::NoRepository)?;
        Self::at(session.join(path.as_str())).map_err(|refusal| match refusal {
            // It is a part of that one.
            Refusal::Above => Refusal::NoRepository,
            refusal => refusal,
        })
    }

    /// The one of this working tree, an absolute path without links in it.
    pub(super) fn at(root: PathBuf) -> Result<Self, Refusal> {
        let places = Places::of(&root);
        let git = root.join(".git");
        let is_its_own = places.own == git;
        let repository = Self { root, places };
        match git.symlink_metadata() {
            Ok(_) if !is_its_own => Ok(repository),
            Ok(found) if !found.is_dir() => Err(Refusal::Elsewhere),
            Ok(_) if git.join("commondir").symlink_metadata().is_ok() => Err(Refusal::Elsewhere),
            Ok(_) if git.join("HEAD").symlink_metadata().is_ok() => Ok(repository),
            Ok(_) => Err(Refusal::NoRepository),
            Err(_) => Err(repository.absence()),
        }
    }

    /// What there is instead.
    fn absence(&self) -> Refusal {
        let is_there = |path: &Path| path.symlink_metadata().is_ok();
        if is_there(&self.root.join("HEAD")) && self.root.join("objects").is_dir() {
            return Refusal::Bare;
        }
        let mut above = self.root.ancestors().skip(1);
        match above.any(|directory| is_there(&directory.join(".git"))) {
            true => Refusal::Above,
            false => Refusal::NoRepository,
        }
    }

    /// What is this working tree's alone: its HEAD, its index, a merge under way.
    pub(crate) fn git_dir(&self) -> &Path {
        &self.places.own
    }

    /// What all working trees of the repository have in common: refs, objects, settings.
    pub(crate) fn common_dir(&self) -> &Path {
        &self.places.common
    }

    /// Sessiond's own directory for this working tree.
    pub(crate) fn own_directory(&self) -> PathBuf {
        self.git_dir().join("longhouse")
    }

    /// What waits for a person.
    pub(crate) fn underway(&self) -> Underway {
        let git = self.git_dir();
        let signs = [
            ("rebase-merge", Underway::Rebase),
            ("rebase-apply", Underway::Rebase),
            ("MERGE_HEAD", Underway::Merge),
            ("CHERRY_PICK_HEAD", Underway::CherryPick),
            ("REVERT_HEAD", Underway::Revert),
            ("BISECT_LOG", Underway::Bisect),
        ];
        let found = signs
            .into_iter()
            .find(|(name, _)| git.join(name).symlink_metadata().is_ok());
        found.map_or(Underway::Nothing, |(_, underway)| underway)
    }
}

/// The right to change the repository, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    repository: Repository,
    lock: File,
    _of_this_sessiond: SemaphorePermit<'a>,
}

impl<'a> Turn<'a> {
    /// Waits until nobody else has it, no longer than to the deadline. What a git of ours left that was killed is cleared away.
    pub(crate) async fn take(
        session: &'a Session,
        repository: &Repository,
        deadline: Instant,
    ) -> Result<Self, Refusal> {
        let busy = |_| Refusal::Busy;
        let one_at_a_time = session.changing_repository.acquire();
        let permit = tokio::time::timeout_at(deadline, one_at_a_time)
            .await
            .map_err(busy)?;
        let permit = permit.map_err(|_| Refusal::Busy)?;
        let lock = open(repository).map_err(|error| {
            tracing::warn!(%error, "the repository's lock cannot be made");
            Refusal::Busy
        })?;
        while flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            if Instant::now() >= deadline {
                return Err(Refusal::Busy);
            }
            sleep(LOOK_AGAIN).await;
        }
        let turn = Self {
            repository: repository.clone(),
            lock,
            _of_this_sessiond: permit,
        };
        turn.recover().await;
        Ok(turn)
    }

    /// Notes that a git begins, and gives it what it is to read.
    pub(crate) fn begin(&self, input: &[u8]) -> io::Result<Stdio> {
        File::create(stale::note(&self.repository))?;
        let mut lock = &self.lock;
        lock.set_len(0)?;
        lock.rewind()?;
        lock.write_all(input)?;
        lock.rewind()?;
        Ok(self.lock.try_clone()?.into())
    }

    /// Notes that git has ended: by itself, or by force.
    pub(crate) async fn end(&self, by_itself: bool) {
        if by_itself {
            // What cannot be removed is only looked at once more.
            let _kept = fs::remove_file(stale::note(&self.repository));
        } else {
            self.recover().await;
        }
    }

    /// Clears away what a git of ours left that did not end by itself. Somebody who is at work is given a moment; whoever changes the
    /// repository next looks again.
    async fn recover(&self) {
        let patience = Instant::now() + OTHERS_WORK;
        while stale::note(&self.repository).exists() {
            let repository = self.repository.clone();
            let cleared = tokio::task::spawn_blocking(move || stale::clear(&repository)).await;
            match cleared {
                Ok(Ok(false)) if Instant::now() < patience => sleep(LOOK_AGAIN).await,
                Ok(Ok(_)) | Err(_) => return,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "what a killed git left is not cleared away");
                    return;
                }
            }
        }
    }
}

/// Opens the lock's file, which nobody but its user can read: a commit's message stands in it for a moment.
fn open(repository: &Repository) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let directory = stale::directory(repository);
    // Beside it what is under way in this working tree.
    for directory in [&directory, &repository.own_directory()] {
        match fs::create_dir(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(directory.join("lock"))
}

/// Clears away what a git left that was killed together with the sessiond before this one. Nothing is done where there is nothing.
pub(crate) async fn recover(session: &Session) {
    let Ok(repository) = Repository::here() else {
        return;
    };
    if !stale::note(&repository).exists() {
        return;
    }
    // A git that still lives ends some time; whoever changes the repository next looks again.
    let deadline = Instant::now() + Duration::from_secs(60);
    let turn = Turn::take(session, &repository, deadline).await;
    tracing::info!(
        done = turn.is_ok(),
        "a git was killed before; its locks are cleared away"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn found(root: &Path) -> Result<Repository, Refusal> {
        Repository::at(fs::canonicalize(root).unwrap())
    }

    #[test]
    fn only_a_repository_of_the_directorys_own_is_one() {
        let room = room();
        let root = room.path();
        assert_eq!(found(root).unwrap_err(), Refusal::NoRepository);
        fs::create_dir_all(root.join("bare/objects")).unwrap();
        fs::write(root.join("bare/HEAD"), "").unwrap();
        assert_eq!(found(&root.join("bare")).unwrap_err(), Refusal::Bare);
        fs::create_dir(root.join(".git")).unwrap();
        assert_eq!(found(root).unwrap_err(), Refusal::NoRepository);
        fs::write(root.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        assert!(found(root).is_ok());
        fs::create_dir(root.join("below")).unwrap();
        assert_eq!(found(&root.join("below")).unwrap_err(), Refusal::Above);
        fs::write(root.join("below/.git"), "gitdir: ../.git\n").unwrap();
        assert_eq!(found(&root.join("below")).unwrap_err(), Refusal::Elsewhere);
        fs::remove_file(root.join("below/.git")).unwrap();
        std::os::unix::fs::symlink("../.git", root.join("below/.git")).unwrap();
        assert_eq!(found(&root.join("below")).unwrap_err(), Refusal::Elsewhere);
        fs::write(root.join(".git/commondir"), "../x\n").unwrap();
        assert_eq!(found(root).unwrap_err(), Refusal::Elsewhere);
    }

    #[test]
    fn a_place_below_is_a_repository_of_its_own_that_no_link_leads_to() {
        let room = room();
        let root = room.path();
        for repository in [".git", "a/b/.git", "elsewhere/.git", ".git/modules/c/.git"] {
            fs::create_dir_all(root.join(repository)).unwrap();
            fs::write(root.join(repository).join("HEAD"), "ref: x\n").unwrap();
        }
        std::os::unix::fs::symlink("elsewhere", root.join("link")).unwrap();
        std::os::unix::fs::symlink(root.join("elsewhere"), root.join("a/far")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        let below = |path: &str| {
            let root = fs::canonicalize(root).unwrap();
            Repository::below_in(root, &path.parse().unwrap())
        };
        assert!(below("a/b").unwrap().root.ends_with("a/b"));
        assert!(below("elsewhere").is_ok() && below("").is_ok());
        for none in ["a", "a/far", "link", "link/x", "file", "gone"] {
            assert_eq!(below(none).unwrap_err(), Refusal::NoRepository, "{none}");
        }
    }

    #[test]
    fn what_waits_for_a_person_is_seen() {
        let room = room();
        let git = room.path().join(".git");
        fs::create_dir(&git).unwrap();
        fs::write(git.join("HEAD"), "").unwrap();
        let repository = found(room.path()).unwrap();
        assert_eq!(repository.underway(), Underway::Nothing);
        fs::write(git.join("MERGE_HEAD"), "").unwrap();
        assert_eq!(repository.underway(), Underway::Merge);
        fs::create_dir(git.join("rebase-merge")).unwrap();
        assert_eq!(repository.underway(), Underway::Rebase);
    }
}
