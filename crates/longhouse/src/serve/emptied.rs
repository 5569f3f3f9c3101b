//! A database file that was emptied: a disk that was full at the wrong moment, or a copy that went wrong, leaves a file without a
//! byte. To SQLite that is a new database; to begin anew in silence would lose everything in silence.

use anyhow::bail;
use longhouse_store::StoreUrl;

use crate::places::Places;

/// Refuses a file without a byte beside which something says that there was more.
pub(super) fn refuse(url: &StoreUrl, places: &Places) -> anyhow::Result<()> {
    let StoreUrl::Sqlite(path) = url else {
        return Ok(());
    };
    let length = |path: &std::path::Path| std::fs::metadata(path).map(|found| found.len()).ok();
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let was_used = places.master_key_file().exists() || length(log.as_ref()) > Some(0);
    if length(path) == Some(0) && was_used {
        bail!(
            "{} is empty, and was not: restore it from a backup, or remove it to begin anew",
            path.display()
        );
    }
    Ok(())
}
