//! A directory in pages, by name. Memory is that of one page, however many entries there are.

use std::collections::BinaryHeap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use rustix::fs::Dir;

use crate::entry::{Entry, Facts};
use crate::error::FileError;
use crate::root::Spot;

/// The most entries of one directory that are looked at: beyond a million a page would take seconds.
const ENTRIES: u64 = 1_000_000;

/// A page of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The entries, in the order of their names' bytes.
    pub entries: Vec<Entry>,
    /// How many there are in the whole directory.
    pub total: u64,
    /// Whether entries follow that this page has not.
    pub more: bool,
    /// Whether the directory has more entries than were looked at; then some are on no page.
    pub truncated: bool,
}

impl Spot {
    /// The first `limit` entries whose names come after `after`. Links are shown, not followed.
    ///
    /// # Errors
    /// It is no directory, or cannot be read.
    pub fn list(&self, after: &[u8], limit: usize) -> Result<Listing, FileError> {
        let directory = self.directory()?;
        let (mut total, mut truncated) = (0, false);
        // The largest on top: a smaller name takes its place. One more than asked for, to know whether there is more.
        let mut page: BinaryHeap<Vec<u8>> = BinaryHeap::new();
        for found in Dir::read_from(&directory)? {
            let found = found?;
            let name = found.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            if total == ENTRIES {
                truncated = true;
                break;
            }
            total += 1;
            let fits = page.len() <= limit || page.peek().is_some_and(|last| name < &last[..]);
            if name > after && fits {
                page.push(name.to_vec());
                if page.len() > limit + 1 {
                    page.pop();
                }
            }
        }
        let mut names = page.into_sorted_vec();
        let more = names.len() > limit;
        names.truncate(limit);
        let mut entries = Vec::with_capacity(names.len());
        for name in names.into_iter().map(OsString::from_vec) {
            // What was removed meanwhile is left out.
            if let Some(facts) = Facts::find(&directory, &name)? {
                entries.push(facts.entry(&directory, &name));
            }
        }
        Ok(Listing {
            entries,
            total,
            more,
            truncated,
        })
    }

    /// The one thing that the path names; a link is not followed.
    ///
    /// # Errors
    /// Nothing is there.
    pub fn entry(&self) -> Result<Entry, FileError> {
        let seat = self.seat()?;
        Ok(seat.facts()?.entry(&seat.directory, seat.name))
    }
}

impl Listing {
    /// The name after which the next page begins.
    #[must_use]
    pub fn last(&self) -> Option<&[u8]> {
        let last = self.entries.last()?;
        self.more.then(|| last.name.as_bytes())
    }
}
