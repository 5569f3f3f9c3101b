//! A look at the engine for a person who asks how their machine is. No session is meant, and nothing is changed.

use longhouse_domain::container::ImageName;

use super::client::Client;
use super::{EngineAddress, image};
use crate::RuntimeHealth;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Examination {
    /// There is none, and none was promised.
    Absent {
        /// Where it was looked for.
        detail: String,
    },
    /// There should be one, and it cannot be used.
    Away {
        /// Why.
        detail: String,
    },
    /// It answers.
    Well {
        /// Its version.
        version: String,
        /// Whether it has the image that was asked about.
        has_image: bool,
    },
}

/// Looks for the engine, and in it for the image. Takes a few seconds at most.
pub async fn examine(address: EngineAddress, image: &ImageName) -> Examination {
    let client = Client::new(address);
    // What came of it is told by the client's own account of the engine.
    let _ = client.connect().await;
    let present = image::is_present(&client, image).await;
    match client.health() {
        RuntimeHealth::Well { version } => Examination::Well {
            version: version.unwrap_or_default(),
            has_image: present.unwrap_or(false),
        },
        RuntimeHealth::Away { detail } => Examination::Away { detail },
        RuntimeHealth::Absent { detail } => Examination::Absent { detail },
    }
}
