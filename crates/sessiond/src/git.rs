//! Git in the session: fixed arguments, an environment built from a list, and settings that neither a repository nor a person's
//! configuration can bend.
//!
//! Only here does the product run git. It runs below sessiond, as the session's user, in the session's place: what a hostile repository
//! makes git do, it does there.

mod clone;
mod fault;
mod place;
mod progress;
mod run;

use std::collections::BTreeMap;

use crate::environment::{ProgramError, SESSION_MARK, find_program};
use crate::session::Session;
use run::GitCommand;

pub(crate) use clone::clone;

/// What git may know of the session's environment: where programs, certificates and proxies are, and who it runs as.
const KNOWN: [&str; 19] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    SESSION_MARK,
];

/// Settings of every command. What is given so stands above all that files say.
const SETTINGS: [&str; 13] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "credential.helper=",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
    "init.templateDir=",
    "init.defaultBranch=main",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// Git with these arguments, which may connect with these protocols.
fn command(
    session: &Session,
    protocols: &str,
    arguments: Vec<String>,
) -> Result<GitCommand, ProgramError> {
    let base = session.environment.for_program(&BTreeMap::new())?;
    let program = find_program("git", &base)?;
    let mut env: BTreeMap<_, _> = base
        .into_iter()
        .filter(|(name, _)| KNOWN.contains(&name.as_str()))
        .collect();
    let fixed = [
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ALLOW_PROTOCOL", protocols),
    ];
    env.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    env.insert("GIT_SSH_COMMAND".to_owned(), ssh(session));
    let settings = SETTINGS.iter().flat_map(|setting| ["-c", *setting]);
    let mut args: Vec<_> = settings.map(str::to_owned).collect();
    args.extend(arguments);
    Ok(GitCommand { program, args, env })
}

/// Nobody can be asked for anything; a host's key is believed the first time and kept for the session alone. Where the session's network
/// is closed, the way out is sessiond's own.
fn ssh(session: &Session) -> String {
    let known = session.state_dir.join("known_hosts");
    let mut options = vec![
        "BatchMode=yes".to_owned(),
        "StrictHostKeyChecking=accept-new".to_owned(),
        "UpdateHostKeys=no".to_owned(),
        format!(
            "UserKnownHostsFile=\"{}\" ~/.ssh/known_hosts",
            known.display()
        ),
        "ConnectTimeout=30".to_owned(),
        "ServerAliveInterval=15".to_owned(),
        "ServerAliveCountMax=4".to_owned(),
        "PermitLocalCommand=no".to_owned(),
        "ClearAllForwardings=yes".to_owned(),
    ];
    if session.has_way_out {
        let own = crate::processes::own_program();
        options.push(format!("ProxyCommand={} connect %h %p", own.display()));
    }
    let options = options
        .iter()
        .map(|option| format!(" -o {}", quoted(option)));
    format!("ssh{}", options.collect::<String>())
}

/// One word for the shell that git hands the command to.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("a'; id; '"), r"'a'\''; id; '\'''");
    }
}
