//! `longhouse restore`: puts a backup in place of nothing, or of what is there when that is to be kept aside.
//!
//! Everything is checked before anything is touched. From the first move to the last a directory says that the restore is under
//! way; a server that finds it refuses to start, since it would take a half-empty data directory for a new one.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use longhouse_domain::Clock as _;
use longhouse_engine::backup::{self as format, Manifest};
use longhouse_engine::secrets::Key;
use longhouse_store::{Deed, Store, StoreUrl};

use crate::config::Settings;
use crate::failure::{Code, Failure};
use crate::places::{Places, make_private};
use crate::serve::lock::{DataDirLock, LockError};
use crate::serve::store_url;
use crate::{Context, cli, hidden, master_key, output, private_file, record};

/// The directory that stands in the data directory while a restore is under way.
const UNDER_WAY: &str = "restoring";

/// The database and what SQLite keeps beside it.
const DATABASE_FILES: [&str; 3] = ["longhouse.db", "longhouse.db-wal", "longhouse.db-shm"];

/// Refuses a data directory in which a restore was cut short.
pub(crate) fn refuse_unfinished(places: &Places) -> anyhow::Result<()> {
    let dir = places.data_dir.join(UNDER_WAY);
    anyhow::ensure!(
        !dir.exists(),
        "a restore into {} was begun and not finished: run `longhouse restore --force` with the same file again",
        places.data_dir.display()
    );
    Ok(())
}

/// Restores a backup.
pub(crate) async fn restore(
    arguments: &cli::Restore,
    settings: &Settings,
    context: &Context,
) -> Result<u8, Failure> {
    let places = Places::new(settings);
    make_private(&places.data_dir).map_err(anyhow::Error::from)?;
    let _lock = match DataDirLock::take(&places.data_dir, &places.lock_file()) {
        Ok(lock) => lock,
        Err(error @ LockError::Held { .. }) => {
            let error = anyhow::Error::from(error).context("stop the server first");
            return Err(Failure::new(Code::Conflict, error));
        }
        Err(error) => return Err(Failure::new(Code::Failed, error)),
    };
    if places.database_file().exists() && !arguments.force {
        let error = anyhow::anyhow!(
            "{} holds a database already: with --force it is kept aside",
            places.data_dir.display()
        );
        return Err(Failure::new(Code::Conflict, error));
    }
    let staging = places.data_dir.join(UNDER_WAY);
    let staged = stage(
        &context.directory.join(&arguments.file),
        &staging,
        settings,
        &places,
        context,
    )
    .await;
    let staged = match staged {
        Ok(staged) => staged,
        Err(error) => {
            // Nothing else was touched.
            _ = std::fs::remove_dir_all(&staging);
            return Err(error.into());
        }
    };
    let aside = put_in_place(&staging, &staged, settings, &places, context)?;
    report(&staged, aside.as_deref(), &places)?;
    Ok(0)
}

/// A backup that has been read and checked, and lies ready beside what is there.
struct Staged {
    manifest: Manifest,
    key: KeyState,
}

/// Whether the master key that the backup asks for is there.
enum KeyState {
    /// Nothing was sealed.
    NotNeeded,
    /// It is where the settings say.
    AtHand(Key),
    /// It was in the backup, and goes where the settings say.
    Brought(Key),
    /// It is not.
    Missing(String),
}

async fn stage(
    file: &Path,
    staging: &Path,
    settings: &Settings,
    places: &Places,
    context: &Context,
) -> anyhow::Result<Staged> {
    match std::fs::remove_dir_all(staging) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("cannot clear what an earlier restore left");
        }
        _ => {}
    }
    make_private(staging)?;
    let database = staging.join(DATABASE_FILES[0]);
    let manifest = format::read(file, &database)
        .with_context(|| format!("{} cannot be used", file.display()))?;
    let key = find_key(&manifest, settings, places, context).await?;
    if manifest.schema.is_some() {
        anyhow::ensure!(
            matches!(store_url(settings, places)?, StoreUrl::Sqlite(_)),
            "this backup holds a SQLite database, and the settings name PostgreSQL: restore it without database_url"
        );
        let store = Store::open(&StoreUrl::Sqlite(database))
            .await
            .context("the database in the backup cannot be used")?;
        let ended = end_sign_ins(&store, &key, file, &manifest, context).await;
        store.close().await;
        ended?;
    }
    Ok(Staged { manifest, key })
}

/// Ends every login in the restored database, with the record of the restore.
async fn end_sign_ins(
    store: &Store,
    key: &KeyState,
    file: &Path,
    manifest: &Manifest,
    context: &Context,
) -> anyhow::Result<()> {
    let now = context.clock.now();
    let (KeyState::AtHand(key) | KeyState::Brought(key)) = key else {
        output::say("longhouse: this is not in the audit log: the master key is not at hand");
        return Ok(store.end_all_sign_ins(None, now).await?);
    };
    let entry = record::entry("backup.restore", context)
        .with("file", file.display().to_string())
        .with("of", manifest.created_at.as_str());
    let store = record::sealing(store.clone(), key.clone(), context).await?;
    Ok(store.end_all_sign_ins(Some(&Deed::new(entry)), now).await?)
}

async fn find_key(
    manifest: &Manifest,
    settings: &Settings,
    places: &Places,
    context: &Context,
) -> anyhow::Result<KeyState> {
    let Some(recorded) = &manifest.master_key else {
        return Ok(KeyState::NotNeeded);
    };
    let found = master_key::find(settings, places, &context.environment, recorded);
    if let Ok(key) = found.await {
        return Ok(KeyState::AtHand(key));
    }
    let Some(wrapped) = &manifest.key else {
        return Ok(KeyState::Missing(recorded.clone()));
    };
    anyhow::ensure!(
        master_key::file(settings, places, &context.environment).is_some(),
        "the settings take the master key from elsewhere than a file, and what they give is not the one of this backup ({recorded}): \
         set master_key_file, restore, and change over with `longhouse secrets rotate-master`"
    );
    let passphrase = hidden::read("Passphrase of the master key: ")?;
    let key = wrapped.unlock(&passphrase)?;
    key.map(KeyState::Brought)
        .context("that is not the passphrase of this backup's master key")
}

/// Moves what is there aside, and the backup into its place. Where the old things are then.
fn put_in_place(
    staging: &Path,
    staged: &Staged,
    settings: &Settings,
    places: &Places,
    context: &Context,
) -> anyhow::Result<Option<PathBuf>> {
    let mut old: Vec<PathBuf> = Vec::new();
    if staged.manifest.schema.is_some() {
        old.extend(DATABASE_FILES.map(|name| places.data_dir.join(name)));
    }
    let key_file = master_key::file(settings, places, &context.environment);
    if let (KeyState::Brought(_), Some(path)) = (&staged.key, &key_file) {
        old.push(path.clone());
    }
    old.retain(|path| path.exists());
    let aside = (!old.is_empty()).then(|| {
        let moment = context.clock.now().strftime("%Y%m%dT%H%M%SZ");
        places.data_dir.join(format!("replaced-{moment}"))
    });
    if let Some(aside) = &aside {
        make_private(aside)?;
        for path in &old {
            let name = path.file_name().context("a file without a name")?;
            private_file::rename(path, &aside.join(name))?;
        }
    }
    if let (KeyState::Brought(key), Some(path)) = (&staged.key, &key_file) {
        make_private(&places.keys_dir())?;
        master_key::write(path, key)?;
    }
    if staged.manifest.schema.is_some() {
        private_file::rename(&staging.join(DATABASE_FILES[0]), &places.database_file())?;
    }
    std::fs::remove_dir_all(staging).context("cannot end the restore")?;
    private_file::sync_directory_of(staging)?;
    Ok(aside)
}

fn report(staged: &Staged, aside: Option<&Path>, places: &Places) -> anyhow::Result<()> {
    let manifest = &staged.manifest;
    let mut text = match manifest.schema {
        Some(_) => format!(
            "restored the database of {} with {} sessions; every login has ended\n",
            manifest.created_at, manifest.sessions
        ),
        None => "restored the master key; the database comes with pg_restore\n".to_owned(),
    };
    if let Some(aside) = aside {
        text.push_str(&format!("what was there is kept in {}\n", aside.display()));
    }
    text.push_str(&match &staged.key {
        KeyState::NotNeeded | KeyState::AtHand(_) => String::new(),
        KeyState::Brought(_) => "the master key is in its place\n".to_owned(),
        KeyState::Missing(fingerprint) => format!(
            "the server starts only with the master key {fingerprint}: put it into {}, or set it as you did before\n",
            places.master_key_file().display()
        ),
    });
    text.push_str("What was changed since then (accounts disabled, tokens withdrawn) has come back: look through both.\n");
    output::print(&text)
}
