//! Looks up a program the way a session would, before anything is made for it.

use std::path::{Path, PathBuf};

use longhouse_domain::terminal::Environment;
use rustix::fs::{Access, AtFlags, CWD, FileType, accessat, stat};

use super::environment::search_dirs;

/// Where `program` is, if it is installed: a bare name is looked for in the environment's `PATH`, an absolute path stands for itself.
/// A relative path finds nothing: it would depend on the directory that a repository fills.
pub(crate) fn find(program: &str, env: &Environment) -> Option<PathBuf> {
    if program.is_empty() || program.contains('\0') {
        None
    } else if program.contains('/') {
        let path = Path::new(program);
        (path.is_absolute() && is_executable(path)).then(|| path.to_owned())
    } else {
        search_dirs(env)
            .map(|dir| dir.join(program))
            .find(|path| is_executable(path))
    }
}

fn is_executable(path: &Path) -> bool {
    let is_file = stat(path)
        .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile);
    is_file && accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_program_is_an_executable_file_in_the_path_or_at_an_absolute_place() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = (root.path().join("first"), root.path().join("second"));
        fs::create_dir_all(first.join("agent")).unwrap();
        fs::create_dir_all(&second).unwrap();
        for (name, mode) in [("agent", 0o755), ("data", 0o644)] {
            fs::write(second.join(name), "").unwrap();
            fs::set_permissions(second.join(name), Permissions::from_mode(mode)).unwrap();
        }
        let path = format!("{}:{}", first.display(), second.display());
        let env = Environment::from([("PATH".to_owned(), path)]);
        let agent = second.join("agent");

        assert_eq!(find("agent", &env).as_ref(), Some(&agent));
        assert_eq!(
            find(agent.to_str().unwrap(), &Environment::new()),
            Some(agent)
        );
        for bad in [
            "data",
            "absent",
            "",
            "./agent",
            "second/agent",
            "agent\0",
            "/",
        ] {
            assert_eq!(find(bad, &env), None, "{bad:?}");
        }
    }
}
