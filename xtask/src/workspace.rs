//! Where things are: the repository's root, cargo's target directory, and the places in between.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The directories that the commands work in, found once at the start and handed down.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the workspace that this program was started in through `cargo xtask`.
    ///
    /// # Errors
    /// When the directory of this crate has no parent, or a relative `CARGO_TARGET_DIR` cannot be resolved.
    pub(crate) fn discover() -> Result<Self> {
        // cargo sets the variable for `cargo run`; the value from compile time serves whoever starts the program by its path.
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let root = Path::new(&here)
            .parent()
            .context("xtask stands outside of a workspace")?
            .to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
            Some(directory) => std::path::absolute(directory).context("CARGO_TARGET_DIR")?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target directory, `CARGO_TARGET_DIR` respected.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// The web page's sources.
    pub(crate) fn web(&self) -> PathBuf {
        self.root.join("web")
    }

    /// Where the server's build looks for the sessiond that it takes in.
    pub(crate) fn embed(&self) -> PathBuf {
        self.target.join("embed")
    }

    /// The stamp file of that name. Stamps describe the work tree, so they stay with it wherever the target directory is.
    pub(crate) fn stamp(&self, name: &str) -> PathBuf {
        self.root.join("target/xtask").join(name)
    }

    /// A `cargo` command in the workspace's root.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command.current_dir(&self.root).env("RUST_BACKTRACE", "1");
        // The server's build script finds `target/embed` by itself. It is told only of another place, so that a plain `cargo build`
        // and one from here see the same environment and share their results.
        if self.target != self.root.join("target") {
            command.env("LONGHOUSE_EMBED_DIR", self.embed());
        }
        command
    }
}

#[cfg(test)]
impl Workspace {
    /// A workspace at any directory, for tests.
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            target: root.join("target"),
        }
    }
}
