//! The largest body of a request that the API knows: the creation of a session.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    longhouse_server::fuzzing::body(data);
});
