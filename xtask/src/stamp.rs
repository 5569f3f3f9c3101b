//! Stamps: how a step that cargo does not watch knows that nothing has changed since it last ran.
//!
//! A fingerprint tells contents apart, nothing more. It is no protection against anybody who wants two contents to look alike.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// 64-bit FNV-1a of some bytes: the same on every machine and with every compiler, unlike the standard library's hasher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    /// The fingerprint of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Self::OFFSET_BASIS).and(bytes)
    }

    fn and(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(Self::PRIME)
        }))
    }

    /// The fingerprint of every file below `root` that `takes` (given the path relative to `root`) lets in, names included.
    /// Directories that `takes` refuses are not entered.
    ///
    /// # Errors
    /// When a directory or file cannot be read.
    pub fn of_tree(root: &Path, takes: &dyn Fn(&Path) -> bool) -> Result<Self> {
        let mut files = Vec::new();
        collect(root, Path::new(""), takes, &mut files)?;
        files.sort();
        let mut fingerprint = Self(Self::OFFSET_BASIS);
        for file in files {
            let contents = fs::read(root.join(&file))
                .with_context(|| format!("cannot read {}", file.display()))?;
            // Name and length go in before the contents, so that bytes that move from one file to the next do not cancel out.
            fingerprint = fingerprint
                .and(file.as_os_str().as_encoded_bytes())
                .and(&[0])
                .and(&(contents.len() as u64).to_le_bytes())
                .and(&contents);
        }
        Ok(fingerprint)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

fn collect(
    root: &Path,
    below: &Path,
    takes: &dyn Fn(&Path) -> bool,
    into: &mut Vec<PathBuf>,
) -> Result<()> {
    let directory = root.join(below);
    for entry in
        fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?
    {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if !takes(&path) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(root, &path, takes, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}

/// A file that remembers the fingerprint with which a step last succeeded.
#[derive(Debug)]
pub(crate) struct Stamp {
    path: PathBuf,
}

impl Stamp {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Whether the step has succeeded with this fingerprint and `product`, what it makes, is still there.
    pub(crate) fn is_fresh(&self, fingerprint: Fingerprint, product: &Path) -> bool {
        let recorded = fs::read_to_string(&self.path).ok();
        product.exists()
            && recorded.as_deref().map(str::trim) == Some(fingerprint.to_string().as_str())
    }

    /// Remembers that the step has succeeded.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn record(&self, fingerprint: Fingerprint) -> Result<()> {
        write_if_changed(&self.path, format!("{fingerprint}\n").as_bytes()).map(drop)
    }
}

/// What [`write_if_changed`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Changed,
    Same,
}

/// Puts `contents` at `path`, through a rename so that nobody reads half a file. A file that has them already keeps its time,
/// so that nothing is rebuilt for its sake.
///
/// # Errors
/// When the file cannot be read, or its directory not be written.
pub(crate) fn write_if_changed(path: &Path, contents: &[u8]) -> Result<Written> {
    match fs::read(path) {
        Ok(there) if there == contents => return Ok(Written::Same),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
    let directory = path.parent().context("a file needs a directory")?;
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let half = path.with_extension(format!("half-{}", std::process::id()));
    fs::write(&half, contents).with_context(|| format!("cannot write {}", half.display()))?;
    fs::rename(&half, path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Written::Changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_fnv_1a() {
        // From the algorithm's published test vectors.
        assert_eq!(Fingerprint::of(b"").to_string(), "cbf29ce484222325");
        assert_eq!(Fingerprint::of(b"foobar").to_string(), "85944171f73967e8");
    }

    fn of_tree(root: &Path) -> Fingerprint {
        Fingerprint::of_tree(root, &|path| !path.starts_with("node_modules")).unwrap()
    }

    #[test]
    fn a_tree_changes_with_names_and_contents_but_not_with_what_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("src")).unwrap();
        fs::write(dir.path().join("src/a"), "one").unwrap();
        let first = of_tree(dir.path());

        fs::create_dir(dir.path().join("node_modules")).unwrap();
        fs::write(dir.path().join("node_modules/x"), "x").unwrap();
        assert_eq!(of_tree(dir.path()), first);

        fs::write(dir.path().join("src/a"), "two").unwrap();
        let second = of_tree(dir.path());
        assert_ne!(second, first);

        fs::rename(dir.path().join("src/a"), dir.path().join("src/b")).unwrap();
        assert_ne!(of_tree(dir.path()), second);
    }

    #[test]
    fn bytes_that_move_between_files_are_noticed() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (dir, a, b) in [(&one, "xy", "z"), (&two, "x", "yz")] {
            fs::write(dir.path().join("a"), a).unwrap();
            fs::write(dir.path().join("b"), b).unwrap();
        }
        assert_ne!(of_tree(one.path()), of_tree(two.path()));
    }

    #[test]
    fn a_stamp_is_fresh_only_with_the_same_fingerprint_and_the_product_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let (stamp, product) = (
            Stamp::at(dir.path().join("deep/stamp")),
            dir.path().join("product"),
        );
        let (now, later) = (Fingerprint::of(b"now"), Fingerprint::of(b"later"));
        fs::write(&product, "").unwrap();
        assert!(!stamp.is_fresh(now, &product), "nothing was recorded");
        stamp.record(now).unwrap();
        assert!(stamp.is_fresh(now, &product));
        assert!(!stamp.is_fresh(later, &product), "the inputs have changed");
        fs::remove_file(&product).unwrap();
        assert!(!stamp.is_fresh(now, &product), "the product is gone");
    }

    #[test]
    fn a_file_with_the_same_contents_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        assert_eq!(write_if_changed(&path, b"1").unwrap(), Written::Changed);
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(write_if_changed(&path, b"1").unwrap(), Written::Same);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), time);
        assert_eq!(write_if_changed(&path, b"2").unwrap(), Written::Changed);
        assert_eq!(
            fs::read_dir(dir.path().join("a")).unwrap().count(),
            1,
            "no half file stays"
        );
    }
}
