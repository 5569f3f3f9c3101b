//! What happens to sessions, sent to one client in order and without gaps.
//!
//! It listens before it catches up, so nothing falls between the two; what comes twice is told apart by its position. One
//! position is one message (in two spellings): a client that names the last position it heard has heard all of it.

use std::collections::HashSet;

use longhouse_domain::event::{Event, EventKind};
use longhouse_engine::{CatchUp, EngineError, Notice, PortView, SessionView};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;

use super::client::{Client, Gone};
use super::wire::{
    ContainerHealthEvent, EventPosition, SessionDeletedEvent, SessionEgressEvent, SessionEvent,
    SessionPortClosedEvent, SessionPortOpenedEvent, SessionProgressEvent, SessionStatusEvent,
};
use super::wire_git::{
    GitCheckpointEvent, GitCommitEvent, GitConflictEvent, GitHostKeyEvent, GitPushEvent,
    GitRefusedEvent,
};
use crate::sessions::{PortBody, SessionBody};

/// Sends events until the client is gone.
pub(super) async fn forward(client: &Client, last_seq: Option<i64>) -> Gone {
    match run(client, last_seq).await {
        Ok(never) => match never {},
        Err(gone) => gone,
    }
}

async fn run(client: &Client, last_seq: Option<i64>) -> Result<std::convert::Infallible, Gone> {
    let engine = client.app.engine();
    let mut notices = engine.notices();
    let mut seen = match last_seq {
        Some(seq) => catch_up(client, seq).await?,
        None => engine.last_seq().await.map_err(|_| Gone)?,
    };
    client
        .emit("events.ready", &EventPosition { seq: seen })
        .await?;
    loop {
        match notices.recv().await {
            Ok(notice) => {
                if notice.event.seq > seen {
                    seen = notice.event.seq;
                    if notice.concerns(&client.actor) {
                        send_notice(client, &notice).await?;
                    }
                }
            }
            // The client was slow for longer than notices wait; the log of events has them.
            Err(RecvError::Lagged(_)) => seen = catch_up(client, seen).await?,
            Err(RecvError::Closed) => return Err(Gone),
        }
    }
}

/// Sends what the client missed, and says up to which position it knows everything now.
async fn catch_up(client: &Client, seq: i64) -> Result<i64, Gone> {
    let missed = client.app.engine().notices_since(&client.actor, seq).await;
    let events = match missed {
        Ok(CatchUp::Events(events)) => events,
        Ok(CatchUp::Reload { latest }) => {
            client
                .emit("events.reset", &EventPosition { seq: latest })
                .await?;
            return Ok(latest);
        }
        Err(error) => {
            // The client comes back, and then the database may be there again.
            tracing::warn!(%error, "a client could not catch up");
            return Err(Gone);
        }
    };
    let mut shown = HashSet::new();
    let mut latest = seq;
    for event in events {
        latest = latest.max(event.seq);
        let of_record = matches!(
            event.what,
            EventKind::Created | EventKind::Updated | EventKind::TerminalExited { .. }
        );
        // The session is sent as it is now, so one time is enough; the first keeps "created" a creation.
        let view = if of_record && shown.insert(event.session) {
            present(client, &event).await
        } else {
            None
        };
        if view.is_some() || !of_record {
            send(client, &event, view.as_ref()).await?;
        }
    }
    Ok(latest)
}

async fn present(client: &Client, event: &Event) -> Option<SessionView> {
    let reference = event.session.to_string();
    match client
        .app
        .engine()
        .peek_session(&client.actor, &reference)
        .await
    {
        Ok(view) => Some(view),
        // Deleted since; its own event says so.
        Err(EngineError::SessionNotFound) => None,
        Err(error) => {
            tracing::warn!(%error, "a session could not be shown to a client that catches up");
            None
        }
    }
}

async fn send_notice(client: &Client, notice: &Notice) -> Result<(), Gone> {
    let view = notice.view_for(&client.actor);
    send(client, &notice.event, view.as_ref()).await
}

async fn send(client: &Client, event: &Event, session: Option<&SessionView>) -> Result<(), Gone> {
    let (seq, id) = (event.seq, event.session.0);
    match &event.what {
        EventKind::Created => {
            let names = ["session.created", "session:created"];
            send_session(client, names, seq, session).await
        }
        EventKind::Updated | EventKind::TerminalExited { .. } => {
            send_session(client, ["session.updated", "session:updated"], seq, session).await
        }
        EventKind::Deleted => {
            let data = SessionDeletedEvent { seq, id };
            both(client, ["session.deleted", "session:deleted"], &data).await
        }
        EventKind::StatusChanged { from, to, reason } => {
            let data = SessionStatusEvent {
                seq,
                id,
                from: (*from).into(),
                to: (*to).into(),
                reason: reason.clone(),
                at: event.at,
            };
            let names = ["session.status.changed", "session:status:changed"];
            both(client, names, &data).await
        }
        EventKind::PortOpened { port, process } => {
            send_port(client, event, session, (*port, process)).await
        }
        EventKind::PortClosed { port } => {
            let container = *port;
            let data = SessionPortClosedEvent { seq, id, container };
            let names = ["session.port.closed", "session:port:closed"];
            both(client, names, &data).await
        }
        EventKind::GitCommit { .. }
        | EventKind::GitCheckpoint { .. }
        | EventKind::GitRefused { .. }
        | EventKind::HostKeyRefused { .. } => send_git(client, event).await,
        EventKind::GitPush { .. } | EventKind::GitConflict { .. } => {
            send_git_exchange(client, event).await
        }
        EventKind::Egress { .. } => send_egress(client, event).await,
        EventKind::ContainerHealth { .. } => send_health(client, event).await,
        EventKind::Progress {
            stage,
            percent,
            detail,
        } => {
            let data = SessionProgressEvent {
                seq,
                id,
                stage: (*stage).into(),
                percent: *percent,
                detail: detail.clone(),
            };
            both(client, ["session.progress", "session:progress"], &data).await
        }
    }
}

async fn send_port(
    client: &Client,
    event: &Event,
    session: Option<&SessionView>,
    (port, process): (u16, &str),
) -> Result<(), Gone> {
    let view = PortView {
        port,
        process: process.to_owned(),
    };
    let data = SessionPortOpenedEvent {
        seq: event.seq,
        id: event.session.0,
        port: PortBody::new(client.app.previews(), event.session, session, &view),
    };
    both(
        client,
        ["session.port.opened", "session:port:opened"],
        &data,
    )
    .await
}

async fn send_git(client: &Client, event: &Event) -> Result<(), Gone> {
    let (seq, session_id, at) = (event.seq, event.session.0, event.at);
    match &event.what {
        EventKind::GitCommit { commit } => {
            let data = GitCommitEvent {
                seq,
                session_id,
                commit: commit.clone().into(),
            };
            client.emit("git.commit", &data).await
        }
        EventKind::GitCheckpoint { number, subject } => {
            let data = GitCheckpointEvent {
                seq,
                session_id,
                number: *number,
                subject: subject.clone(),
                at,
            };
            client.emit("git.checkpoint", &data).await
        }
        EventKind::GitRefused { files } => {
            let data = GitRefusedEvent {
                seq,
                session_id,
                files: files.iter().cloned().map(Into::into).collect(),
                at,
            };
            client.emit("git.refused", &data).await
        }
        EventKind::HostKeyRefused { host, shown, known } => {
            let data = GitHostKeyEvent {
                seq,
                session_id,
                host: host.clone(),
                shown: shown.clone(),
                known: known.clone(),
                at,
            };
            client.emit("git.hostKey", &data).await
        }
        _ => Ok(()),
    }
}

/// What became of commits between the repository and the one that it came from.
async fn send_git_exchange(client: &Client, event: &Event) -> Result<(), Gone> {
    let (seq, session_id, at) = (event.seq, event.session.0, event.at);
    match &event.what {
        EventKind::GitPush { push } => {
            let data = GitPushEvent {
                seq,
                session_id,
                push: push.clone().into(),
            };
            client.emit("git.push", &data).await
        }
        EventKind::GitConflict { conflict } => {
            let data = GitConflictEvent {
                seq,
                session_id,
                path: conflict.path.to_string(),
                during: conflict.during.into(),
                branch: conflict.branch.clone(),
                files: conflict.files.clone(),
                at,
            };
            client.emit("git.conflict", &data).await
        }
        _ => Ok(()),
    }
}

async fn send_egress(client: &Client, event: &Event) -> Result<(), Gone> {
    let EventKind::Egress { host, port, reason } = &event.what else {
        return Ok(());
    };
    let data = SessionEgressEvent {
        seq: event.seq,
        id: event.session.0,
        host: host.clone(),
        port: *port,
        allowed: reason.is_none(),
        reason: reason.clone(),
        at: event.at,
    };
    both(client, ["session.egress", "session:egress"], &data).await
}

async fn send_health(client: &Client, event: &Event) -> Result<(), Gone> {
    let EventKind::ContainerHealth { health, detail } = &event.what else {
        return Ok(());
    };
    let data = ContainerHealthEvent {
        seq: event.seq,
        session_id: event.session.0,
        health: (*health).into(),
        detail: detail.clone(),
        at: event.at,
    };
    both(client, ["container.health", "container:health"], &data).await
}

/// The session as it is now; nothing where it has gone since, for its own event says so.
async fn send_session(
    client: &Client,
    names: [&str; 2],
    seq: i64,
    session: Option<&SessionView>,
) -> Result<(), Gone> {
    let Some(session) = session else {
        return Ok(());
    };
    let data = SessionEvent {
        seq,
        session: SessionBody::new(client.app.previews(), session),
    };
    both(client, names, &data).await
}

/// Clients of either spelling are out there.
async fn both<T: Serialize>(client: &Client, names: [&str; 2], data: &T) -> Result<(), Gone> {
    for name in names {
        client.emit(name, data).await?;
    }
    Ok(())
}
