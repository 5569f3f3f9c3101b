//! Creating a session: everything that can be said beforehand is said before anything is written.

use longhouse_domain::actor::Actor;
use longhouse_domain::agent::{AgentError, Agents};
use longhouse_domain::git::{BadIdentity, Worktree, is_identity};
use longhouse_domain::lifecycle::{Phase, Wish};
use longhouse_domain::name::TerminalName;
use longhouse_domain::session::{GitIdentity, Session, SessionSpec, Workdir};
use longhouse_domain::terminal::{
    TerminalCommand, TerminalSize, TerminalSpec, is_environment_name,
};
use longhouse_domain::{Audience, SessionId};
use longhouse_store::{Changed, Created, IdempotencyKey, NewRecord, SecretScope};

use super::driver::make::first_words;
use super::driver::{Record, setup};
use super::kept;
use super::once::fingerprint;
use super::request::{NewSession, NewSessionKey};
use super::secrets::check_secrets;
use super::ssh_key::give_key;
use super::view::SessionView;
use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};
use crate::events::Notice;
use crate::git::check_transport;
use crate::publish::Reserved;
use crate::recording::RecordingPolicy;
use crate::repositories::{ListedAs, entry_of_workspace, port_taken};
use crate::ssh::Prepared;

/// The most characters of a description, and of a prompt.
const DESCRIPTION_CHARS: usize = 4_000;
const PROMPT_BYTES: usize = 100_000;

/// The most flags, labels and variables, and the most bytes of each: a command line and an environment have room for 128 KiB.
pub(super) const LIST_ITEMS: usize = 100;
const ITEM_BYTES: usize = 8_000;

impl Engine {
    /// Creates a session and starts it. Answers as soon as it is written down; events tell how it goes on. With an idempotency key
    /// the same request a second time answers the first one's session.
    pub async fn create_session(
        &self,
        actor: &Actor,
        new: NewSession,
        idempotency: Option<String>,
    ) -> Result<SessionView, EngineError> {
        self.create_listed_session(actor, new, idempotency, None)
            .await
    }

    /// The same, with the entry that its workspace has in the list of repositories: both are written down, or neither.
    pub(crate) async fn create_listed_session(
        &self,
        actor: &Actor,
        new: NewSession,
        idempotency: Option<String>,
        listed: Option<ListedAs>,
    ) -> Result<SessionView, EngineError> {
        let request_hash = fingerprint(&(&new, &listed));
        let secrets = new.secrets.clone();
        let ssh_key = new.ssh_key.clone();
        let wishes = new.container.ports.clone();
        let (mut session, usual_key) = self.planned(actor, new).await?;
        let key = idempotency.map(|name| IdempotencyKey {
            user: actor.user,
            name,
            request_hash,
        });
        if let Some(before) = self.made_before(actor, key.as_ref()).await? {
            return Ok(before);
        }
        self.check_place(&session).await?;
        let ssh_key = ssh_key.or(usual_key);
        let own_key = give_key(self.context(), actor, &mut session, ssh_key).await?;
        let reserved = self.reserve_ports(session.id, &wishes).await?;
        if let Some(container) = &mut session.spec.container {
            container.ports = reserved.ports();
        }
        let now = session.created_at;
        let scope = SecretScope::Session(session.id);
        let secrets = self.secrets().sealed_first(scope, &secrets)?;
        let entry = listed.map(|listed| {
            let id = self.context().new_id();
            (entry_of_workspace(id, &session, listed.name), listed.port)
        });
        let (told, lines) = first_words(self.context(), &session);
        let record = NewRecord {
            session: &session,
            secrets: &secrets,
            ssh_key: own_key.as_ref().map(Prepared::as_new),
            listed: entry.as_ref().map(|(copy, port)| (copy, *port)),
            places: self.context().settings.places(),
            lines: &lines,
        };
        match self
            .context()
            .store
            .create_session(record, key.as_ref(), &told, now)
            .await
            .map_err(|error| match entry {
                Some(_) => port_taken(error),
                None => error.into(),
            })? {
            Created::Before(id) => self.get_session(actor, &id.to_string()).await,
            Created::New(changed) => self.begin(actor, *changed, reserved).await,
        }
    }

    /// Lets a session that is written down begin, and tells of it.
    async fn begin(
        &self,
        actor: &Actor,
        changed: Changed,
        reserved: Reserved,
    ) -> Result<SessionView, EngineError> {
        let audience = Audience::of(changed.session.owner);
        let handle = self.drive(changed.session.clone(), audience, Record::New, reserved)?;
        let view = self.view_of(actor, &changed.session, &handle).await?;
        let session = Some(std::sync::Arc::new(view.clone()));
        for event in changed.events {
            self.context().events.publish(Notice {
                event,
                session: session.clone(),
                audience: handle.audience.clone(),
            });
        }
        Ok(view)
    }

    /// The session, and the key that it has where nobody asked for one.
    async fn planned(
        &self,
        actor: &Actor,
        new: NewSession,
    ) -> Result<(Session, Option<NewSessionKey>), EngineError> {
        let context = self.context();
        let runtime = self.runtime_for(actor, &new).await?;
        check_fields(&new, context.settings.recordings.policy)?;
        check_transport(&context.settings.git_transports, new.url(), "repoUrl")?;
        let container = self.container_for(actor, runtime, &new)?;
        let multiplexer = self.multiplexer_for(runtime, new.multiplexer)?;
        check_agent(&context.settings.agents, &new)?;
        let usual = context.store.git_identity(actor.user).await?;
        let inherited = self.worktree_for(actor, runtime, &new).await?;
        let (worktree, repository, usual_key) = match inherited {
            Some(had) => (Some(had.worktree), had.repository, had.ssh_key),
            None => (None, new.repository, None),
        };
        let now = context.now();
        let session = Session {
            id: SessionId(context.new_id()),
            owner: actor.user,
            name: new.name,
            description: new.description,
            labels: new.labels,
            terminals: first_terminals(&new.agent, worktree.as_ref()),
            spec: SessionSpec {
                agent: new.agent,
                flags: new.flags,
                mode: new.mode,
                prompt: new.prompt,
                runtime,
                workdir: new
                    .workdir
                    .map_or(Workdir::Own, |path| Workdir::Named { path }),
                multiplexer,
                env: new.env,
                secrets: new.secrets.into_keys().collect(),
                container,
                repository,
                new_repository: new.new_repository,
                worktree,
                ssh_key: None,
                git: or_usual(new.git, usual),
                auto_commit: new.auto_commit,
                idle_timeout_seconds: new.idle_timeout_seconds,
                recording: new.recording.unwrap_or(false),
            },
            wish: Wish::Running,
            phase: Phase::Starting,
            cloned_at: None,
            created_at: now,
            updated_at: now,
            last_accessed_at: None,
            starts: 1, // The one that follows at once.
            last_activity_at: None,
        };
        Ok((session, usual_key))
    }
}

/// The identity that was asked for, and what was not said as its owner usually has it.
fn or_usual(asked: GitIdentity, usual: GitIdentity) -> GitIdentity {
    GitIdentity {
        user_name: asked.user_name.or(usual.user_name),
        user_email: asked.user_email.or(usual.user_email),
    }
}

/// Every session begins with its agent and a plain shell beside it, and with its set-up script, where it has one.
fn first_terminals(agent: &str, worktree: Option<&Worktree>) -> Vec<TerminalSpec> {
    let terminal = |name: TerminalName, title: &str, command| TerminalSpec {
        name,
        title: title.to_owned(),
        command,
        size: TerminalSize::DEFAULT,
    };
    let script = worktree.and_then(|worktree| worktree.setup.as_deref());
    let first = [
        terminal(TerminalName::agent(), agent, TerminalCommand::Agent),
        terminal(TerminalName::manual(), "manual", TerminalCommand::Shell),
    ];
    first
        .into_iter()
        .chain(script.and_then(setup::terminal))
        .collect()
}

/// Whether the agent exists and can do what is asked of it.
fn check_agent(agents: &Agents, new: &NewSession) -> Result<(), EngineError> {
    let line = agents.command_line(&new.agent, &new.flags, new.mode, new.prompt.as_deref());
    line.map(drop).map_err(|error| {
        let field = match error {
            AgentError::PromptMissing => "prompt",
            AgentError::NotAutonomous(_) => "mode",
            AgentError::Unknown(_) => "agent",
        };
        EngineError::invalid(field, error.to_string())
    })
}

fn check_fields(new: &NewSession, recordings: RecordingPolicy) -> Result<(), EngineError> {
    let mut problems = Vec::new();
    let mut refuse =
        |field: &str, message: String| problems.push(FieldProblem::new(field, message));
    if new.description.chars().count() > DESCRIPTION_CHARS {
        refuse(
            "description",
            format!("has more than {DESCRIPTION_CHARS} characters"),
        );
    }
    if new
        .prompt
        .as_ref()
        .is_some_and(|prompt| prompt.len() > PROMPT_BYTES || prompt.contains('\0'))
    {
        refuse(
            "prompt",
            format!("has more than {PROMPT_BYTES} bytes, or a NUL character"),
        );
    }
    if new
        .workdir
        .as_ref()
        .is_some_and(|path| path.len() > 4096 || path.contains('\0'))
    {
        refuse("workdir", "is no path".to_owned());
    }
    check_list("flags", new.flags.iter(), &mut refuse);
    check_labels(&new.labels, &mut refuse);
    check_environment(&new.env, &mut refuse);
    check_secrets(
        new.secrets.iter().map(|(name, value)| (name, Some(value))),
        &mut refuse,
    );
    for (field, value) in [
        ("gitUserName", &new.git.user_name),
        ("gitUserEmail", &new.git.user_email),
    ] {
        if value.as_ref().is_some_and(|text| !is_identity(text)) {
            refuse(field, BadIdentity.to_string());
        }
    }
    for wrong in kept::problems(&new.auto_commit, new.repository.as_ref()) {
        refuse(&format!("autoCommit.{}", wrong.field), wrong.message);
    }
    if let Some(reason) = new.recording.and_then(|wanted| recordings.refuses(wanted)) {
        refuse("recording", reason.to_owned());
    }
    if new.idle_timeout_seconds == Some(0) {
        refuse("idleTimeoutSeconds", "must be at least 1".to_owned());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(EngineError::Invalid(problems))
    }
}

/// Arguments that a command line can hold.
pub(super) fn check_list<'a>(
    field: &str,
    items: impl ExactSizeIterator<Item = &'a String>,
    refuse: &mut impl FnMut(&str, String),
) {
    if items.len() > LIST_ITEMS {
        refuse(field, format!("has more than {LIST_ITEMS} items"));
    }
    for (i, item) in items.enumerate() {
        if item.len() > ITEM_BYTES || item.contains('\0') {
            refuse(
                &format!("{field}[{i}]"),
                format!("has more than {ITEM_BYTES} bytes, or a NUL character"),
            );
        }
    }
}

/// Labels: names like environment variables, dots, slashes and hyphens allowed; short values without control characters.
pub(super) fn check_labels(
    labels: &std::collections::BTreeMap<String, String>,
    refuse: &mut impl FnMut(&str, String),
) {
    if labels.len() > LIST_ITEMS {
        refuse("labels", format!("has more than {LIST_ITEMS} items"));
    }
    for (name, value) in labels {
        let fits = !name.is_empty()
            && name.len() <= 64
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'));
        if !fits {
            refuse(
                "labels",
                format!(
                    "the name {name:?} may have 1 to 64 letters, digits, '.', '_', '-' and '/'"
                ),
            );
        }
        if value.len() > 256 || value.chars().any(char::is_control) {
            refuse(
                "labels",
                format!("the value of {name:?} has more than 256 bytes, or control characters"),
            );
        }
    }
}

/// Environment variables that a process can have, and that are not ours to give.
pub(super) fn check_environment(
    env: &longhouse_domain::terminal::Environment,
    refuse: &mut impl FnMut(&str, String),
) {
    if env.len() > LIST_ITEMS {
        refuse("env", format!("has more than {LIST_ITEMS} variables"));
    }
    for (name, value) in env {
        if !is_environment_name(name) {
            refuse(
                "env",
                format!("{name:?} is no name of an environment variable"),
            );
        } else if name.starts_with("LONGHOUSE_") || matches!(name.as_str(), "TMUX" | "TMUX_PANE") {
            refuse("env", format!("{name} is set by Longhouse or tmux itself"));
        }
        if value.len() > ITEM_BYTES * 4 || value.contains('\0') {
            refuse(
                "env",
                format!("the value of {name} is too long, or has a NUL character"),
            );
        }
    }
}
