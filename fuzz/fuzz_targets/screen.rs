//! What a program writes to its terminal.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    sessiond::fuzzing::screen(data);
});
