//! No room is a drawer: a name says what is inside.

use crate::finding::{Finding, assert_none};
use crate::repository::files;

/// Names that say nothing of what is inside, so that anything may end up there.
const DRAWERS: [&str; 11] = [
    "utils", "util", "common", "core", "helpers", "helper", "manager", "managers", "misc",
    "services", "shared",
];

fn drawer(path: &str) -> Option<Finding> {
    let parts = path
        .split('/')
        .map(|part| part.split('.').next().unwrap_or(part));
    let name = parts.into_iter().find(|part| DRAWERS.contains(part))?;
    Some(Finding::in_file(
        path,
        format!("`{name}` says nothing of what is inside"),
    ))
}

#[test]
fn no_room_is_a_drawer() {
    let code = |path: &str| {
        [".rs", ".ts", ".tsx", ".mjs", ".sh"]
            .iter()
            .any(|end| path.ends_with(end))
    };
    assert_none(
        files()
            .iter()
            .filter(|file| code(&file.path))
            .filter_map(|file| drawer(&file.path))
            .collect(),
    );
}

#[test]
fn a_drawer_is_found_as_a_file_and_as_a_directory() {
    assert!(drawer("crates/a/src/utils.rs").is_some());
    assert!(drawer("crates/a/tests/common/mod.rs").is_some());
    assert!(drawer("web/src/helpers.test.ts").is_some());
    assert_eq!(drawer("crates/a/src/uncommon.rs"), None);
}
