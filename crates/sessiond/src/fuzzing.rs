//! Doors for the targets in `fuzz/`. They exist only in a build with `--cfg fuzzing`.

use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::capture_request::Format;

use crate::processes;
use crate::screen::Screen;
use crate::terminal::log::Mark;

/// Lines of history that the screen keeps.
const SCROLLBACK: usize = 50;

/// What a program writes to its terminal, with changes of size in between: each piece is a width, a height, a length and the output.
/// However it is cut, the screen can be told, and a repaint of it can be read back.
pub fn screen(mut data: &[u8]) {
    let size = |cols: u8, rows: u8| TerminalSize::clamped(u64::from(cols), u64::from(rows));
    let mut screen = Screen::new(size(80, 24), SCROLLBACK);
    while let [cols, rows, length, rest @ ..] = data {
        let (piece, later) = rest.split_at(usize::from(*length).min(rest.len()));
        screen.mark(Mark::Size(size(*cols, *rows)));
        screen.advance(piece);
        data = later;
    }
    screen.advance(data);
    let repaint = screen.snapshot(SCROLLBACK, None);
    for format in [Format::Text, Format::Ansi, Format::Html] {
        screen.capture(format, SCROLLBACK, None);
    }
    screen.mend(b"a line\r\nanother");
    let mut again = Screen::new(screen.size(), SCROLLBACK);
    again.advance(&repaint);
    assert_eq!(
        (screen.crashes(), again.crashes()),
        (0, 0),
        "the emulator panicked"
    );
    screen.take_answers();
}

/// A line of `/proc/<pid>/stat`, in which a program has chosen its own name.
pub fn process_stat(line: &str) {
    let _ = processes::parse(line);
}
