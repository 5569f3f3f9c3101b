//! What an identity provider says: tokens, keys and claims.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    longhouse_server::fuzzing::id_token(data);
});
