//! The networks of sessions: none at all, or one per user on which sessions do not see each other.

use std::collections::HashMap;

use bollard::models::NetworkCreateRequest;
use longhouse_domain::UserId;
use longhouse_domain::container::Network;

use super::Docker;
use super::client::CallError;
use super::container::{OWNER_LABEL, SERVER_LABEL};

/// What the engine calls having no network.
const NONE: &str = "none";

/// Keeps containers on one bridge from talking to each other.
const NO_NEIGHBOURS: (&str, &str) = ("com.docker.network.bridge.enable_icc", "false");

/// What the engine calls the network. A user's is the same for each of their sessions.
pub(super) fn name(runtime: &Docker, network: Network, owner: UserId) -> String {
    match network {
        Network::None | Network::AllowList | Network::Git => NONE.to_owned(),
        Network::Open => {
            let (server, owner) = (runtime.layout.server(), owner.0.simple());
            format!("longhouse-{server}-{owner}")
        }
    }
}

/// Makes the network unless it is there.
pub(super) async fn ensure(
    runtime: &Docker,
    network: Network,
    owner: UserId,
) -> Result<(), CallError> {
    match network {
        Network::None | Network::AllowList | Network::Git => return Ok(()),
        Network::Open => {}
    }
    let server = runtime.layout.server();
    let name = name(runtime, network, owner);
    // An engine may make two networks of one name; so it is looked for first, and made by one session at a time.
    let _one_at_a_time = runtime.making_network.lock().await;
    let found = runtime
        .client
        .ask(|docker| {
            let name = &name;
            async move { docker.inspect_network(name, None).await }
        })
        .await;
    match found {
        Ok(_) => return Ok(()),
        Err(CallError::NotFound(_)) => {}
        Err(error) => return Err(error),
    }
    let request = NetworkCreateRequest {
        name: name.clone(),
        driver: Some("bridge".to_owned()),
        options: Some(HashMap::from([(
            NO_NEIGHBOURS.0.to_owned(),
            NO_NEIGHBOURS.1.to_owned(),
        )])),
        labels: Some(HashMap::from([
            (SERVER_LABEL.to_owned(), server.to_owned()),
            (OWNER_LABEL.to_owned(), owner.to_string()),
        ])),
        ..NetworkCreateRequest::default()
    };
    let made = runtime
        .client
        .have_done(|docker| {
            let request = request.clone();
            async move { docker.create_network(request).await }
        })
        .await;
    made.map(drop)
}

/// Removes the networks of this server that no container is on any more. The engine itself refuses to remove one that is used; but one that
/// a start has just found, and whose container is not on it yet, is not used. So nothing is removed while any start is under way: the next
/// deletion does it, or the next sweep.
pub(super) async fn remove_unused(runtime: &Docker) -> Result<(), CallError> {
    let Ok(_nobody_starts) = runtime.using_networks.try_write() else {
        return Ok(());
    };
    let own = format!("{SERVER_LABEL}={}", runtime.layout.server());
    let filters = HashMap::from([("label", vec![own])]);
    let options = bollard::query_parameters::ListNetworksOptionsBuilder::new()
        .filters(&filters)
        .build();
    let networks = runtime
        .client
        .ask(|docker| {
            let options = options.clone();
            async move { docker.list_networks(Some(options)).await }
        })
        .await?;
    for id in networks.into_iter().filter_map(|network| network.id) {
        let removed = runtime
            .client
            .ask(|docker| {
                let id = &id;
                async move { docker.remove_network(id).await }
            })
            .await;
        if let Err(error) = removed {
            tracing::debug!(%error, "a network stays");
        }
    }
    Ok(())
}
