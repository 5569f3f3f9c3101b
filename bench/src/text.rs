//! The text that is sent through terminals: the same in every run, and like what agents write (colours, UTF-8, long lines).

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Bytes of the corpus: long enough for a second at the speed of a PTY.
pub(crate) const BYTES: usize = 100 * 1024 * 1024;

const LINES: [&str; 5] = [
    "   Compiling longhouse-domain v0.1.0 (crates/longhouse-domain)\r\n",
    "\x1b[1m\x1b[32m   Finished\x1b[0m `dev` profile [unoptimized + debuginfo] target(s) in 1.26s\r\n",
    "\x1b[38;2;200;120;40m  12 \x1b[39m│ \x1b[38;5;39mfn\x1b[0m main() -> Result<(), Box<dyn Error>> { println!(\"größer, 日本語, 👩‍💻\"); }\r\n",
    "error[E0502]: cannot borrow `*self` as mutable because it is also borrowed as immutable, and this line is long enough to wrap on any terminal that people use, twice over, so that the parser meets the right margin\r\n",
    "\x1b[2K\x1b[1G\x1b[33m⠋\x1b[0m installing dependencies 42 %\r\n",
];

/// Writes the corpus into `dir`.
pub(crate) fn write(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("corpus.txt");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    let mut left = BYTES;
    for line in LINES.iter().cycle() {
        let piece = &line.as_bytes()[..line.len().min(left)];
        file.write_all(piece)?;
        left -= piece.len();
        if left == 0 {
            break;
        }
    }
    file.flush()?;
    Ok(path)
}

/// Bytes in megabytes.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of bytes stay far below 2^52"
)]
pub(crate) fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
