//! What the documents point at exists, and the change log has a place for the next change.

use std::path::Path;

use crate::finding::{Finding, assert_none};
use crate::repository::{files, root};

fn broken_links(path: &str, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let directory = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in link_targets(line) {
            let file = target.split('#').next().unwrap_or(target);
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !file.is_empty() && !exists(&directory.join(file)) {
                found.push(Finding::at(
                    path,
                    index + 1,
                    format!("`{target}` does not exist"),
                ));
            }
        }
    }
    found
}

fn link_targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next())
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    let root = root();
    let documents = files()
        .into_iter()
        .filter(|file| file.has_extension(&["md"]));
    assert_none(
        documents
            .flat_map(|file| {
                broken_links(&file.path, &file.text, |target| root.join(target).exists())
            })
            .collect(),
    );
}

#[test]
fn a_broken_link_is_found() {
    let text = "[a](there.md#part) [b](../gone.md) [c](https://example.org) [d](#here)\n```\n[e](gone)\n```\n![f](pic.png)\n";
    let found = broken_links("docs/x.md", text, |target| {
        target == Path::new("docs/there.md")
    });
    let lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [1, 5], "{found:?}");
}

#[test]
fn the_change_log_has_a_place_for_the_next_change() {
    let files = files();
    let log = files
        .iter()
        .find(|file| file.path == "CHANGELOG.md")
        .expect("CHANGELOG.md");
    assert!(log.text.lines().any(|line| line == "## [Unreleased]"));
}

/// The settings that the list of names in the binary's configuration holds, as they are written there.
fn settings(keys: &str) -> Vec<&str> {
    let quoted = |beginning: &'static str| {
        keys.split(beginning)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
    };
    quoted("public(\"").chain(quoted("path: \"")).collect()
}

fn undocumented(keys: &str, guide: &str) -> Vec<Finding> {
    settings(keys)
        .into_iter()
        .filter(|name| !guide.contains(&format!("| `{name}` |")))
        .map(|name| Finding::in_file("docs/admin-guide.md", format!("has no row for `{name}`")))
        .collect()
}

#[test]
fn every_setting_stands_in_the_administrators_guide() {
    let files = files();
    let text = |path: &str| {
        &files
            .iter()
            .find(|file| file.path == path)
            .expect(path)
            .text
    };
    let keys = text("crates/longhouse/src/config/keys.rs");
    assert!(
        settings(keys).len() > 10,
        "the list of settings was not understood"
    );
    assert_none(undocumented(keys, text("docs/admin-guide.md")));
}

#[test]
fn a_setting_without_a_row_is_found() {
    let keys = r#"public("listen", Shape::Text), Key { path: "database_url", shape: Shape::Text }"#;
    assert_eq!(settings(keys), ["listen", "database_url"]);
    assert!(undocumented(keys, "| `listen` | x |\n| `database_url` | y |").is_empty());
    assert_eq!(undocumented(keys, "| `listen` | x |").len(), 1);
}
