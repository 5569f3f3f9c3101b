//! What a viewer of a terminal says in text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    longhouse_server::fuzzing::terminal_message(data);
});
