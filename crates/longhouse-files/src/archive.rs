//! A directory as a tar archive, made while it is read. Memory is that of one piece and of the names of the directories on the way.
//!
//! Links are packed as links; pipes, sockets and devices are left out.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::readlinkat;

use crate::entry::{Facts, Kind};
use crate::error::FileError;
use crate::root::{Root, Spot, open_regular};
use crate::tar;
use crate::walk::{Budget, Found, Step, Walk, joined};

/// See the module.
#[derive(Debug)]
pub struct Archive {
    root: Root,
    walk: Walk,
    /// What everything in the archive lies below.
    top: Vec<u8>,
    left: Budget,
    budget: Budget,
    file: Option<Packing>,
    /// What is finished and has not been given out.
    ready: Vec<u8>,
    ended: bool,
}

/// The file that is being packed.
#[derive(Debug)]
struct Packing {
    file: File,
    /// As its header says.
    size: u64,
    /// How many bytes of it are still to come.
    left: u64,
}

impl Spot {
    /// Begins to pack the directory that the path names.
    ///
    /// # Errors
    /// It is no directory, or cannot be read.
    pub fn archive(self, budget: Budget) -> Result<Archive, FileError> {
        let directory = self.directory()?;
        let facts = Facts::of(&directory)?;
        let top = match self.name() {
            name if name.is_empty() => b"workspace".to_vec(),
            name => name.as_bytes().to_vec(),
        };
        Ok(Archive {
            ready: tar::header(&top, &facts, b""),
            walk: Walk::new(directory, budget)?,
            root: self.root,
            top,
            left: budget,
            budget,
            file: None,
            ended: false,
        })
    }
}

impl Archive {
    /// The next piece, of roughly `most` bytes; `None` at the end.
    ///
    /// # Errors
    /// Something cannot be read, or the budget is used up: the archive is not whole then.
    pub fn next(&mut self, most: usize) -> Result<Option<Vec<u8>>, FileError> {
        while self.ready.len() < most && !self.ended {
            if self.file.is_some() {
                self.pack_content(most)?;
            } else {
                self.pack_next()?;
            }
        }
        let piece = std::mem::take(&mut self.ready);
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    fn pack_next(&mut self) -> Result<(), FileError> {
        match self.walk.next(&self.root)? {
            Some(Step::Enter(found)) => {
                let name = joined(&[&self.top, &self.walk.path()]);
                self.ready.extend(tar::header(&name, &found.facts, b""));
            }
            Some(Step::Thing(found)) => self.pack_thing(&found)?,
            Some(Step::Leave(_)) => {}
            None => {
                // Two empty blocks end an archive.
                self.ready.extend([0; 2 * tar::BLOCK]);
                self.ended = true;
            }
        }
        Ok(())
    }

    fn pack_thing(&mut self, found: &Found) -> Result<(), FileError> {
        let Some(here) = self.walk.here() else {
            return Ok(());
        };
        let name = joined(&[&self.top, &self.walk.path(), found.name.as_bytes()]);
        match found.facts.kind() {
            Kind::Link => {
                let target = match readlinkat(here, &found.name, Vec::new()) {
                    Ok(target) => target.into_bytes(),
                    // It went, or became something else, since it was seen.
                    Err(rustix::io::Errno::NOENT | rustix::io::Errno::INVAL) => return Ok(()),
                    Err(other) => return Err(other.into()),
                };
                self.ready.extend(tar::header(&name, &found.facts, &target));
            }
            Kind::File => {
                let (file, facts) = match open_regular(here, &found.name) {
                    Ok(open) => open,
                    Err(FileError::NotFound | FileError::NotRegular | FileError::Outside) => {
                        return Ok(());
                    }
                    Err(error) => return Err(error),
                };
                self.left.spend(facts.size(), self.budget)?;
                self.ready.extend(tar::header(&name, &facts, b""));
                let size = facts.size();
                self.file = Some(Packing {
                    file: File::from(file),
                    size,
                    left: size,
                });
            }
            Kind::Directory | Kind::Other => {}
        }
        Ok(())
    }

    fn pack_content(&mut self, most: usize) -> Result<(), FileError> {
        let Some(packing) = &mut self.file else {
            return Ok(());
        };
        let begin = self.ready.len();
        let wanted = packing.left.min((most - begin) as u64);
        let mut part = Read::by_ref(&mut packing.file).take(wanted);
        part.read_to_end(&mut self.ready)?;
        packing.left -= wanted;
        // A file that became shorter is filled up: its size has been told already.
        let mut end = begin + usize::try_from(wanted).unwrap_or_default();
        if packing.left == 0 {
            end += tar::padding(packing.size);
            self.file = None;
        }
        self.ready.resize(end, 0);
        Ok(())
    }
}
