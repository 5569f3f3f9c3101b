//! The files of the repository, as git sees them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Relative to the root, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    pub(crate) fn has_extension(&self, extensions: &[&str]) -> bool {
        let extension = Path::new(&self.path).extension().and_then(|e| e.to_str());
        extension.is_some_and(|extension| extensions.contains(&extension))
    }

    pub(crate) fn is_generated(&self) -> bool {
        self.path.ends_with(".gen.ts") || self.path.ends_with(".d.ts")
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Every text file that git tracks or would track. Binary files are left out.
pub(crate) fn files() -> Vec<SourceFile> {
    let root = root();
    let output = Command::new("git")
        // A checkout that belongs to another user, as in many CI systems, is none the less ours to read.
        .args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(&root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut paths: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .split_terminator('\0')
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    assert!(
        paths.len() > 20,
        "git sees only {} files: the rules would pass without looking",
        paths.len()
    );
    paths
        .into_iter()
        .filter_map(|path| read(&root, path))
        .collect()
}

/// Every `.rs` file.
pub(crate) fn rust_files() -> Vec<SourceFile> {
    files()
        .into_iter()
        .filter(|file| file.has_extension(&["rs"]))
        .collect()
}

fn read(root: &Path, path: String) -> Option<SourceFile> {
    match fs::read(root.join(&path)) {
        Ok(bytes) => String::from_utf8(bytes)
            .ok()
            .map(|text| SourceFile { path, text }),
        // Deleted in the work tree, or a symbolic link to a directory.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => None,
        Err(error) => panic!("cannot read {path}: {error}"),
    }
}
