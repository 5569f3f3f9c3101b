//! What a look at a session finds.

use longhouse_domain::SessionId;
use longhouse_domain::lifecycle::{Cause, Observed};

use super::{EchoRuntime, handle};

impl EchoRuntime {
    /// From here on nothing can be seen, or everything again.
    pub fn hide(&self, hidden: bool) {
        self.lock().hidden = hidden;
    }

    pub(super) fn look_for(&self, session: SessionId) -> Observed {
        let state = self.lock();
        if state.hidden {
            return Observed::Unknown {
                reason: "it is hidden".to_owned(),
            };
        }
        match state.places.get(&session) {
            Some(place) if !place.dead.is_cancelled() => Observed::Alive(handle(place.number)),
            Some(_) => Observed::Gone {
                reason: "sessiond ended unexpectedly; start the session again to go on".to_owned(),
                cause: Cause::Fault,
            },
            None => Observed::Gone {
                reason: "nothing is known of this session; start it again".to_owned(),
                cause: Cause::Fault,
            },
        }
    }
}
