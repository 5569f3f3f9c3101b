//! The environment of a session's programs, built from a list of names.
//!
//! Nothing is inherited: what the server was started with (tokens, database addresses, its own tmux) stays out because it is on no list,
//! not because somebody thought of taking it away.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use longhouse_domain::terminal::{Environment, is_environment_name};

/// Names taken over from whoever started the server. `LC_*` joins them.
const TAKEN_OVER: [&str; 8] = [
    "HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "TZ",
];

/// Where programs are looked for when nothing says so.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A shell that every system has.
const DEFAULT_SHELL: &str = "/bin/sh";

/// Text is UTF-8 in a session unless the machine says otherwise: without a locale, tmux and others show underscores.
const DEFAULT_LANG: &str = "C.UTF-8";

/// Names that no setting and no session may give: the first two would nest a terminal in a foreign tmux, the prefix is Longhouse's own.
fn is_reserved(name: &str) -> bool {
    matches!(name, "TMUX" | "TMUX_PANE") || name.starts_with("LONGHOUSE_")
}

/// What every session of this server starts from.
#[derive(Clone)]
pub(crate) struct BaseEnvironment(Environment);

impl BaseEnvironment {
    /// Picks from `source`, the environment that the server was started with. `passed` are further names that the administrator allows.
    pub(crate) fn new(
        source: &BTreeMap<String, String>,
        passed: &[String],
        account: &Account,
    ) -> Self {
        let listed = |name: &str| {
            TAKEN_OVER.contains(&name)
                || name.starts_with("LC_")
                || passed.iter().any(|allowed| allowed == name)
        };
        let mut base: Environment = source
            .iter()
            .filter(|(name, value)| listed(name) && is_settable(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let absolute =
            |value: Option<&String>| value.filter(|value| value.starts_with('/')).cloned();

        let home = absolute(base.get("HOME")).unwrap_or_else(|| account.home.clone());
        base.insert("HOME".to_owned(), home);
        let shell = absolute(base.get("SHELL")).unwrap_or_else(|| account.shell.clone());
        base.insert("SHELL".to_owned(), shell);
        for name in ["USER", "LOGNAME"] {
            base.entry(name.to_owned())
                .or_insert_with(|| account.name.clone());
        }
        let path = search_path(base.get("PATH").map_or("", String::as_str));
        base.insert("PATH".to_owned(), path);
        if !["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .any(|name| base.contains_key(*name))
        {
            base.insert("LANG".to_owned(), DEFAULT_LANG.to_owned());
        }
        Self(base)
    }

    /// The environment of one session: its own variables laid over the base.
    pub(crate) fn with(&self, extra: &Environment) -> Environment {
        let mut env = self.0.clone();
        let extra = extra
            .iter()
            .filter(|(name, value)| is_settable(name, value));
        env.extend(extra.map(|(name, value)| (name.clone(), value.clone())));
        env
    }

    /// The login shell.
    pub(crate) fn shell(&self) -> &str {
        self.0.get("SHELL").map_or(DEFAULT_SHELL, String::as_str)
    }

    /// The little that sessiond itself is started with.
    pub(crate) fn of_sessiond(&self) -> Environment {
        let names = [
            "HOME", "USER", "LOGNAME", "PATH", "LANG", "LC_ALL", "LC_CTYPE",
        ];
        let kept = names.iter().filter_map(|name| self.0.get_key_value(*name));
        kept.map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// The values may be secrets.
impl std::fmt::Debug for BaseEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn is_settable(name: &str, value: &str) -> bool {
    is_environment_name(name) && !is_reserved(name) && !value.contains('\0')
}

/// Only absolute directories: a relative one would run whatever a repository keeps under a program's name.
fn search_path(path: &str) -> String {
    let kept: Vec<_> = path.split(':').filter(|dir| dir.starts_with('/')).collect();
    if kept.is_empty() {
        DEFAULT_PATH.to_owned()
    } else {
        kept.join(":")
    }
}

/// The directories of a search path in which a session would look.
pub(crate) fn search_dirs(env: &Environment) -> impl Iterator<Item = PathBuf> {
    let path = env.get("PATH").map_or(DEFAULT_PATH, String::as_str);
    path.split(':')
        .filter(|dir| dir.starts_with('/'))
        .map(PathBuf::from)
}

/// A user of this machine, as the password file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) home: String,
    pub(crate) shell: String,
}

impl Account {
    /// The user with this number. The file is read directly: asking the name service would load foreign code, and a statically linked
    /// program cannot. A user that only a directory service knows is called by number, and lives in `/`.
    pub(crate) fn of(uid: u32) -> Self {
        let file = fs::read(Path::new("/etc/passwd")).unwrap_or_default();
        Self::find(&String::from_utf8_lossy(&file), uid)
    }

    fn find(passwd: &str, uid: u32) -> Self {
        let text = |field: &str, default: &str| {
            if field.starts_with('/') {
                field.to_owned()
            } else {
                default.to_owned()
            }
        };
        let entry = passwd.lines().find_map(|line| {
            let fields: Vec<_> = line.split(':').collect();
            let [name, _, number, _, _, home, shell] = fields[..] else {
                return None;
            };
            (number.parse() == Ok(uid)).then(|| Self {
                name: name.to_owned(),
                home: text(home, "/"),
                shell: text(shell, DEFAULT_SHELL),
            })
        });
        entry.unwrap_or_else(|| Self {
            name: uid.to_string(),
            home: "/".to_owned(),
            shell: DEFAULT_SHELL.to_owned(),
        })
    }
}

/// What the user with this number is called on this machine; the number where nobody knows.
#[must_use]
pub fn user_name(uid: u32) -> String {
    Account::of(uid).name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn account() -> Account {
        Account::find(
            "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000:,,,:/home/ada:\n",
            1000,
        )
    }

    fn base(source: &[(&str, &str)], passed: &[&str]) -> Environment {
        let passed: Vec<_> = passed.iter().map(|&name| name.to_owned()).collect();
        BaseEnvironment::new(&map(source), &passed, &account()).with(&Environment::new())
    }

    #[test]
    fn nothing_of_the_server_passes_that_is_not_listed() {
        let env = base(
            &[
                ("HOME", "/home/ada"),
                ("PATH", "/bin"),
                ("LC_TIME", "de_DE.UTF-8"),
                ("LANG", "de_DE.UTF-8"),
                ("TZ", "UTC"),
                ("SECRET_TOKEN", "s"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
                ("TMUX", "/tmp/x,1,0"),
                ("TMUX_PANE", "%0"),
                ("DATABASE_URL", "s"),
                ("LD_PRELOAD", "/x.so"),
                ("SSH_AUTH_SOCK", "/x"),
                ("LONGHOUSE_ADMIN_PASSWORD", "s"),
            ],
            &[],
        );
        let names: Vec<_> = env.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "HOME", "LANG", "LC_TIME", "LOGNAME", "PATH", "SHELL", "TZ", "USER"
            ]
        );
    }

    #[test]
    fn what_is_missing_comes_from_the_account_and_has_sensible_defaults() {
        let env = base(&[("HOME", "relative"), ("SHELL", "")], &[]);
        assert_eq!(
            env,
            map(&[
                ("HOME", "/home/ada"),
                ("LANG", "C.UTF-8"),
                ("LOGNAME", "ada"),
                ("PATH", DEFAULT_PATH),
                ("SHELL", "/bin/sh"),
                ("USER", "ada"),
            ])
        );
        assert_eq!(Account::find("broken\n:::\n", 7).name, "7");
    }

    #[test]
    fn an_administrator_lets_names_pass_but_never_reserved_ones() {
        let source = [
            ("ANTHROPIC_API_KEY", "k"),
            ("TMUX", "x"),
            ("LONGHOUSE_JWT_SECRET", "x"),
        ];
        let env = base(
            &source,
            &[
                "ANTHROPIC_API_KEY",
                "TMUX",
                "LONGHOUSE_JWT_SECRET",
                "ABSENT",
            ],
        );
        assert_eq!(env.get("ANTHROPIC_API_KEY").map(String::as_str), Some("k"));
        assert!(!env.contains_key("TMUX") && !env.contains_key("LONGHOUSE_JWT_SECRET"));
    }

    #[test]
    fn a_session_lays_its_own_over_the_base() {
        let env = BaseEnvironment::new(&map(&[("PATH", "/bin")]), &[], &account()).with(&map(&[
            ("PATH", "/opt/bin"),
            ("A", "1"),
            ("TMUX", "x"),
            ("LONGHOUSE_SESSION_ID", "x"),
            ("B", "nul\0"),
            ("C D", "x"),
        ]));
        assert_eq!(env.get("PATH").map(String::as_str), Some("/opt/bin"));
        assert_eq!(env.get("A").map(String::as_str), Some("1"));
        for name in ["TMUX", "LONGHOUSE_SESSION_ID", "B", "C D"] {
            assert!(!env.contains_key(name), "{name}");
        }
    }

    #[test]
    fn relative_places_are_not_searched() {
        assert_eq!(search_path("/bin::.:bin:/usr/bin:"), "/bin:/usr/bin");
        let env = map(&[("PATH", ".:/a:")]);
        assert_eq!(search_dirs(&env).collect::<Vec<_>>(), [PathBuf::from("/a")]);
    }
}
