//! A working tree beside others of one repository (`git worktree`): its `.git` is a file, which names its own directory in the repository.
//!
//! ```text
//!   <tree>/.git                        "gitdir: <repository>/worktrees/<name>"
//!   <repository>/worktrees/<name>/     what is this tree's alone: HEAD, index, a merge under way
//!       gitdir                         names the tree back
//!       commondir                      leads to what all trees have in common: refs, objects, settings
//! ```
//!
//! A file alone is not believed: whoever can write into a directory could name any repository with it. Both ends have to name each other,
//! so the repository has agreed. sessiond has no more rights than its session's programs; the rule keeps what a person asks for from being
//! done in a repository that does not know of this directory.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The most bytes of such a file: a path and a word.
const LINK_BYTES: u64 = 8 * 1024;

/// What such a file begins with.
const GIT_DIR: &str = "gitdir: ";

/// Where a repository keeps what it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// What is this working tree's alone.
    pub(crate) own: PathBuf,
    /// What it has in common with all others.
    pub(crate) common: PathBuf,
}

impl Places {
    /// Those of a working tree, which is an absolute path without links in it.
    pub(crate) fn of(root: &Path) -> Self {
        linked(root).unwrap_or_else(|| {
            let git = root.join(".git");
            Self {
                own: git.clone(),
                common: git,
            }
        })
    }
}

/// Those of a working tree that is one of several, where both ends of the link name each other.
pub(in crate::git) fn linked(root: &Path) -> Option<Places> {
    let own = read(&root.join(".git"))?;
    let own = fs::canonicalize(root.join(own.strip_prefix(GIT_DIR)?)).ok()?;
    let common = fs::canonicalize(own.join(read(&own.join("commondir"))?)).ok()?;
    let is_entry = own.parent() == Some(common.join("worktrees").as_path());
    let has_head = |directory: &Path| directory.join("HEAD").symlink_metadata().is_ok();
    let agreed = is_entry && has_head(&own) && has_head(&common) && tree_of(&own)? == root;
    agreed.then_some(Places { own, common })
}

/// The working tree that an entry of a repository names.
pub(in crate::git) fn tree_of(entry: &Path) -> Option<PathBuf> {
    let link = entry.join(read(&entry.join("gitdir"))?);
    (link.file_name()? == ".git").then_some(())?;
    fs::canonicalize(link.parent()?).ok()
}

/// The entries of all working trees but the first.
pub(in crate::git) fn entries(common: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(common.join("worktrees"));
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Entries of which git had made no more than its own mark: nobody knows for which tree.
pub(super) fn begun(common: &Path) -> Vec<PathBuf> {
    let mut entries = entries(common);
    entries.retain(|entry| {
        let is_missing = |name: &str| entry.join(name).symlink_metadata().is_err();
        is_missing("gitdir") && is_missing("HEAD") && !is_missing("locked")
    });
    entries
}

/// Whether a working tree's link leads to an entry of that repository, or to where one was.
pub(in crate::git) fn names_entry_of(root: &Path, common: &Path) -> bool {
    let link = read(&root.join(".git"));
    let entry = link.as_deref().and_then(|link| link.strip_prefix(GIT_DIR));
    entry.is_some_and(|entry| root.join(entry).parent() == Some(&common.join("worktrees")))
}

/// Every working tree of the repository that is there.
pub(super) fn trees(common: &Path) -> Vec<PathBuf> {
    let first = common.file_name().filter(|name| *name == ".git");
    let first = first.and_then(|_| common.parent()).map(Path::to_owned);
    let others = entries(common);
    let others = others.iter().filter_map(|entry| tree_of(entry));
    first.into_iter().chain(others).collect()
}

/// The one line of a plain file.
fn read(file: &Path) -> Option<String> {
    let is_file = file.symlink_metadata().is_ok_and(|found| found.is_file());
    let mut text = String::new();
    let file = is_file.then(|| File::open(file).ok()).flatten()?;
    file.take(LINK_BYTES).read_to_string(&mut text).ok()?;
    let line = text.trim_end_matches(['\n', '\r']);
    (!line.is_empty() && !line.contains('\n')).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with a second working tree, as git makes them.
    fn room() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let room = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(room.path()).unwrap();
        let (common, tree) = (root.join("one/.git"), root.join("two"));
        let entry = common.join("worktrees/two");
        fs::create_dir_all(&entry).unwrap();
        fs::create_dir(&tree).unwrap();
        fs::write(common.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(entry.join("HEAD"), "ref: refs/heads/two\n").unwrap();
        fs::write(entry.join("commondir"), "../..\n").unwrap();
        let link = tree.join(".git");
        fs::write(entry.join("gitdir"), format!("{}\n", link.display())).unwrap();
        fs::write(link, format!("gitdir: {}\n", entry.display())).unwrap();
        (room, common, tree)
    }

    #[test]
    fn a_tree_that_its_repository_knows_is_found_with_what_is_its_own() {
        let (_room, common, tree) = room();
        let own = common.join("worktrees/two");
        let found = linked(&tree).unwrap();
        assert_eq!((&found.own, &found.common), (&own, &common));
        assert_eq!(Places::of(&tree), found);
        let first = common.parent().unwrap().to_owned();
        assert_eq!(trees(&common), [first.clone(), tree]);
        assert_eq!(Places::of(&first).own, common);
    }

    #[test]
    fn a_link_that_the_other_end_does_not_know_of_leads_nowhere() {
        let (room, common, tree) = room();
        let link = fs::read(tree.join(".git")).unwrap();
        let thief = fs::canonicalize(room.path()).unwrap().join("thief");
        fs::create_dir(&thief).unwrap();
        // The link of another tree, the repository itself, a directory that looks like an entry, a link to a link, a pipe of words.
        let decoy = thief.join("decoy");
        fs::create_dir(&decoy).unwrap();
        for (name, text) in [
            ("HEAD", "x".to_owned()),
            ("commondir", common.display().to_string()),
            ("gitdir", thief.join(".git").display().to_string()),
        ] {
            fs::write(decoy.join(name), text).unwrap();
        }
        for text in [
            String::from_utf8(link).unwrap(),
            format!("gitdir: {}\n", common.display()),
            format!("gitdir: {}\n", decoy.display()),
            format!("{}\n", common.join("worktrees/two").display()),
            String::new(),
        ] {
            fs::write(thief.join(".git"), &text).unwrap();
            assert_eq!(linked(&thief), None, "{text}");
        }
        fs::remove_file(thief.join(".git")).unwrap();
        std::os::unix::fs::symlink(tree.join(".git"), thief.join(".git")).unwrap();
        assert_eq!(linked(&thief), None);
    }
}
