//! `longhouse secrets`: how the keys stand, and new ones. The running server does it: it may be the only one that has the key.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::failure::Failure;
use crate::{cli, hidden, output};

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

/// Runs one of the commands.
pub(crate) async fn run(command: &cli::Secrets, client: &Client) -> Result<u8, Failure> {
    match command {
        cli::Secrets::Status => {}
        cli::Secrets::Rotate => rotate(client).await?,
        cli::Secrets::RotateMaster { stdin } => {
            let key = if *stdin {
                let given = hidden::read("New master key: ")?;
                Some(Zeroizing::new(given.reveal().to_owned()))
            } else {
                None
            };
            let body = NewMaster { key };
            let path = "/api/secrets/rotate-master";
            client
                .json::<State>(Method::POST, path, Some(&body))
                .await?;
        }
    }
    let state = state(client).await?;
    let secrets: u64 = state.secrets_per_data_key.values().sum();
    output::print(&format!(
        "master key {} from {}\ndata key {}, {secrets} secrets\n",
        state.master_key, state.master_key_source, state.data_key
    ))?;
    Ok(0)
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
