//! Finding sessions, changing their records, counting them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::SessionId;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::event::EventKind;
use longhouse_domain::lifecycle::Wish;
use longhouse_domain::query::{Page, SessionQuery};
use longhouse_domain::session::Session;
use longhouse_store::SessionRef;

use super::create::{LIST_ITEMS, check_environment, check_labels, check_list};
use super::handle::{Command, Handle};
use super::live::Live;
use super::place::check_changed_list;
use super::request::{SessionPatch, SessionsStats};
use super::secrets::{check_secrets, note_secrets};
use super::view::SessionView;
use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};
use crate::git::UnsavedWork;
use crate::recording::RecordingPolicy;

/// How many sessions one page of a walk over all of them holds.
const WALK_PAGE: u32 = 500;

/// How long after a session was opened that is written down, together with all that come meanwhile.
const ACCESS_KEPT_BACK: Duration = Duration::from_secs(1);

/// How often keeping what only a session has fails before whoever deletes it is told. It is tried further.
const TRIES: u32 = 2;

impl Engine {
    /// The sessions that the actor may see and that fit the query.
    pub async fn list_sessions(
        &self,
        actor: &Actor,
        query: SessionQuery,
    ) -> Result<Page<SessionView>, EngineError> {
        let page = self.context().store.sessions(actor, &query).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for found in &page.items {
            let handle = self.handle(found.session.id);
            let view = self.view(&found.session, handle.as_deref()).await?;
            items.push(view.with_access(found.access, found.shared));
        }
        Ok(Page {
            items,
            total: page.total,
            next_cursor: page.next_cursor,
        })
    }

    /// One session, by its identifier or name. This counts as opening it.
    pub async fn get_session(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        if handle.accessed.note(self.context().now()) {
            self.write_down_access(session.id, handle.clone());
        }
        self.view_of(actor, &session, &handle).await
    }

    /// Writes down, a moment later and in the background, that a session was opened.
    fn write_down_access(&self, session: SessionId, handle: Arc<Handle>) {
        let context = self.context().clone();
        self.context().tasks.spawn(async move {
            let moment = tokio::time::sleep(ACCESS_KEPT_BACK);
            // At the end of the server it is written at once.
            let _ = context.stop.run_until_cancelled(moment).await;
            let Some(at) = handle.accessed.take() else {
                return;
            };
            if let Err(error) = context.store.note_accessed(session, at).await {
                context.complain(
                    session,
                    "write down that the session was opened",
                    &error.into(),
                );
            }
        });
    }

    /// One session, without counting as opening it: for programs that follow what happens.
    pub async fn peek_session(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        self.view_of(actor, &session, &handle).await
    }

    /// Changes a session's record.
    pub async fn update_session(
        &self,
        actor: &Actor,
        reference: &str,
        patch: SessionPatch,
    ) -> Result<SessionView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let recordings = self.context().settings.recordings.policy;
        check_patch(&session, &patch, recordings)?;
        let inside_by = match &patch.allow_hosts {
            Some(list) => Some(check_changed_list(actor, &session, list)?),
            None => None,
        };
        let mut patch = patch;
        if let Some(asked) = patch.disk_mb {
            patch.disk_mb = Some(self.changed_disk(actor, &session, asked)?);
        }
        let changed = handle
            .ask(|reply| {
                let mut patch = patch;
                let secrets = std::mem::take(&mut patch.secrets);
                let names = secrets.iter();
                let names = names.map(|(name, value)| (name.clone(), value.is_some()));
                let names: Vec<_> = names.collect();
                let change = Box::new(move |session: &mut Session| {
                    apply(session, patch);
                    if let (Some(by), Some(container)) = (inside_by, &mut session.spec.container) {
                        container.inside_by = by;
                    }
                    note_secrets(session, names);
                    vec![EventKind::Updated]
                });
                Command::ChangeSecrets(change, secrets, reply)
            })
            .await?;
        self.view_of(actor, &changed, &handle).await
    }

    /// Deletes a session with everything that Longhouse made for it; returns when it is gone.
    pub async fn delete_session(
        &self,
        actor: &Actor,
        reference: &str,
        unsaved: UnsavedWork,
    ) -> Result<(), EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Own).await?;
        self.require_runtime(&session).await?;
        self.require_no_worktrees(session.id)?;
        // Whoever wished it before has said what becomes of its work.
        if unsaved == UnsavedWork::Kept && session.wish != Wish::Deleted {
            self.require_saved(&session, &handle).await?;
        }
        if unsaved == UnsavedWork::Discarded {
            going(handle.ask(Command::GiveUp).await)?;
        }
        let wish = handle.ask(|reply| Command::Want(Wish::Deleted, reply));
        going(wish.await)?;
        let fails = |live: &Live| {
            live.unkept
                .as_ref()
                .is_some_and(|unkept| unkept.attempts >= TRIES)
        };
        let ended = self
            .wait_until(&handle, |live| live.gone || fails(live))
            .await;
        not_kept(&handle.live.borrow())?;
        ended?;
        self.forget(session.id);
        self.give_ports_back(session.id).await;
        Ok(())
    }

    /// All sessions that the actor may see, counted.
    pub async fn sessions_stats(&self, actor: &Actor) -> Result<SessionsStats, EngineError> {
        let mut stats = SessionsStats::default();
        let mut query = SessionQuery {
            limit: WALK_PAGE,
            ..SessionQuery::default()
        };
        loop {
            let page = self.context().store.sessions(actor, &query).await?;
            for session in page.items.iter().map(|found| &found.session) {
                stats.total += 1;
                *stats
                    .by_status
                    .entry(session.status().as_str())
                    .or_default() += 1;
                *stats
                    .by_agent
                    .entry(session.spec.agent.clone())
                    .or_default() += 1;
                stats.viewers += self.handle(session.id).map_or(0, |handle| handle.viewers());
            }
            match page.next_cursor {
                Some(cursor) => query.cursor = Some(cursor),
                None => return Ok(stats),
            }
        }
    }

    /// The session that the actor means, and may do this with. What they may not even look at does not exist for them. One that is to be
    /// deleted is there to be looked at, and to be deleted, as long as that takes: it may say why.
    pub(crate) async fn find(
        &self,
        actor: &Actor,
        reference: &str,
        permission: Permission,
    ) -> Result<(Session, Arc<Handle>), EngineError> {
        let found = self
            .context()
            .store
            .session(actor, &SessionRef::parse(reference))
            .await?
            .filter(|found| found.session.wish != Wish::Deleted || permission != Permission::Drive)
            .ok_or(EngineError::SessionNotFound)?;
        if found.access < permission {
            return Err(EngineError::Forbidden {
                code: "session.forbidden",
                detail: "you may look at this session, but not do this".to_owned(),
            });
        }
        let handle = self
            .handle(found.session.id)
            .ok_or_else(|| EngineError::Unavailable {
                code: "runtime.unavailable",
                detail: "the runtime of this session is not available at present".to_owned(),
            })?;
        Ok((found.session, handle))
    }

    /// The session as this actor sees it.
    pub(crate) async fn view_of(
        &self,
        actor: &Actor,
        session: &Session,
        handle: &Handle,
    ) -> Result<SessionView, EngineError> {
        let (access, shared) = {
            let audience = handle.audience.borrow();
            (audience.access(actor), audience.shares.len() as u64)
        };
        // A share may have been taken away since it was asked for.
        let access = access.ok_or(EngineError::SessionNotFound)?;
        let view = self.view(session, Some(handle)).await?;
        Ok(view.with_access(access, shared))
    }

    async fn view(
        &self,
        session: &Session,
        handle: Option<&Handle>,
    ) -> Result<SessionView, EngineError> {
        let owner_name = self.context().username(session.owner).await?;
        let live = handle.map(|handle| handle.live.borrow().clone());
        let mut view = self.context().view(session, live.as_ref(), owner_name);
        let accessed = handle.and_then(|handle| handle.accessed.last());
        view.session.last_accessed_at = view.session.last_accessed_at.max(accessed);
        Ok(view)
    }
}

/// What came of a wish to delete: a session that is gone meanwhile is as wished.
fn going(asked: Result<Session, EngineError>) -> Result<(), EngineError> {
    match asked {
        Ok(_) | Err(EngineError::SessionNotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Says why a session is still there, where that is because its work cannot be kept.
fn not_kept(live: &Live) -> Result<(), EngineError> {
    match &live.unkept {
        Some(unkept) if !live.gone => Err(EngineError::conflict(
            "session.work_not_kept",
            format!(
                "{}; to delete it without its work say so with force=true and discard=true",
                unkept.why
            ),
        )),
        _ => Ok(()),
    }
}

fn check_patch(
    session: &Session,
    patch: &SessionPatch,
    recordings: RecordingPolicy,
) -> Result<(), EngineError> {
    let mut problems = Vec::new();
    let mut refuse =
        |field: &str, message: String| problems.push(FieldProblem::new(field, message));
    if patch
        .description
        .as_ref()
        .is_some_and(|text| text.chars().count() > 4_000)
    {
        refuse("description", "has more than 4000 characters".to_owned());
    }
    if let Some(labels) = &patch.labels {
        check_labels(labels, &mut refuse);
    }
    if let Some(env) = &patch.env {
        check_environment(env, &mut refuse);
    }
    let mut names: BTreeSet<&String> = session.spec.secrets.iter().collect();
    names.extend(patch.secrets.keys());
    if names.len() > LIST_ITEMS {
        refuse(
            "secrets",
            format!("the session would have more than {LIST_ITEMS}"),
        );
    }
    let secrets = patch.secrets.iter();
    check_secrets(
        secrets.map(|(name, value)| (name, value.as_ref())),
        &mut refuse,
    );
    if let Some(flags) = &patch.flags {
        check_list("flags", flags.iter(), &mut refuse);
    }
    if let Some(reason) = patch
        .recording
        .and_then(|wanted| recordings.refuses(wanted))
    {
        refuse("recording", reason.to_owned());
    }
    if patch.idle_timeout_seconds == Some(Some(0)) {
        refuse("idleTimeoutSeconds", "must be at least 1".to_owned());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(EngineError::Invalid(problems))
    }
}

fn apply(session: &mut Session, patch: SessionPatch) {
    let SessionPatch {
        name,
        description,
        labels,
        idle_timeout_seconds,
        env,
        secrets: _,
        flags,
        allow_hosts,
        disk_mb,
        recording,
    } = patch;
    if let Some(name) = name {
        session.name = name;
    }
    if let Some(description) = description {
        session.description = description;
    }
    if let Some(labels) = labels {
        session.labels = labels;
    }
    if let Some(timeout) = idle_timeout_seconds {
        session.spec.idle_timeout_seconds = timeout;
    }
    if let Some(recording) = recording {
        session.spec.recording = recording;
    }
    if let Some(env) = env {
        session.spec.env = env;
    }
    if let Some(flags) = flags {
        session.spec.flags = flags;
    }
    if let (Some(list), Some(container)) = (allow_hosts, &mut session.spec.container) {
        container.allow_hosts = list;
    }
    if let (Some(limit), Some(container)) = (disk_mb, &mut session.spec.container) {
        container.disk_mb = limit;
    }
}
