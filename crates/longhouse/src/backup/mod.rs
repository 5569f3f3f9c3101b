//! `longhouse backup`: the database as it is at one moment, in one file, whether a server runs or not.
//!
//! Secrets stay sealed in it, and the master key stays out of it unless it is asked for, locked under a passphrase. Working
//! directories are not part of it: they are plain files, and copied as such.

mod restore;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use longhouse_domain::Clock as _;
use longhouse_engine::secrets::WrappedKey;
use longhouse_store::{Store, StoreUrl};

pub(crate) use restore::{refuse_unfinished, restore};

use crate::config::Settings;
use crate::failure::{Code, Failure};
use crate::places::Places;
use crate::serve::{VERSION, store_url};
use crate::{Context, cli, hidden, master_key, output, private_file, record};

use longhouse_engine::backup::{self as format, Manifest};

/// Makes a backup.
pub(crate) async fn backup(
    arguments: &cli::Backup,
    settings: &Settings,
    context: &Context,
) -> Result<u8, Failure> {
    let places = Places::new(settings);
    let url = store_url(settings, &places)?;
    let file = context.directory.join(&arguments.file);
    if file.exists() {
        let error = anyhow::anyhow!("{} is there already: choose another name", file.display());
        return Err(Failure::new(Code::Conflict, error));
    }
    if matches!(url, StoreUrl::Postgres(_)) && !arguments.with_key {
        return Err(Failure::new(Code::Usage, anyhow::anyhow!(POSTGRES)));
    }
    let staging = Staging::beside(&file)?;
    let mut manifest = Manifest {
        version: VERSION.to_owned(),
        created_at: context.clock.now().to_string(),
        schema: None,
        database_bytes: 0,
        sessions: 0,
        master_key: None,
        key: None,
    };
    let copy = staging.file("database");
    let database = match &url {
        StoreUrl::Sqlite(_) => {
            copy_database(&url, &copy, &mut manifest).await?;
            Some(copy.as_path())
        }
        StoreUrl::Postgres(_) => {
            manifest.master_key = recorded_key(&url).await?;
            None
        }
    };
    if arguments.with_key {
        manifest.key = Some(locked_key(&manifest, settings, &places, context).await?);
    }
    let whole = staging.file("backup");
    format::write(&whole, &manifest, database).context("cannot write the backup")?;
    // Before the backup gets its name, and the last that can fail but for that.
    if let Err(why) = put_on_record(&url, &file, &manifest, settings, &places, context).await {
        output::say(&format!("longhouse: {UNRECORDED}: {why:#}"));
    }
    private_file::rename(&whole, &file).context("cannot write the backup")?;
    report(&file, &manifest)?;
    Ok(0)
}

/// A backup is made all the same: its owner could copy the files as well, and needs it most when something is broken.
const UNRECORDED: &str = "this is not in the audit log";

async fn put_on_record(
    url: &StoreUrl,
    file: &Path,
    manifest: &Manifest,
    settings: &Settings,
    places: &Places,
    context: &Context,
) -> anyhow::Result<()> {
    let recorded = manifest.master_key.as_deref();
    let recorded = recorded.context("nothing is sealed in this database yet")?;
    let key = master_key::find(settings, places, &context.environment, recorded).await?;
    let entry = record::entry("backup.create", context)
        .with("file", file.display().to_string())
        .with("masterKey", manifest.key.is_some().to_string());
    record::append(url, key, entry, context).await
}

const POSTGRES: &str = "the database is PostgreSQL: copy it with `pg_dump --format=custom`, and the master key with `longhouse backup --with-key FILE`, \
     for the one is of no use without the other";

async fn copy_database(url: &StoreUrl, copy: &Path, manifest: &mut Manifest) -> anyhow::Result<()> {
    let snapshot = Store::copy_to(url, copy)
        .await
        .context("cannot copy the database")?;
    manifest.schema = Some(snapshot.schema);
    manifest.sessions = snapshot.sessions;
    manifest.master_key = snapshot.master_key;
    manifest.database_bytes = std::fs::metadata(copy)
        .context("cannot read the copy of the database")?
        .len();
    Ok(())
}

async fn recorded_key(url: &StoreUrl) -> anyhow::Result<Option<String>> {
    let store = Store::open(url).await.context("cannot open the database")?;
    let keys = store.data_keys().await;
    store.close().await;
    Ok(keys?.pop().map(|key| key.master))
}

async fn locked_key(
    manifest: &Manifest,
    settings: &Settings,
    places: &Places,
    context: &Context,
) -> anyhow::Result<WrappedKey> {
    let recorded = manifest
        .master_key
        .as_deref()
        .context("nothing is sealed in this database yet, so there is no master key")?;
    let key = master_key::find(settings, places, &context.environment, recorded).await?;
    let passphrase = hidden::read_new("Passphrase for the master key")?;
    Ok(WrappedKey::lock(&key, &passphrase)?)
}

fn report(file: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let shown = file.display();
    let mut text = match manifest.schema {
        Some(_) => format!("{shown}: the database with {} sessions", manifest.sessions),
        None => format!("{shown}: the master key alone; copy the database with pg_dump"),
    };
    text.push_str(match (&manifest.key, &manifest.master_key) {
        (Some(_), _) if manifest.schema.is_some() => ", and the master key under your passphrase\n",
        (Some(_), _) | (None, None) => "\n",
        (None, Some(_)) => ", without the master key\n",
    });
    if manifest.key.is_none()
        && let Some(fingerprint) = &manifest.master_key
    {
        text.push_str(&format!(
            "It can be used only with the master key {fingerprint}: keep a copy of that elsewhere.\n"
        ));
    }
    text.push_str("Working directories are not part of it.\n");
    output::print(&text)
}

/// A private directory beside the file that is to be, so that the last step is a mere change of name.
struct Staging(PathBuf);

impl Staging {
    fn beside(file: &Path) -> anyhow::Result<Self> {
        let name = file.file_name().context("the backup needs a file name")?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(".unfinished");
        let dir = file.with_file_name(hidden);
        // What an earlier, killed one left.
        match std::fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot clear {}", dir.display()));
            }
            _ => {}
        }
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&dir)
            .with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self(dir))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // The next backup of that name clears what stays.
        _ = std::fs::remove_dir_all(&self.0);
    }
}
