//! `longhouse secrets`: how the keys stand, and new ones. The running server does it, since it may be the only one that has the key;
//! where none runs, it is done in the database itself.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use http::Method;
use longhouse_domain::audit::Outcome;
use longhouse_engine::secrets::{Key, SecretsError, Vault, VaultState};
use longhouse_store::Store;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::failure::{Code, Failure};
use crate::reach::Reach;
use crate::{Context, cli, hidden, output, record};

/// How often a rotation is asked how far it has got.
const LOOK: Duration = Duration::from_millis(200);

/// How the keys stand.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    master_key: String,
    master_key_source: String,
    data_key: i64,
    secrets_per_data_key: BTreeMap<i64, u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewMaster {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Zeroizing<String>>,
}

impl From<VaultState> for State {
    fn from(state: VaultState) -> Self {
        Self {
            master_key: state.master,
            master_key_source: state.master_source,
            data_key: state.data_key,
            secrets_per_data_key: state.secrets_per_data_key,
        }
    }
}

/// What is to be done, with the new key where one is given.
enum Wish {
    Look,
    Rotate,
    RotateMaster(Option<Zeroizing<String>>),
}

/// Runs one of the commands.
pub(crate) async fn run(
    command: &cli::Secrets,
    place: &cli::Place,
    context: &Context,
) -> Result<u8, Failure> {
    let reach = Reach::open(place, context).await?;
    let wish = match command {
        cli::Secrets::Status => Wish::Look,
        cli::Secrets::Rotate => Wish::Rotate,
        cli::Secrets::RotateMaster { stdin: false } => Wish::RotateMaster(None),
        cli::Secrets::RotateMaster { stdin: true } => {
            let given = hidden::read("New master key: ")?;
            Wish::RotateMaster(Some(Zeroizing::new(given.reveal().to_owned())))
        }
    };
    let state = match reach {
        Reach::Served(client) => served(wish, &client).await?,
        Reach::Ours {
            store,
            vault,
            _lock,
        } => {
            let done = offline(wish, &store, &vault, context).await;
            store.close().await;
            done?
        }
    };
    let secrets: u64 = state.secrets_per_data_key.values().sum();
    output::print(&format!(
        "master key {} from {}\ndata key {}, {secrets} secrets\n",
        state.master_key, state.master_key_source, state.data_key
    ))?;
    Ok(0)
}

/// The server does it.
async fn served(wish: Wish, client: &Client) -> Result<State, Failure> {
    match wish {
        Wish::Look => {}
        Wish::Rotate => rotate(client).await?,
        Wish::RotateMaster(key) => {
            let (path, body) = ("/api/secrets/rotate-master", NewMaster { key });
            client
                .json::<State>(Method::POST, path, Some(&body))
                .await?;
        }
    }
    state(client).await
}

async fn state(client: &Client) -> Result<State, Failure> {
    let nothing: Option<&()> = None;
    Ok(client.json(Method::GET, "/api/secrets", nothing).await?)
}

/// A new data key, and the wait until it is the only one.
async fn rotate(client: &Client) -> Result<(), Failure> {
    let nothing = serde_json::json!({});
    let path = "/api/secrets/rotate";
    let begun: State = client.json(Method::POST, path, Some(&nothing)).await?;
    loop {
        let now = state(client).await?;
        let done = now.data_key >= begun.data_key && now.secrets_per_data_key.len() == 1;
        if done {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// We do it, and put it on record.
async fn offline(
    wish: Wish,
    store: &Store,
    vault: &Vault,
    context: &Context,
) -> Result<State, Failure> {
    let (action, done) = match wish {
        Wish::Look => return now(vault).await,
        Wish::Rotate => ("secrets.rotate", new_data_key(vault).await),
        Wish::RotateMaster(key) => {
            let given = key.map(|text| Key::from_base64(&text));
            if matches!(given, Some(None)) {
                let error = anyhow::anyhow!("a master key is 32 bytes in base64");
                return Err(Failure::new(Code::Usage, error));
            }
            let rotated = vault.rotate_master(given.flatten()).await;
            ("secrets.rotate_master", rotated.map(drop))
        }
    };
    let mut entry = record::entry(action, context);
    if done.is_err() {
        entry.outcome = Outcome::Failed;
    }
    let recorded = store.append_audit(&[entry]).await;
    done.map_err(failure)?;
    recorded.context("it is done, but not on record")?;
    now(vault).await
}

async fn new_data_key(vault: &Vault) -> Result<(), SecretsError> {
    vault.add_data_key().await?;
    vault.finish_rotation().await.map(drop)
}

async fn now(vault: &Vault) -> Result<State, Failure> {
    Ok(vault.state().await.map_err(failure)?.into())
}

fn failure(error: SecretsError) -> Failure {
    anyhow::Error::from(error).into()
}
