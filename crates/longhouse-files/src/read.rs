//! A regular file's content, or a part of it, read in pieces.

use std::os::fd::OwnedFd;

use rustix::io::Errno;

use crate::entry::Entry;
use crate::error::FileError;
use crate::root::Spot;

/// Which part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// From a byte on, so many at the most.
    From {
        /// The first byte.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// The last so many bytes.
    Last(u64),
}

/// An open file, of which a part is going to be read.
#[derive(Debug)]
pub struct Content {
    /// What was opened.
    pub entry: Entry,
    /// The part's first byte.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
    file: OwnedFd,
    read: u64,
}

impl Spot {
    /// Opens a regular file to read a part of it, of at most `limit` bytes.
    ///
    /// # Errors
    /// It is no regular file; the part lies beyond its end, or is larger than the limit.
    pub fn open(&self, part: Part, limit: u64) -> Result<Content, FileError> {
        let (file, facts) = self.regular()?;
        let size = facts.size();
        let (offset, length) = match part {
            Part::Whole => (0, size),
            Part::From { offset, length } if offset < size => (offset, length.min(size - offset)),
            Part::Last(length) if length > 0 && size > 0 => {
                let length = length.min(size);
                (size - length, length)
            }
            Part::From { .. } | Part::Last(_) => return Err(FileError::BeyondEnd(size)),
        };
        if length > limit {
            return Err(FileError::TooLarge(limit));
        }
        Ok(Content {
            entry: facts.entry(&file, self.name()),
            offset,
            length,
            file,
            read: 0,
        })
    }
}

impl Content {
    /// The next piece, of at most `most` bytes; `None` at the end of the part.
    ///
    /// # Errors
    /// The file cannot be read, or has become shorter meanwhile: [`FileError::Changed`].
    pub fn next(&mut self, most: usize) -> Result<Option<Vec<u8>>, FileError> {
        let left = usize::try_from(self.length - self.read).unwrap_or(usize::MAX);
        if left == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; left.min(most)];
        let read = loop {
            match rustix::io::pread(&self.file, &mut piece[..], self.offset + self.read) {
                Err(Errno::INTR) => {}
                other => break other?,
            }
        };
        if read == 0 {
            return Err(FileError::Changed);
        }
        piece.truncate(read);
        self.read += read as u64;
        Ok(Some(piece))
    }
}
