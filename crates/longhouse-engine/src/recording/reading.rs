//! A recording that is read again, also while it is made.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Lines, Read as _, Take};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::tape::{cast_path, casts, read_place};

/// So much of a recording is read at once, bytes.
const READ_BYTES: usize = 64 * 1024;

/// A recording as one cast, however many files it is in.
pub(super) struct Reading {
    /// What is still to be read, with how much of it is whole where that is not all.
    files: std::vec::IntoIter<(PathBuf, Option<u64>)>,
    present: Option<Lines<BufReader<MultiGzDecoder<Take<File>>>>>,
    /// Which line of the present file comes next.
    line: usize,
    /// Whether the present file is the first one.
    is_first: bool,
}

impl Reading {
    /// Of the recording in this directory, if there is one.
    pub(super) fn open(dir: &Path) -> io::Result<Option<Self>> {
        let numbers = casts(dir)?;
        let place = read_place(dir);
        let files: Vec<_> = numbers
            .into_iter()
            .map(|number| {
                let newest = place.as_ref().filter(|place| place.cast == number);
                (cast_path(dir, number), newest.map(|place| place.file_bytes))
            })
            .collect();
        if files.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            files: files.into_iter(),
            present: None,
            line: 0,
            is_first: true,
        }))
    }

    /// Some more lines of it.
    pub(super) fn read(&mut self) -> io::Result<Option<String>> {
        let mut text = String::new();
        while text.len() < READ_BYTES {
            let Some(lines) = &mut self.present else {
                match self.next_file()? {
                    true => continue,
                    false => break,
                }
            };
            match lines.next() {
                Some(Ok(line)) => self.put(&line, &mut text),
                // What a killed machine left of it.
                Some(Err(error)) => {
                    tracing::warn!(%error, "a recording is damaged: a part of it is left out");
                    self.end_file();
                }
                None => self.end_file(),
            }
        }
        Ok((!text.is_empty()).then_some(text))
    }

    fn next_file(&mut self) -> io::Result<bool> {
        for (path, whole) in self.files.by_ref() {
            match File::open(path) {
                Ok(file) => {
                    let file = file.take(whole.unwrap_or(u64::MAX));
                    self.present = Some(BufReader::new(MultiGzDecoder::new(file)).lines());
                    return Ok(true);
                }
                // It was the oldest, and has gone meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    fn end_file(&mut self) {
        self.present = None;
        self.is_first &= self.line == 0;
        self.line = 0;
    }

    /// Files after the first go on from the one before; what the first one goes on from is no longer there.
    fn put(&mut self, line: &str, text: &mut String) {
        let (number, is_first) = (self.line, self.is_first);
        self.line += 1;
        match (number, is_first) {
            (0, false) => return,
            (1, true) => match line.split_once(',') {
                Some((_, event)) => {
                    text.push_str("[0.000,");
                    text.push_str(event);
                }
                None => text.push_str(line),
            },
            _ => text.push_str(line),
        }
        text.push('\n');
    }
}
