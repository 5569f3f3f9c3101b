//! Every setting by its name: the one list from which variables, unknown-key errors and `config show` are made.
//! What a setting means stands in [`super::settings`].

/// How a setting is written in a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As it is.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Switch,
    /// Several texts with this character between them.
    List(char),
}

/// Whether a setting may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// To everybody.
    Public,
    /// Never; only that it is set.
    Secret,
}

/// One setting.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name in `longhouse.toml`, with dots between the tables.
    pub(crate) path: &'static str,
    /// How a variable holds it.
    pub(crate) shape: Shape,
    /// Whether `config show` prints it.
    pub(crate) visibility: Visibility,
}

impl Key {
    /// `LONGHOUSE_` and the name in capitals, dots as underscores.
    pub(crate) fn variable(&self) -> String {
        format!(
            "LONGHOUSE_{}",
            self.path.replace('.', "_").to_ascii_uppercase()
        )
    }
}

const fn public(path: &'static str, shape: Shape) -> Key {
    Key {
        path,
        shape,
        visibility: Visibility::Public,
    }
}

/// All settings but the agents, which are a table per name.
pub(crate) const KEYS: &[Key] = &[
    public("listen", Shape::Text),
    public("data_dir", Shape::Text),
    public("run_dir", Shape::Text),
    // A database URL holds a password.
    Key {
        path: "database_url",
        shape: Shape::Text,
        visibility: Visibility::Secret,
    },
    public("docker_host", Shape::Text),
    public("master_key_file", Shape::Text),
    public("master_key_command", Shape::List(' ')),
    public("public_url", Shape::Text),
    public("allowed_hosts", Shape::List(',')),
    public("preview_host", Shape::Text),
    public("allowed_origins", Shape::List(',')),
    public("trusted_proxies", Shape::List(',')),
    public("insecure", Shape::Switch),
    public("tls_cert", Shape::Text),
    public("tls_key", Shape::Text),
    public("redirect_listen", Shape::Text),
    public("acme_domains", Shape::List(',')),
    public("acme_accept_terms", Shape::Switch),
    public("acme_email", Shape::Text),
    public("acme_directory", Shape::Text),
    public("acme_ca", Shape::Text),
    public("password_login", Shape::Switch),
    public("max_sessions", Shape::Integer),
    public("max_sessions_per_user", Shape::Integer),
    public("stop_grace", Shape::Text),
    public("limits.connections", Shape::Integer),
    public("limits.connections_per_address", Shape::Integer),
    public("limits.sockets", Shape::Integer),
    public("limits.sockets_per_user", Shape::Integer),
    public("limits.requests_per_second", Shape::Integer),
    public("limits.logins_per_minute", Shape::Integer),
    public("limits.file_read", Shape::Integer),
    public("limits.file_write", Shape::Integer),
    public("log.level", Shape::Text),
    public("log.format", Shape::Text),
    public("host.allowed_dirs", Shape::List(':')),
    public("host.multiplexer", Shape::Text),
    public("host.pass_env", Shape::List(',')),
    public("docker.image", Shape::Text),
    public("docker.keep_volumes_days", Shape::Integer),
    public("docker.disk_limit", Shape::Integer),
    public("docker.publish_ports", Shape::Text),
    public("docker.publish_address", Shape::Text),
    public("git.protocols", Shape::List(':')),
    public("git.repository_ports", Shape::Text),
    public("recordings.policy", Shape::Text),
    public("recordings.megabytes", Shape::Integer),
    public("terminal.ring_bytes", Shape::Integer),
    public("terminal.scrollback_lines", Shape::Integer),
];

/// What stands in the table of one agent, `[agents.NAME]`.
pub(crate) const AGENT_KEYS: &[&str] = &[
    "title",
    "command",
    "prompt_args",
    "autonomous_args",
    "install_hint",
];

/// What stands in the table of one identity provider, `[oidc.NAME]`.
pub(crate) const OIDC_KEYS: &[&str] = &[
    "name",
    "issuer",
    "client_id",
    "client_secret_file",
    "client_secret_env",
    "scopes",
    "groups_claim",
    "admin_groups",
    "member_groups",
    "viewer_groups",
    "host_groups",
    "default_role",
    "create_accounts",
    "allowed_domains",
    "allowed_groups",
];

/// Variables that are no settings: they belong to the first start, to the client and to the build.
pub(crate) const OTHER_VARIABLES: &[&str] = &[
    "LONGHOUSE_CONFIG",
    "LONGHOUSE_ADMIN_PASSWORD",
    "LONGHOUSE_MASTER_KEY",
    "LONGHOUSE_URL",
    "LONGHOUSE_TOKEN",
    "LONGHOUSE_TOKEN_FILE",
    "LONGHOUSE_CA",
    "LONGHOUSE_EMBED_DIR",
    "LONGHOUSE_SESSIOND",
];

/// The setting of that name.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The known name that is most like `name`, unless none is.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this two words have little in common; found by trying the usual slips of the pen.
    const ALIKE: f64 = 0.75;
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
