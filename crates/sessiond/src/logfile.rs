//! sessiond's own log: JSON lines in a file of bounded size, for the day when something went wrong and no server was there to be told. In a
//! container, whose files nobody outside reads, the lines are printed too: the engine keeps them.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file's bound, bytes. At the bound it becomes `<name>.1`, replacing the last such, so the log never takes more than twice this.
const BOUND: u64 = 1024 * 1024;

/// The longest line that is printed, bytes: a pipe takes so much as one piece, or nothing.
const PRINTED_LINE: usize = 4096;

/// Standard output, kept when everybody else lets go of it.
#[derive(Debug)]
pub(crate) struct Printed(File);

impl Printed {
    /// Takes hold of it. From here on it waits for nobody: an engine that does not read costs lines, and never time.
    pub(crate) fn open() -> io::Result<Self> {
        let stdout = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
        let flags = rustix::fs::fcntl_getfl(&stdout)?;
        rustix::fs::fcntl_setfl(&stdout, flags | rustix::fs::OFlags::NONBLOCK)?;
        Ok(Self(stdout.into()))
    }

    fn print(&self, line: &[u8]) {
        if line.len() <= PRINTED_LINE {
            // What does not fit at this moment is in the file all the same.
            let _lost = (&self.0).write(line);
        }
    }
}

/// A log file that rotates once.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    printed: Option<Printed>,
    state: Mutex<(File, u64)>,
}

impl LogFile {
    pub(crate) fn open(path: &Path, printed: Option<Printed>) -> io::Result<Self> {
        let (file, size) = append_to(path)?;
        Ok(Self {
            path: path.to_owned(),
            printed,
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
        if let Some(printed) = &self.printed {
            printed.print(&line[..written]);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_reader_who_does_not_read_costs_lines_and_no_time() {
        let directory = tempfile::tempdir().unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::NONBLOCK).unwrap();
        let printed = Printed(std::os::fd::OwnedFd::from(writer).into());
        let log = LogFile::open(&directory.path().join("log"), Some(printed)).unwrap();
        for _ in 0..200 {
            (&log).write_all(&[b'x'; 4000]).unwrap();
        }
        drop(log);
        let mut read = Vec::new();
        { reader }.read_to_end(&mut read).unwrap();
        assert!(!read.is_empty() && read.len() % 4000 == 0, "{}", read.len());
    }

    #[test]
    fn the_log_never_takes_more_than_twice_its_bound() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessiond.log");
        let log = LogFile::open(&path, None).unwrap();
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
