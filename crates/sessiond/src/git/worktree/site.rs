//! The directory that becomes a working tree, and how far it has got. What is begun is brought to its end or taken back, never left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use longhouse_domain::SessionId;
use longhouse_domain::git::BranchName;

use crate::git::repository::{Places, Repository, linked};

/// Where a working tree that is whole has the session that made it.
const MARK: &str = "longhouse-worktree";

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    root: PathBuf,
    common: PathBuf,
    session: String,
}

/// How far it has got.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is there: git can begin.
    Nothing,
    /// It is entered, and stands on its branch; its files may be missing.
    Begun,
    /// Something else is there, such as this.
    Other(String),
}

impl Site {
    /// This directory, for this session, of that repository. The paths have no links in them.
    pub(crate) fn new(root: &Path, repository: &Repository, session: SessionId) -> Self {
        Self {
            root: root.to_owned(),
            common: repository.common_dir().to_owned(),
            session: session.to_string(),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Its places, where it is a working tree of the repository.
    fn places(&self) -> Option<Places> {
        linked::linked(&self.root).filter(|places| places.common == self.common)
    }

    /// Whether nothing is to be done any more.
    pub(super) fn is_whole(&self) -> bool {
        let mark = self
            .places()
            .and_then(|places| fs::read_to_string(places.own.join(MARK)).ok());
        mark.is_some_and(|mark| mark == self.session)
    }

    /// Notes that it is whole.
    pub(super) fn mark(&self) -> io::Result<()> {
        let places = self.places().ok_or(io::ErrorKind::NotFound)?;
        // What was copied is there before it is said to be.
        let root = fs::File::open(&self.root)?;
        rustix::fs::syncfs(&root)?;
        let (new, mark) = (
            places.own.join("longhouse-worktree.new"),
            places.own.join(MARK),
        );
        fs::write(&new, &self.session)?;
        fs::rename(new, mark)
    }

    /// Looks what is there. What git did not enter to the end is taken back. Whoever calls this has the turn.
    pub(super) fn look(&self, branch: &BranchName) -> io::Result<Standing> {
        let stands_on = |own: &Path| {
            let head = fs::read_to_string(own.join("HEAD")).unwrap_or_default();
            head.trim_end() == format!("ref: refs/heads/{branch}")
        };
        if let Some(places) = self.places().filter(|places| stands_on(&places.own)) {
            // Git's own mark of what it has not finished; what it does after that is done here again.
            gone(fs::remove_file(places.own.join("locked")))?;
            return Ok(Standing::Begun);
        }
        self.withdraw()?;
        match fs::read_dir(&self.root)?.next() {
            Some(entry) => {
                let name = entry?.file_name();
                Ok(Standing::Other(name.to_string_lossy().into_owned()))
            }
            None => Ok(Standing::Nothing),
        }
    }

    /// Takes the directory out of the repository: in one step, of which nothing is left in it. Its files stay. Whoever calls this has the turn.
    pub(crate) fn withdraw(&self) -> io::Result<()> {
        let away = self.common.join(format!("longhouse/gone-{}", self.session));
        gone(fs::remove_dir_all(&away))?;
        for entry in linked::entries(&self.common) {
            if linked::tree_of(&entry).is_some_and(|tree| tree == self.root) {
                fs::rename(&entry, &away)?;
                gone(fs::remove_dir_all(&away))?;
            }
        }
        // Git knows no empty list.
        let _others = fs::remove_dir(self.common.join("worktrees"));
        if linked::names_entry_of(&self.root, &self.common) {
            gone(fs::remove_file(self.root.join(".git")))?;
        }
        Ok(())
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId(uuid::Uuid::from_u128(7));

    struct Room {
        _dir: tempfile::TempDir,
        entry: PathBuf,
        site: Site,
        branch: BranchName,
    }

    fn room() -> Room {
        let dir = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(dir.path()).unwrap();
        let (one, root) = (top.join("one"), top.join("two"));
        fs::create_dir_all(one.join(".git/longhouse")).unwrap();
        fs::create_dir(&root).unwrap();
        fs::write(one.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let repository = Repository::at(one.clone()).unwrap();
        Room {
            _dir: dir,
            entry: one.join(".git/worktrees/two"),
            site: Site::new(&root, &repository, SESSION),
            branch: "b".parse().unwrap(),
        }
    }

    impl Room {
        /// As far as git gets in so many steps, in its order.
        fn enter(&self, steps: usize) {
            let link = self.site.root.join(".git");
            let files = [
                (self.entry.join("locked"), "initializing".to_owned()),
                (self.entry.join("gitdir"), format!("{}\n", link.display())),
                (link, format!("gitdir: {}\n", self.entry.display())),
                (self.entry.join("HEAD"), format!("{}\n", "0".repeat(40))),
                (self.entry.join("commondir"), "../..\n".to_owned()),
                (self.entry.join("HEAD"), "ref: refs/heads/b\n".to_owned()),
            ];
            fs::create_dir_all(&self.entry).unwrap();
            for (path, text) in files.into_iter().take(steps) {
                fs::write(path, text).unwrap();
            }
        }
    }

    #[test]
    fn whatever_git_was_killed_at_it_begins_anew_or_goes_on() {
        for steps in 2..6 {
            let room = room();
            room.enter(steps);
            assert_eq!(
                room.site.look(&room.branch).unwrap(),
                Standing::Nothing,
                "{steps}"
            );
            assert!(!room.entry.exists() && !room.site.root.join(".git").exists());
        }
        let room = room();
        room.enter(6);
        assert_eq!(room.site.look(&room.branch).unwrap(), Standing::Begun);
        assert!(!room.entry.join("locked").exists() && !room.site.is_whole());
        room.site.mark().unwrap();
        assert!(room.site.is_whole());
    }

    #[test]
    fn what_is_not_of_this_repository_is_left_alone() {
        let room = room();
        fs::write(
            room.site.root.join(".git"),
            "gitdir: /srv/other/.git/worktrees/x\n",
        )
        .unwrap();
        let found = room.site.look(&room.branch).unwrap();
        assert_eq!(found, Standing::Other(".git".to_owned()));
        assert!(room.site.root.join(".git").exists());
    }

    #[test]
    fn who_leaves_leaves_nothing_in_the_repository_and_their_files_stay() {
        let room = room();
        room.enter(6);
        fs::write(room.site.root.join("notes"), "mine").unwrap();
        let neighbour = room.site.common.join("worktrees/three");
        fs::create_dir(&neighbour).unwrap();
        for _ in 0..2 {
            room.site.withdraw().unwrap();
            assert!(!room.entry.exists() && neighbour.exists());
            assert_eq!(fs::read(room.site.root.join("notes")).unwrap(), b"mine");
        }
        assert_eq!(
            fs::read_dir(room.site.common.join("longhouse"))
                .unwrap()
                .count(),
            0
        );
    }
}
