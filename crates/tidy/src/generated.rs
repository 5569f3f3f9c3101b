//! Generated files are committed, and say of what they were made, so that it shows when they lag behind.

use xtask::codegen::TYPES_HEADER;
use xtask::stamp::Fingerprint;

use crate::finding::{Finding, assert_none};
use crate::repository::files;

const DOCUMENT: &str = "web/openapi.json";
const TYPES: &str = "web/src/api/schema.gen.ts";

fn stale_types(document: &str, types: &str) -> Option<Finding> {
    let made_of = types
        .strip_prefix(TYPES_HEADER)
        .and_then(|rest| rest.split('.').next());
    let current = Fingerprint::of(document.as_bytes()).to_string();
    (made_of != Some(current.as_str())).then(|| {
        Finding::in_file(
            TYPES,
            format!("was not made from {DOCUMENT} as it is: run `cargo xtask codegen`"),
        )
    })
}

#[test]
fn the_types_of_the_page_were_made_from_the_document() {
    let files = files();
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.map(|file| file.text.as_str())
            .unwrap_or_else(|| panic!("{path} is missing: run `cargo xtask codegen`"))
    };
    assert_none(
        stale_types(text(DOCUMENT), text(TYPES))
            .into_iter()
            .collect(),
    );
}

#[test]
fn types_of_an_older_document_are_found() {
    let types = format!(
        "{TYPES_HEADER}{}. Do not edit.\nexport {{}};\n",
        Fingerprint::of(b"{}")
    );
    assert_eq!(stale_types("{}", &types), None);
    assert!(stale_types("{\"openapi\": \"3.1.0\"}", &types).is_some());
    assert!(stale_types("{}", "export {};\n").is_some());
}
