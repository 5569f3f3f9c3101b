//! The git commands of sessiond's own accord: each under the repository's turn, with its time, its output whole or not at all.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use crate::exec::{self, CutShort, Outcome, Overflow};
use crate::git::in_repository;
use crate::git::repository::{Repository, Turn};
use crate::session::Session;

/// The most that one command says: the names of a few hundred thousand files.
const OUTPUT_BYTES: usize = 64 * 1024 * 1024;

/// How long git may take to remove its lock files when it is to end early.
const GRACE: Duration = Duration::from_millis(500);

/// The most of git's words that are told.
const SAID_CHARS: usize = 300;

/// Why a piece of work came to nothing. Whatever it was, the working tree is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Git refused.
    #[error("git {command}: {said}")]
    Git {
        /// The command.
        command: String,
        /// Its last words.
        said: String,
    },
    /// Its time was over.
    #[error("git {0} took too long")]
    TimeOver(String),
    /// It said what is not understood, or too much.
    #[error("git {0} said what is not understood")]
    Unreadable(String),
    /// The system refused.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Git cannot be started.
    #[error("git cannot be started: {0}")]
    NotStarted(String),
}

impl Trouble {
    /// For what the system refused while doing this.
    pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// The right to work in a repository, and what it needs.
pub(crate) struct Own<'a> {
    pub(super) session: &'a Session,
    pub(super) repository: &'a Repository,
    turn: &'a Turn<'a>,
    deadline: Instant,
}

/// One command.
#[derive(Default)]
pub(in crate::git) struct Call<'a> {
    pub(in crate::git) words: &'a [&'a str],
    /// Behind the words, and behind `--`.
    pub(in crate::git) paths: &'a [&'a [u8]],
    pub(in crate::git) input: &'a [u8],
    /// Another index than the repository's.
    pub(in crate::git) index: Option<&'a Path>,
    pub(in crate::git) env: &'a [(&'a str, &'a str)],
    /// What it may connect with; nothing, if empty.
    pub(in crate::git) protocols: &'a str,
}

impl<'a> Own<'a> {
    pub(crate) fn new(
        session: &'a Session,
        repository: &'a Repository,
        turn: &'a Turn<'a>,
        deadline: Instant,
    ) -> Self {
        Self {
            session,
            repository,
            turn,
            deadline,
        }
    }

    /// Sessiond's own directory in the repository.
    pub(super) fn directory(&self) -> PathBuf {
        self.repository.own_directory()
    }

    /// Runs git to its end, however it ends.
    pub(in crate::git) async fn ask(&self, call: Call<'_>) -> Result<Outcome, Trouble> {
        let name = || call.words.first().copied().unwrap_or_default().to_owned();
        let mut arguments: Vec<Vec<u8>> = call
            .words
            .iter()
            .map(|word| word.as_bytes().to_vec())
            .collect();
        if !call.paths.is_empty() {
            arguments.push(b"--".to_vec());
            arguments.extend(call.paths.iter().map(|path| path.to_vec()));
        }
        let not_started = |why: String| Trouble::NotStarted(why);
        let mut command = in_repository(self.session, self.repository, call.protocols, arguments)
            .map_err(|error| not_started(error.to_string()))?;
        if let Some(index) = call.index {
            let index = index.to_string_lossy().into_owned();
            command.env.insert("GIT_INDEX_FILE".to_owned(), index);
        }
        let more = call.env.iter();
        let more = more.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        command.env.extend(more);
        let stdin = self
            .turn
            .begin(call.input)
            .map_err(Trouble::io("the repository's lock"))?;
        let job = exec::Job {
            program: &command.program,
            args: &command.args,
            env: &command.env,
            directory: command.directory.as_deref(),
            timeout: self.deadline.saturating_duration_since(Instant::now()),
            output_limit: OUTPUT_BYTES,
            overflow: Overflow::Ends,
            stdin,
            grace: GRACE,
        };
        let ended = exec::run(job, &self.session.reaper, std::future::pending()).await;
        let by_itself = ended
            .as_ref()
            .is_ok_and(|outcome| outcome.cut_short.is_none() && outcome.code <= 128);
        self.turn.end(by_itself).await;
        let outcome = ended.map_err(|error| not_started(error.to_string()))?;
        match outcome.cut_short {
            None => Ok(outcome),
            Some(CutShort::SaidEnough) => Err(Trouble::Unreadable(name())),
            Some(CutShort::TimeOver | CutShort::Unwanted) => Err(Trouble::TimeOver(name())),
        }
    }

    /// Does what leaves a lock file behind if sessiond is killed in the middle: whoever comes next clears it away, as after a git.
    pub(super) async fn as_git_does<T>(
        &self,
        act: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let _unread = self.turn.begin(b"")?;
        let done = act();
        self.turn.end(true).await;
        done
    }

    /// Runs git, which has to succeed, and gives back what it said.
    pub(in crate::git) async fn run(&self, call: Call<'_>) -> Result<Vec<u8>, Trouble> {
        let command = call.words.first().copied().unwrap_or_default().to_owned();
        let outcome = self.ask(call).await?;
        match outcome.code {
            0 => Ok(outcome.stdout),
            _ => Err(Trouble::Git {
                command,
                said: said(&outcome.stderr),
            }),
        }
    }

    /// The same for one word of an answer: the name of an object, say.
    pub(super) async fn word(&self, call: Call<'_>) -> Result<String, Trouble> {
        let command = call.words.first().copied().unwrap_or_default().to_owned();
        let said = self.run(call).await?;
        let word = String::from_utf8(said).map_err(|_| Trouble::Unreadable(command))?;
        Ok(word.trim_end().to_owned())
    }

    /// What a question answers that has an answer or none (exit code 1).
    pub(in crate::git) async fn maybe(&self, words: &[&str]) -> Result<Option<String>, Trouble> {
        let command = words.first().copied().unwrap_or_default();
        let call = Call {
            words,
            ..Call::default()
        };
        let outcome = self.ask(call).await?;
        match outcome.code {
            0 => Ok(Some(shown(&outcome.stdout).trim_end().to_owned())),
            1 => Ok(None),
            _ => Err(Trouble::Git {
                command: command.to_owned(),
                said: said(&outcome.stderr),
            }),
        }
    }
}

/// The last line that says something.
pub(super) fn said(stderr: &[u8]) -> String {
    let text = shown(stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let last = last.unwrap_or("it said nothing").chars();
    last.take(SAID_CHARS).map(plain).collect()
}

pub(super) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
