//! A terminal's recording on disk: casts one after the other, compressed, of which the oldest go when there are too many.
//!
//! ```text
//!   000007.cast.gz    gzip members, one for each time that something was written; begins with a header and a repaint
//!   000008.cast.gz
//!   place.json        up to where the newest one is whole, and which byte of the terminal comes next
//! ```
//!
//! A cast grows first and its place is noted then, in one step. Whoever is killed in between has written what nobody will read: the next
//! one cuts it off and asks the terminal for the same bytes again. So no byte is recorded twice, and none is left out.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use longhouse_domain::terminal::TerminalSize;
use serde::{Deserialize, Serialize};

use super::cast::Cast;

/// So much text makes a cast, bytes; then the next one begins. A recording is kept to within this of its bound.
const CAST_BYTES: u64 = 4 * 1024 * 1024;

const PLACE: &str = "place.json";
const ENDING: &str = ".cast.gz";

/// Where a recording has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The start of sessiond whose bytes are counted.
    boot_id: String,
    /// The next one to be recorded.
    offset: u64,
    /// When the last event was.
    at_ms: u64,
    /// The number of the newest cast.
    pub(super) cast: u64,
    /// How many bytes of its file are whole.
    pub(super) file_bytes: u64,
    /// How much text that is.
    text_bytes: u64,
}

/// A recording that is being made.
#[derive(Debug)]
pub(super) struct Tape {
    dir: PathBuf,
    title: String,
    /// Text for which a recording has room, bytes.
    bound: u64,
    place: Option<Place>,
    /// What is not on disk yet.
    cast: Cast,
}

impl Tape {
    /// Goes on with the recording in this directory, or begins one.
    pub(super) fn open(dir: PathBuf, title: String, bound: u64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        let mut place = read_place(&dir);
        if let Some(known) = &place {
            let file = File::options()
                .write(true)
                .open(cast_path(&dir, known.cast));
            let whole = file.and_then(|file| match file.metadata()?.len() >= known.file_bytes {
                true => file.set_len(known.file_bytes).map(|()| true),
                false => Ok(false),
            });
            if !whole.unwrap_or(false) {
                tracing::warn!(dir = %dir.display(), "a recording is damaged: it goes on in a new file");
                place = None;
            }
        }
        let at_ms = place.as_ref().map_or(0, |place| place.at_ms);
        Ok(Self {
            dir,
            title,
            bound,
            place,
            cast: Cast::after(at_ms),
        })
    }

    /// From which byte it goes on, if it has anything of this start of sessiond.
    pub(super) fn goes_on_from(&self, boot_id: &str) -> Option<u64> {
        let place = self.place.as_ref()?;
        (place.boot_id == boot_id).then_some(place.offset)
    }

    /// Whether a repaint is due, with which the next cast begins.
    pub(super) fn is_full(&self) -> bool {
        let place = self.place.as_ref();
        place.is_none_or(|place| place.text_bytes + self.cast.len() as u64 >= CAST_BYTES)
    }

    /// Whether there is anything.
    pub(super) fn is_empty(&self) -> bool {
        self.place.is_none()
    }

    /// Takes a repaint, which shows what the terminal showed before the byte at `offset`.
    pub(super) fn repaint(
        &mut self,
        boot_id: &str,
        offset: u64,
        at_ms: u64,
        size: TerminalSize,
        bytes: &[u8],
    ) -> io::Result<()> {
        if self.is_full() {
            self.begin(boot_id, offset, at_ms, size)?;
        } else {
            self.cast.resize(at_ms, size);
        }
        if let Some(place) = &mut self.place {
            boot_id.clone_into(&mut place.boot_id);
            place.offset = offset;
        }
        self.cast.repaint(at_ms, bytes);
        Ok(())
    }

    /// Begins the next cast.
    fn begin(
        &mut self,
        boot_id: &str,
        offset: u64,
        at_ms: u64,
        size: TerminalSize,
    ) -> io::Result<()> {
        self.save()?;
        let numbers = casts(&self.dir)?;
        let cast = numbers.last().map_or(1, |last| last + 1);
        let keep = usize::try_from(self.bound / CAST_BYTES).unwrap_or(usize::MAX);
        for old in numbers.iter().rev().skip(keep.max(2) - 1) {
            fs::remove_file(cast_path(&self.dir, *old))?;
        }
        let began = match &self.place {
            Some(place) => place.at_ms.max(self.cast.at_ms()),
            None => at_ms,
        };
        self.cast = Cast::after(began);
        self.cast.header(size, &self.title);
        self.place = Some(Place {
            boot_id: boot_id.to_owned(),
            offset,
            at_ms: began,
            cast,
            file_bytes: 0,
            text_bytes: 0,
        });
        Ok(())
    }

    /// Forgets everything, as if nothing had been recorded.
    pub(super) fn erase(&mut self) -> io::Result<()> {
        self.place = None;
        self.cast = Cast::after(0);
        for number in casts(&self.dir)? {
            fs::remove_file(cast_path(&self.dir, number))?;
        }
        match fs::remove_file(self.dir.join(PLACE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes output; the next byte is the one behind it.
    pub(super) fn output(&mut self, at_ms: u64, bytes: &[u8]) {
        self.cast.output(at_ms, bytes);
        if let Some(place) = &mut self.place {
            place.offset += bytes.len() as u64;
        }
    }

    /// What happened beside the output.
    pub(super) fn events(&mut self) -> &mut Cast {
        &mut self.cast
    }

    /// How much is not on disk yet, bytes.
    pub(super) fn unsaved(&self) -> usize {
        self.cast.len()
    }

    /// Puts on disk what is not there yet.
    pub(super) fn save(&mut self) -> io::Result<()> {
        let Some(place) = &mut self.place else {
            return Ok(());
        };
        if self.cast.len() == 0 {
            return Ok(());
        }
        let text = self.cast.take();
        let mut member = GzEncoder::new(Vec::new(), Compression::default());
        member.write_all(text.as_bytes())?;
        let member = member.finish()?;
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(cast_path(&self.dir, place.cast))?;
        file.seek(SeekFrom::Start(place.file_bytes))?;
        file.write_all(&member)?;
        place.file_bytes += member.len() as u64;
        place.text_bytes += text.len() as u64;
        place.at_ms = self.cast.at_ms();
        // A cut character comes again, whole.
        let noted = Place {
            offset: place.offset - self.cast.held_back() as u64,
            ..place.clone()
        };
        write_place(&self.dir, &noted)
    }
}

/// The numbers of the casts there are, in their order.
pub(super) fn casts(dir: &Path) -> io::Result<Vec<u64>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(ENDING));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

pub(super) fn cast_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:06}{ENDING}"))
}

pub(super) fn read_place(dir: &Path) -> Option<Place> {
    let text = fs::read(dir.join(PLACE)).ok()?;
    serde_json::from_slice(&text).ok()
}

fn write_place(dir: &Path, place: &Place) -> io::Result<()> {
    let new = dir.join("place.new");
    fs::write(&new, serde_json::to_vec(place)?)?;
    fs::rename(new, dir.join(PLACE))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::recording::reading::Reading;

    const SIZE: TerminalSize = TerminalSize { cols: 80, rows: 24 };
    const BOUND: u64 = 32 * 1024 * 1024;

    fn open(dir: &Path) -> Tape {
        Tape::open(dir.join("one"), "one".to_owned(), BOUND).unwrap()
    }

    fn read(dir: &Path) -> Vec<Value> {
        let mut reading = Reading::open(&dir.join("one")).unwrap().unwrap();
        let mut text = String::new();
        while let Some(more) = reading.read().unwrap() {
            text.push_str(&more);
        }
        let line = |line| serde_json::from_str(line).unwrap();
        text.lines().map(line).collect()
    }

    fn output(events: &[Value]) -> String {
        let outputs = events.iter().filter(|event| event[1] == "o");
        outputs.map(|event| event[2].as_str().unwrap()).collect()
    }

    #[test]
    fn it_goes_on_where_the_last_one_was_killed() {
        let room = tempfile::tempdir().unwrap();
        let mut tape = open(room.path());
        assert!(tape.is_empty() && tape.is_full() && tape.goes_on_from("b").is_none());
        tape.repaint("b", 10, 1000, SIZE, b"$ ").unwrap();
        tape.output(1500, "caf\u{e9}".as_bytes().split_at(4).0);
        tape.save().unwrap();
        // This is never saved, and what comes next was written half.
        tape.output(2000, b"lost");
        drop(tape);
        let file = room.path().join("one/000001.cast.gz");
        let mut torn = File::options().append(true).open(file).unwrap();
        torn.write_all(b"\x1f\x8b torn").unwrap();

        let mut tape = open(room.path());
        assert_eq!(
            (tape.goes_on_from("b"), tape.goes_on_from("c")),
            (Some(13), None)
        );
        tape.output(2500, "\u{e9}!".as_bytes());
        tape.save().unwrap();
        let events = read(room.path());
        assert_eq!(output(&events), "\u{1b}c$ caf\u{e9}!");
        let times: Vec<f64> = events[1..].iter().map(|e| e[0].as_f64().unwrap()).collect();
        assert_eq!(times, [0.0, 0.5, 1.0]);
        assert_eq!(tape.goes_on_from("b"), Some(16));
    }

    #[test]
    fn the_oldest_go_and_the_rest_is_one_cast() {
        let room = tempfile::tempdir().unwrap();
        let mut tape =
            Tape::open(room.path().join("one"), "one".to_owned(), 3 * CAST_BYTES).unwrap();
        let text = "0123456789abcdef".repeat(4096);
        let (mut offset, mut at) = (0, 0);
        while casts(&room.path().join("one")).unwrap().last() != Some(&5) {
            if tape.is_full() {
                tape.repaint("b", offset, at, SIZE, format!("<{offset}>").as_bytes())
                    .unwrap();
            }
            tape.output(at, text.as_bytes());
            tape.save().unwrap();
            offset += text.len() as u64;
            at += 1000;
        }
        assert_eq!(casts(&room.path().join("one")).unwrap(), [3, 4, 5]);
        let events = read(room.path());
        let headers = events.iter().filter(|event| event.is_object()).count();
        let all = output(&events);
        let keys = all.matches("\u{1b}c<").count();
        assert_eq!(
            (headers, keys, &events[1][0]),
            (1, 3, &serde_json::json!(0.0))
        );
        // From its first repaint on no byte is missing, and the clock never stopped.
        let first: u64 = all[3..].split('>').next().unwrap().parse().unwrap();
        let kept = all.chars().filter(char::is_ascii_hexdigit).count() as u64;
        let digits: u64 = all
            .split('<')
            .skip(1)
            .map(|rest| rest.split('>').next().unwrap().len() as u64 + 1)
            .sum();
        assert_eq!(kept - digits, offset - first);
        let time: f64 = events[1..]
            .iter()
            .map(|event| event[0].as_f64().unwrap())
            .sum();
        assert_eq!(time as u64, (at - 1000) / 1000 - first / text.len() as u64);
    }

    #[test]
    fn what_is_damaged_is_left_out_and_the_rest_goes_on() {
        let room = tempfile::tempdir().unwrap();
        let mut tape = open(room.path());
        tape.repaint("b", 0, 0, SIZE, b"before").unwrap();
        tape.save().unwrap();
        drop(tape);
        let file = room.path().join("one/000001.cast.gz");
        fs::write(&file, b"\x1f\x8b").unwrap();
        let mut tape = open(room.path());
        assert_eq!(tape.goes_on_from("b"), None);
        tape.repaint("b", 9, 9, SIZE, b"after").unwrap();
        tape.save().unwrap();
        assert_eq!(output(&read(room.path())), "\u{1b}cafter");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn killed_wherever_it_is_every_byte_is_recorded_once(
            steps in prop::collection::vec((0_usize..40, any::<bool>(), any::<bool>()), 1..40)
        ) {
            let room = tempfile::tempdir().unwrap();
            let all: String = (0..400).map(|n| char::from_u32(0x4e00 + n).unwrap()).collect();
            let mut tape = open(room.path());
            tape.repaint("b", 0, 0, SIZE, b"").unwrap();
            tape.save().unwrap();
            for (length, saves, killed) in steps {
                let from = usize::try_from(tape.goes_on_from("b").unwrap()).unwrap();
                tape.output(0, &all.as_bytes()[from..(from + length).min(all.len())]);
                if saves {
                    tape.save().unwrap();
                }
                if killed {
                    tape = open(room.path());
                }
            }
            let from = usize::try_from(tape.goes_on_from("b").unwrap()).unwrap();
            tape.output(0, &all.as_bytes()[from..]);
            tape.save().unwrap();
            prop_assert_eq!(output(&read(room.path())), format!("\u{1b}c{all}"));
        }
    }
}
