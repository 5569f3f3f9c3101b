//! Puts sessiond into the binary where it has been built: `cargo xtask build` leaves it in `target/embed`.
//!
//! Without one the build still succeeds, so that this crate can be worked on alone; the server then looks for a
//! `sessiond` beside its own executable, and says what to do where there is none.

use std::path::PathBuf;
use std::{env, fs, io};

use sha2::{Digest as _, Sha256};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=LONGHOUSE_EMBED_DIR");
    let out = PathBuf::from(required("OUT_DIR")?);
    let source = match env::var_os("LONGHOUSE_EMBED_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(required("CARGO_MANIFEST_DIR")?).join("../../target/embed"),
    }
    .join("sessiond");
    // Cargo watches a path that does not exist as well, so a sessiond that is built later is noticed.
    println!("cargo::rerun-if-changed={}", source.display());
    let bytes = match fs::read(&source) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    // Here, because a server would take longer for it than for anything else of its start.
    let hash = Sha256::digest(&bytes);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=LONGHOUSE_SESSIOND_HASH={hash}");
    fs::write(out.join("sessiond"), bytes)
}

fn required(name: &str) -> io::Result<std::ffi::OsString> {
    env::var_os(name)
        .ok_or_else(|| io::Error::other(format!("cargo sets {name} for build scripts")))
}
