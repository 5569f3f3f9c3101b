//! Git in the session: fixed arguments, an environment built from a list, and settings that neither a repository nor a person's
//! configuration can bend.
//!
//! Only here does the product run git. It runs below sessiond, as the session's user, in the session's place: what a hostile repository
//! makes git do, it does there.

mod below;
mod bring_back;
mod clone;
mod commit;
pub(crate) mod credential;
mod fault;
mod init;
pub(crate) mod keep;
pub(crate) mod milestone;
mod operate;
mod place;
mod progress;
mod remote;
mod repository;
mod run;
pub(crate) mod ssh;
mod told;
pub(crate) mod watch;
mod worktree;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::process::Stdio;

use crate::environment::{ProgramError, SESSION_MARK, find_program};
use crate::session::Session;
use repository::Repository;
use run::GitCommand;

pub(crate) use clone::clone;
pub(crate) use operate::git;
pub(crate) use repository::recover;
pub(crate) use worktree::make as make_worktree;

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
const SETTINGS: [&str; 14] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "credential.helper=",
    "credential.useHttpPath=true",
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

/// Settings of every command in a repository: no program that the repository names is run for us, and what git writes is written one way.
/// What an attribute of a file names (a filter, a merge driver) runs, for its content means nothing without; it runs in the session.
const IN_REPOSITORY: [&str; 24] = [
    "color.ui=false",
    "commit.gpgSign=false",
    "core.alternateRefsCommand=true",
    "core.askPass=",
    "core.editor=true",
    "core.gitProxy=",
    "core.pager=cat",
    "core.quotePath=false",
    "diff.external=",
    "diff.orderFile=/dev/null",
    "diff.suppressBlankEmpty=false",
    "fetch.recurseSubmodules=false",
    "gpg.program=false",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "merge.verifySignatures=false",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "sequence.editor=true",
    "status.relativePaths=true",
    "status.showUntrackedFiles=all",
    "tag.gpgSign=false",
    "core.bigFileThreshold=16m",
];

/// Words of a command line.
fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<Vec<u8>> {
    let words = words.into_iter();
    words.map(|word| word.as_bytes().to_vec()).collect()
}

/// Who commits, where the session says it.
const IDENTITY: [&str; 4] = [
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
];

/// Git in a repository: in its root and nowhere else, whatever its settings say of where it works; paths are names, not patterns.
fn in_repository(
    session: &Session,
    repository: &Repository,
    protocols: &str,
    arguments: Vec<Vec<u8>>,
) -> Result<GitCommand, ProgramError> {
    // Stashing is told no paths, and tells a git of its own a pattern.
    let has_paths = arguments.first().is_none_or(|command| command != b"stash");
    let settings = IN_REPOSITORY.iter().flat_map(|setting| ["-c", *setting]);
    let words = settings.map(|word| word.as_bytes().to_vec());
    let mut command = command(
        session,
        protocols,
        words.chain(arguments).map(OsString::from_vec),
    )?;
    command.directory = Some(repository.root.clone());
    let above = repository.root.parent().unwrap_or(&repository.root);
    for (name, path) in [
        ("GIT_WORK_TREE", repository.root.as_path()),
        ("GIT_CEILING_DIRECTORIES", above),
    ] {
        let path = path.to_str().ok_or_else(|| ProgramError::Environment {
            name: name.to_owned(),
        })?;
        command.env.insert(name.to_owned(), path.to_owned());
    }
    if has_paths {
        let literally = ("GIT_LITERAL_PATHSPECS".to_owned(), "1".to_owned());
        command.env.extend([literally]);
    }
    let base = session.environment.for_program(&BTreeMap::new())?;
    let identity = base
        .into_iter()
        .filter(|(name, _)| IDENTITY.contains(&name.as_str()));
    command.env.extend(identity);
    Ok(command)
}

/// Git with these arguments, which may connect with these protocols.
fn command(
    session: &Session,
    protocols: &str,
    arguments: impl IntoIterator<Item = OsString>,
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
    let ssh = ssh::unattended(&session.state_dir, session.has_way_out);
    env.insert("GIT_SSH_COMMAND".to_owned(), ssh);
    let settings = SETTINGS.iter().flat_map(|setting| ["-c", *setting]);
    let mut args: Vec<_> = settings.map(OsString::from).collect();
    let helper = format!(
        "credential.helper={}",
        credential::helper(&session.state_dir)
    );
    args.extend(["-c".into(), helper.into()]);
    args.extend(arguments);
    Ok(GitCommand {
        program,
        args,
        env,
        directory: None,
        stdin: Stdio::null(),
    })
}
