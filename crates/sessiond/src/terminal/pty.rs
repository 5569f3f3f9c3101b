//! One pseudoterminal: the program in it, its bytes, its size. Not the terminal: that outlives its PTY.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use longhouse_domain::terminal::TerminalSize;
use pty_process::blocking;
use rustix::fs::OFlags;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::reaper::{ExitCode, Reaper};

/// What the kernel hands out at once where there is more, bytes: its line discipline has room for 4096, and keeps one free.
const PIECE: usize = 4095;

/// How long one waits for the next piece without sleeping.
const NEXT_PIECE: Duration = Duration::from_micros(100);

/// What to start.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Where the program is.
    pub(crate) path: PathBuf,
    /// How it is called, if not by its path: login shells look at it.
    pub(crate) arg0: Option<String>,
    pub(crate) args: Vec<String>,
    /// The whole environment.
    pub(crate) env: BTreeMap<String, String>,
}

/// How long the program must have been silent for what it writes next to be handed on before one asks whether there is more: that can mean to sleep
/// until the kernel's worker is done, who has just brought it. What comes closer together is gathered.
const SILENCE: Duration = Duration::from_micros(100);

/// The master side. It waits for output alone: the kernel tells whoever waits for room in a PTY each time the program has read from it, which with a
/// key comes just before its echo. Room is waited for only while there is none.
#[derive(Debug)]
pub(crate) struct Pty {
    master: AsyncFd<OwnedFd>,
}

/// A PTY that is open, before a program runs in it: its name can be told to the program.
pub(crate) struct OpenPty {
    master: blocking::Pty,
    slave: blocking::Pts,
    /// The path of the slave side, as programs inside see it.
    pub(crate) name: String,
}

/// A program that runs in a PTY.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) pty: Pty,
    /// The program, which leads a Unix session of its own.
    pub(crate) pid: u32,
    pub(crate) exit: ExitCode,
}

impl OpenPty {
    pub(crate) fn open(size: TerminalSize) -> io::Result<Self> {
        let (master, slave) = blocking::open().map_err(into_io)?;
        master.resize(winsize(size)).map_err(into_io)?;
        let name = rustix::pty::ptsname(&master, Vec::new())?;
        Ok(Self {
            master,
            slave,
            name: name.to_string_lossy().into_owned(),
        })
    }

    /// Starts the program, as leader of a Unix session that this PTY controls, in sessiond's current directory.
    pub(crate) fn start(self, program: &Program, reaper: &Reaper) -> io::Result<Running> {
        let mut command = blocking::Command::new(&program.path)
            .args(&program.args)
            .env_clear()
            .envs(&program.env);
        if let Some(arg0) = &program.arg0 {
            command = command.arg0(arg0);
        }
        let slave = self.slave;
        let ((), pid, exit) = reaper.start(|| {
            let child = command.spawn(slave).map_err(into_io)?;
            Ok(((), child.id()))
        })?;
        let master = OwnedFd::from(self.master);
        let flags = rustix::fs::fcntl_getfl(&master)?;
        rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
        let pty = Pty {
            master: registered(master, Interest::READABLE)?,
        };
        Ok(Running { pty, pid, exit })
    }
}

impl Pty {
    /// Tells the program its new size.
    pub(crate) fn resize(&self, size: TerminalSize) -> io::Result<()> {
        let size = rustix::termios::Winsize {
            ws_col: size.cols,
            ws_row: size.rows,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        Ok(rustix::termios::tcsetwinsize(&self.master, size)?)
    }

    /// Waits until there is output, and takes it by `read`, which must not block, until there is no more or it was called `most` times.
    /// 0 bytes and `EIO` both mean the end.
    pub(crate) async fn read(
        &self,
        most: usize,
        mut read: impl FnMut(&OwnedFd) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let (begun, mut taken) = (Instant::now(), 0);
        loop {
            let mut ready = self.master.readable().await?;
            let was_silent = begun.elapsed() >= SILENCE;
            let mut more = false;
            for _ in 0..most {
                if more {
                    wait_for_next(ready.get_inner());
                }
                match read(ready.get_inner()) {
                    Ok(0) => return Ok(taken),
                    Ok(n) => {
                        taken += n;
                        more = n >= PIECE;
                        if was_silent && !more {
                            return Ok(taken);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        ready.clear_ready();
                        break;
                    }
                    // What came before the end counts; the next call finds the end again.
                    Err(_) if taken > 0 => return Ok(taken),
                    Err(error) => return end_of_output(error),
                }
            }
            if taken > 0 {
                return Ok(taken);
            }
        }
    }

    /// Takes what output there is now by `read`, without waiting; 0 where there is none, or never will be.
    pub(crate) fn read_now(&self, read: impl FnOnce(&OwnedFd) -> io::Result<usize>) -> usize {
        read(self.master.get_ref()).unwrap_or(0)
    }

    /// Writes all of `bytes`. Waits as long as the program does not read.
    pub(crate) async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        let mut full = None;
        while !bytes.is_empty() {
            match rustix::io::write(&self.master, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(Errno::AGAIN) => {
                    let room: &AsyncFd<OwnedFd> = match &mut full {
                        Some(room) => room,
                        none => none.insert(registered(
                            self.master.get_ref().try_clone()?,
                            Interest::WRITABLE,
                        )?),
                    };
                    let mut ready = room.writable().await?;
                    // The next write finds out whether there is room; if not, one waits until the kernel tells of it anew.
                    ready.clear_ready();
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Waits a moment until the kernel's worker has put the next piece there. To read before means to sleep until that worker is done, which costs
/// two changes of threads, mostly to another processor and back, for each piece.
fn wait_for_next(fd: &OwnedFd) {
    let begun = Instant::now();
    while matches!(rustix::io::ioctl_fionread(fd), Ok(0)) && begun.elapsed() < NEXT_PIECE {
        rustix::thread::sched_yield();
    }
}

/// Linux reports `EIO` once the last program has closed the slave side.
fn end_of_output(error: io::Error) -> io::Result<usize> {
    if error.raw_os_error() == Some(Errno::IO.raw_os_error()) {
        Ok(0)
    } else {
        Err(error)
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for types that may lose their descriptor; an OwnedFd cannot"
)]
fn registered(master: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(master, interest)
}

fn winsize(size: TerminalSize) -> pty_process::Size {
    pty_process::Size::new(size.rows, size.cols)
}

fn into_io(error: pty_process::Error) -> io::Error {
    // No match: which variants there are depends on the features that other packages of the workspace ask for.
    if let pty_process::Error::Rustix(error) = error {
        error.into()
    } else if let pty_process::Error::Io(error) = error {
        error
    } else {
        io::Error::other(error)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::read_to_string;
    use std::os::fd::AsRawFd;

    use super::*;

    const EPOLLOUT: u32 = 0x4;

    /// A line of what the kernel tells of an open file.
    fn told(fd: &str, what: &str) -> Option<String> {
        let info = read_to_string(format!("/proc/self/fdinfo/{fd}")).ok()?;
        let line = info.lines().find_map(|line| line.strip_prefix(what))?;
        Some(line.trim().to_owned())
    }

    /// Whether this process waits for room in the PTY, with any of its descriptors.
    fn waits_for_room(pty: &Pty) -> bool {
        let tty = told(&pty.master.get_ref().as_raw_fd().to_string(), "tty-index:").unwrap();
        let mut awaited = 0;
        for info in std::fs::read_dir("/proc/self/fdinfo").unwrap() {
            // Other tests open and close files meanwhile.
            let info = read_to_string(info.unwrap().path()).unwrap_or_default();
            for line in info.lines().filter(|line| line.starts_with("tfd:")) {
                let words: Vec<&str> = line.split_whitespace().collect();
                if told(words[1], "tty-index:").as_ref() == Some(&tty) {
                    awaited |= u32::from_str_radix(words[3], 16).unwrap();
                }
            }
        }
        assert_ne!(awaited, 0, "nobody waits for output");
        awaited & EPOLLOUT != 0
    }

    /// What the program writes, until that is enough.
    async fn written(pty: &Pty, is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut output = Vec::new();
        while !is_enough(&output) {
            let read = |fd: &_| {
                output.reserve(65536);
                let room = rustix::buffer::spare_capacity(&mut output);
                Ok(rustix::io::read(fd, room)?)
            };
            assert_ne!(pty.read(16, read).await.unwrap(), 0);
        }
        output
    }

    #[tokio::test]
    async fn room_is_waited_for_only_while_there_is_none() {
        let house = tempfile::tempdir().unwrap();
        let gate = house.path().join("gate");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &gate,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        let reads_late = r#"stty raw -echo; printf ready; : < "$0"; exec head -c 1000000"#;
        let program = Program {
            path: "/bin/sh".into(),
            arg0: None,
            args: ["-c", reads_late, gate.to_str().unwrap()]
                .map(str::to_owned)
                .into(),
            env: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
        };
        let open = OpenPty::open(TerminalSize::DEFAULT).unwrap();
        let running = open.start(&program, &Reaper::default()).unwrap();
        let pty = running.pty;
        written(&pty, |output| output.ends_with(b"ready")).await;
        assert!(!waits_for_room(&pty));

        let input: Vec<u8> = (0..1_000_000_u32).map(|n| b'a' + (n % 26) as u8).collect();
        let mut writing = Box::pin(pty.write_all(&input));
        while !waits_for_room(&pty) {
            tokio::select! {
                biased;
                _ = &mut writing => panic!("nobody reads, and everything is written"),
                () = tokio::task::yield_now() => {}
            }
        }
        let opened = tokio::task::spawn_blocking(move || std::fs::File::create(gate));
        let echoed = written(&pty, |output| output.len() >= input.len());
        let (echoed, typed) = tokio::join!(echoed, writing);
        typed.unwrap();
        opened.await.unwrap().unwrap();
        assert!(echoed == input, "what was typed came otherwise");
        assert!(!waits_for_room(&pty));
    }
}
