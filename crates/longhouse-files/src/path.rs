//! A path below a root, as bytes: checked once, and from then on known to name something below.
//!
//! The check is of form only. That a well-formed path stays below its root is the kernel's business, not this text's.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::FileError;

/// The longest path, bytes; Linux itself ends at 4096 with the closing NUL.
pub const PATH_BYTES: usize = 4095;

/// The longest name of one file, bytes.
pub const NAME_BYTES: usize = 255;

/// A path relative to a root: names between single slashes; empty for the root itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreePath(Vec<u8>);

impl TreePath {
    /// The path that these bytes spell. Doubled slashes and single dots mean nothing and are dropped.
    ///
    /// # Errors
    /// [`FileError::Path`] for what is absolute, climbs by `..`, holds a NUL, or is too long.
    pub fn parse(text: &[u8]) -> Result<Self, FileError> {
        if text.len() > PATH_BYTES {
            return Err(FileError::Path("is longer than 4095 bytes"));
        }
        if text.contains(&0) {
            return Err(FileError::Path("holds a NUL"));
        }
        if text.first() == Some(&b'/') {
            return Err(FileError::Path(
                "is absolute; name it relative to the directory",
            ));
        }
        let mut path = Vec::with_capacity(text.len());
        for name in text.split(|byte| *byte == b'/') {
            match name {
                b"" | b"." => continue,
                b".." => return Err(FileError::Path("holds \"..\"")),
                _ if name.len() > NAME_BYTES => {
                    return Err(FileError::Path(
                        "holds a name that is longer than 255 bytes",
                    ));
                }
                _ => {}
            }
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name);
        }
        Ok(Self(path))
    }

    /// The path's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it names the root itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last name, and the directory that it stands in; `None` for the root.
    #[must_use]
    pub fn split(&self) -> Option<(Self, &OsStr)> {
        if self.0.is_empty() {
            return None;
        }
        let (parent, name) = match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (&self.0[..at], &self.0[at + 1..]),
            None => (&[][..], &self.0[..]),
        };
        Some((Self(parent.to_vec()), OsStr::from_bytes(name)))
    }

    /// Each name on the way.
    pub(crate) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0
            .split(|byte| *byte == b'/')
            .filter(|name| !name.is_empty())
            .map(OsStr::from_bytes)
    }

    /// As a path for the system; the root is ".".
    pub(crate) fn as_path(&self) -> &Path {
        if self.0.is_empty() {
            Path::new(".")
        } else {
            Path::new(OsStr::from_bytes(&self.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Vec<u8> {
        TreePath::parse(text).unwrap().as_bytes().to_vec()
    }

    #[test]
    fn what_means_nothing_is_dropped_and_every_other_byte_kept() {
        assert_eq!(parsed(b""), b"");
        assert_eq!(parsed(b"./a//b/./c/"), b"a/b/c");
        assert_eq!(parsed(b"a\xff\n/..%2f/..\\"), b"a\xff\n/..%2f/..\\");
        assert_eq!(parsed(b"..."), b"...");
        assert_eq!(parsed(&[b'a'; NAME_BYTES]), [b'a'; NAME_BYTES]);
    }

    #[test]
    fn what_climbs_starts_at_the_top_or_is_too_long_is_refused() {
        let long_name = [b'a'; NAME_BYTES + 1];
        let long_path = b"a/".repeat(PATH_BYTES);
        let bad: [&[u8]; 8] = [
            b"..",
            b"a/../b",
            b"a/..",
            b"/etc/passwd",
            b"/",
            b"a\0b",
            &long_name,
            &long_path,
        ];
        for path in bad {
            let refused = TreePath::parse(path);
            assert!(matches!(refused, Err(FileError::Path(_))), "{path:?}");
        }
    }

    #[test]
    fn a_path_splits_into_directory_and_name() {
        let path = TreePath::parse(b"a/b/c").unwrap();
        let (parent, name) = path.split().unwrap();
        assert_eq!(
            (parent.as_bytes(), name.as_bytes()),
            (&b"a/b"[..], &b"c"[..])
        );
        assert_eq!(path.names().count(), 3);
        assert!(TreePath::default().split().is_none());
    }
}
