//! The headers of a tar archive (POSIX.1-2001): a ustar header, and before it an extended one where a name, a link's target or a size
//! does not fit. Owners are left out, and so are the bits that lend somebody's rights.

use crate::entry::{Facts, Kind};

/// Everything in an archive comes in blocks of this size.
pub(crate) const BLOCK: usize = 512;

/// Sizes from here on do not fit eleven octal digits.
const LARGE: u64 = 1 << 33;

/// The bytes that go before a thing's content. `name` is the whole path in the archive, `target` where a link leads.
pub(crate) fn header(name: &[u8], facts: &Facts, target: &[u8]) -> Vec<u8> {
    let (kind, size) = match facts.kind() {
        Kind::Directory => (b'5', 0),
        Kind::Link => (b'2', 0),
        Kind::File | Kind::Other => (b'0', facts.size()),
    };
    let mut name = name.to_vec();
    if kind == b'5' {
        name.push(b'/');
    }
    let mut records = Vec::new();
    if !fits(&name) {
        record(&mut records, "path", &name);
    }
    if !fits(target) {
        record(&mut records, "linkpath", target);
    }
    if size >= LARGE {
        record(&mut records, "size", size.to_string().as_bytes());
    }
    let modified = u64::try_from(facts.modified_seconds()).unwrap_or_default();
    let mut bytes = Vec::new();
    if !records.is_empty() {
        bytes.extend(block(
            b"longhouse-pax",
            b"",
            b'x',
            0o644,
            records.len() as u64,
            0,
        ));
        let length = records.len();
        bytes.extend(records);
        bytes.resize(bytes.len() + padding(length as u64), 0);
    }
    let short = if size >= LARGE { 0 } else { size };
    bytes.extend(block(
        &name,
        target,
        kind,
        facts.permissions(),
        short,
        modified,
    ));
    bytes
}

/// How many bytes fill the last block of so long a content.
pub(crate) fn padding(length: u64) -> usize {
    let over = usize::try_from(length % BLOCK as u64).unwrap_or_default();
    (BLOCK - over) % BLOCK
}

/// Plain enough for the old field of a hundred bytes: every reader understands it there.
fn fits(text: &[u8]) -> bool {
    text.len() <= 100 && text.is_ascii()
}

/// `length key=value\n`, where the length counts itself.
fn record(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(format!("{length} {key}=").as_bytes());
    records.extend_from_slice(value);
    records.push(b'\n');
}

fn block(name: &[u8], target: &[u8], kind: u8, mode: u32, size: u64, modified: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, room: usize, text: &[u8]| {
        let length = text.len().min(room);
        block[at..at + length].copy_from_slice(&text[..length]);
    };
    put(0, 100, name);
    put(100, 8, format!("{mode:07o}").as_bytes());
    put(108, 8, b"0000000");
    put(116, 8, b"0000000");
    put(124, 12, format!("{size:011o}").as_bytes());
    put(
        136,
        12,
        format!("{:011o}", modified.min(LARGE - 1)).as_bytes(),
    );
    put(148, 8, b"        ");
    put(156, 1, &[kind]);
    put(157, 100, target);
    put(257, 8, b"ustar\x0000");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_length() {
        for length in [1, 88, 89, 90, 91, 92, 93, 985, 986, 987, 988, 989] {
            let mut records = Vec::new();
            record(&mut records, "path", &vec![b'x'; length]);
            let text = String::from_utf8(records.clone()).unwrap();
            let said: usize = text.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(said, records.len(), "{length}");
        }
    }

    #[test]
    fn content_is_filled_up_to_whole_blocks() {
        assert_eq!([padding(0), padding(1), padding(512)], [0, 511, 0]);
    }
}
