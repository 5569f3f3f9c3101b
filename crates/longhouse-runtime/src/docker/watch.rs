//! Hears from the engine what happens to containers from outside: by its event stream, and by a look at all of them now and then for what
//! the stream missed. It is also what finds an engine again that was away.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bollard::models::{ContainerSummaryStateEnum, EventMessage};
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::StreamExt;
use longhouse_domain::SessionId;
use tokio::sync::mpsc;

use super::client::CallError;
use super::container::{SERVER_LABEL, SESSION_LABEL};
use super::{Docker, network, observe};
use crate::{Happening, News};

/// How often all containers are looked at.
const SWEEP: Duration = Duration::from_secs(30);

/// The pauses between attempts to reach an engine that is away.
const BACK_FIRST: Duration = Duration::from_millis(250);
const BACK_LAST: Duration = Duration::from_secs(5);

/// See [`crate::Runtime::watch`].
pub(super) async fn watch(docker: &Docker, news: mpsc::Sender<News>) {
    let mut pause = BACK_FIRST;
    let mut seen = Seen::default();
    loop {
        match listen(docker, &news, &mut seen).await {
            Ok(()) => return,
            Err(Interrupted::Before(error)) => {
                tracing::debug!(%error, "the container engine is away")
            }
            Err(Interrupted::Later(error)) => {
                tracing::warn!(%error, "the container engine's events stopped");
                docker.client.note_away(&error);
                pause = BACK_FIRST;
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(BACK_LAST);
    }
}

/// How listening came to its end.
enum Interrupted {
    /// The engine could not be reached at all.
    Before(CallError),
    /// It was reached, and then it was gone.
    Later(CallError),
}

/// Listens until the engine goes away, or until nobody listens any more.
async fn listen(
    docker: &Docker,
    news: &mpsc::Sender<News>,
    seen: &mut Seen,
) -> Result<(), Interrupted> {
    let engine = docker.client.connect().await.map_err(Interrupted::Before)?;
    tracing::info!(version = engine.version, "the container engine answers");
    let own = format!("{SERVER_LABEL}={}", docker.layout.server());
    let filters = HashMap::from([("type", vec!["container".to_owned()]), ("label", vec![own])]);
    let options = EventsOptionsBuilder::new().filters(&filters).build();
    // The stream is opened before the look, so that nothing falls between.
    let mut events = std::pin::pin!(engine.docker.events(Some(options)));
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        let found = tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => read(&event).into_iter().collect(),
                Some(Err(error)) => return Err(Interrupted::Later(error.into())),
                None => return Err(Interrupted::Later(CallError::Away("it ended".to_owned()))),
            },
            _ = sweep.tick() => {
                // What a server that was killed has left, and what nobody could remove while others started.
                network::remove_unused(docker).await.map_err(Interrupted::Later)?;
                seen.compare(docker).await.map_err(Interrupted::Later)?
            }
            () = news.closed() => return Ok(()),
        };
        for piece in found {
            seen.note(&piece);
            if news.send(piece).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// What an event means for its session.
fn read(event: &EventMessage) -> Option<News> {
    let attributes = event.actor.as_ref()?.attributes.as_ref()?;
    let session = attributes.get(SESSION_LABEL)?.parse().ok()?;
    let what = match event.action.as_deref()? {
        "die" | "destroy" => Happening::Ended,
        "pause" => Happening::Paused,
        "unpause" => Happening::Resumed,
        "oom" => Happening::OutOfMemory,
        _ => return None,
    };
    Some(News { session, what })
}

/// What was known of all sessions at the last look.
#[derive(Debug, Default)]
struct Seen {
    running: HashSet<SessionId>,
    paused: HashSet<SessionId>,
}

impl Seen {
    fn note(&mut self, news: &News) {
        match news.what {
            Happening::Paused => self.paused.insert(news.session),
            Happening::Resumed | Happening::Ended => self.paused.remove(&news.session),
            Happening::OutOfMemory => false,
        };
    }

    /// Looks at all containers; what changed since the last look without an event's telling it.
    async fn compare(&mut self, docker: &Docker) -> Result<Vec<News>, CallError> {
        let all = observe::of_server(docker).await?;
        let in_state = |wanted: ContainerSummaryStateEnum| -> HashSet<SessionId> {
            let such = all.iter().filter(|found| found.state == Some(wanted));
            such.filter_map(observe::session_of).collect()
        };
        let paused = in_state(ContainerSummaryStateEnum::PAUSED);
        let mut running = in_state(ContainerSummaryStateEnum::RUNNING);
        running.extend(&paused);
        Ok(self.turn_to(running, paused))
    }

    fn turn_to(&mut self, running: HashSet<SessionId>, paused: HashSet<SessionId>) -> Vec<News> {
        let tell = |what| {
            move |session: &SessionId| News {
                session: *session,
                what,
            }
        };
        let mut news: Vec<News> = Vec::new();
        news.extend(
            self.running
                .difference(&running)
                .map(tell(Happening::Ended)),
        );
        news.extend(paused.difference(&self.paused).map(tell(Happening::Paused)));
        let resumed = self.paused.difference(&paused);
        let resumed = resumed.filter(|session| running.contains(session));
        news.extend(resumed.map(tell(Happening::Resumed)));
        (self.running, self.paused) = (running, paused);
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_tells_what_no_event_told() {
        let [a, b] = [1, 2].map(|n| SessionId(uuid::Uuid::from_u128(n)));
        let news = |session, what| News { session, what };
        let mut seen = Seen::default();
        assert_eq!(seen.turn_to([a, b].into(), [].into()), []);
        let paused = seen.turn_to([a, b].into(), [b].into());
        assert_eq!(paused, [news(b, Happening::Paused)]);
        // What an event told is not told again.
        seen.note(&news(b, Happening::Resumed));
        seen.note(&news(a, Happening::Paused));
        assert_eq!(seen.turn_to([a, b].into(), [a].into()), []);
        let rest = seen.turn_to([b].into(), [].into());
        assert_eq!(rest, [news(a, Happening::Ended)]);
    }
}
