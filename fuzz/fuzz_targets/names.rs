//! Names and identifiers that people and programs choose.
#![no_main]

use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use longhouse_domain::name::{SessionName, TerminalName};
use longhouse_domain::query::Sort;
use longhouse_domain::{SessionId, UserId};

fuzz_target!(|text: &str| {
    let _ = SessionId::from_str(text);
    let _ = UserId::from_str(text);
    let _ = Sort::parse(text);
    if let Ok(name) = SessionName::from_str(text) {
        assert_eq!(name.as_str(), text);
        assert!(
            !text.contains(['/', '\0', '\n', ';', '#', '$', '`']),
            "{text:?}"
        );
    }
    if let Ok(name) = TerminalName::from_str(text) {
        assert!(
            name.as_str()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        );
    }
    sessiond::fuzzing::process_stat(text);
    longhouse_runtime::host::fuzzing::process_stat(text.as_bytes());
});
