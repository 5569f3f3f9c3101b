//! The lines that people type into terminals, where the policy says that they are recorded.
//!
//! **What is captured.** What one viewer typed between two Enters, as typed, if the terminal showed it while it was typed. What
//! was typed and not shown is a password or something like it, and is left out: the record then says only that a line was
//! typed. The proof is the terminal's own output, for nothing else tells: shells switch the kernel's echo off and echo
//! themselves, and inside tmux there is a second terminal that the server does not see.
//!
//! **What is not captured.** A line of the shell's history or one that was completed is recorded by the keys that were typed. A
//! line that was edited in its middle, was pasted with others, ran over the edge of the window, or went to a program that draws
//! its own input, is left out. Input by a request (`POST .../input`) is recorded by its length. So it is a record of what people
//! do in a shell, and no proof of what they did not do.

mod echo;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod typed;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use echo::Echo;
use typed::{LineReader, TypedLine};

/// How many lines may wait for their echo. Beyond that they are left out.
const MOST_WAITING: usize = 64;

/// A line whose fate is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It was shown while it was typed.
    Shown(String),
    /// It was not, or that cannot be told.
    LeftOut,
}

/// One viewer's typing and what the terminal shows, brought together. A clone is another handle on the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Arc<Mutex<Watch>>);

#[derive(Debug, Default)]
struct Watch {
    reader: LineReader,
    echo: Echo,
    /// The line that was ended and whose echo has not come to its end.
    waiting: Option<TypedLine>,
    /// What is decided and not yet taken.
    decided: VecDeque<Line>,
}

impl Lines {
    /// Takes note of what is about to be typed.
    pub(super) fn typed(&self, data: &[u8]) {
        let mut watch = self.lock();
        for byte in data {
            if watch.reader.is_empty() && watch.waiting.is_none() {
                watch.echo.begin();
            }
            if let Some(line) = watch.reader.push(*byte) {
                watch.ended(line);
            }
        }
    }

    /// Takes note of what the terminal shows, and gives the lines about which that decides.
    pub(super) fn shown(&self, data: &[u8]) -> Vec<Line> {
        let mut watch = self.lock();
        for byte in data {
            let ends = watch.echo.push(*byte);
            if ends && let Some(line) = watch.waiting.take() {
                let shown = watch.echo.shows(&line.words);
                watch.decide(if shown {
                    Line::Shown(line.text)
                } else {
                    Line::LeftOut
                });
            }
            if ends {
                watch.echo.begin();
            }
        }
        watch.decided.drain(..).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    fn ended(&mut self, line: TypedLine) {
        if self.waiting.is_some() {
            // Typed ahead, or pasted with others: whose echo comes next cannot be told.
            self.decide(Line::LeftOut);
        } else if line.sound {
            self.waiting = Some(line);
        } else {
            self.decide(Line::LeftOut);
        }
    }

    fn decide(&mut self, line: Line) {
        if self.decided.len() < MOST_WAITING {
            self.decided.push_back(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal in which these pieces are typed (`Ok`) and shown (`Err`).
    fn session(steps: &[Result<&str, &str>]) -> Vec<Line> {
        let lines = Lines::default();
        let mut decided = Vec::new();
        for step in steps {
            match step {
                Ok(typed) => lines.typed(typed.as_bytes()),
                Err(shown) => decided.extend(lines.shown(shown.as_bytes())),
            }
        }
        decided
    }

    fn shown(text: &str) -> Line {
        Line::Shown(text.to_owned())
    }

    #[test]
    fn a_line_that_is_echoed_is_recorded_as_typed() {
        let typed = session(&[
            Err("$ "),
            Ok("l"),
            Err("l"),
            Ok("s"),
            Err("s"),
            Ok("\r"),
            Err("\r\nfile\r\n$ "),
        ]);
        assert_eq!(typed, [shown("ls")]);
        // The whole line at once, and the echo in pieces.
        assert_eq!(
            session(&[Ok("make test\r"), Err("make "), Err("test\r"), Err("\n")]),
            [shown("make test")]
        );
    }

    #[test]
    fn what_is_typed_where_nothing_is_echoed_is_never_recorded() {
        let sudo = session(&[
            Ok("sudo id\r"),
            Err("sudo id\r\n[sudo] password for ann: "),
            Ok("hunter2"),
            Ok("\r"),
            Err("\r\nuid=0(root)\r\n$ "),
        ]);
        assert_eq!(sudo, [shown("sudo id"), Line::LeftOut]);
        // Not where it stands on the screen from before, nor where a program says it afterwards.
        let before = session(&[
            Err("the password is hunter2\r\nPassword: "),
            Ok("hunter2\r"),
            Err("\r\nhunter2 is wrong\r\n"),
        ]);
        assert_eq!(before, [Line::LeftOut]);
        // Nor where another program writes it on an earlier line meanwhile.
        let noise = session(&[
            Err("Password: "),
            Ok("hun"),
            Err("hunter2\r\nPassword: "),
            Ok("ter2\r"),
            Err("\r\n"),
        ]);
        assert_eq!(noise, [Line::LeftOut]);
        // Stars are no echo.
        assert_eq!(
            session(&[Ok("hunter2\r"), Err("*******\r\n")]),
            [Line::LeftOut]
        );
    }

    #[test]
    fn a_password_that_is_pasted_with_its_command_is_not_recorded() {
        let pasted = session(&[
            Ok("sudo id\rhunter2\r"),
            Err("sudo id\r\n[sudo] password: "),
            Err("\r\nhunter2\r\n"),
        ]);
        assert!(!pasted.contains(&shown("hunter2")), "{pasted:?}");
    }

    #[test]
    fn corrections_completion_and_colours_do_not_hide_a_line() {
        let corrected = session(&[
            Ok("gti"),
            Err("gti"),
            Ok("\x7f\x7fit"),
            Err("\x08\x1b[K\x08\x1b[Kit"),
            Ok("\r"),
            Err("\r\n"),
        ]);
        assert_eq!(corrected, [shown("git")]);
        let completed = session(&[
            Ok("cd de"),
            Err("cd de"),
            Ok("\t"),
            Err("mo/"),
            Ok("src\r"),
            Err("src\r\n"),
        ]);
        assert_eq!(completed, [shown("cd de\tsrc")]);
        let coloured = session(&[
            Ok("ls"),
            Err("l\x08\x1b[32mls\x1b[0m"),
            Ok("\r"),
            Err("\r\n"),
        ]);
        assert_eq!(coloured, [shown("ls")]);
        let killed = session(&[Ok("secret\x15"), Ok("ls\r"), Err("ls\r\n")]);
        assert_eq!(killed, [shown("ls")]);
    }

    #[test]
    fn the_memory_of_a_line_is_bounded() {
        let lines = Lines::default();
        lines.typed(&vec![b'x'; 1 << 20]);
        lines.shown(&vec![b'x'; 1 << 20]);
        lines.typed(b"\r");
        assert_eq!(lines.shown(b"\r\n"), [Line::LeftOut]);
        for _ in 0..1000 {
            lines.typed(b"a\r");
        }
        assert!(lines.shown(b"\r\n").len() <= MOST_WAITING);
    }
}
