//! The chain itself: what a row is hashed to, and what the head is sealed with. Pure; nothing here reads or writes.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::row::Fields;

/// What the first row's hash is taken to follow.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What sets these hashes apart from every other hash; it counts the forms that a row was ever encoded in.
const ROW_FORM: &[u8] = b"longhouse audit row 1\0";
const HEAD_FORM: &[u8] = b"longhouse audit head 1\0";
const CUT_FORM: &[u8] = b"longhouse audit cut 1\0";

/// The columns of a row that are text, in the order in which they are hashed.
pub(super) const TEXTS: [&str; 12] = [
    "severity",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "target_kind",
    "target_id",
    "target_name",
    "outcome",
    "address",
    "request_id",
    "detail",
];

/// The key that seals the head of the log. It is kept outside the database: whoever can only change rows cannot make a seal.
#[derive(Clone)]
pub struct AuditKey(pub [u8; 32]);

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(..)")
    }
}

/// A row as it is stored, without its hash.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) texts: [Option<String>; TEXTS.len()],
}

impl Row {
    pub(super) fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let mut texts = [const { None }; TEXTS.len()];
        for (text, column) in texts.iter_mut().zip(TEXTS) {
            *text = row.maybe_text(column)?;
        }
        Ok(Self {
            seq: row.int("seq")?,
            at: row.int("at")?,
            texts,
        })
    }

    /// The hash of this row after the one with the hash `previous`. Each text goes in with its length, so that no two rows
    /// are written alike; the texts are those of the columns, so nothing has to be written twice in the same way.
    pub(super) fn hash(&self, previous: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(ROW_FORM);
        hash.update(previous.as_bytes());
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.to_be_bytes());
        for text in &self.texts {
            match text {
                None => hash.update([0]),
                Some(text) => {
                    hash.update([1]);
                    hash.update((text.len() as u64).to_be_bytes());
                    hash.update(text.as_bytes());
                }
            }
        }
        hexadecimal(&hash.finalize())
    }
}

/// The seal of a head. Without a key there is none.
pub(super) fn seal_head(key: Option<&AuditKey>, seq: i64, hash: &str) -> String {
    sealed(key, HEAD_FORM, &[&seq.to_be_bytes(), hash.as_bytes()])
}

/// The seal of a cut.
pub(super) fn seal_cut(key: Option<&AuditKey>, seq: i64, hash: &str, export_hash: &str) -> String {
    let parts: [&[u8]; 3] = [&seq.to_be_bytes(), hash.as_bytes(), export_hash.as_bytes()];
    sealed(key, CUT_FORM, &parts)
}

fn sealed(key: Option<&AuditKey>, form: &[u8], parts: &[&[u8]]) -> String {
    // A key of 32 bytes is never refused.
    let Some(mut mac) = key.and_then(|key| Hmac::<Sha256>::new_from_slice(&key.0).ok()) else {
        return String::new();
    };
    mac.update(form);
    for part in parts {
        mac.update(part);
    }
    hexadecimal(&mac.finalize().into_bytes())
}

/// Whether the head is as whoever has the key left it. Before the first row there is nothing to seal.
pub(super) fn head_is_ours(key: Option<&AuditKey>, seq: i64, hash: &str, seal: &str) -> bool {
    let untouched = seq == 0 && hash == GENESIS && seal.is_empty();
    untouched || seal_head(key, seq, hash) == seal
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let texts = TEXTS.map(|column| Some(column.to_owned()));
        Row {
            seq: 1,
            at: 2,
            texts,
        }
    }

    #[test]
    fn every_column_its_absence_and_its_place_count() {
        let mut hashes = std::collections::BTreeSet::from([row().hash(GENESIS)]);
        let mut differs =
            |row: Row, previous: &str| assert!(hashes.insert(row.hash(previous)), "{row:?}");
        differs(Row { seq: 2, ..row() }, GENESIS);
        differs(Row { at: 1, ..row() }, GENESIS);
        differs(row(), "another");
        for at in 0..TEXTS.len() {
            let mut changed = row();
            changed.texts[at] = Some("x".to_owned());
            differs(changed, GENESIS);
            let mut absent = row();
            absent.texts[at] = None;
            differs(absent, GENESIS);
            let mut empty = row();
            empty.texts[at] = Some(String::new());
            differs(empty, GENESIS);
        }
        // What moves from the end of one column to the start of the next changes the hash too.
        let mut moved = row();
        moved.texts[0] = Some("sever".to_owned());
        moved.texts[1] = Some("ityactor_kind".to_owned());
        differs(moved, GENESIS);
    }

    #[test]
    fn a_seal_needs_the_key() {
        let (key, other) = (AuditKey([1; 32]), AuditKey([2; 32]));
        let seal = seal_head(Some(&key), 7, "h");
        assert!(head_is_ours(Some(&key), 7, "h", &seal));
        assert!(!head_is_ours(Some(&other), 7, "h", &seal));
        assert!(!head_is_ours(Some(&key), 6, "h", &seal));
        assert!(!head_is_ours(Some(&key), 7, "g", &seal));
        assert!(!head_is_ours(Some(&key), 7, "h", ""));
        assert!(head_is_ours(Some(&key), 0, GENESIS, ""));
        assert_ne!(seal, seal_cut(Some(&key), 7, "h", ""));
    }
}
