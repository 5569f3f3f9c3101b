//! The environment of the session's programs, and where in it a program is found.
//!
//! Nothing is inherited from sessiond's own environment, ever: what a program gets is in the specification, in the request, or here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use longhouse_domain::SessionId;
use longhouse_domain::terminal::is_environment_name;
use longhouse_link::spec::SessiondSpec;
use rustix::fs::Access;

use crate::agent;
use crate::git::{credential, milestone, ssh};

/// Marks every process of the session; how a process that left its family is still found.
pub(crate) const SESSION_MARK: &str = "LONGHOUSE_SESSION_ID";

/// Why a program cannot be started.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProgramError {
    /// It is nowhere in `PATH`, or not at its path.
    #[error("{program}: command not found")]
    NotFound {
        /// As it was asked for.
        program: String,
    },
    /// It is there, but may not be executed.
    #[error("{program}: permission denied")]
    NotExecutable {
        /// As it was asked for.
        program: String,
    },
    /// A name or value that no environment can hold.
    #[error("{name:?} is not a name for an environment variable, or its value holds a NUL")]
    Environment {
        /// The variable's name.
        name: String,
    },
}

/// The session's base environment.
#[derive(Debug)]
pub(crate) struct Environment {
    base: BTreeMap<String, String>,
    session: SessionId,
}

impl Environment {
    /// What the specification says, and how ssh finds what the session has for it. What a person has set stands.
    pub(crate) fn of(spec: &SessiondSpec) -> Self {
        let mut base = spec.env.clone();
        let ssh = ssh::attended(&spec.state_dir, spec.lends_key, spec.way_out_port.is_some());
        if let Some(command) = ssh {
            base.entry("GIT_SSH_COMMAND".to_owned()).or_insert(command);
        }
        let command = milestone::command(&spec.state_dir).display().to_string();
        base.insert(milestone::VARIABLE.to_owned(), command);
        if spec.lends_key {
            let socket = agent::socket(&spec.state_dir).display().to_string();
            base.entry("SSH_AUTH_SOCK".to_owned()).or_insert(socket);
        }
        if spec.lends_token && !base.contains_key("GIT_CONFIG_COUNT") {
            // One helper more, which is asked after a person's own.
            let helper = credential::helper(&spec.state_dir);
            let settings = [
                ("GIT_CONFIG_COUNT", "1".to_owned()),
                ("GIT_CONFIG_KEY_0", "credential.helper".to_owned()),
                ("GIT_CONFIG_VALUE_0", helper),
            ];
            base.extend(settings.map(|(name, value)| (name.to_owned(), value)));
        }
        Self {
            base,
            session: spec.session_id,
        }
    }

    /// What a program beside the terminals gets: the base, the request's additions, the mark.
    pub(crate) fn for_program(
        &self,
        additions: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ProgramError> {
        let mut env = self.base.clone();
        env.extend(additions.clone());
        env.insert(SESSION_MARK.to_owned(), self.session.to_string());
        let bad =
            |(name, value): &(&String, &String)| !is_environment_name(name) || value.contains('\0');
        match env.iter().find(bad) {
            Some((name, _)) => Err(ProgramError::Environment { name: name.clone() }),
            None => Ok(env),
        }
    }

    /// What a terminal's program gets: the same, and what sort of terminal it is.
    pub(crate) fn for_terminal(
        &self,
        terminal: &str,
        additions: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ProgramError> {
        let mut env = self.for_program(additions)?;
        for (name, value) in [
            ("LONGHOUSE_TERMINAL", terminal),
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
        ] {
            env.insert(name.to_owned(), value.to_owned());
        }
        Ok(env)
    }

    /// The session's id, as the mark holds it.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }
}

/// Finds `program` as a shell would: a path as it is, a name in the environment's `PATH`.
pub(crate) fn find_program(
    program: &str,
    env: &BTreeMap<String, String>,
) -> Result<PathBuf, ProgramError> {
    let not_found = || ProgramError::NotFound {
        program: program.to_owned(),
    };
    if program.is_empty() || program.contains('\0') {
        return Err(not_found());
    }
    if program.contains('/') {
        return match look(Path::new(program)) {
            Found::Executable => Ok(program.into()),
            Found::NotExecutable => Err(ProgramError::NotExecutable {
                program: program.to_owned(),
            }),
            Found::Nothing => Err(not_found()),
        };
    }
    let path = env.get("PATH").map_or("", String::as_str);
    let mut forbidden = false;
    for directory in path.split(':').filter(|d| !d.is_empty()) {
        let candidate = Path::new(directory).join(program);
        match look(&candidate) {
            Found::Executable => return Ok(candidate),
            Found::NotExecutable => forbidden = true,
            Found::Nothing => {}
        }
    }
    if forbidden {
        return Err(ProgramError::NotExecutable {
            program: program.to_owned(),
        });
    }
    Err(not_found())
}

enum Found {
    Executable,
    NotExecutable,
    Nothing,
}

fn look(path: &Path) -> Found {
    match std::fs::metadata(path) {
        Ok(file) if file.is_file() => match rustix::fs::access(path, Access::EXEC_OK) {
            Ok(()) => Found::Executable,
            Err(_) => Found::NotExecutable,
        },
        Ok(_) => Found::NotExecutable,
        Err(_) => Found::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment::of(&spec())
    }

    fn spec() -> SessiondSpec {
        SessiondSpec::new(
            SessionId(uuid::Uuid::from_u128(1)),
            "/link/link.sock".into(),
            "/state".into(),
            BTreeMap::from([("PATH".to_owned(), "/nowhere:/bin".to_owned())]),
            "/bin/sh".to_owned(),
        )
    }

    #[test]
    fn a_terminal_gets_the_list_and_nothing_else() {
        let additions = BTreeMap::from([("TERM".to_owned(), "dumb".to_owned())]);
        let env = environment().for_terminal("agent", &additions).unwrap();
        let names: Vec<_> = env.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "COLORTERM",
                "LONGHOUSE_MILESTONE",
                "LONGHOUSE_SESSION_ID",
                "LONGHOUSE_TERMINAL",
                "PATH",
                "TERM"
            ]
        );
        assert_eq!(env["TERM"], "xterm-256color");
    }

    #[test]
    fn a_session_with_a_key_has_an_agent_and_what_a_person_set_stands() {
        let mut spec = spec();
        spec.lends_key = true;
        spec.env
            .insert("GIT_SSH_COMMAND".to_owned(), "mine".to_owned());
        let env = Environment::of(&spec)
            .for_program(&BTreeMap::new())
            .unwrap();
        assert_eq!(env["SSH_AUTH_SOCK"], "/state/agent.sock");
        assert_eq!(env["GIT_SSH_COMMAND"], "mine");
    }

    #[test]
    fn a_name_that_no_environment_can_hold_is_refused() {
        for (name, value) in [("A=B", "x"), ("", "x"), ("A", "x\0y")] {
            let additions = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            assert!(environment().for_program(&additions).is_err(), "{name:?}");
        }
    }

    #[test]
    fn programs_are_found_as_a_shell_finds_them() {
        let env = environment().for_program(&BTreeMap::new()).unwrap();
        assert_eq!(find_program("sh", &env), Ok("/bin/sh".into()));
        assert_eq!(find_program("/bin/sh", &env), Ok("/bin/sh".into()));
        let missing = find_program("no-such-program", &env).unwrap_err();
        assert_eq!(missing.to_string(), "no-such-program: command not found");
        assert!(matches!(
            find_program("/etc/passwd", &env),
            Err(ProgramError::NotExecutable { .. })
        ));
        assert!(find_program("", &env).is_err());
    }
}
