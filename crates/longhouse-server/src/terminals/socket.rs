//! The terminal WebSocket: who gets in, and the loop in which bytes go both ways.
//!
//! The loop holds three things that never wait for each other: what comes from the client, what goes to the program, and what
//! goes to the client. Its memory is bounded: one frame each way, a few frames of input that the program has not read.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::FutureExt as _;
use futures_util::future::FusedFuture as _;
use longhouse_domain::audit::{AuditActor, AuditTarget};
use longhouse_domain::{Permission, Scope};
use longhouse_engine::accounts::Identity;
use longhouse_engine::{Access, Join, Viewer};
use tokio::sync::{Notify, mpsc, watch};

use super::incoming::{Incoming, LAST_WORDS, condemned};
use super::outgoing::Outgoing;
use super::wire::{Ending, SUBPROTOCOL, ServerMessage, text};
use crate::access::{ForTokens, limit_user};
use crate::audit::{self, Typist, Visitor};
use crate::auth::{Presented, identify, ticket_identity, until_revoked};
use crate::extract::{PathOf, Question};
use crate::limits::SocketSlot;
use crate::problem::{Problem, ProblemBody};
use crate::serve::Conduct;
use crate::state::AppState;
use crate::websocket::{Receiver, Sender, Upgrade};

/// How many answers to the client's own messages wait to be sent.
const REPLIES: usize = 8;

/// How long the client may take to answer the end of the connection.
const CLOSING: Duration = Duration::from_secs(2);

/// What the address of the WebSocket asks for.
struct Wanted {
    join: Join,
    window: Option<u64>,
    ticket: Option<String>,
}

/// Opens a terminal's WebSocket, subprotocol `longhouse.terminal.v1`. Its messages are the schemas `TerminalServerMessage` and
/// `TerminalClientMessage`. A missing login, a missing right and an unknown terminal are told by close codes 4401, 4403 and
/// 4404; a foreign Origin or Host is refused before the upgrade.
#[utoipa::path(get, path = "/api/sessions/{id}/terminals/{name}/ws", tag = "terminals", params(
        ("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path),
        ("from" = Option<u64>, Query, description = "The offset of the first byte wanted"),
        ("window" = Option<u64>, Query, description = "How many bytes may be unacknowledged"),
        ("mode" = Option<String>, Query, description = "read or write (default)"),
        ("ticket" = Option<String>, Query, description = "From POST /api/auth/ticket, in place of a cookie or token")),
    responses((status = 101, description = "The protocol begins"), (status = 401, body = ProblemBody),
    (status = 403, body = ProblemBody), (status = 426, body = ProblemBody)))]
pub(crate) async fn open_terminal_socket(
    state: State<AppState>,
    path: PathOf<(String, String)>,
    mut question: Question,
    mut request: Request,
) -> Result<Response, Problem> {
    let app = state.0;
    let upgrade = Upgrade::wanted(&mut request, SUBPROTOCOL);
    let presented = Presented::by(&app, request.headers(), request.extensions());
    let Some(upgrade) = upgrade else {
        identify(&app, presented).await?;
        return Err(Problem::for_status(StatusCode::UPGRADE_REQUIRED));
    };
    let wanted = wanted(&mut question);
    question.done()?;
    let identity = match &wanted.ticket {
        Some(ticket) => ticket_identity(&app, ticket, request.uri().path()).await,
        None => identify(&app, presented).await,
    };
    let (session, terminal) = path.0;
    let visitor = Visitor::of(&app, request.headers(), request.extensions());
    let conduct = request.extensions().get().cloned().unwrap_or_default();
    let (response, opened) = upgrade.accept();
    let tasks = app.tasks().clone();
    // Boxed, as all that a viewer does only once: it would hold its room for as long as the viewer stays.
    let arrival = Box::pin(async move {
        let socket = opened.await?;
        let place = (session.as_str(), terminal.as_str());
        match admit(&app, visitor, identity, place, wanted.join).await {
            Ok(admitted) => Some(Box::new(Arrived {
                app,
                socket,
                admitted,
                conduct,
                window: wanted.window,
            })),
            Err(problem) => {
                refuse(socket, &problem).await;
                None
            }
        }
    });
    // The tracker knows the connection, so that the server's end waits for it.
    tasks.spawn(async move {
        if let Some(arrived) = arrival.await {
            serve_viewer(arrived).await;
        }
    });
    Ok(response)
}

fn wanted(question: &mut Question) -> Wanted {
    let access = |text: &str| match text {
        "read" => Some(Access::Read),
        "write" => Some(Access::Write),
        _ => None,
    };
    Wanted {
        join: Join {
            from: question.parsed("from", "an offset", |text| text.parse().ok()),
            access: question
                .parsed("mode", "read or write", access)
                .unwrap_or(Access::Write),
        },
        window: question.parsed("window", "a number of bytes, at least 1", |text| {
            text.parse().ok().filter(|bytes| *bytes > 0)
        }),
        ticket: question.text("ticket").map(str::to_owned),
    }
}

/// Somebody who was let in, with all that it takes to serve them. It is in one place and is lent from there: each future that takes it over
/// would have room for it of its own.
struct Arrived {
    app: AppState,
    socket: (Sender, Receiver),
    admitted: Admitted,
    conduct: Conduct,
    window: Option<u64>,
}

/// What somebody was let in with.
struct Admitted {
    _slot: SocketSlot,
    identity: Identity,
    viewer: Viewer,
    typist: Typist,
}

/// Lets somebody in or not; either way it is recorded.
async fn admit(
    app: &AppState,
    visitor: Visitor,
    identity: Result<Identity, Problem>,
    (session, terminal): (&str, &str),
    join: Join,
) -> Result<Admitted, Problem> {
    let actor = identity.as_ref().map(|identity| visitor.actor(identity));
    let actor = actor.unwrap_or_else(|_| AuditActor::nobody());
    match join_as(app, identity, (session, terminal), join).await {
        Ok((slot, identity, viewer, target)) => {
            let access = viewer.hello().access;
            let typist = Typist::open(app, visitor, actor, target, access).await?;
            Ok(Admitted {
                _slot: slot,
                identity,
                viewer,
                typist,
            })
        }
        Err(problem) => {
            let target = AuditTarget::new("terminal", None, &format!("{session}/{terminal}"));
            let entry = visitor.entry(app, actor, "terminal.open").about(target);
            audit::refused(app, entry, &problem).await;
            Err(problem)
        }
    }
}

async fn join_as(
    app: &AppState,
    identity: Result<Identity, Problem>,
    (session, terminal): (&str, &str),
    join: Join,
) -> Result<(SocketSlot, Identity, Viewer, AuditTarget), Problem> {
    let identity = identity?;
    // The route's row cannot say so: its login is judged here, after the upgrade.
    ForTokens::With(Scope::SessionsRead).admit(&identity)?;
    limit_user(app, None, identity.user.id)?;
    let slot = app.sockets().take(&identity.user)?;
    let actor = identity.actor();
    let joined = async {
        let view = app.engine().peek_session(&actor, session).await?;
        let viewer = app
            .engine()
            .join_terminal(&actor, session, terminal, join)
            .await?;
        let (id, name) = (view.session.id.to_string(), view.session.name.as_str());
        Ok::<_, Problem>((viewer, audit::terminal(id, name, Some(terminal))))
    };
    let (viewer, target) = tokio::time::timeout(app.limits().answer_time, joined)
        .await
        .map_err(|_| Problem::for_status(StatusCode::SERVICE_UNAVAILABLE))??;
    Ok((slot, identity, viewer, target))
}

/// Says in a way that browsers can read why nobody gets in.
async fn refuse((mut sender, mut receiver): (Sender, Receiver), problem: &Problem) {
    let ending = match problem.status() {
        StatusCode::UNAUTHORIZED => Ending::NotAuthenticated,
        StatusCode::FORBIDDEN => Ending::Forbidden,
        // A session at rest has no living terminal.
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ending::NotFound,
        StatusCode::SERVICE_UNAVAILABLE => Ending::GoingAway,
        StatusCode::TOO_MANY_REQUESTS => Ending::TooMany,
        _ => Ending::Fault,
    };
    if let Some(private) = problem.private() {
        tracing::error!("{private}");
    }
    let error = ServerMessage::Error {
        code: problem.code().to_owned(),
    };
    if sender.text(text(&error)).await.is_ok() {
        finish(&mut sender, &mut receiver, ending, problem.code()).await;
    }
}

/// Ends a connection politely: close frame, then what the client still sends is thrown away until it closes too.
async fn finish(sender: &mut Sender, receiver: &mut Receiver, ending: Ending, reason: &str) {
    if sender.close(ending.code(), reason).await.is_err() {
        return;
    }
    let drained = async { while let Some(Ok(_)) = receiver.next().await {} };
    let _ = tokio::time::timeout(CLOSING, drained).await;
}

/// How a connection ended: with something to tell the client, or because the client is gone.
pub(super) type Ended = Option<(Ending, &'static str)>;

/// The end of a connection whose user may not look any more.
pub(super) const NO_RIGHT: (Ending, &str) = (Ending::Forbidden, "session.forbidden");

/// Serves one viewer until either side ends it.
async fn serve_viewer(mut arrived: Box<Arrived>) {
    let open = arrived.app.metrics().terminal_socket();
    let ended = both_ways(&mut arrived).await;
    drop(open);
    Box::pin(part(*arrived, ended)).await;
}

/// Ends what was served. Who is gone is no viewer any more while the other side takes its time.
async fn part(arrived: Arrived, ended: Ended) {
    let (mut sender, mut receiver) = arrived.socket;
    drop(arrived.admitted);
    let Some((ending, code)) = ended else {
        // One that has closed is owed an answer; one that is gone hears nothing.
        let _ = tokio::time::timeout(CLOSING, sender.answer()).await;
        return;
    };
    let farewell = async {
        let error = ServerMessage::Error {
            code: code.to_owned(),
        };
        if sender.text(text(&error)).await.is_ok() {
            finish(&mut sender, &mut receiver, ending, code).await;
        }
    };
    // A viewer that reads nothing does not take a farewell either.
    let _ = tokio::time::timeout(CLOSING * 2, farewell).await;
}

async fn both_ways(arrived: &mut Arrived) -> Ended {
    let app = &arrived.app;
    let Admitted {
        _slot,
        identity,
        viewer,
        typist,
    } = &mut arrived.admitted;
    let (sender, receiver) = &mut arrived.socket;
    let (acked, acks) = watch::channel(viewer.hello().offset);
    let (replies, replied) = mpsc::channel(REPLIES);
    let right = viewer.right();
    let interrupted = Arc::new(Notify::new());
    let incoming = Incoming {
        app,
        input: viewer.input(),
        acked,
        replies,
        interrupted: Arc::clone(&interrupted),
    };
    let mut incoming = pin!(incoming.run(receiver, typist.clone()).fuse());
    let outgoing = Outgoing {
        app,
        sender,
        onlooker: typist.onlooker(),
        viewer,
        acks,
        replied,
        window: arrived.window,
        interrupted,
    };
    let ended = tokio::select! {
        ended = &mut incoming => ended,
        ended = outgoing.run() => ended,
        fault = arrived.conduct.fault() => Some(condemned(fault)),
        // Not only by what the viewer hears next: one that takes nothing hears nothing.
        () = right.lost(Permission::Look) => Some(NO_RIGHT),
        () = until_revoked(app, identity) => Some((Ending::NotAuthenticated, "auth.revoked")),
        () = app.stop().cancelled() => Some((Ending::GoingAway, "server.stopping")),
    };
    if ended.is_none() && !incoming.is_terminated() {
        // Whoever types and leaves has typed.
        let _ = tokio::time::timeout(LAST_WORDS, incoming).await;
    }
    ended
}
