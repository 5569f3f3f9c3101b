//! Why a file operation was not done, named for what the caller will do about it, with a stable code for each.

use rustix::io::Errno;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The path cannot be one.
    #[error("the path {0}")]
    Path(&'static str),
    /// There is nothing of that name.
    #[error("there is no such file or directory")]
    NotFound,
    /// It leads out of the directory that it has to stay below.
    #[error("the path leads out of the directory that is open to you")]
    Outside,
    /// The user that the work is done as may not.
    #[error("the file system does not permit this")]
    Denied,
    /// The file system is mounted read-only.
    #[error("the file system is read-only")]
    ReadOnly,
    /// Not a regular file: a directory, a link, a pipe, a socket, a device.
    #[error("this is not a regular file")]
    NotRegular,
    /// Not a directory.
    #[error("this is not a directory")]
    NotDirectory,
    /// Something of that name is there.
    #[error("there is something of that name already")]
    Exists,
    /// The directory has something in it.
    #[error("the directory is not empty")]
    NotEmpty,
    /// It is not, or no longer, what the caller takes it for.
    #[error("the file has changed meanwhile")]
    Changed,
    /// More bytes than may be handled at once; so many may.
    #[error("this is larger than the {0} bytes that can be handled at once")]
    TooLarge(u64),
    /// More files than may be handled at once, or nested too deeply.
    #[error("these are more files, or more deeply nested ones, than can be handled at once")]
    TooMany,
    /// The part asked for lies beyond the end of the file, which has so many bytes.
    #[error("the file ends at {0} bytes")]
    BeyondEnd(u64),
    /// The disk, or somebody's share of it, is full.
    #[error("no space is left")]
    NoSpace,
    /// It would have to be moved from one file system to another.
    #[error("the target is on another file system: copy it, then delete the original")]
    OtherFileSystem,
    /// Something else is being done with it.
    #[error("the file is in use or being moved about: try again")]
    Busy,
    /// What arrived is not all that was announced.
    #[error("the content did not arrive whole")]
    Incomplete,
    /// The kernel has no `openat2`, without which no path is safe.
    #[error("the kernel is too old for this, or the call openat2 is barred: Linux 5.6 is needed")]
    Unsupported,
    /// The system refused for another reason; its number for it.
    #[error("the file system failed (error {0})")]
    Failed(i32),
}

impl FileError {
    /// The stable name of the error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Path(_) => "invalid_path",
            Self::NotFound => "not_found",
            Self::Outside => "outside",
            Self::Denied => "denied",
            Self::ReadOnly => "read_only",
            Self::NotRegular => "not_regular",
            Self::NotDirectory => "not_directory",
            Self::Exists => "exists",
            Self::NotEmpty => "not_empty",
            Self::Changed => "changed",
            Self::TooLarge(_) => "too_large",
            Self::TooMany => "too_many",
            Self::BeyondEnd(_) => "beyond_end",
            Self::NoSpace => "no_space",
            Self::OtherFileSystem => "other_file_system",
            Self::Busy => "busy",
            Self::Incomplete => "incomplete",
            Self::Unsupported => "unsupported",
            Self::Failed(_) => "failed",
        }
    }

    /// The number that belongs to the error; 0 where none does.
    #[must_use]
    pub fn number(self) -> u64 {
        match self {
            Self::TooLarge(number) | Self::BeyondEnd(number) => number,
            Self::Failed(errno) => u64::try_from(errno).unwrap_or_default(),
            _ => 0,
        }
    }

    /// The error of that code and number, as [`FileError::code`] and [`FileError::number`] gave them elsewhere.
    #[must_use]
    pub fn from_parts(code: &str, number: u64) -> Option<Self> {
        let error = match code {
            "invalid_path" => Self::Path("is not accepted"),
            "not_found" => Self::NotFound,
            "outside" => Self::Outside,
            "denied" => Self::Denied,
            "read_only" => Self::ReadOnly,
            "not_regular" => Self::NotRegular,
            "not_directory" => Self::NotDirectory,
            "exists" => Self::Exists,
            "not_empty" => Self::NotEmpty,
            "changed" => Self::Changed,
            "too_large" => Self::TooLarge(number),
            "too_many" => Self::TooMany,
            "beyond_end" => Self::BeyondEnd(number),
            "no_space" => Self::NoSpace,
            "other_file_system" => Self::OtherFileSystem,
            "busy" => Self::Busy,
            "incomplete" => Self::Incomplete,
            "unsupported" => Self::Unsupported,
            "failed" => Self::Failed(i32::try_from(number).unwrap_or_default()),
            _ => return None,
        };
        Some(error)
    }
}

impl From<Errno> for FileError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::NotFound,
            Errno::NOTDIR => Self::NotDirectory,
            // No link is followed but by `openat2`, which says both of a path that does not stay inside.
            Errno::XDEV | Errno::LOOP => Self::Outside,
            Errno::ACCESS | Errno::PERM => Self::Denied,
            Errno::ROFS => Self::ReadOnly,
            Errno::ISDIR | Errno::NXIO | Errno::NODEV => Self::NotRegular,
            Errno::EXIST => Self::Exists,
            Errno::NOTEMPTY => Self::NotEmpty,
            Errno::NOSPC | Errno::DQUOT => Self::NoSpace,
            Errno::AGAIN | Errno::BUSY | Errno::TXTBSY => Self::Busy,
            Errno::NAMETOOLONG => Self::Path("is too long"),
            Errno::NOSYS => Self::Unsupported,
            other => Self::Failed(other.raw_os_error()),
        }
    }
}

impl From<std::io::Error> for FileError {
    fn from(error: std::io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(errno) => errno.into(),
            None => Self::Failed(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_survives_the_way_through_its_code() {
        for error in [
            FileError::NotFound,
            FileError::Outside,
            FileError::Denied,
            FileError::ReadOnly,
            FileError::NotRegular,
            FileError::NotDirectory,
            FileError::Exists,
            FileError::NotEmpty,
            FileError::Changed,
            FileError::TooLarge(7),
            FileError::TooMany,
            FileError::BeyondEnd(9),
            FileError::NoSpace,
            FileError::OtherFileSystem,
            FileError::Busy,
            FileError::Incomplete,
            FileError::Unsupported,
            FileError::Failed(5),
        ] {
            let back = FileError::from_parts(error.code(), error.number());
            assert_eq!(back, Some(error));
        }
        assert_eq!(FileError::from_parts("no such code", 1), None);
    }
}
