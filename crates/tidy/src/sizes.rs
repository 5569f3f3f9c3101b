//! Files and functions stay small enough to be read in one go, and every Rust file begins by saying what it is.

use syn::visit::{self, Visit};

use crate::finding::{Finding, assert_none};
use crate::repository::{files, rust_files};

/// Lines of a Rust or TypeScript file.
const FILE_LINES: usize = 400;
/// Lines of a Rust function, from its `fn` to its closing brace.
const FUNCTION_LINES: usize = 60;
/// Lines of a test: it may tell a story from beginning to end, and would only lose by being told in pieces.
const TEST_LINES: usize = 100;

/// Files that are longer, each with the reason why dividing it would make it worse.
const LONG_FILES: &[(&str, &str)] = &[];
/// Functions that are longer, as `path::name`, each with its reason.
const LONG_FUNCTIONS: &[(&str, &str)] = &[
    (
        "crates/longhouse-domain/src/agent.rs::built_in",
        "a table of the known agents, one entry after the other",
    ),
    (
        "crates/sessiond/src/screen/corpus/sequences.rs::margins",
        "a table of terminal features, one entry after the other",
    ),
    (
        "crates/sessiond/src/screen/corpus/sequences.rs::plain",
        "a table of terminal features, one entry after the other",
    ),
    (
        "crates/sessiond/src/screen/corpus/programs.rs::random_program",
        "a table of what a program may draw, one arm after the other",
    ),
];

fn file_length(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    (lines > FILE_LINES).then(|| {
        Finding::in_file(
            path,
            format!("{lines} lines, more than {FILE_LINES}: divide it by sense"),
        )
    })
}

fn header(path: &str, text: &str) -> Option<Finding> {
    (!text.starts_with("//!")).then(|| {
        Finding::in_file(
            path,
            "does not begin with `//!`: say what it is and what it deliberately is not",
        )
    })
}

/// A function's finding, with the name by which an exception would be listed.
fn function_lengths(path: &str, text: &str) -> Vec<(String, Finding)> {
    let file = match syn::parse_file(text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.span().start().line;
            return vec![(
                path.to_owned(),
                Finding::at(path, line, format!("is no Rust: {error}")),
            )];
        }
    };
    let mut visitor = LongFunctions {
        path,
        found: Vec::new(),
    };
    visitor.visit_file(&file);
    visitor.found
}

struct LongFunctions<'a> {
    path: &'a str,
    found: Vec<(String, Finding)>,
}

impl LongFunctions<'_> {
    fn judge(&mut self, signature: &syn::Signature, body: &syn::Block, limit: usize) {
        let first = signature.fn_token.span.start().line;
        let lines = body.brace_token.span.close().end().line - first + 1;
        if lines > limit {
            let name = &signature.ident;
            let message = format!("`{name}` has {lines} lines, more than {limit}");
            self.found.push((
                format!("{}::{name}", self.path),
                Finding::at(self.path, first, message),
            ));
        }
    }
}

/// Whether one of the attributes makes the function a test, as `#[test]` and `#[tokio::test(...)]` do.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    let last =
        |attribute: &syn::Attribute| attribute.path().segments.last().map(|s| s.ident == "test");
    attributes.iter().filter_map(last).any(|test| test)
}

impl<'ast> Visit<'ast> for LongFunctions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let limit = if is_test(&item.attrs) {
            TEST_LINES
        } else {
            FUNCTION_LINES
        };
        self.judge(&item.sig, &item.block, limit);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.judge(&item.sig, &item.block, FUNCTION_LINES);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.judge(&item.sig, block, FUNCTION_LINES);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// Takes out what an exception covers, and adds a finding for every exception that covers nothing any more.
fn without_exceptions(found: Vec<(String, Finding)>, exceptions: &[(&str, &str)]) -> Vec<Finding> {
    let stale = exceptions
        .iter()
        .filter(|(name, _)| !found.iter().any(|(found, _)| found == name))
        .map(|(name, _)| {
            Finding::in_file(
                name,
                "is listed as an exception in sizes.rs, but needs none",
            )
        });
    let stale: Vec<Finding> = stale.collect();
    let kept = found
        .into_iter()
        .filter(|(name, _)| !exceptions.iter().any(|(listed, _)| listed == name));
    kept.map(|(_, finding)| finding).chain(stale).collect()
}

#[test]
fn files_are_short() {
    let found = files()
        .iter()
        .filter(|file| file.has_extension(&["rs", "ts", "tsx"]) && !file.is_generated())
        .filter_map(|file| Some((file.path.clone(), file_length(&file.path, &file.text)?)))
        .collect();
    assert_none(without_exceptions(found, LONG_FILES));
}

#[test]
fn functions_are_short() {
    let found = rust_files()
        .iter()
        .flat_map(|file| function_lengths(&file.path, &file.text))
        .collect();
    assert_none(without_exceptions(found, LONG_FUNCTIONS));
}

#[test]
fn every_rust_file_says_what_it_is() {
    assert_none(
        rust_files()
            .iter()
            .filter_map(|file| header(&file.path, &file.text))
            .collect(),
    );
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(file_length("a.rs", &"\n".repeat(FILE_LINES)), None);
    assert!(file_length("a.rs", &"\n".repeat(FILE_LINES + 1)).is_some());
}

#[test]
fn a_file_without_a_header_is_found() {
    assert_eq!(header("a.rs", "//! What it is.\n"), None);
    assert!(header("a.rs", "use std::fmt;\n").is_some());
    assert!(header("a.rs", "").is_some());
}

#[test]
fn long_functions_are_found_wherever_they_stand() {
    let body = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
    assert!(function_lengths("a.rs", &body(FUNCTION_LINES)).is_empty());
    let long = body(FUNCTION_LINES + 1);
    for text in [
        long.clone(),
        format!("impl A {{ {long} }}"),
        format!("trait A {{ {long} }}"),
        format!("mod a {{ {long} }}"),
    ] {
        let found = function_lengths("a.rs", &text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].0, "a.rs::f");
    }
}

#[test]
fn a_test_may_be_longer_but_not_endless() {
    let test = |attribute: &str, lines: usize| {
        let text = format!(
            "{attribute}\nfn f() {{\n{}}}\n",
            "    g();\n".repeat(lines - 2)
        );
        function_lengths("a.rs", &text).len()
    };
    for attribute in ["#[test]", "#[tokio::test(flavor = \"multi_thread\")]"] {
        assert_eq!(test(attribute, TEST_LINES), 0);
        assert_eq!(test(attribute, TEST_LINES + 1), 1);
    }
    assert_eq!(
        test("#[cfg(test)]", FUNCTION_LINES + 1),
        1,
        "a helper is no test"
    );
}

#[test]
fn an_exception_that_is_needed_no_more_is_found() {
    let finding = || ("a.rs".to_owned(), Finding::in_file("a.rs", "long"));
    assert!(without_exceptions(vec![finding()], &[("a.rs", "a table")]).is_empty());
    assert_eq!(without_exceptions(vec![finding()], &[]).len(), 1);
    assert_eq!(without_exceptions(vec![], &[("a.rs", "a table")]).len(), 1);
}
