//! Backups that somebody hands in: as they come, and with the digest that whoever makes one up would compute.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longhouse_engine::backup::take_apart;
use sha2::{Digest as _, Sha256};

/// How every backup begins.
const BEGINNING: &[u8] = b"longhouse backup 1\n";

fn take(bytes: &[u8]) {
    if let Ok((manifest, database)) = take_apart(bytes, || Ok(Vec::new())) {
        let length = database.map_or(0, |database| database.len() as u64);
        assert!(
            manifest.schema.is_none() || length == manifest.database_bytes,
            "{manifest:?} with {length} bytes"
        );
    }
}

fuzz_target!(|bytes: &[u8]| {
    take(bytes);
    for beginning in [b"".as_slice(), BEGINNING] {
        let mut whole = [beginning, bytes].concat();
        let digest = Sha256::digest(&whole);
        whole.extend_from_slice(&digest);
        take(&whole);
    }
});
