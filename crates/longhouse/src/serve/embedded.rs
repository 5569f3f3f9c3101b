//! The sessiond that this binary carries, or another one where it carries none. Writing it to the disk is the host
//! runtime's business.

use std::path::PathBuf;

use longhouse_runtime::host::SessiondBinary;

use crate::environment::Environment;

/// Empty where the build found none.
static SESSIOND: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sessiond"));

/// Its SHA-256, from the build.
const SESSIOND_HASH: &str = env!("LONGHOUSE_SESSIOND_HASH");

/// Why there is no sessiond.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessiondError {
    /// Neither inside nor beside this binary.
    #[error(
        "this build carries no sessiond and there is none beside it: build with `cargo xtask build`, or name one with \
         LONGHOUSE_SESSIOND"
    )]
    Missing,
    /// The named one is not there.
    #[error("LONGHOUSE_SESSIOND names {}, which is not there", .0.display())]
    Named(PathBuf),
}

/// The sessiond to run: a named one, else the carried one, else one beside this executable.
pub(crate) fn sessiond(environment: &Environment) -> Result<SessiondBinary, SessiondError> {
    if let Some(path) = environment.get("LONGHOUSE_SESSIOND").map(PathBuf::from) {
        return if path.is_file() {
            Ok(SessiondBinary::File(path))
        } else {
            Err(SessiondError::Named(path))
        };
    }
    if !SESSIOND.is_empty() {
        return Ok(SessiondBinary::Embedded {
            bytes: SESSIOND,
            hash: SESSIOND_HASH,
        });
    }
    let beside = std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.parent()?.join("sessiond")));
    match beside {
        Some(path) if path.is_file() => Ok(SessiondBinary::File(path)),
        _ => Err(SessiondError::Missing),
    }
}
