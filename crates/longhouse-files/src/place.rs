//! Where the paths that people name begin: in a session's working directory, or below the directories that an administrator allowed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::FileError;
use crate::path::TreePath;
use crate::root::{Root, Spot};

/// Says where a path begins.
pub trait Locate: Send + Sync + 'static {
    /// The spot that the path names.
    ///
    /// # Errors
    /// The path cannot be one, begins nowhere that is open, or its beginning is gone.
    fn locate(&self, path: &[u8]) -> Result<Spot, FileError>;
}

/// One directory; paths are relative to it.
#[derive(Clone, Debug)]
pub enum Workspace {
    /// The directory that this process stands in.
    Here,
    /// The directory at this path.
    At(PathBuf),
}

impl Locate for Workspace {
    fn locate(&self, path: &[u8]) -> Result<Spot, FileError> {
        let path = TreePath::parse(path)?;
        let root = match self {
            Self::Here => Root::here()?,
            Self::At(directory) => Root::open(directory)?,
        };
        Ok(Spot { root, path })
    }
}

/// The files below certain directories of this machine, which people name by absolute paths.
#[derive(Clone, Debug)]
pub struct AllowedFiles {
    bases: Arc<[Base]>,
    barred: Arc<[PathBuf]>,
}

#[derive(Debug)]
struct Base {
    /// As configured; this is what people know it by.
    named: PathBuf,
    /// Without symbolic links, as found when the settings were made.
    canonical: PathBuf,
}

impl AllowedFiles {
    /// Resolves the bases once, for an administrator may well configure a symbolic link; one that is missing is left out. `barred` are
    /// directories that stay closed wherever they lie, such as the server's own with its keys.
    #[must_use]
    pub fn new(bases: &[PathBuf], barred: &[&Path]) -> Self {
        let base = |named: &PathBuf| {
            let canonical = fs::canonicalize(named)
                .inspect_err(|error| tracing::warn!(path = %named.display(), %error, "no files below this allowed directory"))
                .ok()?;
            Some(Base {
                named: named.clone(),
                canonical,
            })
        };
        // One that is not there yet is known by its path as it stands.
        let bar = |path: &&Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        Self {
            bases: bases.iter().filter_map(base).collect(),
            barred: barred.iter().map(bar).collect(),
        }
    }
}

impl Locate for AllowedFiles {
    fn locate(&self, path: &[u8]) -> Result<Spot, FileError> {
        // Checked as a whole before anything is compared: what climbs is refused wherever it would lead.
        let Some(below_top) = path.strip_prefix(b"/") else {
            return Err(FileError::Path("is not absolute"));
        };
        let parsed = TreePath::parse(without_leading_slashes(below_top))?;
        let whole = Path::new("/").join(OsStr::from_bytes(parsed.as_bytes()));
        // Compared by components: `/srv/a` is no base of `/srv/a-b`. The nearest base counts.
        let below = |base: &Base| {
            let rest = whole
                .strip_prefix(&base.named)
                .or_else(|_| whole.strip_prefix(&base.canonical));
            Some((
                base.canonical.clone(),
                rest.ok()?.as_os_str().as_bytes().to_vec(),
            ))
        };
        let nearest = self
            .bases
            .iter()
            .filter_map(below)
            .min_by_key(|(_, rest)| rest.len());
        let (base, rest) = nearest.ok_or(FileError::Outside)?;
        Ok(Spot {
            root: Root::open(&base)?.barring(Arc::clone(&self.barred)),
            path: TreePath::parse(&rest)?,
        })
    }
}

/// Several slashes at the beginning mean what one does.
fn without_leading_slashes(path: &[u8]) -> &[u8] {
    let first = path.iter().position(|byte| *byte != b'/');
    &path[first.unwrap_or(path.len())..]
}
