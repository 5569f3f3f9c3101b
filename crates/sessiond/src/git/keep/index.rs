//! Indexes of sessiond's own, in which git may work for as long as it takes: new ones, and copies of the repository's.
//!
//! Git that changes the repository's index holds `index.lock` from its first look to its last word, and refuses whoever comes meanwhile. So
//! ours changes a copy, and the copy takes the index's place: held for two calls of the system, and only if nobody has changed it since.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::own::{Own, Trouble};

/// An index of our own, and nothing left of one that a killed git wrote.
pub(super) fn private_index(own: &Own<'_>, name: &str) -> Result<PathBuf, Trouble> {
    let index = own.directory().join(name);
    for left in [index.clone(), own.directory().join(format!("{name}.lock"))] {
        match fs::remove_file(left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Trouble::io("an index of our own")(error));
            }
            _ => {}
        }
    }
    Ok(index)
}

/// The repository's index, copied: so git need not read again what it knows.
pub(super) struct Copied {
    pub(super) place: PathBuf,
    /// Which one was copied, if there was one.
    original: Option<Which>,
}

impl Copied {
    pub(super) async fn make(own: &Own<'_>) -> Result<Self, Trouble> {
        let place = private_index(own, "index")?;
        let (from, to) = (repositorys(own), place.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await;
        let original = copied
            .map_err(io::Error::other)
            .flatten()
            .map_err(Trouble::io("a copy of the index"))?;
        Ok(Self { place, original })
    }

    /// Makes it the repository's index. False where that has changed since it was copied, or somebody else holds it.
    pub(super) async fn take_its_place(self, own: &Own<'_>) -> Result<bool, Trouble> {
        let index = repositorys(own);
        let lock = own.repository.git_dir().join("index.lock");
        own.as_git_does(|| {
            match File::create_new(&lock) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
                made => drop(made?),
            }
            let replaced = Which::is_at(&index).and_then(|now| {
                let same = now == self.original;
                if same {
                    fs::rename(&self.place, &index)?;
                }
                Ok(same)
            });
            fs::remove_file(&lock)?;
            replaced
        })
        .await
        .map_err(Trouble::io("the index"))
    }
}

fn repositorys(own: &Own<'_>) -> PathBuf {
    own.repository.git_dir().join("index")
}

/// Copies an index with its time: by that git knows which files it has to read although they look unchanged.
fn copy(from: &Path, to: &Path) -> io::Result<Option<Which>> {
    let mut from = match File::open(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let original = from.metadata()?;
    let mut to = File::create_new(to)?;
    io::copy(&mut from, &mut to)?;
    to.set_modified(original.modified()?)?;
    Ok(Some(Which::of(&original)))
}

/// Tells one state of an index from every other: git never writes into it, but puts a new one in its place.
#[derive(PartialEq, Eq)]
struct Which {
    device: u64,
    inode: u64,
    size: u64,
    /// In nanoseconds within the second.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Which {
    fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    fn is_at(path: &Path) -> io::Result<Option<Self>> {
        match path.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => Ok(Some(Self::of(&found?))),
        }
    }
}
