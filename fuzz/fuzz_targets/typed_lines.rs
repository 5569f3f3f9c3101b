//! What is typed into terminals and shown by them, for the audit log.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    longhouse_server::fuzzing::typed_lines(data);
});
