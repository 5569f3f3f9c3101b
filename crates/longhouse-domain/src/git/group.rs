//! Which changed files belong into one commit: those of one part of the repository, a test with what it tests, a lock file with its
//! manifest. Pure, and the same for the same files in whatever order.

use std::collections::BTreeMap;

use super::change::{Change, ChangeKind};
use super::sort::{Sort, directory, manifest_of, module, name, sort, stem, tested_stem};

/// The most commits that one batch becomes. Where the files would make more, they become one: nobody reads twenty commits of a moment.
pub const GROUPS: usize = 5;

/// With more files than this a batch is one commit: a tool wrote them, not a hand.
pub const GROUPED_FILES: usize = 200;

/// Puts each change into one group: indices into `changes`, ascending; the groups by their part's name.
#[must_use]
pub fn group(changes: &[Change]) -> Vec<Vec<usize>> {
    if changes.is_empty() {
        return Vec::new();
    }
    let together = || vec![(0..changes.len()).collect()];
    if changes.len() > GROUPED_FILES {
        return together();
    }
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        groups.entry(part(change, changes)).or_default().push(index);
    }
    if groups.len() > GROUPS {
        return together();
    }
    groups.into_values().collect()
}

/// The part that a change goes with.
fn part(change: &Change, all: &[Change]) -> String {
    let path = change.path.as_str();
    let with = manifest(path, all).or_else(|| tested(path, all));
    let path = with.unwrap_or(path);
    match sort(path) {
        Sort::Docs if matches!(module(path), "" | "doc" | "docs") => "docs".to_owned(),
        _ => module(path).to_owned(),
    }
}

/// The changed manifest of a lock file: the one beside it, else the nearest one below.
fn manifest<'a>(path: &str, all: &'a [Change]) -> Option<&'a str> {
    let wanted = manifest_of(path)?;
    let beside = directory(path);
    let is_below = |other: &&str| {
        name(other) == wanted
            && (beside.is_empty()
                || directory(other)
                    .strip_prefix(beside)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let below = present(all).filter(is_below);
    below.min_by_key(|other| (other.len(), *other))
}

/// The changed file that a test tests: one of its own part before one elsewhere.
fn tested<'a>(path: &str, all: &'a [Change]) -> Option<&'a str> {
    if sort(path) != Sort::Test {
        return None;
    }
    let own = name(path);
    let wanted = tested_stem(own).unwrap_or_else(|| stem(own));
    let sources = present(all)
        .filter(|other| sort(other) == Sort::Source)
        .filter(|other| stem(name(other)) == wanted);
    sources.min_by_key(|other| (module(other) != module(path), *other))
}

/// The paths of what is still there.
fn present(all: &[Change]) -> impl Iterator<Item = &str> {
    all.iter()
        .filter(|change| change.kind != ChangeKind::Deleted)
        .map(|change| change.path.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn changes(paths: &[&str]) -> Vec<Change> {
        let modified = |path: &&str| Change::new(*path, ChangeKind::Modified);
        paths.iter().map(modified).collect()
    }

    /// The groups as paths.
    fn grouped(paths: &[&str]) -> Vec<Vec<String>> {
        let changes = changes(paths);
        let paths = |group: Vec<usize>| group.into_iter().map(|i| changes[i].path.clone());
        let groups = group(&changes).into_iter();
        groups.map(|group| paths(group).collect()).collect()
    }

    #[test]
    fn parts_are_commits_of_their_own() {
        assert_eq!(
            grouped(&[
                "crates/a/src/x.rs",
                "crates/b/src/y.rs",
                "crates/a/src/z.rs"
            ]),
            [
                vec!["crates/a/src/x.rs", "crates/a/src/z.rs"],
                vec!["crates/b/src/y.rs"]
            ]
        );
    }

    #[test]
    fn a_test_goes_with_what_it_tests() {
        assert_eq!(
            grouped(&["src/git/a.py", "src/web/b.py", "tests/test_a.py"]),
            [
                vec!["src/git/a.py", "tests/test_a.py"],
                vec!["src/web/b.py"]
            ]
        );
    }

    #[test]
    fn a_lock_file_goes_with_its_manifest() {
        assert_eq!(
            grouped(&["Cargo.lock", "crates/a/Cargo.toml", "src/main.rs"]),
            [
                vec!["Cargo.lock", "crates/a/Cargo.toml"],
                vec!["src/main.rs"]
            ]
        );
        assert_eq!(
            grouped(&["web/package-lock.json", "package.json", "web/package.json"]),
            [
                vec!["package.json"],
                vec!["web/package-lock.json", "web/package.json"]
            ]
        );
    }

    #[test]
    fn a_flood_is_one_commit() {
        let paths: Vec<_> = (0..10_000).map(|n| format!("d{n}/f")).collect();
        let paths: Vec<_> = paths.iter().map(String::as_str).collect();
        assert_eq!(grouped(&paths).len(), 1);
        assert_eq!(
            grouped(&["a/1", "b/1", "c/1", "d/1", "e/1", "f/1"]).len(),
            1
        );
        assert!(group(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn each_file_is_in_one_group(paths in prop::collection::hash_set("[a-c.]{1,3}(/(src|tests|a|Cargo.lock|Cargo.toml|a_test.go|[a-c]{1,2})){0,3}", 0..40)) {
            let paths: Vec<_> = paths.iter().map(String::as_str).collect();
            let changes = changes(&paths);
            let groups = group(&changes);
            prop_assert!(groups.len() <= GROUPS);
            prop_assert!(groups.iter().all(|group| !group.is_empty()));
            let mut seen: Vec<_> = groups.concat();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..changes.len()).collect::<Vec<_>>());
        }

        #[test]
        fn the_order_of_the_files_does_not_matter(paths in prop::collection::vec("(src|crates|tests)/[ab]/[ab](_test)?\\.rs", 0..12)) {
            let mut sorted = paths.clone();
            sorted.sort();
            sorted.dedup();
            let forth: Vec<_> = sorted.iter().map(String::as_str).collect();
            let back: Vec<_> = sorted.iter().rev().map(String::as_str).collect();
            let as_sets = |groups: Vec<Vec<String>>| {
                groups.into_iter().map(|mut group| { group.sort(); group }).collect::<Vec<_>>()
            };
            prop_assert_eq!(as_sets(grouped(&forth)), as_sets(grouped(&back)));
        }
    }
}
