//! The payloads of Socket.IO events.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    longhouse_server::fuzzing::socket_event(data);
});
