//! A file as a repository calls it.

use serde::{Deserialize, Serialize};

/// The longest, bytes: as long as the kernel takes one.
const PATH_BYTES: usize = 4095;

/// A path below a repository's root: any bytes between slashes. It is always taken literally, never as a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct GitPath(Vec<u8>);

/// No file of a repository can be called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no path below the repository's root: it neither begins with a slash nor holds \"..\", \".git\" or NUL"
)]
pub struct BadGitPath;

impl GitPath {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for GitPath {
    type Error = BadGitPath;

    fn try_from(mut path: Vec<u8>) -> Result<Self, BadGitPath> {
        // A directory may be written with the slash at its end.
        if path.len() > 1 && path.ends_with(b"/") {
            path.pop();
        }
        let is_part =
            |part: &[u8]| !part.is_empty() && part != b".." && !part.eq_ignore_ascii_case(b".git");
        let fits = path.len() <= PATH_BYTES
            && !path.contains(&0)
            && path.split(|b| *b == b'/').all(is_part);
        if fits {
            Ok(Self(path))
        } else {
            Err(BadGitPath)
        }
    }
}

impl From<GitPath> for Vec<u8> {
    fn from(path: GitPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root_and_out_of_gits_own_directory() {
        for good in [
            &b"a"[..],
            b"a/b c",
            b"-a",
            b":(glob)*",
            b"a\nb\xff",
            b".",
            b".gitignore",
            b"a..b",
        ] {
            assert_eq!(GitPath::try_from(good.to_vec()).unwrap().as_bytes(), good);
        }
        assert_eq!(GitPath::try_from(b"a/".to_vec()).unwrap().as_bytes(), b"a");
        let long = vec![b'a'; PATH_BYTES + 1];
        for bad in [
            &b""[..],
            b"/",
            b"/a",
            b"../a",
            b"a/../../b",
            b"a//b",
            b".git/config",
            b"a/.GIT/x",
            b"a\0b",
            &long,
        ] {
            assert!(GitPath::try_from(bad.to_vec()).is_err(), "{bad:?}");
        }
    }
}
