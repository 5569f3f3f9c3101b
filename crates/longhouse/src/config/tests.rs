//! The layers together, as a person meets them. What one layer does alone is tested beside it.

use super::*;

fn environment(home: &Path, variables: &[(&str, &str)]) -> Environment {
    let home = ("HOME".to_owned(), home.to_string_lossy().into_owned());
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    std::iter::once(home).chain(variables).collect()
}

/// Loads with this file in the data directory, these variables and these flags.
pub(super) fn load_with(
    file: &str,
    variables: &[(&str, &str)],
    flags: &Flags,
) -> Result<Configuration, ConfigError> {
    let home = tempfile::tempdir().unwrap();
    let data_dir = home.path().join(".local/share/longhouse");
    std::fs::create_dir_all(&data_dir).unwrap();
    std::fs::write(data_dir.join("longhouse.toml"), file).unwrap();
    load(flags, &environment(home.path(), variables), home.path())
}

pub(super) fn message(file: &str, variables: &[(&str, &str)]) -> String {
    load_with(file, variables, &Flags::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn nothing_needs_to_be_set() {
    let home = tempfile::tempdir().unwrap();
    let loaded = load(
        &Flags::default(),
        &environment(home.path(), &[]),
        home.path(),
    )
    .unwrap();
    let settings = loaded.settings;
    assert_eq!(settings.listen.to_string(), "127.0.0.1:7070");
    assert_eq!(
        settings.data_dir,
        home.path().join(".local/share/longhouse")
    );
    assert_eq!(settings.host.allowed_dirs, [home.path()]);
    assert!(loaded.file.is_none());
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let file = "listen = \"127.0.0.1:1\"\nmax_sessions = 1\n[log]\nlevel = \"warn\"\n";
    let variables = [
        ("LONGHOUSE_LISTEN", "127.0.0.1:2"),
        ("LONGHOUSE_MAX_SESSIONS", "2"),
    ];
    let flags = Flags {
        listen: Some("127.0.0.1:3".to_owned()),
        ..Flags::default()
    };
    let settings = load_with(file, &variables, &flags).unwrap().settings;
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.max_sessions, 2);
    assert_eq!(settings.log.level, "warn");
}

#[test]
fn every_setting_can_come_from_the_file_and_from_a_variable() {
    for key in keys::KEYS {
        let (toml, variable) = match (key.path, key.shape) {
            ("listen", _) => ("\"127.0.0.1:9\"", "127.0.0.1:9"),
            ("stop_grace", _) => ("\"9s\"", "9s"),
            ("docker.publish_ports", _) => ("\"30000-30010\"", "30000-30010"),
            ("docker.publish_address", _) => ("\"127.0.0.2\"", "127.0.0.2"),
            ("log.format", _) => ("\"json\"", "json"),
            ("redirect_listen", _) => ("\"127.0.0.1:8\"", "127.0.0.1:8"),
            ("acme_directory", _) => ("\"https://ca.example/d\"", "https://ca.example/d"),
            ("git.repository_ports", _) => ("\"8200-8300\"", "8200-8300"),
            ("recordings.policy", _) => ("\"always\"", "always"),
            ("host.multiplexer", _) => ("\"none\"", "none"),
            ("preview_host", _) => ("\"*.p.example\"", "*.p.example"),
            ("public_url", _) => ("\"https://a.example\"", "https://a.example"),
            ("terminal.ring_bytes", _) => ("300000", "300000"),
            (_, keys::Shape::Integer) => ("9", "9"),
            (_, keys::Shape::Switch) => ("true", "true"),
            ("host.allowed_dirs", _) => ("[\"/a\", \"/b\"]", "/a:/b"),
            ("trusted_proxies", _) => ("[\"127.0.0.1\", \"fd00::/8\"]", "127.0.0.1,fd00::/8"),
            ("git.protocols", _) => ("[\"https\", \"http\"]", "https:http"),
            (_, keys::Shape::List(' ')) => ("[\"/a\", \"b\"]", "/a b"),
            (_, keys::Shape::List(_)) => ("[\"a\", \"b\"]", "a, b"),
            ("docker.image", _) => ("\"debian:12\"", "debian:12"),
            (_, keys::Shape::Text) => ("\"/x\"", "/x"),
        };
        // Some settings make no sense alone.
        let beside = match key.path {
            "tls_cert" => "tls_key = \"/k\"\n",
            "tls_key" => "tls_cert = \"/c\"\n",
            "redirect_listen" => "tls_key = \"/k\"\ntls_cert = \"/c\"\n",
            "acme_domains" => "acme_accept_terms = true\n",
            _ => "",
        };
        let file = format!("{beside}{} = {toml}", key.path);
        let from_file = load_with(&file, &[], &Flags::default());
        let from_file = from_file.unwrap_or_else(|error| panic!("{}: {error}", key.path));
        let from_variable = load_with(beside, &[(&key.variable(), variable)], &Flags::default());
        let from_variable = from_variable.unwrap_or_else(|error| panic!("{}: {error}", key.path));
        let value = |loaded: &Configuration| {
            let settings = layers::flatten(&loaded.merged);
            settings.into_iter().find(|(path, _)| path == key.path)
        };
        assert_eq!(value(&from_file), value(&from_variable), "{}", key.path);
        assert!(value(&from_file).is_some(), "{}", key.path);
    }
}

#[test]
fn an_unknown_setting_is_named_together_with_what_was_probably_meant() {
    assert!(message("lisen = \"x\"", &[]).contains("\"lisen\"; did you mean \"listen\"?"));
    assert!(
        message("[host]\nallowed_dir = []", &[]).contains("did you mean \"host.allowed_dirs\"?")
    );
    assert!(
        message("[agents.x]\ncomand = [\"x\"]", &[])
            .contains("\"agents.x.comand\"; did you mean \"command\"?")
    );
    assert!(message("zzz = 1", &[]).contains("longhouse config show"));
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_place() {
    assert!(message("max_sessions = \"many\"", &[]).contains("max_sessions: invalid type"));
    assert!(message("listen = 7070", &[]).contains("listen"));
    assert!(message("listen =", &[]).contains("line 1"));
    assert!(message("[agents.x]\ntitle = \"x\"", &[]).contains("command"));
    assert!(message("[agents.x]\ncommand = []", &[]).contains("must name a program"));
    assert!(message("[terminal]\nring_bytes = 262143", &[]).contains("at least 262144"));
    assert!(message("", &[("LONGHOUSE_MAX_SESSIONS", "-1")]).starts_with("LONGHOUSE_MAX_SESSIONS"));
    assert!(message("", &[("LONGHOUSE_STOP_GRACE", "soon")]).contains("no duration"));
}

#[test]
fn an_unknown_variable_is_a_warning_since_container_platforms_invent_them() {
    let variables = [
        ("LONGHOUSE_LISTN", "x"),
        ("LONGHOUSE_PORT_7070_TCP", "tcp://10.0.0.1:7070"),
        ("LONGHOUSE_TOKEN", "t"),
    ];
    let loaded = load_with("", &variables, &Flags::default()).unwrap();
    assert_eq!(loaded.warnings.len(), 2, "{:?}", loaded.warnings);
    assert!(loaded.warnings[0].contains("did you mean LONGHOUSE_LISTEN?"));
}

#[test]
fn shared_variables_are_honoured_and_our_own_win() {
    let variables = [
        ("DATABASE_URL", "postgres://a"),
        ("DOCKER_HOST", "unix:///x"),
    ];
    let settings = load_with("", &variables, &Flags::default())
        .unwrap()
        .settings;
    assert_eq!(settings.database_url.as_deref(), Some("postgres://a"));
    assert_eq!(settings.docker_host.as_deref(), Some("unix:///x"));
    let variables = [
        ("DATABASE_URL", "postgres://a"),
        ("LONGHOUSE_DATABASE_URL", "postgres://b"),
    ];
    let settings = load_with("", &variables, &Flags::default())
        .unwrap()
        .settings;
    assert_eq!(settings.database_url.as_deref(), Some("postgres://b"));
}

#[test]
fn directories_are_made_absolute_and_a_tilde_is_home() {
    let file = "run_dir = \"r\"\n[host]\nallowed_dirs = [\"~/src\", \"~\", \"/srv\", \"p\"]\n";
    let loaded = load_with(file, &[], &Flags::default()).unwrap().settings;
    let home = loaded.data_dir.ancestors().nth(3).unwrap().to_owned();
    assert_eq!(loaded.run_dir, Some(home.join("r")));
    let dirs = [
        home.join("src"),
        home.clone(),
        "/srv".into(),
        home.join("p"),
    ];
    assert_eq!(loaded.host.allowed_dirs, dirs);
}

#[test]
fn what_is_shown_is_a_file_that_says_the_same_without_secrets() {
    let file = "database_url = \"postgres://u:geheim@h/d\"\n[log]\nlevel = \"warn\"\n[agents.x]\ncommand = [\"x\"]\n";
    let loaded = load_with(file, &[("LONGHOUSE_MAX_SESSIONS", "7")], &Flags::default()).unwrap();
    let shown = show(&loaded);
    assert!(!shown.contains("geheim"), "{shown}");
    assert!(
        shown.contains("max_sessions = 7  # LONGHOUSE_MAX_SESSIONS"),
        "{shown}"
    );
    let again = load_with(&shown, &[], &Flags::default()).unwrap();
    assert_eq!(again.settings.log.level, "warn");
    assert_eq!(again.settings.max_sessions, 7);
    assert!(again.settings.agents.contains_key("x"));
}
