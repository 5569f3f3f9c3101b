//! Removes a directory tree that hostile programs have filled, from a handle and without following a link.
//!
//! Two things are out of the ordinary. A tree may be nested deeper than there are descriptors or stack, so nested directories are
//! moved up to the root of the tree before they are emptied: two open directories are enough for any depth. And directories may have
//! been made read-only (package caches do that), so each is made writable first.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fchmod, openat, renameat, unlinkat};
use rustix::io::Errno;

/// How many passes are made over a tree into which something goes on writing.
const PASSES: usize = 4;

/// How many rounds one pass has: each takes a level of the tree, or [`BATCH`] entries of a directory. More is no honest tree.
const ROUNDS: usize = 100_000;

/// The most entries of one directory that are held in memory, a few hundred kilobytes.
const BATCH: usize = 4096;

/// Removes `name` in `parent`, whatever it is. What is not there counts as removed.
///
/// # Errors
/// What could not be removed: a mount point, a file of another user in a sticky directory, a tree that is refilled all the time.
pub(super) fn remove_tree(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    for _ in 0..PASSES {
        match unlinkat(parent, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(errno) => return Err(errno.into()),
        }
        let root = match open_dir(parent, name) {
            Ok(root) => root,
            Err(Errno::NOENT) => return Ok(()),
            Err(errno) => return Err(errno.into()),
        };
        empty(&root)?;
        match unlinkat(parent, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            Err(Errno::NOTEMPTY | Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(Errno::NOTEMPTY.into())
}

/// Empties `root`: each directory in it gives its own directories to the root, loses its files, and goes.
fn empty(root: &OwnedFd) -> io::Result<()> {
    let mut moved = 0_u64;
    for _ in 0..ROUNDS {
        let entries_of_root = entries(root)?;
        if entries_of_root.is_empty() {
            return Ok(());
        }
        for (name, kind) in entries_of_root {
            if kind != FileType::Directory && unlink(root, &name)? {
                continue;
            }
            let dir = match open_dir(root.as_fd(), name.as_c_str()) {
                Ok(dir) => dir,
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(errno.into()),
            };
            for (inner, kind) in entries(&dir)? {
                if kind != FileType::Directory && unlink(&dir, &inner)? {
                    continue;
                }
                lift(&dir, &inner, root, &mut moved)?;
            }
            match unlinkat(root, &name, AtFlags::REMOVEDIR) {
                // Something was written meanwhile: the next round finds it.
                Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
    Err(Errno::NOTEMPTY.into())
}

/// Moves a directory up to the root under a name that nothing there has.
fn lift(from: &OwnedFd, name: &CStr, root: &OwnedFd, moved: &mut u64) -> io::Result<()> {
    // Moving a directory rewrites its "..", for which it has to be writable itself.
    if let Err(errno) = open_dir(from.as_fd(), name)
        && errno != Errno::NOENT
    {
        return Err(errno.into());
    }
    loop {
        *moved += 1;
        let target = CString::new(format!(".removing-{moved}"))?;
        match renameat(from, name, root, &target) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Whether the entry is gone; `false` for a directory.
fn unlink(dir: &OwnedFd, name: &CStr) -> io::Result<bool> {
    match unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::ISDIR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

fn open_dir(
    parent: BorrowedFd<'_>,
    name: impl rustix::path::Arg + Copy,
) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir = match openat(parent, name, flags, Mode::empty()) {
        // Unreadable even for its owner. A handle needs no permission, and through it the mode can be set.
        Err(Errno::ACCESS) => {
            let handle = openat(parent, name, flags | OFlags::PATH, Mode::empty())?;
            let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&handle));
            rustix::fs::chmod(path, Mode::RWXU)?;
            openat(parent, name, flags, Mode::empty())?
        }
        other => other?,
    };
    // Not ours to change means not ours to empty either; the failure shows there.
    let _ = fchmod(&dir, Mode::RWXU);
    Ok(dir)
}

/// The first [`BATCH`] entries. They are read before any is removed: removing while reading may skip some.
fn entries(dir: &OwnedFd) -> io::Result<Vec<(CString, FileType)>> {
    let mut list = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            list.push((name.to_owned(), entry.file_type()));
        }
        if list.len() == BATCH {
            break;
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use super::*;

    fn remove(root: &Path, name: &str) -> io::Result<()> {
        let parent = fs::File::open(root).unwrap();
        remove_tree(parent.as_fd(), OsStr::new(name))
    }

    #[test]
    fn a_tree_goes_and_what_its_links_lead_to_stays() {
        let root = tempfile::tempdir().unwrap();
        let (tree, kept) = (root.path().join("tree"), root.path().join("kept"));
        fs::create_dir_all(tree.join("a/b/c")).unwrap();
        fs::create_dir_all(&kept).unwrap();
        fs::write(kept.join("file"), "kept").unwrap();
        fs::write(tree.join("a/b/file"), "").unwrap();
        fs::write(tree.join(".removing-1"), "in the way").unwrap();
        fs::create_dir_all(tree.join(".removing-2/full")).unwrap();
        symlink(&kept, tree.join("a/link")).unwrap();
        symlink("../../kept", tree.join("a/b/link")).unwrap();
        remove(root.path(), "tree").unwrap();
        assert!(!tree.exists());
        assert_eq!(fs::read_to_string(kept.join("file")).unwrap(), "kept");
    }

    #[test]
    fn a_link_in_the_trees_place_goes_alone() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("kept")).unwrap();
        symlink("kept", root.path().join("tree")).unwrap();
        remove(root.path(), "tree").unwrap();
        assert!(root.path().join("kept").exists());
        assert!(fs::symlink_metadata(root.path().join("tree")).is_err());
    }

    #[test]
    fn what_is_not_there_counts_as_removed() {
        let root = tempfile::tempdir().unwrap();
        remove(root.path(), "tree").unwrap();
    }

    #[test]
    fn directories_without_permissions_are_no_hindrance() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("tree/closed/inner");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("file"), "").unwrap();
        for (path, mode) in [("tree/closed/inner", 0o000), ("tree/closed", 0o555)] {
            fs::set_permissions(root.path().join(path), Permissions::from_mode(mode)).unwrap();
        }
        remove(root.path(), "tree").unwrap();
        assert!(!root.path().join("tree").exists());
    }

    #[test]
    fn a_tree_deeper_than_any_path_or_stack_is_removed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("tree")).unwrap();
        let mut dir: OwnedFd = fs::File::open(root.path().join("tree")).unwrap().into();
        for _ in 0..2_000 {
            rustix::fs::mkdirat(&dir, "nested-directory", Mode::RWXU).unwrap();
            dir = openat(
                &dir,
                "nested-directory",
                OFlags::RDONLY | OFlags::DIRECTORY,
                Mode::empty(),
            )
            .unwrap();
        }
        remove(root.path(), "tree").unwrap();
        assert!(!root.path().join("tree").exists());
    }
}
