//! The way out of a session whose network is closed: what its programs ask for, whether they may have it, and the connection.
//!
//! ```text
//!   program ─CONNECT─► sessiond ─ask─► here: list, name resolved once, address judged ─► destination
//!                         ◄──────────── bytes, carried over the link, both ways ───────────►
//! ```
//!
//! sessiond is believed nothing but which destination is asked for. Every connection and every refusal is in the audit log
//! before the program hears of it; where the log cannot be written, nothing is opened.

mod dial;
pub(crate) mod pace;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget, Outcome};
use longhouse_domain::egress::{AllowList, Host};
use longhouse_domain::{SessionId, UserId};
use longhouse_link::proto::outbound_refusal::Why;
use longhouse_link::proto::{OutboundAsk, OutboundRefusal, PortBytes, WatchOutboundRequest};
use longhouse_link::{CARRY_QUEUE, LinkClient, carry, limits};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::io::{InspectReader, InspectWriter};
use tonic::Status;

use crate::audit::{Audit, AuditSlot};
use crate::error::plain;
use dial::{DialError, SystemResolver, dial};
use pace::Pace;

/// The rule of one session, and who hears of what came of it.
#[derive(Clone)]
pub(crate) struct Gate {
    /// As it is at present: it may be changed while connections are open.
    pub(crate) list: watch::Receiver<Arc<AllowList>>,
    pub(crate) audit: Audit,
    pub(crate) session: SessionId,
    pub(crate) session_name: String,
    pub(crate) owner: UserId,
    pub(crate) owner_name: String,
    /// Counts what goes through.
    pub(crate) traffic: Arc<Traffic>,
    /// Told of each connection and each refusal.
    pub(crate) told: mpsc::Sender<Passage>,
}

/// How much went through, since the session was started; over a restart of the server it begins anew.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Traffic {
    /// From the session, and to it, bytes.
    pub(crate) fn read(&self) -> (u64, u64) {
        let [sent, received] =
            [&self.sent, &self.received].map(|count| count.load(Ordering::Relaxed));
        (sent, received)
    }

    /// The session is started anew.
    pub(crate) fn begin(&self) {
        self.sent.store(0, Ordering::Relaxed);
        self.received.store(0, Ordering::Relaxed);
    }
}

/// What came of one wish to get out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) came: Came,
}

impl Passage {
    /// Why it was not opened, where it was not.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match &self.came {
            Came::Refused(why) => Some(why),
            Came::Opened(_) | Came::Ended { .. } => None,
        }
    }
}

/// See [`Passage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// It was opened, and led there.
    Opened(Option<IpAddr>),
    /// It was not, and why.
    Refused(String),
    /// What was opened has ended, after so many bytes from the session and so many to it.
    Ended { sent: u64, received: u64 },
}

/// A wish that can be answered.
struct Wish {
    ask: u64,
    host: String,
    port: u16,
}

impl Gate {
    /// Answers everything that is asked over this connection, until it is gone. What was opened ends with it.
    pub(crate) async fn serve(self, mut link: LinkClient) -> Result<(), Status> {
        let mut asks = link
            .watch_outbound(WatchOutboundRequest {})
            .await?
            .into_inner();
        let room = Arc::new(Semaphore::new(limits::OUTBOUND_STREAMS));
        let mut pace = Pace::new();
        let mut carried = JoinSet::new();
        while let Some(ask) = asks.message().await? {
            while carried.try_join_next().is_some() {}
            let wish = Wish::try_from(ask)?;
            let seat = room.clone().try_acquire_owned().ok();
            let Some(seat) = seat.filter(|_| pace.allows_one_more()) else {
                let busy = "this session opens too many connections at once";
                refuse(&mut link, wish.ask, Why::Busy, busy).await?;
                continue;
            };
            let (gate, link) = (self.clone(), link.clone());
            carried.spawn(async move {
                if let Err(error) = gate.grant(wish, link).await {
                    tracing::debug!(%error, "a way out ended early");
                }
                drop(seat);
            });
        }
        Ok(())
    }

    /// Opens what was asked for, or says why not.
    async fn grant(mut self, wish: Wish, mut link: LinkClient) -> Result<(), Status> {
        let Ok(slot) = self.audit.reserve().await else {
            let text = "nothing is opened while it cannot be written down: try again shortly";
            return refuse(&mut link, wish.ask, Why::Failed, text).await;
        };
        let list = self.list.borrow_and_update().clone();
        let opened = match wish.host.parse::<Host>() {
            Ok(host) => dial(&list, &SystemResolver, &host, wish.port)
                .await
                .map(|stream| (host, stream)),
            Err(error) => Err(DialError::NoHost(error)),
        };
        if !self
            .write_down(slot, &wish, opened.as_ref().map(|(_, stream)| stream))
            .await
        {
            let text = "it could not be written down: try again shortly";
            return refuse(&mut link, wish.ask, Why::Failed, text).await;
        }
        match opened {
            Ok((host, stream)) => {
                let peer = stream.peer_addr().map(|peer| peer.ip());
                let peer = peer.map_err(|error| Status::aborted(error.to_string()))?;
                let mut list = self.list.clone();
                tokio::select! {
                    carried = self.carry_out(link, &wish, stream) => carried,
                    () = until_withdrawn(&mut list, &host, peer, wish.port) => {
                        let why = "it is not on this session's list any more";
                        self.tell(&wish, Came::Refused(why.to_owned())).await;
                        Ok(())
                    }
                }
            }
            Err(error) => refuse(&mut link, wish.ask, error.why(), &error.to_string()).await,
        }
    }

    async fn write_down(
        &self,
        slot: AuditSlot,
        wish: &Wish,
        opened: Result<&TcpStream, &DialError>,
    ) -> bool {
        let address = opened.ok().and_then(|stream| stream.peer_addr().ok());
        let refused = opened.err();
        let outcome = match refused.map(DialError::why) {
            None => Outcome::Ok,
            Some(Why::NotAllowed) => Outcome::Denied,
            Some(Why::Failed | Why::Busy) => Outcome::Failed,
        };
        let refused = refused.map(ToString::to_string);
        let written = slot
            .record(self.entry(wish, outcome, refused.as_deref()))
            .await;
        self.tell(
            wish,
            match refused {
                None => Came::Opened(address.map(|address| address.ip())),
                Some(why) => Came::Refused(why),
            },
        )
        .await;
        written.is_ok()
    }

    /// Carries the bytes until both sides have ended, and tells how many there were.
    async fn carry_out(
        &self,
        link: LinkClient,
        wish: &Wish,
        stream: TcpStream,
    ) -> Result<(), Status> {
        let (own, all) = (Arc::new(Traffic::default()), self.traffic.clone());
        let count = |of: fn(&Traffic) -> &AtomicU64| {
            let counted = [own.clone(), all.clone()];
            move |bytes: &[u8]| {
                for traffic in &counted {
                    of(traffic).fetch_add(bytes.len() as u64, Ordering::Relaxed);
                }
            }
        };
        let stream = InspectReader::new(stream, count(|traffic| &traffic.received));
        let stream = InspectWriter::new(stream, count(|traffic| &traffic.sent));
        let carried = carry_out(link, wish.ask, stream).await;
        let (sent, received) = own.read();
        self.tell(wish, Came::Ended { sent, received }).await;
        carried
    }

    async fn tell(&self, wish: &Wish, came: Came) {
        let passage = Passage {
            host: wish.host.clone(),
            port: wish.port,
            came,
        };
        // Whoever tells of it may have gone, with the connection.
        let _ = self.told.send(passage).await;
    }

    fn entry(&self, wish: &Wish, outcome: Outcome, refused: Option<&str>) -> AuditEntry {
        let actor = AuditActor::user(self.owner, &self.owner_name);
        let id = Some(self.session.to_string());
        let target = AuditTarget::new("session", id, &self.session_name);
        let mut entry = self.audit.entry(actor, "session.egress").about(target);
        entry.outcome = outcome;
        let destination = format!("{}:{}", wish.host, wish.port);
        entry.detail.insert("destination".to_owned(), destination);
        if let Some(refused) = refused {
            entry.detail.insert("reason".to_owned(), refused.to_owned());
        }
        entry
    }
}

impl TryFrom<OutboundAsk> for Wish {
    type Error = Status;

    fn try_from(ask: OutboundAsk) -> Result<Self, Status> {
        let port = u16::try_from(ask.port);
        let (Ok(port), true) = (port, ask.host.len() <= limits::OUTBOUND_HOST_BYTES) else {
            return Err(Status::invalid_argument("no program asks for that"));
        };
        Ok(Self {
            ask: ask.ask,
            host: plain(&ask.host),
            port,
        })
    }
}

impl DialError {
    fn why(&self) -> Why {
        match self {
            Self::NoHost(_) | Self::NotAllowed(_) | Self::NotPublic { .. } => Why::NotAllowed,
            Self::Unknown { .. } | Self::Unreachable { .. } => Why::Failed,
        }
    }
}

async fn refuse(link: &mut LinkClient, ask: u64, why: Why, text: &str) -> Result<(), Status> {
    let refusal = OutboundRefusal {
        ask,
        why: why.into(),
        text: text.to_owned(),
    };
    link.refuse_outbound(refusal).await.map(drop)
}

/// Waits until the list, which allowed this connection, does not allow it any more.
async fn until_withdrawn(
    list: &mut watch::Receiver<Arc<AllowList>>,
    host: &Host,
    peer: IpAddr,
    port: u16,
) {
    while list.changed().await.is_ok() {
        let list = list.borrow_and_update();
        if !list.allows(host, port) || !list.allows_address(host, peer, port) {
            return;
        }
    }
    // Nobody is left who could change it.
    std::future::pending().await
}

/// Carries the bytes until both sides have ended.
async fn carry_out(
    mut link: LinkClient,
    ask: u64,
    stream: impl AsyncRead + AsyncWrite + Send,
) -> Result<(), Status> {
    let (outgoing, queue) = mpsc::channel(CARRY_QUEUE);
    let first = PortBytes {
        ask,
        ..PortBytes::default()
    };
    // There is room: it is the first.
    let _ = outgoing.try_send(first);
    let messages = futures_util::stream::unfold(queue, |mut queue| async {
        queue.recv().await.map(|message| (message, queue))
    });
    let incoming = link.carry_outbound(messages).await?.into_inner();
    let carried = carry(stream, incoming, outgoing, || ()).await;
    carried.map_err(|error| Status::aborted(error.to_string()))
}
