//! One question to the session's repository, or one piece of work with it, for a caller who may hang up.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::git::{Operation, Refusal, Transport, Underway};
use longhouse_domain::working_copy::CopyPath;
use longhouse_link::proto::{GitReply, GitRequest, git_reply};
use longhouse_link::{AtTheEnd, limits};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::MetadataValue;

use super::repository::{Repository, Turn};
use super::run::GitCommand;
use super::{below, bring_back, commit, fault, in_repository, init, remote, told, words};
use crate::environment::ProgramError;
use crate::exec::{self, CutShort, Outcome, Overflow};
use crate::session::Session;

/// How long git may take to remove its lock files when it is to end early.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// A program that was ended by a signal has a greater code.
const KILLED: i32 = 128;

/// How long one waits for another who changes the repository.
const OTHERS_TIME: Duration = Duration::from_secs(20);

/// Who is answered; they hang up by dropping the other end.
pub(super) type Caller = oneshot::Sender<Result<GitReply, Status>>;

/// A caller's wish, while it is carried out.
pub(super) struct Work<'a> {
    pub(super) session: &'a Session,
    pub(super) repository: &'a Repository,
    protocols: &'a str,
    deadline: Instant,
    caller: &'a mut Caller,
}

/// Does what is asked.
///
/// # Errors
/// When the request makes no sense, or there is no repository to work with.
pub(crate) async fn git(session: &Arc<Session>, request: GitRequest) -> Result<GitReply, Status> {
    let wrong = |error: &dyn std::fmt::Display| Status::invalid_argument(error.to_string());
    let operation: Operation = serde_json::from_str(&request.operation).map_err(|e| wrong(&e))?;
    let (path, operation) = operation.placed();
    for name in request.protocols.split(':') {
        name.parse::<Transport>().map_err(|error| wrong(&error))?;
    }
    let time = Duration::from_secs(request.timeout_seconds.into()).min(limits::GIT_TIME);
    let deadline = Instant::now() + time;
    let shared = Arc::clone(session);
    // In a task of its own: a git whose caller hangs up is ended in order, and what it held is let go.
    let call = |mut caller: Caller| async move {
        let done = attempt(
            &shared,
            &path,
            &operation,
            &request.protocols,
            deadline,
            &mut caller,
        )
        .await;
        // The caller may have gone.
        let _unheard = caller.send(done);
    };
    session.carry_out(call).await
}

async fn attempt(
    session: &Session,
    path: &CopyPath,
    operation: &Operation,
    protocols: &str,
    deadline: Instant,
    caller: &mut Caller,
) -> Result<GitReply, Status> {
    match operation {
        Operation::Init(branch) => init::init(session, path, branch, deadline, caller).await?,
        Operation::Clone(repository, to) if path.is_workspace() => {
            let outcome = below::clone(session, repository, to, protocols, deadline, caller);
            return reply(session, operation, outcome.await?);
        }
        _ => {}
    }
    let repository = Repository::below(path).map_err(refused)?;
    let mut work = Work::new(session, &repository, protocols, deadline, caller);
    let outcome = work.carry_out(operation).await?;
    if outcome.code > KILLED && session.is_ending() {
        return Err(AtTheEnd::CutShort.into());
    }
    let status = match operation {
        Operation::Status
        | Operation::Glance
        | Operation::Log { .. }
        | Operation::Diff { .. }
        | Operation::KeptWork => Vec::new(),
        _ => work.status().await?,
    };
    told::tell(&mut work, path, operation, &outcome, &status).await;
    // What is pushed by itself is of the session's own repository.
    if path.is_workspace() {
        session.keeping.look_whether_to_push();
    }
    Ok(GitReply {
        underway: underway(&repository).into(),
        status: status.into(),
        ..reply(session, operation, outcome)?
    })
}

/// What git said, and why the other repository did not do its part, where it did not.
fn reply(session: &Session, operation: &Operation, outcome: Outcome) -> Result<GitReply, Status> {
    if outcome.code > KILLED && session.is_ending() {
        return Err(AtTheEnd::CutShort.into());
    }
    let remote = (operation.exchanges() && outcome.code != 0).then(|| {
        let said = String::from_utf8_lossy(&outcome.stderr);
        let lines: Vec<String> = said.lines().map(str::to_owned).collect();
        fault::read(outcome.code, &lines)
    });
    let said = outcome.stderr.len().min(limits::GIT_SAID_BYTES);
    Ok(GitReply {
        exit_code: outcome.code,
        truncated: outcome.truncated,
        timed_out: outcome.cut_short == Some(CutShort::TimeOver),
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
        stderr: Bytes::from(outcome.stderr).slice(..said),
        stdout: outcome.stdout.into(),
        remote,
        ..GitReply::default()
    })
}

impl<'a> Work<'a> {
    pub(super) fn new(
        session: &'a Session,
        repository: &'a Repository,
        protocols: &'a str,
        deadline: Instant,
        caller: &'a mut Caller,
    ) -> Self {
        Self {
            session,
            repository,
            protocols,
            deadline,
            caller,
        }
    }

    async fn carry_out(&mut self, operation: &Operation) -> Result<Outcome, Status> {
        match operation {
            Operation::Commit { message, paths } => {
                commit::commit(self, message.as_ref(), paths).await
            }
            Operation::Step(step) => {
                let turn = self.turn().await?;
                self.change(&turn, step.arguments(), b"").await
            }
            Operation::Fetch(url) => remote::fetch(self, url.as_ref()).await,
            Operation::Pull(url, way) => remote::pull(self, url.as_ref(), None, *way).await,
            Operation::PullBranch(url, branch, way) => {
                remote::pull(self, url.as_ref(), Some(branch), *way).await
            }
            Operation::Push(url) => remote::push(self, url.as_ref(), None).await,
            Operation::PushBranch(url, branch) => {
                remote::push(self, url.as_ref(), Some(branch)).await
            }
            Operation::Run(line) if line.changes() => {
                let turn = self.turn().await?;
                self.change(&turn, line.arguments(), b"").await
            }
            Operation::Run(line) => self.look(line.arguments()).await,
            Operation::SetOrigin(url) => remote::set_origin(self, url).await,
            // It is made by now: what is left is to tell of it.
            Operation::Init(_) => self.look(words(["rev-parse", "--git-dir"])).await,
            Operation::Below(..) | Operation::Clone(..) => {
                Err(Status::invalid_argument("a place of a place"))
            }
            Operation::UnsavedHere => {
                let branch = remote::branch(self).await.ok();
                self.look(Operation::unsaved_here(branch.as_ref())).await
            }
            Operation::BringBack { session, branch } => {
                bring_back::bring_back(self, *session, branch.as_ref()).await
            }
            Operation::Status
            | Operation::Glance
            | Operation::Log { .. }
            | Operation::Diff { .. }
            | Operation::KeptWork
            | Operation::Unsaved => self.look(operation.question().unwrap_or_default()).await,
        }
    }

    /// How the working tree stands afterwards; cut at the end of an entry where it is too much.
    async fn status(&mut self) -> Result<Vec<u8>, Status> {
        let question = Operation::Status.question().unwrap_or_default();
        let mut said = self.look(question).await?.stdout;
        said.truncate(limits::GIT_STATUS_BYTES);
        Ok(said)
    }

    /// What waits for a person.
    pub(super) fn underway(&self) -> Underway {
        self.repository.underway()
    }

    /// The right to change the repository.
    pub(super) async fn turn(&self) -> Result<Turn<'a>, Status> {
        let waits = Instant::now() + OTHERS_TIME;
        Turn::take(self.session, self.repository, waits.min(self.deadline))
            .await
            .map_err(refused)
    }

    /// Runs a git that changes something.
    pub(super) async fn change(
        &mut self,
        turn: &Turn<'_>,
        arguments: Vec<Vec<u8>>,
        input: &[u8],
    ) -> Result<Outcome, Status> {
        let command = self.command(arguments)?;
        let failed =
            |error: io::Error| Status::failed_precondition(format!("the repository: {error}"));
        let stdin = turn.begin(input).map_err(failed)?;
        let outcome = self.run(&command, Overflow::Dropped, stdin).await;
        // Git tidies up after itself, unless a signal ended it.
        let by_itself = outcome
            .as_ref()
            .is_ok_and(|outcome| outcome.cut_short.is_none() && outcome.code < 128 + 1);
        turn.end(by_itself).await;
        outcome
    }

    /// Runs a git that changes nothing.
    pub(super) async fn look(&mut self, arguments: Vec<Vec<u8>>) -> Result<Outcome, Status> {
        let mut command = self.command(arguments)?;
        let no_locks = ("GIT_OPTIONAL_LOCKS".to_owned(), "0".to_owned());
        command.env.extend([no_locks]);
        self.run(&command, Overflow::Ends, Stdio::null()).await
    }

    fn command(&self, arguments: Vec<Vec<u8>>) -> Result<GitCommand, Status> {
        let command = in_repository(self.session, self.repository, self.protocols, arguments);
        command.map_err(|error| refused(error.into()))
    }

    async fn run(
        &mut self,
        command: &GitCommand,
        overflow: Overflow,
        stdin: Stdio,
    ) -> Result<Outcome, Status> {
        let deadline = self.deadline;
        run(
            self.session,
            command,
            overflow,
            stdin,
            deadline,
            self.caller,
        )
        .await
    }
}

/// Runs one git to its end, as long as somebody waits for it.
pub(super) async fn run(
    session: &Session,
    command: &GitCommand,
    overflow: Overflow,
    stdin: Stdio,
    deadline: Instant,
    caller: &mut Caller,
) -> Result<Outcome, Status> {
    let job = exec::Job {
        program: &command.program,
        args: &command.args,
        env: &command.env,
        directory: command.directory.as_deref(),
        timeout: deadline.saturating_duration_since(Instant::now()),
        output_limit: limits::GIT_OUTPUT_BYTES,
        overflow,
        stdin,
        grace: GRACE,
    };
    let run = exec::run(job, &session.reaper, caller.closed()).await;
    let outcome = run
        .map_err(|error| Status::failed_precondition(format!("git cannot be started: {error}")))?;
    match outcome.cut_short {
        Some(CutShort::Unwanted) => Err(Status::cancelled("nobody waits any more")),
        _ => Ok(outcome),
    }
}

pub(super) fn refused(refusal: Refusal) -> Status {
    let mut status = Status::failed_precondition(refusal.words());
    let name = MetadataValue::from_static(refusal.as_str());
    status.metadata_mut().insert(limits::GIT_REFUSAL, name);
    status
}

impl From<ProgramError> for Refusal {
    fn from(_: ProgramError) -> Self {
        Self::NoGit
    }
}

fn underway(repository: &Repository) -> git_reply::Underway {
    match repository.underway() {
        Underway::Nothing => git_reply::Underway::Nothing,
        Underway::Merge => git_reply::Underway::Merge,
        Underway::Rebase => git_reply::Underway::Rebase,
        Underway::CherryPick => git_reply::Underway::CherryPick,
        Underway::Revert => git_reply::Underway::Revert,
        Underway::Bisect => git_reply::Underway::Bisect,
    }
}
