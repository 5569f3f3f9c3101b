//! The loop between the person's terminal and the session's: connect, relay, and after a break connect again.

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures_util::{SinkExt as _, StreamExt as _};
use longhouse_domain::terminal::TerminalSize;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_tungstenite::tungstenite::Message;

use super::connection::{self, Address, Socket};
use super::console::{Console, Piece};
use super::detach::{DetachKey, Typed};
use super::modes::ModeTracker;
use super::protocol::{Access, FromServer, OFFSET_BYTES, ToServer};
use super::raw_mode::{self, RawMode};
use super::signals::{Heard, Signals};
use crate::client::Client;
use crate::failure::Failure;

/// How long a single ctrl-\ waits for a second one.
const DETACH_WAIT: Duration = Duration::from_millis(500);

/// How often a quiet connection is asked for a sign of life; without any for twice as long it counts as broken.
const PING_EVERY: Duration = Duration::from_secs(15);

/// The first and the longest pause between two attempts to come back.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// A shorter break is not worth a word.
const SAY_AFTER: Duration = Duration::from_millis(700);

/// What may be typed while the server is away; it reaches the program afterwards, as over a slow line. More is dropped.
const HELD_INPUT: usize = 4 << 10;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The person left.
    Detached,
    /// The program ended with this code.
    Exited(i32),
    /// We were asked to end by a signal of this number.
    Signal(u8),
}

/// What one connection came to.
enum Outcome {
    End(End),
    /// It broke; the next one may work.
    Lost,
    /// The server does not want us.
    Refused(&'static str),
}

/// What one connection has brought so far.
#[derive(Default)]
struct Stream {
    /// A repaint was announced: the next binary frame is it, and output goes on at this offset.
    snapshot_at: Option<u64>,
    /// What the screen has no room for yet.
    waiting: Option<Piece>,
    /// The program has ended with this code; what it wrote before is still shown.
    exit: Option<i32>,
}

/// What a connected relay waits for.
enum Event {
    /// The screen has room again.
    Room,
    Frame(Message),
    /// The connection broke.
    Broken,
    Typed(Option<Bytes>),
    /// No second ctrl-\ came.
    SingleDetachKey,
    /// Everything up to this offset has been shown.
    Shown(u64),
    Signal(Heard),
    /// Time to ask for a sign of life.
    Ping,
}

/// Relays until somebody ends it. The terminal is as it was when this returns.
pub(super) async fn run(client: &Client, address: Address) -> Result<End, Failure> {
    // The first connection decides whether there is anything to be raw for.
    let socket = connection::open(client, &address, None).await?;
    let raw = RawMode::enter().map_err(anyhow::Error::from)?;
    let console = Console::open().map_err(anyhow::Error::from)?;
    let mut relay = Relay {
        console,
        signals: Signals::listen().map_err(anyhow::Error::from)?,
        access: address.access,
        detach: DetachKey::default(),
        detach_deadline: None,
        modes: ModeTracker::default(),
        next: None,
        held: Vec::new(),
        notice_shown: false,
    };
    let end = relay.until_end(client, &address, socket).await;
    let mut last = relay.modes.restore();
    // The shell's prompt goes below what is on the screen.
    last.extend_from_slice(b"\x1b[999;1H\r\n");
    relay.console.close(last).await;
    drop(raw);
    end
}

struct Relay {
    console: Console,
    signals: Signals,
    access: Access,
    detach: DetachKey,
    /// When a held ctrl-\ is passed on.
    detach_deadline: Option<Instant>,
    modes: ModeTracker,
    /// The offset of the next byte of the stream; absent until a repaint has come.
    next: Option<u64>,
    /// What was typed while the server was away.
    held: Vec<u8>,
    /// Whether our notice stands on the screen, so that only a repaint puts it right.
    notice_shown: bool,
}

impl Relay {
    async fn until_end(
        &mut self,
        client: &Client,
        address: &Address,
        mut socket: Socket,
    ) -> Result<End, Failure> {
        loop {
            match self.relay(&mut socket).await {
                Outcome::End(end) => {
                    // The server sees the end either way; a polite good-bye must not keep us.
                    _ = tokio::time::timeout(SAY_AFTER, socket.close(None)).await;
                    return Ok(end);
                }
                Outcome::Refused(text) => return Err(anyhow::anyhow!(text).into()),
                Outcome::Lost => drop(socket),
            }
            socket = match self.reconnect(client, address).await? {
                Ok(socket) => socket,
                Err(end) => return Ok(end),
            };
            self.notice_shown = false;
        }
    }

    /// Passes bytes until the connection or the person ends it.
    async fn relay(&mut self, socket: &mut Socket) -> Outcome {
        let mut stream = Stream::default();
        let mut heard = Instant::now();
        let mut ping = tokio::time::interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let (None, Some(code)) = (&stream.waiting, stream.exit) {
                return Outcome::End(End::Exited(code));
            }
            let event = self.event(socket, &stream, &mut ping).await;
            if matches!(event, Event::Frame(_)) {
                heard = Instant::now();
            }
            let sent = match event {
                Event::Room => self.show(&mut stream),
                Event::Frame(Message::Close(frame)) => {
                    return match connection::refusal(frame) {
                        Some(reason) => Outcome::Refused(reason),
                        None => Outcome::Lost,
                    };
                }
                Event::Frame(frame) => self.frame(socket, &mut stream, frame).await,
                Event::Broken => return Outcome::Lost,
                Event::Typed(typed) => match self.typed(typed) {
                    Ok(bytes) => self.send_input(socket, bytes).await,
                    Err(end) => return Outcome::End(end),
                },
                Event::SingleDetachKey => {
                    self.detach_deadline = None;
                    let bytes = self.detach.give_up();
                    self.send_input(socket, bytes).await
                }
                Event::Shown(offset) => say(socket, &ToServer::Ack { offset }).await,
                Event::Signal(Heard::End(number)) => return Outcome::End(End::Signal(number)),
                Event::Signal(Heard::Resized) => self.resize(socket).await,
                Event::Ping if stream.waiting.is_none() && heard.elapsed() > 2 * PING_EVERY => {
                    return Outcome::Lost;
                }
                Event::Ping => say(socket, &ToServer::Ping).await,
            };
            if sent.is_err() {
                return Outcome::Lost;
            }
        }
    }

    /// Waits for whatever comes first. Nothing is read from the connection while the screen has no room for it.
    async fn event(&mut self, socket: &mut Socket, stream: &Stream, ping: &mut Interval) -> Event {
        let waiting = stream.waiting.is_some();
        tokio::select! {
            _ = self.console.output.reserve(), if waiting => Event::Room,
            frame = socket.next(), if !waiting => match frame {
                Some(Ok(frame)) => Event::Frame(frame),
                Some(Err(_)) | None => Event::Broken,
            },
            typed = self.console.input.recv() => Event::Typed(typed),
            () = until(self.detach_deadline) => Event::SingleDetachKey,
            Ok(()) = self.console.shown.changed() => {
                Event::Shown(*self.console.shown.borrow_and_update())
            }
            signal = self.signals.next() => Event::Signal(signal),
            _ = ping.tick() => Event::Ping,
        }
    }

    /// Hands the waiting piece to the screen; the error says that the screen is gone.
    fn show(&mut self, stream: &mut Stream) -> Result<(), ()> {
        match stream.waiting.take() {
            Some(piece) => self.console.output.try_send(piece).map_err(|_| ()),
            None => Ok(()),
        }
    }

    async fn frame(
        &mut self,
        socket: &mut Socket,
        stream: &mut Stream,
        frame: Message,
    ) -> Result<(), ()> {
        let text = match frame {
            Message::Binary(bytes) => {
                stream.waiting = self.output(bytes, &mut stream.snapshot_at);
                return Ok(());
            }
            Message::Text(text) => text,
            _ => return Ok(()),
        };
        match serde_json::from_str(&text) {
            Ok(FromServer::Hello {
                offset,
                cols,
                rows,
                mode,
            }) => {
                self.next.get_or_insert(offset);
                self.access = mode;
                self.greet(socket, TerminalSize { cols, rows }).await
            }
            Ok(FromServer::Snapshot { offset }) => {
                stream.snapshot_at = Some(offset);
                Ok(())
            }
            Ok(FromServer::Exit { code }) => {
                stream.exit = Some(code);
                Ok(())
            }
            Ok(FromServer::Other) | Err(_) => Ok(()),
        }
    }

    /// A binary frame: the repaint that was announced, or output with its offset before it.
    fn output(&mut self, mut bytes: Bytes, snapshot_at: &mut Option<u64>) -> Option<Piece> {
        let end = if let Some(offset) = snapshot_at.take() {
            bytes = self.modes.repaint(bytes, screen_rows());
            offset
        } else if bytes.len() >= OFFSET_BYTES {
            let offset = bytes.get_u64();
            self.modes.feed(&bytes);
            offset + u64::try_from(bytes.len()).unwrap_or(0)
        } else {
            return None;
        };
        self.next = Some(end);
        let offset = Some(end);
        Some(Piece { bytes, offset })
    }

    /// Takes what was typed; the error is an end.
    fn typed(&mut self, typed: Option<Bytes>) -> Result<Vec<u8>, End> {
        // The terminal is gone: its window was closed.
        let typed = typed.ok_or(End::Detached)?;
        match self.detach.feed(&typed) {
            Typed::Detach(_) => Err(End::Detached),
            Typed::Pass(bytes) => {
                let waiting = self.detach.is_waiting();
                self.detach_deadline = waiting.then(|| Instant::now() + DETACH_WAIT);
                Ok(bytes)
            }
        }
    }

    async fn send_input(&mut self, socket: &mut Socket, bytes: Vec<u8>) -> Result<(), ()> {
        if bytes.is_empty() || self.access == Access::Read {
            return Ok(());
        }
        let message = Message::Binary(bytes.into());
        socket.send(message).await.map_err(|_| ())
    }

    /// Tells our size, if we may.
    async fn resize(&mut self, socket: &mut Socket) -> Result<(), ()> {
        match raw_mode::size() {
            Some(TerminalSize { cols, rows }) if self.access == Access::Write => {
                say(socket, &ToServer::Resize { cols, rows }).await
            }
            _ => Ok(()),
        }
    }

    /// After the hello: our size, and what was typed meanwhile.
    async fn greet(&mut self, socket: &mut Socket, theirs: TerminalSize) -> Result<(), ()> {
        if raw_mode::size() != Some(theirs) {
            self.resize(socket).await?;
        }
        let held = std::mem::take(&mut self.held);
        self.send_input(socket, held).await
    }

    /// Tries until the server is back. The inner error is an end that came first.
    async fn reconnect(
        &mut self,
        client: &Client,
        address: &Address,
    ) -> Result<Result<Socket, End>, Failure> {
        let begun = Instant::now();
        let mut pause = RETRY.0;
        loop {
            let from = self.next.filter(|_| !self.notice_shown);
            match connection::open(client, address, from).await {
                Ok(socket) => return Ok(Ok(socket)),
                Err(error) if connection::may_come_back(&error) => {}
                Err(error) => return Err(error.into()),
            }
            if begun.elapsed() >= SAY_AFTER && !self.notice_shown {
                self.show_notice();
            }
            if let Err(end) = self.wait(pause).await {
                return Ok(Err(end));
            }
            pause = (pause * 2).min(RETRY.1);
        }
    }

    /// Waits, while keys and signals are still heard.
    async fn wait(&mut self, pause: Duration) -> Result<(), End> {
        let enough = tokio::time::sleep(pause);
        tokio::pin!(enough);
        loop {
            tokio::select! {
                () = &mut enough => return Ok(()),
                typed = self.console.input.recv() => {
                    let bytes = self.typed(typed)?;
                    let room = HELD_INPUT.saturating_sub(self.held.len());
                    self.held.extend(bytes.into_iter().take(room));
                }
                () = until(self.detach_deadline) => {
                    self.detach_deadline = None;
                    let bytes = self.detach.give_up();
                    self.held.extend(bytes);
                }
                signal = self.signals.next() => if let Heard::End(number) = signal {
                    return Err(End::Signal(number));
                },
            }
        }
    }

    /// One reversed line at the bottom. The repaint after the next connection removes it.
    fn show_notice(&mut self) {
        let rows = screen_rows();
        let text = format!(
            "\x1b7\x1b[{rows};1H\x1b[0;7m longhouse: the server is away; reconnecting (ctrl-\\ ctrl-\\ leaves) \x1b[0m\x1b[K\x1b8"
        );
        let piece = Piece {
            bytes: text.into(),
            offset: None,
        };
        // A held terminal has no room for it, and needs no notice.
        self.notice_shown = self.console.output.try_send(piece).is_ok();
    }
}

fn screen_rows() -> u16 {
    raw_mode::size().unwrap_or_default().rows
}

/// Errors carry nothing: whatever broke, the answer is to connect again.
async fn say(socket: &mut Socket, message: &ToServer) -> Result<(), ()> {
    let text = serde_json::to_string(message).map_err(|_| ())?;
    socket.send(Message::text(text)).await.map_err(|_| ())
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
