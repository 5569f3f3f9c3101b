//! Lock files that a git of ours left because it was killed.
//!
//! Only these: made after a git of ours had begun that did not end by itself, while no git is at work in the repository and no process holds
//! the file open. A person's git in a terminal is never disturbed, in whichever of the repository's working trees it runs.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Repository, linked};
use crate::processes;

/// The most directories below `refs` that are looked through.
const DIRECTORIES: usize = 10_000;

/// Where ours is, for all working trees of the repository.
pub(super) fn directory(repository: &Repository) -> PathBuf {
    repository.common_dir().join("longhouse")
}

/// Is there while a git of ours may be at work, and afterwards where it was killed.
pub(super) fn note(repository: &Repository) -> PathBuf {
    directory(repository).join("at-work")
}

/// Clears them away. Whoever calls this holds the lock, so no git of ours lives. False where somebody else may be at work.
pub(super) fn clear(repository: &Repository) -> io::Result<bool> {
    let began = note(repository).symlink_metadata()?;
    let stale: Vec<PathBuf> = locks(repository)
        .into_iter()
        .filter(|path| {
            path.symlink_metadata()
                .is_ok_and(|lock| is_younger(&lock, &began))
        })
        .collect();
    if !stale.is_empty() && is_in_use(repository) {
        return Ok(false);
    }
    for entry in linked::begun(repository.common_dir()) {
        if is_in_use(repository) {
            return Ok(false);
        }
        tracing::info!(entry = %entry.display(), "a working tree that a killed git did not enter is removed");
        fs::remove_dir_all(entry)?;
    }
    for lock in stale {
        tracing::info!(lock = %lock.display(), "a lock that a killed git left is removed");
        remove(&lock)?;
    }
    remove(&note(repository))?;
    Ok(true)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// One file system's clock says both.
fn is_younger(lock: &Metadata, began: &Metadata) -> bool {
    let made = |file: &Metadata| (file.mtime(), file.mtime_nsec());
    lock.is_file() && made(lock) >= made(began)
}

/// Every lock file that git makes for a moment.
fn locks(repository: &Repository) -> Vec<PathBuf> {
    let common = repository.common_dir();
    let mut found = Vec::new();
    let mut left = vec![common.join("refs")];
    look(common, &mut found, &mut Vec::new());
    look(&common.join("objects/info"), &mut found, &mut Vec::new());
    for entry in linked::entries(common) {
        look(&entry, &mut found, &mut Vec::new());
        left.push(entry.join("refs"));
    }
    let mut looked = 0;
    while let Some(directory) = left.pop().filter(|_| looked < DIRECTORIES) {
        looked += 1;
        look(&directory, &mut found, &mut left);
    }
    found
}

fn look(directory: &Path, locks: &mut Vec<PathBuf>, directories: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => directories.push(path),
            Ok(kind) if kind.is_file() && path.extension().is_some_and(|end| end == "lock") => {
                locks.push(path)
            }
            _ => {}
        }
    }
}

/// Whether a git is at work in the repository, or somebody holds one of its locks open. Where processes cannot be seen, one may be.
fn is_in_use(repository: &Repository) -> bool {
    let everyone = processes::all();
    let trees = linked::trees(repository.common_dir());
    everyone.is_empty()
        || everyone
            .iter()
            .filter(|process| !process.zombie && process.pid != std::process::id())
            .any(|process| {
                is_git_in(process.pid, &trees) || holds_a_lock(process.pid, repository.common_dir())
            })
}

fn is_git_in(pid: u32, trees: &[PathBuf]) -> bool {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let inside = || {
        let cwd = fs::read_link(format!("/proc/{pid}/cwd"));
        cwd.is_ok_and(|cwd| trees.iter().any(|tree| cwd.starts_with(tree)))
    };
    name.starts_with("git") && inside()
}

fn holds_a_lock(pid: u32, git_dir: &Path) -> bool {
    let open = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let mut files = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    files.any(|file| file.starts_with(git_dir) && file.extension().is_some_and(|end| end == "lock"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::process::{Command, Stdio};

    use super::*;

    fn repository() -> (tempfile::TempDir, Repository) {
        let room = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(room.path()).unwrap();
        fs::create_dir_all(root.join(".git/longhouse")).unwrap();
        fs::create_dir_all(root.join(".git/refs/heads/a")).unwrap();
        fs::write(root.join(".git/HEAD"), "").unwrap();
        (room, Repository::at(root).unwrap())
    }

    fn lock(repository: &Repository, name: &str) -> PathBuf {
        let path = repository.git_dir().join(name);
        fs::write(&path, "").unwrap();
        path
    }

    #[test]
    fn what_a_killed_git_of_ours_left_goes_and_what_was_there_before_stays() {
        let (_room, repository) = repository();
        let old = lock(&repository, "index.lock");
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        File::open(&old).unwrap().set_modified(long_ago).unwrap();
        fs::write(note(&repository), "").unwrap();
        let new = [
            lock(&repository, "HEAD.lock"),
            lock(&repository, "refs/heads/a/b.lock"),
        ];
        assert!(clear(&repository).unwrap());
        assert!(
            old.exists() && !new[0].exists() && !new[1].exists() && !note(&repository).exists()
        );
    }

    /// An entry for a second working tree, which is this one.
    fn second(repository: &Repository, tree: &Path) -> PathBuf {
        let entry = repository.common_dir().join("worktrees/two");
        fs::create_dir_all(&entry).unwrap();
        let link = tree.join(".git");
        fs::write(entry.join("gitdir"), link.display().to_string()).unwrap();
        fs::write(entry.join("commondir"), "../..").unwrap();
        fs::write(entry.join("HEAD"), "").unwrap();
        fs::write(link, format!("gitdir: {}", entry.display())).unwrap();
        entry
    }

    #[test]
    fn what_a_killed_git_left_in_one_working_tree_is_cleared_away_from_another() {
        let (_room, repository) = repository();
        let tree = tempfile::tempdir().unwrap();
        let entry = second(&repository, tree.path());
        let other = Repository::at(fs::canonicalize(tree.path()).unwrap()).unwrap();
        assert_eq!(note(&other), note(&repository));
        fs::write(note(&repository), "").unwrap();
        fs::write(entry.join("index.lock"), "").unwrap();
        lock(&repository, "refs/heads/a/b.lock");
        assert_eq!(locks(&other).len(), 2);
        assert!(clear(&repository).unwrap());
        assert!(locks(&other).is_empty() && !note(&other).exists());
    }

    #[test]
    fn a_git_in_one_working_tree_keeps_the_locks_of_all() {
        let (_room, repository) = repository();
        let tree = tempfile::tempdir().unwrap();
        let entry = second(&repository, tree.path());
        fs::write(note(&repository), "").unwrap();
        lock(&repository, "packed-refs.lock");
        // Git closes a lock's file before it moves it into place, so only where it runs tells of it.
        let program = tree.path().join("git-twin");
        fs::copy("/bin/sleep", &program).unwrap();
        let mut git = Command::new(&program)
            .arg("1000")
            .current_dir(tree.path())
            .spawn()
            .unwrap();
        while !is_git_in(git.id(), &linked::trees(repository.common_dir())) {
            std::thread::yield_now();
        }
        assert!(!clear(&repository).unwrap());
        assert_eq!(locks(&repository).len(), 1);
        git.kill().unwrap();
        git.wait().unwrap();
        fs::remove_dir_all(entry).unwrap();
        assert!(clear(&repository).unwrap());
    }

    #[test]
    fn while_somebody_holds_a_lock_nothing_is_cleared_away() {
        let (_room, repository) = repository();
        fs::write(note(&repository), "").unwrap();
        let lock = lock(&repository, "index.lock");
        let mut holder = Command::new("sleep")
            .arg("1000")
            .stdin(Stdio::from(File::open(&lock).unwrap()))
            .spawn()
            .unwrap();
        assert!(!clear(&repository).unwrap());
        assert!(lock.exists() && note(&repository).exists());
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(clear(&repository).unwrap());
        assert!(!lock.exists() && !note(&repository).exists());
    }
}
