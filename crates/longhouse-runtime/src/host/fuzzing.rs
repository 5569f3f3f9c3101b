//! Doors for the targets in `fuzz/`. They exist only in a build with `--cfg fuzzing`.

use std::path::Path;

use super::process::parse_stat;
use super::workdir::AllowedDirs;

/// The directory that a person named: refused, or below `base`, however it is written and whatever links lie on the way.
pub fn workdir(base: &Path, named: &str) {
    let allowed = AllowedDirs::new(&[base.to_path_buf()], &[]);
    if let Ok(dir) = allowed.open(named) {
        let found = dir.present_path().unwrap_or_default();
        assert!(
            found.starts_with(base),
            "{named:?} led to {}",
            found.display()
        );
    }
}

/// A line of `/proc/<pid>/stat`, in which a program has chosen its own name.
pub fn process_stat(line: &[u8]) {
    let _ = parse_stat(1, line);
}
