//! One published port: listened on until its session is gone, each connection carried to the session's program.

use std::net::SocketAddr;
use std::time::Duration;

use longhouse_domain::SessionId;
use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::publish::PublishedPort;
use longhouse_link::carry;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::session::handle::Command;
use crate::session::ports::PortLine;

/// The pauses between attempts to listen where another program has the number.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_LAST: Duration = Duration::from_secs(10);

/// The pause after a connection that could not be accepted: the machine is short of something, and asking again at once helps nobody.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A published port.
#[derive(Clone)]
pub(super) struct Publication {
    engine: Engine,
    session: SessionId,
    port: PublishedPort,
    stop: CancellationToken,
}

impl Publication {
    pub(super) fn new(
        engine: Engine,
        session: SessionId,
        port: PublishedPort,
        stop: CancellationToken,
    ) -> Self {
        Self {
            engine,
            session,
            port,
            stop,
        }
    }

    /// Serves it until the session is gone or the server goes away. What is bound already is announced before this is first polled.
    pub(super) fn serve(self, bound: Option<TcpListener>) -> impl Future<Output = ()> + Send {
        let listed = bound.as_ref().map(|listener| self.list(listener));
        async move {
            let gone = self.gone();
            let serving = async {
                let (listener, _listed) = match bound.zip(listed) {
                    Some(ready) => ready,
                    None => self.listen().await,
                };
                self.accept(&listener).await;
            };
            tokio::select! {
                () = serving => {}
                () = self.stop.cancelled() => {}
                () = gone => {}
            }
        }
    }

    /// Returns when the session is deleted, by whomever.
    fn gone(&self) -> impl Future<Output = ()> + Send + use<> {
        let handle = self.engine.handle(self.session);
        async move {
            if let Some(handle) = handle {
                let _ = handle.live.clone().wait_for(|live| live.gone).await;
            }
        }
    }

    /// Listens again on the number that is written down. Where another program has it, that is said, and it is waited for.
    async fn listen(&self) -> (TcpListener, Listed) {
        let mut pause = PAUSE_FIRST;
        let mut is_late = false;
        loop {
            match self.engine.bind(self.port.host).await {
                Ok(listener) => {
                    let listed = self.list(&listener);
                    if is_late {
                        self.tell_of_return().await;
                    }
                    return (listener, listed);
                }
                Err(error) if !is_late => {
                    is_late = true;
                    let PublishedPort { container, host } = self.port;
                    let text = format!(
                        "port {container} is not reached on port {host} of the machine until that is free: {error}"
                    );
                    self.log(LogLevel::Warn, &text).await;
                }
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_LAST);
        }
    }

    async fn tell_of_return(&self) {
        let PublishedPort { container, host } = self.port;
        let text = format!("port {container} is reached on port {host} of the machine again");
        self.log(LogLevel::Info, &text).await;
        if let Some(handle) = self.engine.handle(self.session) {
            let nothing_but_news = Box::new(|_: &mut _| vec![EventKind::Updated]);
            // A session that is gone has nobody to be told of.
            let _ = handle
                .ask(|reply| Command::Change(nothing_but_news, reply))
                .await;
        }
    }

    async fn log(&self, level: LogLevel, text: &str) {
        let context = self.engine.context();
        context.log(self.session, level, "ports", text).await;
    }

    async fn accept(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, visitor)) => {
                    let carried = self.clone().carry(stream, visitor);
                    self.engine.context().tasks.spawn(carried);
                }
                Err(error) => {
                    tracing::warn!(%error, port = self.port.host, "a connection to a published port was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Carries one connection to the program. One that comes to nothing, or breaks on the way, is reset: an orderly end would tell the
    /// visitor that this was all.
    async fn carry(self, mut stream: TcpStream, visitor: SocketAddr) {
        let (session, port) = (self.session, self.port.host);
        let carried = tokio::select! {
            carried = self.carry_to_the_end(&mut stream) => carried,
            () = self.stop.cancelled() => Err("it is published no more".to_owned()),
        };
        let Err(why) = carried else { return };
        tracing::debug!(%session, port, %visitor, why, "a connection to a published port was reset");
        if let Err(error) = stream.set_zero_linger() {
            tracing::debug!(%error, "a connection ends in order instead of being reset");
        }
    }

    async fn carry_to_the_end(&self, stream: &mut TcpStream) -> Result<(), String> {
        if !self.may_be_reached().await {
            return Err("its owner may not use the host any more".to_owned());
        }
        let line = self.engine.open_port(self.session, self.port.container);
        let PortLine {
            incoming,
            outgoing,
            room: _room,
        } = line.await.map_err(|error| error.to_string())?;
        let carried = carry(stream, incoming, outgoing, || ());
        carried.await.map_err(|error| error.to_string())
    }

    /// What other machines reach is opened by a right, and closed where its owner has lost it since. On loopback there is nothing to ask.
    async fn may_be_reached(&self) -> bool {
        if self.engine.settings().publish.address.is_loopback() {
            return true;
        }
        let Some(handle) = self.engine.handle(self.session) else {
            return false;
        };
        let owner = handle.audience.borrow().owner;
        let owner = self.engine.context().store.user(owner).await;
        let publish = self.engine.settings().publish;
        let owner = owner.ok().flatten();
        owner.is_some_and(|owner| publish.is_open_to(&owner.actor()))
    }

    /// Makes known that it is listened here, for as long as the answer is held.
    fn list(&self, listener: &TcpListener) -> Listed {
        let port = self.port.host;
        if let Ok(address) = listener.local_addr() {
            let published = &self.engine.context().published;
            published.lock().listening.insert(port, address);
        }
        Listed {
            engine: self.engine.clone(),
            port,
        }
    }
}

/// A number that is listened on.
struct Listed {
    engine: Engine,
    port: u16,
}

impl Drop for Listed {
    fn drop(&mut self) {
        let published = &self.engine.context().published;
        published.lock().listening.remove(&self.port);
    }
}
