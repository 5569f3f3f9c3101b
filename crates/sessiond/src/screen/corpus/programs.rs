//! Programs whose output is a test's material: made up ones, and real ones that are recorded.

use std::fmt::Write as _;

use super::SIZE;

/// A small generator of chance whose every run is the same.
pub(in crate::screen) struct Chance(pub(in crate::screen) u64);

impl Chance {
    pub(in crate::screen) fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    pub(in crate::screen) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// A program that draws as real ones do, and now and then as none would: wide characters are half overwritten, marks stand alone.
pub(in crate::screen) fn random_program(seed: u64, steps: usize) -> Vec<u8> {
    let mut chance = Chance(seed);
    let mut out = String::new();
    let mut alternate = false;
    for _ in 0..steps {
        let (row, column) = (1 + chance.below(24), 1 + chance.below(70));
        let count = 1 + chance.below(3);
        match chance.below(20) {
            0..=5 => out.push_str(chance.pick(&[
                "word ",
                "x",
                "longer text here ",
                "é ",
                "│┌─",
                "0123456789",
                "中文",
                "👩‍🚀",
                "\u{301}",
                "🇩🇪 ",
                "❤\u{fe0f}",
            ])),
            6 | 7 => out.push_str("\r\n"),
            8 => write!(out, "\x1b[{row};{column}H").unwrap(),
            9 => write!(
                out,
                "\x1b[{}m",
                chance.pick(&[
                    "0",
                    "1;31",
                    "7",
                    "4",
                    "48;5;17",
                    "38;2;9;200;7",
                    "3;9",
                    "22;24",
                    "39;49"
                ])
            )
            .unwrap(),
            10 => write!(
                out,
                "\x1b[{row};1H{}",
                chance.pick(&["\x1b[K", "\x1b[2K", "\x1b[J", "\x1b[1K"])
            )
            .unwrap(),
            11 if column < 35 => {
                write!(out, "\x1b[{row};1H\x1b[{count}{}", chance.pick(&["L", "M"])).unwrap()
            }
            11 => write!(
                out,
                "\x1b[{row};1H\x1b[2Kabcdefghij\x1b[{row};3H\x1b[{count}{}",
                chance.pick(&["@", "P", "X"])
            )
            .unwrap(),
            12 => {
                let (top, bottom) = (1 + chance.below(8), 12 + chance.below(13));
                write!(
                    out,
                    "\x1b[{top};{bottom}r\x1b[{bottom};1H{}\x1b[r\x1b[{row};1H",
                    "a\r\nb\r\n".repeat(count)
                )
                .unwrap();
            }
            13 if alternate => {
                out.push_str("\x1b[?1049l");
                alternate = false;
            }
            13 => {
                out.push_str("\x1b[?1049h\x1b[H");
                alternate = true;
            }
            14 => out.push_str(chance.pick(&[
                "\x1b[?25l",
                "\x1b[?25h",
                "\x1b[?1h",
                "\x1b[?1l",
                "\x1b=",
                "\x1b>",
            ])),
            15 => out.push_str(chance.pick(&[
                "\x1b[?2004h",
                "\x1b[?1000h\x1b[?1006h",
                "\x1b[?1002h",
                "\x1b[?1000l",
                "\x1b[2 q",
            ])),
            16 => out.push_str("\x1b(0lqwqk\x1b(B\r\n"),
            17 => write!(out, "\x1b]2;title {column}\x07").unwrap(),
            18 => out.push_str(&"fill ".repeat(column)),
            _ => write!(out, "\x1b[{row};1H{}", "more\r\n".repeat(row)).unwrap(),
        }
    }
    out.into_bytes()
}

/// What a program writes into a terminal while `keys` are typed into it.
pub(in crate::screen) fn recorded(program: &str, args: &[&str], keys: &str) -> Option<Vec<u8>> {
    use crate::reaper::Reaper;
    use crate::terminal::pty::{OpenPty, Program};
    let env = std::collections::BTreeMap::from(
        [
            ("PATH", "/usr/bin:/bin"),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("HOME", "/nonexistent"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned())),
    );
    let path = crate::environment::find_program(program, &env).ok()?;
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let bytes = runtime.block_on(async {
        let program = Program {
            path,
            arg0: None,
            args,
            env,
        };
        let running = OpenPty::open(SIZE)
            .unwrap()
            .start(&program, &Reaper::default())
            .unwrap();
        let (mut bytes, mut typed) = (Vec::new(), false);
        loop {
            let read = running.pty.read(1, |fd| {
                bytes.reserve(65536);
                Ok(rustix::io::read(
                    fd,
                    rustix::buffer::spare_capacity(&mut bytes),
                )?)
            });
            match tokio::time::timeout(std::time::Duration::from_secs(20), read).await {
                Ok(Ok(0)) => return bytes,
                Ok(read) => {
                    read.unwrap();
                }
                Err(_) => panic!(
                    "the program does not end: {}",
                    String::from_utf8_lossy(&bytes)
                ),
            }
            // The program has drawn something, so it is about to read.
            if !typed {
                running.pty.write_all(keys.as_bytes()).await.unwrap();
                typed = true;
            }
        }
    });
    Some(bytes)
}
