//! sessiond's own log: JSON lines in a file of bounded size, for the day when something went wrong and no server was there to be told.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file's bound, bytes. At the bound it becomes `<name>.1`, replacing the last such, so the log never takes more than twice this.
const BOUND: u64 = 1024 * 1024;

/// A log file that rotates once.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    state: Mutex<(File, u64)>,
}

impl LogFile {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let (file, size) = append_to(path)?;
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new((file, size)),
        })
    }
}

fn append_to(path: &Path) -> io::Result<(File, u64)> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

impl Write for &LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.1 >= BOUND {
            std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
            *state = append_to(&self.path)?;
        }
        let written = state.0.write(line)?;
        state.1 += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_never_takes_more_than_twice_its_bound() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessiond.log");
        let log = LogFile::open(&path).unwrap();
        let line = vec![b'x'; 64 * 1024];
        for _ in 0..100 {
            (&log).write_all(&line).unwrap();
        }
        let sizes: Vec<u64> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|e| e.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|s| *s <= BOUND + line.len() as u64));
    }
}
