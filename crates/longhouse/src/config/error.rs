//! Why the configuration cannot be used. Every text names the setting and where it came from.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file was named but cannot be read.
    #[error("cannot read the configuration {}: {error}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no TOML, or a setting in it has the wrong type.
    #[error("{} is not a valid configuration:\n{message}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Where and what, with the line.
        message: String,
    },
    /// A setting that does not exist.
    #[error("{origin} has no setting called \"{key}\"{}", suggestion(nearest.as_deref()))]
    UnknownKey {
        /// The file.
        origin: String,
        /// What stood there.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A variable or flag whose value does not fit.
    #[error("{origin} is not valid: {message}")]
    Value {
        /// The variable or flag.
        origin: String,
        /// What is wrong with it.
        message: String,
    },
    /// The settings together make no sense.
    #[error("{0}")]
    Inconsistent(String),
    /// Listening to the network without encryption.
    #[error(
        "refusing to listen on {listen}: passwords and terminals would cross the network unencrypted.\n\
         Serve HTTPS with `tls_cert` and `tls_key`, or with `acme_domains`; or keep `listen` on 127.0.0.1 and put a TLS proxy in \
         front; or, where that proxy is on another machine or in another container, name it in `trusted_proxies`; or accept the \
         risk with --insecure."
    )]
    Unencrypted {
        /// Where it would have listened.
        listen: SocketAddr,
    },
    /// Nowhere to put the data.
    #[error(
        "neither HOME nor XDG_DATA_HOME is set: name the data directory with --data-dir or LONGHOUSE_DATA_DIR"
    )]
    NoDataDirectory,
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; `longhouse config show` lists all of them".to_owned(),
        |name| format!("; did you mean \"{name}\"?"),
    )
}
