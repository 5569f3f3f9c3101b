//! Settings from four layers: defaults, `longhouse.toml`, `LONGHOUSE_*` variables, flags; the later one wins.
//!
//! Each layer is a TOML table, so that a setting has one name, one type and one check wherever it comes from. What the
//! settings mean to the parts of the program is not decided here.

mod agents;
mod error;
mod keys;
mod layers;
mod network;
mod oidc;
mod recordings;
mod settings;
mod show;

pub(crate) use error::ConfigError;
pub(crate) use network::Encryption;
pub(crate) use oidc::OidcSettings;
pub(crate) use settings::{LogFormat, MultiplexerSetting, Settings};
pub(crate) use show::show;

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use layers::{Layer, Origin};

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`
    pub(crate) config: Option<PathBuf>,
    /// `--data-dir`
    pub(crate) data_dir: Option<PathBuf>,
    /// `--listen`
    pub(crate) listen: Option<String>,
    /// `--tls-cert`
    pub(crate) tls_cert: Option<String>,
    /// `--tls-key`
    pub(crate) tls_key: Option<String>,
    /// `--redirect-listen`
    pub(crate) redirect_listen: Option<String>,
    /// `--insecure`, where given.
    pub(crate) insecure: Option<bool>,
}

/// The settings, and where each of them came from.
#[derive(Debug)]
pub(crate) struct Configuration {
    /// The settings.
    pub(crate) settings: Settings,
    /// The file that was read, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// Oddities that do not hinder the start.
    pub(crate) warnings: Vec<String>,
    merged: toml::Table,
    origins: Vec<(String, Origin)>,
}

/// Reads all layers. `directory` is what relative paths of flags and variables begin at.
pub(crate) fn load(
    flags: &Flags,
    environment: &Environment,
    directory: &Path,
) -> Result<Configuration, ConfigError> {
    let mut layers = vec![layers::defaults(environment)];
    let file = find_file(flags, environment, directory);
    if let Some(path) = &file {
        layers.push(layers::file(path)?);
    }
    let (variables, warnings) = layers::variables(environment)?;
    layers.extend(variables);
    layers.extend(layers::flags(flags));

    let (mut merged, origins) = Layer::merge(layers);
    layers::resolve_paths(&mut merged, environment, directory);
    let settings = typed(&merged)?;
    settings.check()?;
    Ok(Configuration {
        settings,
        file,
        warnings,
        merged,
        origins,
    })
}

/// Every layer has been checked by itself, so what fails here is what no layer said.
fn typed(merged: &toml::Table) -> Result<Settings, ConfigError> {
    if !merged.contains_key("data_dir") {
        return Err(ConfigError::NoDataDirectory);
    }
    let merged = toml::Value::Table(merged.clone());
    merged
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::Inconsistent(error.message().to_owned()))
}

/// `--config`, or the first that exists of `<data dir>/longhouse.toml`, the user's and the system's.
fn find_file(flags: &Flags, environment: &Environment, directory: &Path) -> Option<PathBuf> {
    let named = flags.config.clone();
    if let Some(path) = named.or_else(|| environment.get("LONGHOUSE_CONFIG").map(PathBuf::from)) {
        return Some(directory.join(path));
    }
    let data_dir = flags
        .data_dir
        .clone()
        .or_else(|| environment.get("LONGHOUSE_DATA_DIR").map(PathBuf::from))
        .map(|path| directory.join(path))
        .or_else(|| layers::default_data_dir(environment));
    let user = environment
        .directory("XDG_CONFIG_HOME")
        .or_else(|| environment.home().map(|home| home.join(".config")));
    [
        data_dir,
        user.map(|dir| dir.join("longhouse")),
        Some(PathBuf::from("/etc/longhouse")),
    ]
    .into_iter()
    .flatten()
    .map(|dir| dir.join("longhouse.toml"))
    .find(|path| path.exists())
}

#[cfg(test)]
mod tests;
