//! Each test that the page of security promises names exists in the file that it names. Whether it shows what is promised, only a
//! reader can say.

use crate::finding::{Finding, assert_none};
use crate::repository::files;

const PAGE: &str = "docs/security.md";

/// The words of a text that stand in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A row of a table of tests: its line, its file, and the tests that it names.
fn rows(page: &str) -> impl Iterator<Item = (usize, &str, Vec<&str>)> {
    page.lines().enumerate().filter_map(|(index, line)| {
        let (file, tests) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((index + 1, file, quoted(tests).collect()))
    })
}

fn unheld<'a>(page: &str, text_of: impl Fn(&str) -> Option<&'a str>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (line, file, tests) in rows(page) {
        let Some(text) = text_of(file) else {
            found.push(Finding::at(PAGE, line, format!("`{file}` does not exist")));
            continue;
        };
        if tests.is_empty() {
            found.push(Finding::at(PAGE, line, format!("`{file}`: no test named")));
        }
        for test in tests {
            let is_there =
                text.contains(&format!("fn {test}(")) || text.contains(&format!("test('{test}'"));
            if !is_there {
                found.push(Finding::at(PAGE, line, format!("no test `{test}`")));
            }
        }
    }
    found
}

#[test]
fn every_test_that_holds_a_promise_exists() {
    let files = files();
    let text_of = |path: &str| {
        let found = files.iter().find(|file| file.path == path);
        found.map(|file| file.text.as_str())
    };
    let page = text_of(PAGE).expect(PAGE);
    assert!(
        rows(page).count() > 20,
        "the tables of {PAGE} were not understood"
    );
    assert_none(unheld(page, text_of));
}

#[test]
fn a_test_that_went_away_is_found() {
    let page = "| held by | |\n| `a.rs` | `one`, `two` |\n| `b.js` | `a sentence` |\n| `gone.rs` | `one` |\n";
    let found = unheld(page, |file| match file {
        "a.rs" => Some("async fn one() {}\nfn two_more() {}"),
        "b.js" => Some("test('a sentence', () => {})"),
        _ => None,
    });
    let lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [2, 4], "{found:?}");
}
