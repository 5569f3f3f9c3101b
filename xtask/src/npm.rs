//! The npm packages of the repository: the web page, its browser tests, and the scripts that other tests bring along.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::needs;
use crate::process::run;
use crate::stamp::{Fingerprint, Stamp};
use crate::workspace::Workspace;

/// Directories that hold what others made, and no package of ours.
const NOT_OURS: [&str; 4] = ["node_modules", "target", "dist", ".git"];

/// The directories with a `package-lock.json`, in a stable order.
///
/// # Errors
/// When a directory cannot be listed.
pub(crate) fn packages(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)
            .with_context(|| format!("cannot list {}", directory.display()))?
        {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type()?.is_dir() && !NOT_OURS.iter().any(|other| name == *other) {
                open.push(entry.path());
            } else if name == "package-lock.json" {
                found.push(directory.clone());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Installs a package's dependencies as its lock file names them, unless that was done with the same lock file.
///
/// `npm install --no-save` rather than `npm ci`: it takes the same versions and checks the same digests, but it does not insist that
/// the lock file names the optional binaries of every foreign platform. npm leaves those out where a registry mirror lacks them,
/// and `npm ci` then refuses its own lock file. That lock file and `package.json` agree is proved by the `tidy` crate.
///
/// # Errors
/// When Node.js is missing or npm fails.
pub(crate) fn install(package: &Path) -> Result<()> {
    let fingerprint = Fingerprint::of_tree(package, &|path| {
        path == Path::new("package.json") || path == Path::new("package-lock.json")
    })?;
    let modules = package.join("node_modules");
    // The stamp lives among the modules, so that whoever removes or rebuilds them removes it too.
    let stamp = Stamp::at(modules.join(".longhouse-stamp"));
    if stamp.is_fresh(fingerprint, &modules) {
        return Ok(());
    }
    needs::check_node()?;
    run(command(package).args(["install", "--no-save", "--no-audit", "--no-fund"]))?;
    fs::create_dir_all(&modules)?;
    stamp.record(fingerprint)
}

/// Runs one of the scripts in the package's `package.json`.
///
/// # Errors
/// When the script fails.
pub(crate) fn script(package: &Path, name: &str) -> Result<()> {
    run(command(package).args(["run", name]))
}

/// An `npm` command in the package's directory.
pub(crate) fn command(package: &Path) -> Command {
    let mut command = Command::new("npm");
    command
        .current_dir(package)
        .env("npm_config_update_notifier", "false");
    command
}

/// Builds the web page into `web/dist` when something that goes into it has changed.
///
/// # Errors
/// When Node.js is missing, or npm or the build fails.
pub(crate) fn build_page(workspace: &Workspace) -> Result<()> {
    let web = workspace.web();
    let fingerprint = Fingerprint::of_tree(&web, &goes_into_the_page)?;
    let stamp = Stamp::at(workspace.stamp("web"));
    // The server's build puts an `index.html` of its own where there is none, so that file proves nothing.
    if stamp.is_fresh(fingerprint, &web.join("dist/assets")) {
        return Ok(());
    }
    install(&web)?;
    script(&web, "build")?;
    stamp.record(fingerprint)
}

fn goes_into_the_page(path: &Path) -> bool {
    const BESIDE: [&str; 5] = ["node_modules", "dist", "e2e", "codegen", "openapi.json"];
    !BESIDE.iter().any(|other| path.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_wherever_they_are_but_not_inside_of_dependencies() {
        let dir = tempfile::tempdir().unwrap();
        for package in [
            "web",
            "web/e2e",
            "web/node_modules/left",
            "target/x",
            "crates/a/tests/js",
        ] {
            fs::create_dir_all(dir.path().join(package)).unwrap();
            fs::write(dir.path().join(package).join("package-lock.json"), "{}").unwrap();
        }
        let found = packages(dir.path()).unwrap();
        let below: Vec<_> = found
            .iter()
            .map(|p| p.strip_prefix(dir.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(below, ["crates/a/tests/js", "web", "web/e2e"]);
    }

    #[test]
    fn the_page_is_rebuilt_for_its_sources_only() {
        for inside in [
            "src/main.tsx",
            "index.html",
            "package-lock.json",
            "vite.config.ts",
            "public/icon.svg",
        ] {
            assert!(goes_into_the_page(Path::new(inside)), "{inside}");
        }
        for outside in [
            "node_modules/x",
            "dist/index.html",
            "e2e/login.test.ts",
            "codegen/package.json",
        ] {
            assert!(!goes_into_the_page(Path::new(outside)), "{outside}");
        }
    }
}
