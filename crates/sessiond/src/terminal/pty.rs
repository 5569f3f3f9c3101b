//! One pseudoterminal: the program in it, its bytes, its size. Not the terminal: that outlives its PTY.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use longhouse_domain::terminal::TerminalSize;
use pty_process::blocking;
use rustix::fs::OFlags;
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

/// The master side.
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
        #[expect(
            deprecated,
            reason = "its successor is unsafe for types that may lose their descriptor; an OwnedFd cannot"
        )]
        let master = AsyncFd::new(master)?;
        let pty = Pty { master };
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
        let mut taken = 0;
        loop {
            let mut ready = self.master.readable().await?;
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
        while !bytes.is_empty() {
            let mut ready = self.master.writable().await?;
            let written = ready.try_io(|fd| Ok(rustix::io::write(fd.get_ref(), bytes)?));
            if let Ok(written) = written {
                bytes = &bytes[written?..];
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
    if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) {
        Ok(0)
    } else {
        Err(error)
    }
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
