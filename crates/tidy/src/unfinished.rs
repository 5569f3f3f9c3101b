//! Nothing pretends: no gap in the code that looks like code, no test that does not run.

use crate::finding::{Finding, assert_none};
use crate::repository::{SourceFile, files};

/// In Rust. Clippy knows the macros too, but not inside of macro arguments and not in code behind a `cfg`.
const IN_RUST: [&str; 4] = ["todo!(", "unimplemented!(", "#[ignore", "assert!(true"];
/// In TypeScript and JavaScript.
const IN_SCRIPTS: [&str; 11] = [
    "it.skip(",
    "test.skip(",
    "describe.skip(",
    "it.only(",
    "test.only(",
    "describe.only(",
    "it.todo(",
    "test.todo(",
    "t.skip(",
    "@ts-ignore",
    "@ts-nocheck",
];
/// In both.
const ANYWHERE: [&str; 2] = ["FIXME", "XXX:"];

fn marks(file: &SourceFile) -> Vec<Finding> {
    let of_its_language: &[&str] = if file.has_extension(&["rs"]) {
        &IN_RUST
    } else if file.has_extension(&["ts", "tsx", "js", "mjs"]) {
        &IN_SCRIPTS
    } else {
        return Vec::new();
    };
    let lines = file.text.lines().enumerate();
    let mark = |line: &str| {
        of_its_language
            .iter()
            .chain(&ANYWHERE)
            .copied()
            .find(|mark| line.contains(mark))
    };
    lines
        .filter_map(|(index, line)| Some((index, mark(line)?)))
        .map(|(index, mark)| {
            Finding::at(
                &file.path,
                index + 1,
                format!("`{mark}`: finish it or take it out"),
            )
        })
        .collect()
}

#[test]
fn nothing_is_left_unfinished() {
    // This file has to name what it looks for.
    let others = files()
        .into_iter()
        .filter(|file| !file.path.ends_with("tidy/src/unfinished.rs") && !file.is_generated());
    assert_none(others.flat_map(|file| marks(&file)).collect());
}

#[test]
fn unfinished_code_is_found() {
    let found = |path: &str, text: &str| {
        marks(&SourceFile {
            path: path.into(),
            text: text.into(),
        })
        .len()
    };
    assert_eq!(
        found(
            "a.rs",
            "fn f() { todo!() }\n#[ignore = \"slow\"]\nfn g() {}\n"
        ),
        2
    );
    assert_eq!(
        found("a.ts", "test.skip('x', () => {});\nit.only('y');\n"),
        2
    );
    assert_eq!(found("a.rs", "list.iter().skip(1);\n"), 0);
    assert_eq!(found("a.md", "todo!()"), 0);
}
