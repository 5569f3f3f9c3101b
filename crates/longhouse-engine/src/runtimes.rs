//! The runtimes as a whole: how they fare, what they tell, and what is left in them of sessions that nobody remembers.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::SessionId;
use longhouse_domain::session::RuntimeKind;
use longhouse_runtime::{News, Runtime, RuntimeHealth};
use tokio::sync::mpsc;

use crate::engine::Engine;

/// How much news waits to be handed to the sessions' drivers.
const NEWS: usize = 64;

/// How long until leftovers are looked for again in a runtime that did not answer.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Engine {
    /// Begins to listen to each runtime, and clears what no session on paper accounts for. Nobody has to wait for either: a session
    /// stands on paper, and among those driven, before anything is made for it.
    pub(crate) fn attend_runtimes(&self) {
        for runtime in &self.context().runtimes {
            let (engine, of) = (self.clone(), runtime.clone());
            self.spawn_until_stop(async move { engine.clear_leftovers(&*of).await });
            let (engine, of) = (self.clone(), runtime.clone());
            self.spawn_until_stop(async move { engine.listen_to(&*of).await });
        }
        let engine = self.clone();
        self.spawn_until_stop(async move { engine.watch_volumes().await });
    }

    pub(crate) fn spawn_until_stop(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.context().stop.clone();
        self.context()
            .tasks
            .spawn(async move { stop.run_until_cancelled(work).await });
    }

    /// Hands on what a runtime tells.
    async fn listen_to(&self, runtime: &dyn Runtime) {
        let (sender, mut news) = mpsc::channel::<News>(NEWS);
        let hand_on = async {
            while let Some(piece) = news.recv().await {
                if let Some(handle) = self.handle(piece.session) {
                    handle.tell(piece.what);
                }
            }
        };
        tokio::join!(runtime.watch(sender), hand_on);
    }

    /// Ends and clears what no session on paper accounts for: what is left where a machine's end fell between two steps.
    async fn clear_leftovers(&self, runtime: &dyn Runtime) {
        let found = loop {
            match runtime.leftovers().await {
                Ok(found) => break found,
                Err(error) => {
                    tracing::debug!(%error, "cannot look for leftovers yet");
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            }
        };
        for leftover in found {
            let is_known =
                |id: &SessionId| leftover.session == Some(*id) || leftover.name == id.short();
            if self.drives(is_known) {
                continue;
            }
            tracing::info!(
                name = leftover.name,
                "clearing what is left of a forgotten session"
            );
            if let Err(error) = runtime.clear(&leftover).await {
                tracing::warn!(name = leftover.name, %error, "cannot clear it");
            }
        }
    }

    /// How each runtime of this server fares.
    #[must_use]
    pub fn runtime_health(&self) -> Vec<(RuntimeKind, RuntimeHealth)> {
        let health = |runtime: &Arc<dyn Runtime>| (runtime.kind(), runtime.health());
        self.context().runtimes.iter().map(health).collect()
    }
}
