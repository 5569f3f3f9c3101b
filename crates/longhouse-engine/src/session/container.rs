//! Sessions called by their containers: the same sessions, for programs that know containers.

use longhouse_domain::SessionId;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::lifecycle::Wish;
use longhouse_domain::session::RuntimeKind;
use longhouse_store::SessionRef;

use super::handle::Handle;
use crate::engine::Engine;
use crate::error::EngineError;

/// How many digits of a container's identifier have to be given at least, and how many there are.
const DIGITS: std::ops::RangeInclusive<usize> = 12..=64;

impl Engine {
    /// The session whose container is meant: by the identifier that its engine gave it, or the beginning of it, or by the session's own
    /// identifier or name, which last longer than one container. Sessions that live elsewhere are no containers.
    ///
    /// This says what is meant, and not what may be done with it: whoever does something with the session asks for that once more.
    pub async fn session_of_container(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionId, EngineError> {
        let store = &self.context().store;
        let called = store.session(actor, &SessionRef::parse(reference)).await?;
        let called = called.filter(|found| {
            let is_there = found.session.wish != Wish::Deleted || found.access == Permission::Own;
            is_there && found.session.spec.runtime == RuntimeKind::Docker
        });
        match called {
            Some(found) => Ok(found.session.id),
            None => self.session_of_engines_container(actor, reference),
        }
    }

    fn session_of_engines_container(
        &self,
        actor: &Actor,
        digits: &str,
    ) -> Result<SessionId, EngineError> {
        let is_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if !DIGITS.contains(&digits.len()) || !digits.bytes().all(is_hex) {
            return Err(EngineError::ContainerNotFound);
        }
        let handles = self.handles().into_iter();
        let meant = handles.filter(|(_, handle)| self.is_container(handle, actor, digits));
        let meant: Vec<_> = meant.map(|(id, _)| id).collect();
        match meant[..] {
            [] => Err(EngineError::ContainerNotFound),
            [one] => Ok(one),
            [..] => Err(EngineError::conflict(
                "container.ambiguous",
                "several containers begin like this: give more digits",
            )),
        }
    }

    /// Whether the session lives at this moment in the container whose identifier begins like this, and the actor may know of it.
    fn is_container(&self, handle: &Handle, actor: &Actor, digits: &str) -> bool {
        let live = handle.live.borrow();
        let session = &live.session;
        let runtime = self.context().runtime(session.spec.runtime).ok();
        let container = runtime
            .zip(session.phase.handle())
            .and_then(|(runtime, place)| runtime.container(place));
        container.is_some_and(|container| container.id.starts_with(digits))
            && handle.audience.borrow().access(actor).is_some()
    }
}
