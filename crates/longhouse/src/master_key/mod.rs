//! The master key's three homes: a file, a variable of the environment, a command. Which one it is, the settings say.
//!
//! What the key seals is the engine's business.

mod command;
mod file;
mod variable;

use std::sync::Arc;

use longhouse_engine::accounts::Secret;
use longhouse_engine::secrets::{MasterKeySource, SecretsError};

use crate::config::Settings;
use crate::environment::Environment;
use crate::places::Places;

use command::CommandSource;
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
    if !settings.master_key_command.is_empty() {
        return Arc::new(CommandSource::new(settings.master_key_command.clone()));
    }
    let file = settings.master_key_file.clone();
    Arc::new(FileSource::new(
        file.unwrap_or_else(|| places.master_key_file()),
    ))
}

/// What is wrong, and what to do about it.
fn trouble(text: impl Into<String>) -> SecretsError {
    SecretsError::Source(text.into())
}

/// What a key has to look like.
const SHAPE: &str =
    "a master key is 32 random bytes in base64, as `openssl rand -base64 32` prints them";
