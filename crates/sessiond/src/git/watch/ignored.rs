//! Which paths nobody wants to hear of: what the repository ignores, and what the session's settings leave out.
//!
//! It only has to be good enough to keep the watch quiet: what is committed is what git itself finds. So a tracked file that is ignored
//! besides is not heard of, and goes with the next commit.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::git::repository::Places;

/// The most bytes of a file of patterns that are read.
const PATTERNS_BYTES: u64 = 256 * 1024;

/// The name of such files.
pub(super) const GITIGNORE: &str = ".gitignore";

/// Patterns that leave files out besides those that git ignores.
#[derive(Clone, Debug)]
pub(crate) struct LeftOut(Gitignore);

impl LeftOut {
    /// Lines as in a `.gitignore` at the root. One that makes no sense leaves out nothing.
    pub(crate) fn new(patterns: &[String]) -> Self {
        Self(compiled(patterns.iter().map(String::as_str)))
    }

    /// Whether a file, or a directory that it is in, is left out.
    pub(crate) fn has(&self, path: &Path) -> bool {
        !self.0.is_empty() && self.0.matched_path_or_any_parents(path, false).is_ignore()
    }
}

/// See the module. Paths are below the root.
#[derive(Debug)]
pub(super) struct Ignored {
    left_out: LeftOut,
    exclude: Gitignore,
    below: BTreeMap<PathBuf, Gitignore>,
}

impl Ignored {
    pub(super) fn new(root: &Path, left_out: LeftOut) -> Self {
        Self {
            left_out,
            exclude: read(&Places::of(root).common.join("info/exclude"))
                .unwrap_or_else(Gitignore::empty),
            below: BTreeMap::new(),
        }
    }

    /// Reads the patterns that a directory has, and says whether there are any.
    pub(super) fn read(&mut self, root: &Path, directory: &Path) {
        if let Some(patterns) = read(&root.join(directory).join(GITIGNORE)) {
            self.below.insert(directory.to_owned(), patterns);
        }
    }

    /// Whether nobody wants to hear of it. The directories above it are not asked: they are known not to be ignored.
    pub(super) fn has(&self, path: &Path, is_directory: bool) -> bool {
        if self.left_out.0.matched(path, is_directory).is_ignore() {
            return true;
        }
        for directory in path.ancestors().skip(1) {
            let Some(patterns) = self.below.get(directory) else {
                continue;
            };
            let below = path.strip_prefix(directory).unwrap_or(path);
            match patterns.matched(below, is_directory) {
                Match::None => {}
                matched => return matched.is_ignore(),
            }
        }
        self.exclude.matched(path, is_directory).is_ignore()
    }
}

fn read(file: &Path) -> Option<Gitignore> {
    let is_file = file.symlink_metadata().is_ok_and(|found| found.is_file());
    if !is_file {
        return None;
    }
    let mut text = Vec::new();
    let file = fs::File::open(file).ok()?;
    file.take(PATTERNS_BYTES).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    Some(compiled(text.lines()))
}

fn compiled<'a>(lines: impl Iterator<Item = &'a str>) -> Gitignore {
    let mut patterns = GitignoreBuilder::new(".");
    for line in lines {
        if let Err(error) = patterns.add_line(None, line) {
            tracing::debug!(%error, "a pattern that makes no sense");
        }
    }
    patterns.build().unwrap_or_else(|error| {
        tracing::debug!(%error, "patterns that make no sense");
        Gitignore::empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_count_from_where_they_stand_and_the_nearest_decides() {
        let room = tempfile::tempdir().unwrap();
        let root = room.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir_all(root.join(".git/info")).unwrap();
        fs::write(root.join(".git/info/exclude"), "*.bak\n").unwrap();
        fs::write(root.join(GITIGNORE), "*.log\n/target\n").unwrap();
        fs::write(root.join("a/.gitignore"), "!kept.log\n/x\n").unwrap();
        let mut ignored = Ignored::new(root, LeftOut::new(&["secret/".to_owned()]));
        ignored.read(root, Path::new(""));
        ignored.read(root, Path::new("a"));
        for (path, is_directory, expected) in [
            ("some.log", false, true),
            ("a/some.log", false, true),
            ("a/kept.log", false, false),
            ("a/b/kept.log", false, false),
            ("target", true, true),
            ("a/target", true, false),
            ("a/x", false, true),
            ("a/b/x", false, false),
            ("c.bak", false, true),
            ("a/secret", true, true),
            ("a/secret", false, false),
            ("a/b/c.rs", false, false),
        ] {
            assert_eq!(
                ignored.has(Path::new(path), is_directory),
                expected,
                "{path}"
            );
        }
        assert!(LeftOut::new(&["secret/".to_owned()]).has(Path::new("a/secret/b/c")));
        assert!(!LeftOut::new(&[]).has(Path::new("a")));
    }
}
