//! Old records leave the database: into a file beside it first, then out of the table, with the place marked.

use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use longhouse_domain::Timestamp;
use longhouse_domain::audit::AuditRecord;
use longhouse_store::{AuditCut, AuditQuery, Store};
use sha2::{Digest, Sha256};

use crate::error::EngineError;

/// How many records are held in memory at once.
const PIECE: u32 = 500;

/// Moves the records from before `before` into a file in `dir`. How many went.
///
/// A process that dies between the two steps leaves a file that holds what is still in the table; the next attempt writes one
/// that holds it too. No record is ever in neither.
pub(crate) async fn archive(
    store: &Store,
    dir: &Path,
    before: Timestamp,
    now: Timestamp,
) -> Result<u64, EngineError> {
    let Some(through) = store.audit_place_before(before).await? else {
        return Ok(0);
    };
    let mut file: Option<ArchiveFile> = None;
    let mut after = 0;
    loop {
        let records = store
            .audit_after(&AuditQuery::default(), after, PIECE)
            .await?;
        let records: Vec<_> = records
            .into_iter()
            .filter(|record| record.seq <= through)
            .collect();
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            break;
        };
        let (begin, end) = (first.seq, last.seq);
        let dir = dir.to_owned();
        let written = tokio::task::spawn_blocking(move || {
            let mut file = match file {
                Some(file) => file,
                None => ArchiveFile::create(&dir, begin, through)?,
            };
            file.append(&records)?;
            Ok::<_, io::Error>(file)
        });
        file = Some(flat(written.await)?);
        after = end;
    }
    let Some(file) = file else {
        return Ok(0);
    };
    let (path, export_hash) = flat(tokio::task::spawn_blocking(move || file.finish()).await)?;
    let cut = AuditCut {
        through,
        export_hash,
        exported_to: path.display().to_string(),
    };
    Ok(store.cut_audit(&cut, now).await?)
}

fn flat<T>(done: Result<io::Result<T>, tokio::task::JoinError>) -> Result<T, EngineError> {
    let failed =
        |error: String| EngineError::Internal(format!("cannot write the audit archive: {error}"));
    done.map_err(|error| failed(error.to_string()))?
        .map_err(|error| failed(error.to_string()))
}

/// A file that only its owner can read, under another name until it is whole.
struct ArchiveFile {
    out: BufWriter<File>,
    hash: Sha256,
    unfinished: PathBuf,
    path: PathBuf,
}

impl ArchiveFile {
    fn create(dir: &Path, first: i64, last: i64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let path = dir.join(format!("audit-{first}-{last}.jsonl"));
        let unfinished = path.with_extension("jsonl.unfinished");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        Ok(Self {
            out: BufWriter::new(options.open(&unfinished)?),
            hash: Sha256::new(),
            unfinished,
            path,
        })
    }

    fn append(&mut self, records: &[AuditRecord]) -> io::Result<()> {
        for record in records {
            let mut line = serde_json::to_vec(record)?;
            line.push(b'\n');
            self.hash.update(&line);
            self.out.write_all(&line)?;
        }
        Ok(())
    }

    /// Brings it to the disk; gives its path and its hash.
    fn finish(mut self) -> io::Result<(PathBuf, String)> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        std::fs::rename(&self.unfinished, &self.path)?;
        if let Some(dir) = self.path.parent() {
            File::open(dir)?.sync_all()?;
        }
        let mut hash = String::new();
        for byte in self.hash.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Ok((self.path, hash))
    }
}
