//! The layers that settings come from, each as a TOML table, and how they are laid over one another.

use std::path::{Path, PathBuf};

use longhouse_domain::container::ImageName;
use longhouse_domain::git::{Transport, Transports};
use longhouse_domain::publish::PortRange;
use longhouse_engine::PublishSettings;
use longhouse_server::Limits;
use toml::{Table, Value};

use super::Flags;
use super::error::ConfigError;
use super::keys::{self, AGENT_KEYS, KEYS, Key, OIDC_KEYS, OTHER_VARIABLES, Shape};
use super::network::PATHS;
use super::settings::Settings;
use crate::environment::Environment;

/// Tables with a table per name, and what may stand in each: agents and identity providers.
const NAMED: [(&str, &[&str]); 2] = [("agents", AGENT_KEYS), ("oidc", OIDC_KEYS)];

/// What may stand in the tables below that one, where it is such a one.
fn named_keys(name: &str) -> Option<&'static [&'static str]> {
    let found = NAMED.iter().find(|(table, _)| *table == name);
    found.map(|(_, keys)| *keys)
}

/// The directory of the authority that most people mean.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Where a setting came from, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    File(PathBuf),
    Variable(String),
    Flag(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Some settings from one place.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) origin: Origin,
    pub(super) table: Table,
}

impl Layer {
    /// One setting from one place.
    fn single(origin: Origin, path: &str, value: Value) -> Self {
        let mut table = Table::new();
        insert(&mut table, path, value);
        Self { origin, table }
    }

    /// Lays later layers over earlier ones, setting by setting, and tells where each came from.
    pub(super) fn merge(layers: Vec<Self>) -> (Table, Vec<(String, Origin)>) {
        let mut merged = Table::new();
        let mut origins: Vec<(String, Origin)> = Vec::new();
        for layer in layers {
            for (path, value) in flatten(&layer.table) {
                insert(&mut merged, &path, value);
                origins.retain(|(known, _)| *known != path);
                origins.push((path, layer.origin.clone()));
            }
        }
        (merged, origins)
    }
}

/// What holds where nobody said anything.
pub(super) fn defaults(environment: &Environment) -> Layer {
    let mut table = Table::new();
    let mut set = |path: &str, value: Value| insert(&mut table, path, value);
    set("listen", "127.0.0.1:7070".into());
    if let Some(dir) = default_data_dir(environment) {
        set("data_dir", dir.to_string_lossy().into_owned().into());
    }
    set("insecure", false.into());
    set("password_login", true.into());
    set("acme_accept_terms", false.into());
    set("acme_directory", LETS_ENCRYPT.into());
    set("max_sessions", 1000.into());
    set("max_sessions_per_user", 200.into());
    set("stop_grace", "10s".into());
    let limits = Limits::default();
    for (name, limit) in [
        ("connections", limits.connections as u64),
        (
            "connections_per_address",
            limits.connections_per_address as u64,
        ),
        ("sockets", limits.sockets as u64),
        ("sockets_per_user", limits.sockets_per_user as u64),
        ("requests_per_second", limits.requests_per_second.into()),
        ("logins_per_minute", limits.logins_per_minute.into()),
        ("file_read", limits.file_read),
        ("file_write", limits.file_write),
    ] {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        set(&format!("limits.{name}"), limit.into());
    }
    set("log.level", "info".into());
    set("log.format", "auto".into());
    recordings(&mut set);
    let home = environment.home();
    let dirs = home.map(|home| Value::from(home.to_string_lossy().into_owned()));
    set(
        "host.allowed_dirs",
        Value::Array(dirs.into_iter().collect()),
    );
    set("host.multiplexer", "auto".into());
    set("docker.image", String::from(ImageName::workspace()).into());
    defaults_of_git(&mut set);
    set("docker.keep_volumes_days", 30.into());
    set("docker.disk_limit", 0.into());
    let publish = PublishSettings::default();
    let range = publish
        .range
        .map_or_else(|| "off".to_owned(), |range| range.to_string());
    set("docker.publish_ports", range.into());
    set("docker.publish_address", publish.address.to_string().into());
    set("terminal.ring_bytes", (8 * 1024 * 1024).into());
    set("terminal.scrollback_lines", 2000.into());
    Layer {
        origin: Origin::Default,
        table,
    }
}

fn defaults_of_git(set: &mut impl FnMut(&str, Value)) {
    let transports = Transports::default();
    let names = transports.iter().map(Transport::as_str).map(Value::from);
    set("git.protocols", Value::Array(names.collect()));
    let ports = PortRange::REPOSITORIES.to_string();
    set("git.repository_ports", ports.into());
}

fn recordings(set: &mut impl FnMut(&str, Value)) {
    set("recordings.policy", "asked".into());
    set("recordings.megabytes", 32.into());
}

/// `$XDG_DATA_HOME/longhouse`, or where that variable's default is.
pub(super) fn default_data_dir(environment: &Environment) -> Option<PathBuf> {
    environment
        .directory("XDG_DATA_HOME")
        .or_else(|| Some(environment.home()?.join(".local/share")))
        .map(|dir| dir.join("longhouse"))
}

/// A configuration file. Names are checked first, because that error can say what was meant.
pub(super) fn file(path: &Path) -> Result<Layer, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
        path: path.to_owned(),
        error,
    })?;
    let invalid = |error: toml::de::Error| ConfigError::Parse {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let table: Table = toml::from_str(&text).map_err(invalid)?;
    check_names(&path.display().to_string(), &table)?;
    for (name, value) in flatten(&table) {
        check_value(&name, &value).map_err(|message| ConfigError::Parse {
            path: path.to_owned(),
            message: format!("{name}: {message}"),
        })?;
    }
    Ok(Layer {
        origin: Origin::File(path.to_owned()),
        table,
    })
}

fn check_names(origin: &str, table: &Table) -> Result<(), ConfigError> {
    let unknown = |key: String, nearest: Option<&str>| ConfigError::UnknownKey {
        origin: origin.to_owned(),
        key,
        nearest: nearest.map(str::to_owned),
    };
    for (name, value) in flatten(table) {
        match (value, named_keys(&name)) {
            (Value::Table(tables), Some(known)) => {
                let tables = tables
                    .iter()
                    .filter_map(|(of, value)| Some((of, value.as_table()?)));
                for (of, table) in tables {
                    if let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) {
                        let nearest = keys::nearest(key, known.iter().copied());
                        return Err(unknown(format!("{name}.{of}.{key}"), nearest));
                    }
                }
            }
            (_, Some(_)) => {}
            _ if keys::find(&name).is_some() => {}
            _ => {
                let known = KEYS.iter().map(|key| key.path);
                let nearest = keys::nearest(&name, known);
                return Err(unknown(name, nearest));
            }
        }
    }
    Ok(())
}

/// Whether a value has the type of its setting: it is laid over the defaults alone and read.
fn check_value(path: &str, value: &Value) -> Result<(), String> {
    let nowhere: Environment = [("HOME".to_owned(), "/".to_owned())].into_iter().collect();
    let mut table = defaults(&nowhere).table;
    insert(&mut table, path, value.clone());
    Value::Table(table)
        .try_into::<Settings>()
        .map(|_| ())
        .map_err(|error| error.message().to_owned())
}

/// The variables: `LONGHOUSE_*` for every setting, and those that many programs share. A name that we do not know is
/// only a warning, since container platforms invent such names themselves (`LONGHOUSE_PORT_7070_TCP`).
pub(super) fn variables(
    environment: &Environment,
) -> Result<(Vec<Layer>, Vec<String>), ConfigError> {
    let mut layers = Vec::new();
    for (shared, path) in [
        ("DATABASE_URL", "database_url"),
        ("DOCKER_HOST", "docker_host"),
    ] {
        if let Some(value) = environment.get(shared) {
            let origin = Origin::Variable(shared.to_owned());
            layers.push(Layer::single(origin, path, value.into()));
        }
    }
    for key in KEYS {
        let name = key.variable();
        let Some(text) = environment.get(&name) else {
            continue;
        };
        let wrong = |message: String| ConfigError::Value {
            origin: name.clone(),
            message,
        };
        let value = read_variable(key, text).map_err(wrong)?;
        check_value(key.path, &value).map_err(wrong)?;
        layers.push(Layer::single(Origin::Variable(name), key.path, value));
    }
    Ok((layers, unknown_variables(environment)))
}

fn unknown_variables(environment: &Environment) -> Vec<String> {
    let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
    environment
        .iter()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("LONGHOUSE_"))
        .filter(|name| !OTHER_VARIABLES.contains(name) && !known.iter().any(|k| k == name))
        .map(
            |name| match keys::nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("{name} is no setting; did you mean {near}?"),
                None => format!("{name} is no setting"),
            },
        )
        .collect()
}

fn read_variable(key: &Key, text: &str) -> Result<Value, String> {
    match key.shape {
        Shape::Text => Ok(text.into()),
        Shape::Integer => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| format!("\"{}\" is no whole number", text.escape_debug())),
        Shape::Switch => match text.trim() {
            "true" | "1" | "yes" => Ok(true.into()),
            "false" | "0" | "no" => Ok(false.into()),
            _ => Err(format!(
                "\"{}\" should be true or false",
                text.escape_debug()
            )),
        },
        Shape::List(separator) => Ok(Value::Array(
            text.split(separator)
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(Value::from)
                .collect(),
        )),
    }
}

/// The command line's layer, a setting at a time so that each keeps the flag's name.
pub(super) fn flags(flags: &Flags) -> Vec<Layer> {
    let mut layers = Vec::new();
    if let Some(dir) = &flags.data_dir {
        let value = dir.to_string_lossy().into_owned();
        layers.push(Layer::single(
            Origin::Flag("--data-dir"),
            "data_dir",
            value.into(),
        ));
    }
    for (name, path, text) in [
        ("--listen", "listen", &flags.listen),
        ("--tls-cert", "tls_cert", &flags.tls_cert),
        ("--tls-key", "tls_key", &flags.tls_key),
        (
            "--redirect-listen",
            "redirect_listen",
            &flags.redirect_listen,
        ),
    ] {
        if let Some(text) = text {
            let value = text.as_str().into();
            layers.push(Layer::single(Origin::Flag(name), path, value));
        }
    }
    if let Some(insecure) = flags.insecure {
        let value = insecure.into();
        layers.push(Layer::single(Origin::Flag("--insecure"), "insecure", value));
    }
    layers
}

/// Makes directories absolute, and `~/` the home directory: neither a file nor a list in a variable passes a shell.
pub(super) fn resolve_paths(table: &mut Table, environment: &Environment, directory: &Path) {
    let home = environment.home();
    let resolve = |text: &str| -> String {
        let expanded = match (text.strip_prefix("~"), &home) {
            (Some(""), Some(home)) => home.clone(),
            (Some(rest), Some(home)) if rest.starts_with('/') => home.join(&rest[1..]),
            _ => PathBuf::from(text),
        };
        directory.join(expanded).to_string_lossy().into_owned()
    };
    for path in PATHS.iter().copied() {
        if let Some(Value::String(text)) = table.get_mut(path) {
            *text = resolve(text);
        }
    }
    let dirs = table
        .get_mut("host")
        .and_then(|host| host.get_mut("allowed_dirs"));
    if let Some(Value::Array(dirs)) = dirs {
        for dir in dirs {
            if let Value::String(text) = dir {
                *text = resolve(text);
            }
        }
    }
}

/// Every setting with its dotted name. The agents are one setting, and so are the identity providers.
pub(super) fn flatten(table: &Table) -> Vec<(String, Value)> {
    let mut settings = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) if named_keys(name).is_none() => {
                let inner = flatten(inner).into_iter();
                settings.extend(inner.map(|(rest, value)| (format!("{name}.{rest}"), value)));
            }
            _ => settings.push((name.clone(), value.clone())),
        }
    }
    settings
}

/// Sets a value by its dotted name. Whatever stood in the way is replaced.
fn insert(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((name, rest)) => {
            let slot = table
                .entry(name.to_owned())
                .or_insert_with(|| Value::Table(Table::new()));
            if !slot.is_table() {
                *slot = Value::Table(Table::new());
            }
            if let Value::Table(inner) = slot {
                insert(inner, rest, value);
            }
        }
    }
}
