//! Whom a command asks that works with a server and without one: the server where one runs, else the database itself, so that
//! the owner of the data directory always gets at what is theirs. It knows nothing of what is asked.

use std::sync::Arc;

use longhouse_engine::secrets::Vault;
use longhouse_store::Store;

use crate::client::Client;
use crate::config::Settings;
use crate::failure::{Code, Failure};
use crate::places::Places;
use crate::serve::keys::audit_key;
use crate::serve::lock::{DataDirLock, LockError};
use crate::serve::store_url;
use crate::{Context, cli, master_key};

/// Who answers for the data.
pub(crate) enum Reach {
    /// A server that runs.
    Served(Box<Client>),
    /// We do, with the database, which no server uses as long as the lock is held.
    Ours {
        store: Store,
        vault: Vault,
        _lock: DataDirLock,
    },
}

impl Reach {
    /// The server that the command line names or that runs here; where none runs, the database itself.
    pub(crate) async fn open(place: &cli::Place, context: &Context) -> Result<Self, Failure> {
        let client = || Client::new(place, &context.environment, &context.directory);
        if place.url.is_some() || context.environment.get("LONGHOUSE_URL").is_some() {
            return Ok(Self::Served(Box::new(client()?)));
        }
        let settings = crate::load(crate::flags(place), context)?.settings;
        let places = Places::new(&settings);
        if !places.data_dir.is_dir() {
            let error = anyhow::anyhow!("there is no data directory {}", places.data_dir.display());
            return Err(Failure::new(Code::Failed, error));
        }
        match DataDirLock::take(&places.data_dir, &places.lock_file()) {
            Ok(lock) => {
                let (store, vault) = open_store(&settings, &places, context).await?;
                Ok(Self::Ours {
                    store,
                    vault,
                    _lock: lock,
                })
            }
            Err(LockError::Held { .. }) => Ok(Self::Served(Box::new(client()?))),
            Err(error) => Err(Failure::new(Code::Failed, error)),
        }
    }
}

/// The store, with the key that seals its audit log, and its secrets. Only the holder of the data directory's lock may call this.
pub(crate) async fn open_store(
    settings: &Settings,
    places: &Places,
    context: &Context,
) -> Result<(Store, Vault), anyhow::Error> {
    use anyhow::Context as _;
    let store = Store::open(&store_url(settings, places)?)
        .await
        .context("cannot open the database")?;
    let source = master_key::source(settings, places, &context.environment);
    let vault = Vault::open(store.clone(), source, Arc::new(context.clock))
        .await
        .context("cannot open the secrets, among which is the key that seals the audit log")?;
    let key = audit_key(&vault).await?;
    Ok((store.with_audit_key(key), vault))
}
