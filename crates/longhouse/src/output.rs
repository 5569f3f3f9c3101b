//! What a command prints. The one door to standard output and standard error outside the log.

use std::io::{self, Write as _};

/// Prints a result. A reader that has gone (`longhouse session ls | head`) is no failure.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints bytes as they are.
pub(crate) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => {
            result.map_err(|error| anyhow::anyhow!("cannot write to standard output: {error}"))
        }
    }
}

/// Prints something for the person beside the result. Where standard error is closed nobody can be told that it is.
pub(crate) fn say(text: &str) {
    _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints bytes as they are on standard error.
pub(crate) fn say_bytes(bytes: &[u8]) {
    _ = io::stderr().lock().write_all(bytes);
}

/// Asks the person at the terminal; the answer follows on the same line.
pub(crate) fn ask(prompt: &str) {
    let mut out = io::stderr().lock();
    _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
}
