//! sessiond's program on this machine: written once for each version, named by its content, and kept while a living session runs it.

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::process;
use crate::disk::hex;

/// How every version's file begins.
const PREFIX: &str = "sessiond-";

/// How many digits of the hash stand in the name. A name that fits is not yet believed: the content is compared.
const NAMED_DIGITS: usize = 16;

/// How much of the file is read at a time to compare it. Each start of the server reads all of it, and nobody wants it in memory.
const COMPARED: usize = 64 * 1024;

/// Where sessiond's program comes from.
#[derive(Clone, Debug)]
pub enum SessiondBinary {
    /// Shipped inside the server.
    Embedded {
        /// The program.
        bytes: &'static [u8],
        /// Its SHA-256, in hexadecimal digits; taken when the server was built, because that takes longer than all else here.
        hash: &'static str,
    },
    /// A file, for development and tests.
    File(PathBuf),
}

/// Writes the program into `bin_dir` unless it is there, and returns its path.
pub(super) fn install(source: &SessiondBinary, bin_dir: &Path) -> io::Result<PathBuf> {
    match source {
        SessiondBinary::Embedded { bytes, hash } => install_bytes(bytes, hash, bin_dir),
        SessiondBinary::File(path) => {
            let bytes = fs::read(path)?;
            install_bytes(&bytes, &hex(&Sha256::digest(&bytes)), bin_dir)
        }
    }
}

fn install_bytes(bytes: &[u8], hash: &str, bin_dir: &Path) -> io::Result<PathBuf> {
    let hash = hash.get(..NAMED_DIGITS).unwrap_or(hash);
    let path = bin_dir.join(format!("{PREFIX}{hash}"));
    if is_intact(&path, bytes) {
        return Ok(path);
    }
    // Complete or not there at all: a crash half-way leaves a file that nobody starts, and the next start replaces it.
    let unfinished = bin_dir.join(format!(".{PREFIX}unfinished"));
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::create_new(&unfinished)?;
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(0o755))?;
    file.sync_all()?;
    drop(file);
    fs::rename(&unfinished, &path)?;
    File::open(bin_dir)?.sync_all()?;
    Ok(path)
}

fn is_intact(path: &Path, bytes: &[u8]) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else {
        return false;
    };
    let executable = found.is_file() && found.permissions().mode() & 0o777 == 0o755;
    executable && found.len() == bytes.len() as u64 && holds(path, bytes).unwrap_or(false)
}

/// Whether the file, which is as long, begins with these bytes.
fn holds(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut read = vec![0; COMPARED];
    for wanted in bytes.chunks(COMPARED) {
        let read = &mut read[..wanted.len()];
        file.read_exact(read)?;
        if read != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes the versions that are neither `current` nor run by anybody.
pub(super) fn remove_unused(bin_dir: &Path, current: &Path) -> io::Result<()> {
    let mut others = Vec::new();
    for file in fs::read_dir(bin_dir)? {
        let path = file?.path();
        let is_version = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(PREFIX));
        if is_version && path != current {
            others.push(path);
        }
    }
    // Looking at every process takes most of a start, and is needed only after an update.
    if others.is_empty() {
        return Ok(());
    }
    let processes = process::own_processes();
    let running: HashSet<PathBuf> = processes
        .iter()
        .filter_map(|entry| entry.id.executable())
        .collect();
    for path in others.iter().filter(|path| !running.contains(*path)) {
        fs::remove_file(path)?;
        tracing::info!(path = %path.display(), "removed a version of sessiond that nobody runs");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn file_names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_program_is_written_once_and_again_when_it_was_damaged() {
        let root = tempfile::tempdir().unwrap();
        let first = install_bytes(b"program", "aa", root.path()).unwrap();
        let written = fs::metadata(&first).unwrap().modified().unwrap();
        assert_eq!(install_bytes(b"program", "aa", root.path()).unwrap(), first);
        assert_eq!(fs::metadata(&first).unwrap().modified().unwrap(), written);

        for damage in [Some("prog"), Some("programs"), Some("prograM"), None] {
            match damage {
                Some(content) => fs::write(&first, content).unwrap(),
                None => fs::set_permissions(&first, Permissions::from_mode(0o644)).unwrap(),
            }
            fs::write(root.path().join(".sessiond-unfinished"), "left by a crash").unwrap();
            assert_eq!(install_bytes(b"program", "aa", root.path()).unwrap(), first);
            assert_eq!(fs::read(&first).unwrap(), b"program");
            assert_eq!(
                fs::metadata(&first).unwrap().permissions().mode() & 0o777,
                0o755
            );
        }
        assert_eq!(file_names(root.path()).len(), 1);
    }

    #[test]
    fn a_version_stays_as_long_as_somebody_runs_it() {
        let root = tempfile::tempdir().unwrap();
        let bin_dir = root.path().canonicalize().unwrap();
        let old = install(&SessiondBinary::File("/bin/sleep".into()), &bin_dir).unwrap();
        let mut session = Command::new(&old).arg("600").env_clear().spawn().unwrap();
        let current = install_bytes(b"new", "bb", &bin_dir).unwrap();
        fs::write(bin_dir.join("notes"), "not ours").unwrap();

        while process::ProcessId::of(session.id())
            .and_then(process::ProcessId::executable)
            .as_ref()
            != Some(&old)
        {
            std::thread::yield_now();
        }
        remove_unused(&bin_dir, &current).unwrap();
        assert!(old.exists() && current.exists());

        session.kill().unwrap();
        session.wait().unwrap();
        remove_unused(&bin_dir, &current).unwrap();
        assert!(!old.exists() && current.exists() && bin_dir.join("notes").exists());
    }
}
