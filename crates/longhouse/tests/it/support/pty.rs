//! `longhouse attach` at a terminal: a real PTY, a thread that reads it, and what has come so far.

use std::io::{Read as _, Write as _};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};

use pty_process::Size;
use pty_process::blocking::{Command, Pty};

use super::{House, wait_for};

/// A program at a terminal of its own.
pub(crate) struct AtTerminal {
    pty: Arc<Pty>,
    child: Child,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl AtTerminal {
    /// Starts `longhouse` with these arguments.
    pub(crate) fn start(house: &House, arguments: &[&str]) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_longhouse"))
            .args(arguments)
            .arg("--data-dir")
            .arg(house.data_dir())
            .env_clear()
            .envs(house.environment())
            .current_dir(house.home())
            .spawn(pts)
            .unwrap();
        let (pty, screen) = (Arc::new(pty), Arc::new(Mutex::new(Vec::new())));
        let (reader, shown) = (Arc::clone(&pty), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = (&*reader).read(&mut buffer) {
                shown.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Self { pty, child, screen }
    }

    pub(crate) fn type_in(&self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn resize(&self, rows: u16, cols: u16) {
        self.pty.resize(Size::new(rows, cols)).unwrap();
    }

    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the terminal is as a shell wants it: lines are edited and shown, ctrl-C interrupts.
    pub(crate) fn is_cooked(&self) -> bool {
        use rustix::termios::LocalModes;
        let modes = rustix::termios::tcgetattr(&*self.pty).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    pub(crate) async fn wait_until_shown(&self, text: &str) {
        let what = format!("\"{text}\" is shown");
        let shown = wait_for(&what, async || self.shown().contains(text).then_some(()));
        if tokio::time::timeout(super::PATIENCE / 2, shown)
            .await
            .is_err()
        {
            panic!("\"{text}\" is not shown, but:\n{}", self.shown());
        }
    }

    pub(crate) async fn wait_for_end(&mut self) -> ExitStatus {
        let end = wait_for("the program at the terminal has ended", async || {
            self.child.try_wait().unwrap()
        });
        end.await
    }
}

impl Drop for AtTerminal {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
