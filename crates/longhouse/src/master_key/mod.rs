//! The master key's three homes: a file, a variable of the environment, a command. Which one it is, the settings say.
//!
//! What the key seals is the engine's business.

mod command;
mod file;
mod variable;

use std::path::PathBuf;
use std::sync::Arc;

use longhouse_engine::accounts::Secret;
use longhouse_engine::secrets::{Key, MasterKeySource, SecretsError};

use crate::config::Settings;
use crate::environment::Environment;
use crate::places::Places;

use command::CommandSource;
pub(crate) use file::write;

use file::FileSource;
use variable::VariableSource;

/// The variable that holds the key.
pub(crate) const VARIABLE: &str = "LONGHOUSE_MASTER_KEY";

/// Where the settings say that the key is: the variable, else the command, else the file.
pub(crate) fn source(
    settings: &Settings,
    places: &Places,
    environment: &Environment,
) -> Arc<dyn MasterKeySource> {
    if let Some(text) = environment.get(VARIABLE) {
        return Arc::new(VariableSource::new(Secret::new(text)));
    }
    match file(settings, places, environment) {
        Some(file) => Arc::new(FileSource::new(file)),
        None => Arc::new(CommandSource::new(settings.master_key_command.clone())),
    }
}

/// The file of the key, where the settings say that it is in one.
pub(crate) fn file(
    settings: &Settings,
    places: &Places,
    environment: &Environment,
) -> Option<PathBuf> {
    let elsewhere = environment.get(VARIABLE).is_some() || !settings.master_key_command.is_empty();
    let file = settings.master_key_file.clone();
    (!elsewhere).then(|| file.unwrap_or_else(|| places.master_key_file()))
}

/// The key of this fingerprint. Nothing is made or changed: a server may be running, and rotating.
///
/// # Errors
/// The key is not where the settings say, or is another one.
pub(crate) async fn find(
    settings: &Settings,
    places: &Places,
    environment: &Environment,
    fingerprint: &str,
) -> Result<Key, SecretsError> {
    let found = match file(settings, places, environment) {
        Some(path) => file::find(&path, fingerprint)?,
        None => Some(
            source(settings, places, environment)
                .key(Some(fingerprint))
                .await?,
        ),
    };
    found
        .filter(|key| key.fingerprint() == fingerprint)
        .ok_or_else(|| trouble(format!("the master key {fingerprint} is not at hand")))
}

/// Clears what a rotation left that never came to hold. Only for the server, once the secrets are open.
pub(crate) fn clear_unused(
    settings: &Settings,
    places: &Places,
    environment: &Environment,
) -> std::io::Result<()> {
    match file(settings, places, environment) {
        Some(path) => file::clear_unused(&path),
        None => Ok(()),
    }
}

/// What is wrong, and what to do about it.
fn trouble(text: impl Into<String>) -> SecretsError {
    SecretsError::Source(text.into())
}

/// What a key has to look like.
const SHAPE: &str =
    "a master key is 32 random bytes in base64, as `openssl rand -base64 32` prints them";
