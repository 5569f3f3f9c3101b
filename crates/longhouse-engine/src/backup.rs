//! What a backup looks like: one file, whole or refused. What is done with it is the command line's business.
//!
//! ```text
//! longhouse backup 1\n | manifest, one line of JSON\n | the database | SHA-256 of everything before, 32 bytes
//! ```

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::secrets::WrappedKey;

/// The first line. Its number rises with every change that an older version would misread.
const MAGIC: &str = "longhouse backup 1\n";

/// Before the number.
const MAGIC_NAME: &str = "longhouse backup ";

/// The longest manifest, bytes.
const LONGEST_MANIFEST: u64 = 64 * 1024;

/// Bytes of the digest at the end.
const DIGEST: usize = 32;

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version that made it.
    pub version: String,
    /// When, RFC 3339.
    pub created_at: String,
    /// The version of the database's schema; `None` where the database is kept elsewhere.
    pub schema: Option<i64>,
    /// How long the database is, bytes.
    pub database_bytes: u64,
    /// How many sessions it remembers.
    pub sessions: u64,
    /// The fingerprint of the master key that its secrets are sealed under.
    pub master_key: Option<String>,
    /// That key, locked under a passphrase, where it was asked for.
    pub key: Option<WrappedKey>,
}

/// Why a file is no backup to be used.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Another kind of file.
    #[error("it is no backup of Longhouse")]
    Foreign,
    /// The form of a later version.
    #[error(
        "it was made by a newer Longhouse in a form that this one does not know: use that version"
    )]
    Newer,
    /// Something is missing, or is not what was written.
    #[error("it is damaged or incomplete: use another copy of it")]
    Damaged,
    /// It cannot be read, or the database cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes a backup to a new file that only its owner reads, and makes it outlast a power cut.
///
/// # Errors
/// The file is there already, or something cannot be read or written.
pub fn write(path: &Path, manifest: &Manifest, database: Option<&Path>) -> io::Result<()> {
    let file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let mut out = Hashing::new(io::BufWriter::new(&file));
    out.write_all(MAGIC.as_bytes())?;
    serde_json::to_writer(&mut out, manifest)?;
    out.write_all(b"\n")?;
    if let Some(database) = database {
        let copied = io::copy(&mut File::open(database)?, &mut out)?;
        if copied != manifest.database_bytes {
            return Err(io::Error::other(
                "the copy of the database changed its length",
            ));
        }
    }
    let digest = out.hasher.finalize_reset();
    out.inner.write_all(&digest)?;
    out.inner.flush()?;
    drop(out);
    file.sync_all()
}

/// Reads a backup and writes its database to a new file that only its owner reads. What is returned has been checked to the last
/// byte; where it is an error, what was written is not to be used.
///
/// # Errors
/// It is no whole backup of a kind that is known.
pub fn read(path: &Path, database: &Path) -> Result<Manifest, FormatError> {
    let make = || {
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        options.open(database)
    };
    let (manifest, made) = take_apart(BufReader::new(File::open(path)?), make)?;
    if let Some(made) = made {
        made.sync_all()?;
    }
    Ok(manifest)
}

/// The same from wherever it comes, to whatever `make` makes for the database, if there is one in it.
///
/// # Errors
/// See [`read`].
pub fn take_apart<W: Write>(
    input: impl BufRead,
    make: impl FnOnce() -> io::Result<W>,
) -> Result<(Manifest, Option<W>), FormatError> {
    let mut input = Hashing::new(input);
    let magic = line(&mut input, MAGIC.len() as u64)?;
    if magic != MAGIC.as_bytes() {
        let is_ours = magic.starts_with(MAGIC_NAME.as_bytes());
        return Err(if is_ours {
            FormatError::Newer
        } else {
            FormatError::Foreign
        });
    }
    let manifest = line(&mut input, LONGEST_MANIFEST)?;
    let manifest: Manifest = serde_json::from_slice(&manifest).map_err(|_| FormatError::Damaged)?;
    let mut made = None;
    if manifest.schema.is_some() {
        let out = made.insert(make()?);
        let copied = io::copy(&mut (&mut input).take(manifest.database_bytes), out)?;
        if copied != manifest.database_bytes {
            return Err(FormatError::Damaged);
        }
    }
    let digest = input.hasher.finalize_reset();
    let mut rest = Vec::new();
    let mut tail = input.inner.take(DIGEST as u64 + 1);
    tail.read_to_end(&mut rest)?;
    if rest[..] == digest[..] {
        Ok((manifest, made))
    } else {
        Err(FormatError::Damaged)
    }
}

fn line(input: &mut Hashing<impl BufRead>, longest: u64) -> Result<Vec<u8>, FormatError> {
    let mut line = Vec::new();
    (&mut input.inner)
        .take(longest)
        .read_until(b'\n', &mut line)?;
    input.hasher.update(&line);
    Ok(line)
}

/// Hashes what passes.
struct Hashing<T> {
    inner: T,
    hasher: Sha256,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
        }
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            version: "1".to_owned(),
            created_at: "2026-01-01T00:00:00Z".to_owned(),
            schema: Some(4),
            database_bytes: 8,
            sessions: 2,
            master_key: None,
            key: None,
        }
    }

    #[test]
    fn what_was_written_is_read_back_and_any_byte_that_changed_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("database"), "database").unwrap();
        write(&at("backup"), &manifest(), Some(&at("database"))).unwrap();
        assert_eq!(read(&at("backup"), &at("copy")).unwrap(), manifest());
        assert_eq!(std::fs::read(at("copy")).unwrap(), b"database");
        for name in ["backup", "copy"] {
            let mode = std::fs::metadata(at(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }

        let whole = std::fs::read(at("backup")).unwrap();
        let mut versions: Vec<Vec<u8>> =
            (0..whole.len()).map(|end| whole[..end].to_vec()).collect();
        versions.push([&whole[..], b"x"].concat());
        versions.extend((0..whole.len()).map(|place| {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            damaged
        }));
        for version in versions {
            std::fs::write(at("damaged"), &version).unwrap();
            std::fs::remove_file(at("copy")).ok();
            assert!(read(&at("damaged"), &at("copy")).is_err());
        }
    }

    #[test]
    fn a_foreign_file_and_one_of_a_later_version_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let (file, copy) = (dir.path().join("file"), dir.path().join("copy"));
        std::fs::write(&file, "a letter to my aunt\n").unwrap();
        assert!(matches!(read(&file, &copy), Err(FormatError::Foreign)));
        std::fs::write(&file, "longhouse backup 2\n{}\n").unwrap();
        assert!(matches!(read(&file, &copy), Err(FormatError::Newer)));
    }
}
