//! The cursors of lists, which clients bring back.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| longhouse_store::sessions::fuzzing::cursor(text));
