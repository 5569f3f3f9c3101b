//! The repository knows no particular machine: no path of the one it was written on, no host of a package registry.

use crate::finding::{Finding, assert_none};
use crate::repository::files;

/// Put together from halves, so that this file does not find itself.
const PATHS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/tmp/l", "h-"),
    concat!("/ro", "ot/"),
];
const HOSTS: [&str; 7] = [
    concat!("registry.npm", "js.org"),
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("deb.deb", "ian.org"),
    concat!("security.deb", "ian.org"),
    concat!("pypi", ".org"),
    concat!("files.python", "hosted.org"),
];

fn places(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for place in PATHS.iter().filter(|place| begins_a_path(line, place)) {
            found.push(Finding::at(
                path,
                index + 1,
                format!("`{place}` is a path of one machine"),
            ));
        }
        for host in HOSTS.iter().filter(|host| line.contains(**host)) {
            found.push(Finding::at(
                path,
                index + 1,
                format!("`{host}` is a registry; which one is used is the machine's affair"),
            ));
        }
    }
    found
}

/// Whether `place` stands in the line as the beginning of an absolute path, and not in the middle of one.
fn begins_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~' | '}' | '*'))
    })
}

#[test]
fn no_file_knows_a_particular_machine() {
    assert_none(
        files()
            .iter()
            .flat_map(|file| places(&file.path, &file.text))
            .collect(),
    );
}

#[test]
fn a_path_of_one_machine_is_found() {
    let (work, temporary) = (PATHS[0], PATHS[1]);
    assert_eq!(
        places("a.md", &format!("cd {work}main\nuse {temporary}x")).len(),
        2
    );
    assert_eq!(places("a.md", &format!("https://{}/x", HOSTS[0])).len(), 1);
    assert!(
        places(
            "a.md",
            &format!("cd ~{work}main and home{work}x and frame{work}")
        )
        .is_empty()
    );
}
