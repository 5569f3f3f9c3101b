//! Programs of this machine, found as a shell would find them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::environment::Environment;

/// The first executable of that name in `PATH`.
pub(crate) fn find(name: &str, environment: &Environment) -> Option<PathBuf> {
    let path = environment
        .get("PATH")
        .unwrap_or("/usr/local/bin:/usr/bin:/bin");
    path.split(':')
        .filter(|dir| dir.starts_with('/'))
        .map(|dir| PathBuf::from(dir).join(name))
        .find(|path| {
            path.metadata()
                .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}
