//! The directory that a clone goes into, in steps of which each can be the last one before a kill.
//!
//! ```text
//!   .longhouse-clone-<session>/tree     git clones here; whatever goes wrong, only this is removed
//!   .longhouse-clone-<session>/ready    git has finished: from here on nothing is fetched again
//!   <entries of the tree>               moved up one by one, over nothing that is there, .git last
//!   .git/longhouse-clone                says whose clone it is: one who asks again finds it
//! ```

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, RenameFlags, renameat, renameat_with, statat};
use rustix::io::Errno;
use rustix::path::Arg;

use longhouse_domain::SessionId;

/// Where a clone that is there has the session that made it.
const MARK: &str = "longhouse-clone";

/// What a file system may have at its root, and is nobody's.
const LOST_AND_FOUND: &str = "lost+found";

/// The directory that a clone goes into.
#[derive(Clone, Debug)]
pub(super) struct Place {
    root: PathBuf,
    staging: PathBuf,
    session: String,
}

/// What is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing: git can begin.
    Nothing,
    /// A tree that git has finished, to be moved.
    Ready,
    /// The whole clone.
    Clone,
    /// Something else, such as this.
    Other(String),
}

impl Place {
    /// In this directory, for this session.
    pub(super) fn new(root: &Path, session: SessionId) -> Self {
        Self {
            root: root.to_owned(),
            staging: root.join(format!(".longhouse-clone-{session}")),
            session: session.to_string(),
        }
    }

    /// Where git clones to.
    pub(super) fn tree(&self) -> PathBuf {
        self.staging.join("tree")
    }

    fn ready(&self) -> PathBuf {
        self.staging.join("ready")
    }

    /// Looks what is there. What an attempt left that did not get to its end is removed.
    pub(super) fn look(&self) -> io::Result<Found> {
        if self.ready().exists() {
            return Ok(Found::Ready);
        }
        self.clear()?;
        let mark = fs::read_to_string(self.root.join(".git").join(MARK));
        if mark.is_ok_and(|mark| mark == self.session) {
            return Ok(Found::Clone);
        }
        for entry in fs::read_dir(&self.root)? {
            let name = entry?.file_name();
            if name != LOST_AND_FOUND {
                return Ok(Found::Other(name.to_string_lossy().into_owned()));
            }
        }
        Ok(Found::Nothing)
    }

    /// Makes the directory in which git makes its tree.
    pub(super) fn prepare(&self) -> io::Result<()> {
        fs::create_dir(&self.staging)
    }

    /// Notes that git has finished.
    pub(super) fn note_ready(&self) -> io::Result<()> {
        fs::write(self.tree().join(".git").join(MARK), &self.session)?;
        fs::write(self.ready(), "")
    }

    /// Moves the tree to where it belongs. What is there already is not touched: its name comes back.
    pub(super) fn settle(&self) -> io::Result<Option<String>> {
        let tree = self.tree();
        let mut names = Vec::new();
        if tree.exists() {
            for entry in fs::read_dir(&tree)? {
                names.push(entry?.file_name());
            }
        }
        // Last, for it says that all is there.
        names.sort_by_key(|name| name == ".git");
        for name in names {
            match rename_over_nothing(CWD, &tree.join(&name), CWD, &self.root.join(&name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Ok(Some(name.to_string_lossy().into_owned()));
                }
                moved => moved?,
            }
        }
        self.clear()?;
        Ok(None)
    }

    /// Removes what is not yet in its place.
    pub(super) fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.staging) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Moves something to a name that nothing has.
pub(super) fn rename_over_nothing(
    from: impl AsFd,
    name: impl Arg + Copy,
    to: impl AsFd,
    new: impl Arg + Copy,
) -> io::Result<()> {
    match renameat_with(&from, name, &to, new, RenameFlags::NOREPLACE) {
        // Some file systems cannot look and move in one.
        Err(Errno::INVAL | Errno::NOSYS) => match statat(&to, new, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => Ok(renameat(from, name, to, new)?),
        },
        moved => Ok(moved?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId(uuid::Uuid::from_u128(7));

    struct Room {
        dir: tempfile::TempDir,
        place: Place,
    }

    fn room() -> Room {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(dir.path(), SESSION);
        Room { dir, place }
    }

    impl Room {
        fn names(&self) -> Vec<String> {
            let names = fs::read_dir(self.dir.path()).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names
        }

        /// As if git had cloned.
        fn clone(&self) {
            self.place.prepare().unwrap();
            fs::create_dir_all(self.place.tree().join(".git")).unwrap();
            for name in ["a", "b"] {
                fs::write(self.place.tree().join(name), name).unwrap();
            }
        }
    }

    #[test]
    fn an_attempt_that_was_killed_leaves_nothing_in_the_way_of_the_next() {
        let room = room();
        room.clone();
        assert_eq!(room.place.look().unwrap(), Found::Nothing);
        assert!(room.names().is_empty());
    }

    #[test]
    fn a_move_that_was_killed_is_brought_to_its_end_and_is_found_afterwards() {
        let room = room();
        room.clone();
        room.place.note_ready().unwrap();
        let moved = |name| fs::rename(room.place.tree().join(name), room.dir.path().join(name));
        moved("a").unwrap();
        assert_eq!(room.place.look().unwrap(), Found::Ready);
        assert_eq!(room.place.settle().unwrap(), None);
        assert_eq!(room.names(), [".git", "a", "b"]);
        assert_eq!(room.place.look().unwrap(), Found::Clone);
        let another = Place::new(room.dir.path(), SessionId(uuid::Uuid::from_u128(8)));
        assert!(matches!(another.look().unwrap(), Found::Other(_)));
    }

    #[test]
    fn the_moves_end_may_be_repeated() {
        let room = room();
        room.clone();
        room.place.note_ready().unwrap();
        for name in ["a", "b", ".git"] {
            fs::rename(room.place.tree().join(name), room.dir.path().join(name)).unwrap();
        }
        fs::remove_dir(room.place.tree()).unwrap();
        assert_eq!(room.place.look().unwrap(), Found::Ready);
        assert_eq!(room.place.settle().unwrap(), None);
        assert_eq!(room.place.look().unwrap(), Found::Clone);
    }

    #[test]
    fn nobodys_file_is_overwritten() {
        let room = room();
        room.clone();
        room.place.note_ready().unwrap();
        fs::write(room.dir.path().join("b"), "mine").unwrap();
        assert_eq!(room.place.settle().unwrap().as_deref(), Some("b"));
        assert_eq!(fs::read(room.dir.path().join("b")).unwrap(), b"mine");
    }

    #[test]
    fn a_directory_with_something_in_it_is_told_by_it() {
        let room = room();
        fs::create_dir(room.dir.path().join(LOST_AND_FOUND)).unwrap();
        assert_eq!(room.place.look().unwrap(), Found::Nothing);
        fs::write(room.dir.path().join("notes"), "").unwrap();
        assert_eq!(room.place.look().unwrap(), Found::Other("notes".to_owned()));
    }
}
