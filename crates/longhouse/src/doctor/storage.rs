//! Checks of what Longhouse keeps: configuration, data directory, disk, sockets, database.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use longhouse_runtime::host::RUN_DIR_BYTES;
use longhouse_store::{Store, StoreUrl};

use super::Patient;
use super::report::Finding;
use crate::serve::store_url;

/// Free space below which a full disk is near, in bytes.
const LITTLE_SPACE: u64 = 1 << 30;

/// Free space below which nothing should be started any more.
const NO_SPACE: u64 = 100 << 20;

pub(super) fn configuration(patient: &Patient<'_>) -> Finding {
    let name = "configuration";
    let loaded = patient.configuration;
    let source = loaded.file.as_ref().map_or_else(
        || "defaults, no longhouse.toml".to_owned(),
        |file| file.display().to_string(),
    );
    if loaded.warnings.is_empty() {
        Finding::ok(name, source)
    } else {
        Finding::warn(name, source, loaded.warnings.join("; "))
    }
}

pub(super) fn data_directory(patient: &Patient<'_>) -> Finding {
    let name = "data directory";
    let dir = &patient.places.data_dir;
    let shown = dir.display();
    let found = match std::fs::metadata(dir) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Finding::ok(name, format!("{shown} will be made at the first start"));
        }
        Err(error) => {
            let mend = "choose another with --data-dir";
            return Finding::fail(name, format!("{shown}: {error}"), mend);
        }
    };
    if !found.is_dir() {
        return Finding::fail(
            name,
            format!("{shown} is no directory"),
            "choose another with --data-dir",
        );
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        let mend = "run Longhouse as its owner, or choose another with --data-dir";
        return Finding::fail(name, format!("{shown} belongs to somebody else"), mend);
    }
    if found.permissions().mode() & 0o077 != 0 {
        let detail = format!("{shown} can be entered by others");
        return Finding::warn(
            name,
            detail,
            format!("chmod 700 {shown} (the next start does it)"),
        );
    }
    Finding::ok(name, shown.to_string())
}

/// The nearest directory above that exists.
fn existing(path: &Path) -> PathBuf {
    let found = path.ancestors().find(|above| above.is_dir());
    found.unwrap_or(Path::new("/")).to_owned()
}

pub(super) fn disk(patient: &Patient<'_>) -> Finding {
    let name = "disk space";
    let dir = existing(&patient.places.data_dir);
    let stats = match rustix::fs::statvfs(&dir) {
        Ok(stats) => stats,
        Err(error) => {
            return Finding::warn(name, format!("cannot be told: {error}"), "look with df");
        }
    };
    let free = stats.f_bavail.saturating_mul(stats.f_frsize);
    let detail = format!("{:.1} GB free at {}", free as f64 / 1e9, dir.display());
    let mend = "make room, or move the data directory to another disk with --data-dir";
    match free {
        ..NO_SPACE => Finding::fail(name, detail, mend),
        NO_SPACE..LITTLE_SPACE => Finding::warn(name, detail, mend),
        _ => Finding::ok(name, detail),
    }
}

pub(super) fn sockets(patient: &Patient<'_>) -> Finding {
    let name = "sockets";
    let dir = &patient.places.run_dir;
    let (shown, length) = (dir.display(), dir.as_os_str().len());
    if length > RUN_DIR_BYTES {
        let detail =
            format!("{shown} is {length} bytes long, sockets need at most {RUN_DIR_BYTES}");
        return Finding::fail(name, detail, "choose a shorter run_dir");
    }
    let owner = std::fs::symlink_metadata(dir).map(|found| (found.is_dir(), found.uid()));
    match owner {
        Ok((true, user)) if user == rustix::process::geteuid().as_raw() => {
            Finding::ok(name, shown.to_string())
        }
        Ok(_) => {
            let detail = format!("{shown} is not a directory of your own");
            Finding::fail(name, detail, "remove it, or choose another run_dir")
        }
        Err(_) => Finding::ok(name, format!("{shown} will be made at the first start")),
    }
}

pub(super) async fn database(patient: &Patient<'_>) -> Finding {
    let name = "database";
    if let Some(server) = &patient.server {
        return Finding::ok(
            name,
            format!("in use by the running server (process {})", server.pid),
        );
    }
    let url = match store_url(&patient.configuration.settings, &patient.places) {
        Ok(url) => url,
        Err(error) => {
            let mend = "correct database_url or DATABASE_URL";
            return Finding::fail(name, format!("{error:#}"), mend);
        }
    };
    if let StoreUrl::Sqlite(path) = &url
        && !path.exists()
    {
        return Finding::ok(name, format!("{url} will be made at the first start"));
    }
    // Opening checks the file's integrity and brings the schema up to date, as a start would.
    match Store::open(&url).await {
        Ok(store) => {
            let health = store.ping().await;
            store.close().await;
            match health {
                Ok(health) => {
                    let detail = format!("{}, schema {}, {url}", health.version, health.schema);
                    Finding::ok(name, detail)
                }
                Err(error) => Finding::fail(name, error.to_string(), "look at the database"),
            }
        }
        Err(error) => {
            let mend = match url {
                StoreUrl::Sqlite(_) => {
                    "restore the file from a backup, or move it away to begin anew"
                }
                StoreUrl::Postgres(_) => "start the database, or correct database_url",
            };
            Finding::fail(name, error.to_string(), mend)
        }
    }
}
