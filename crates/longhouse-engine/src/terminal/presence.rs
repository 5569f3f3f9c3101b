//! Who looks at a terminal, and whose size counts.
//!
//! The driver is the viewer who typed last. While nobody has typed, or the driver has left, whoever asks for a size first becomes
//! the driver. The others scale what they see; their wishes are kept for the moment in which they begin to type.

use std::collections::BTreeMap;
use std::time::Duration;

use longhouse_domain::terminal::TerminalSize;
use tokio::time::Instant;

/// What a viewer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Look.
    Read,
    /// Look and type.
    Write,
}

/// A viewer, as the others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentViewer {
    /// Tells two windows of one person apart; unique within the server's run.
    pub id: u64,
    /// Who.
    pub username: String,
    /// What they may do.
    pub access: Access,
    /// Whether their size counts.
    pub driving: bool,
}

/// The viewers of one terminal.
#[derive(Debug, Default)]
pub(super) struct Presence {
    viewers: BTreeMap<u64, Entry>,
    driver: Option<u64>,
}

/// Up to so many viewers everybody hears of everybody at once; among more, what happens in a while is told in one piece. A hundred that
/// come one after the other would otherwise be sent a hundred lists each, and a page that is not read meanwhile keeps the kernel's memory.
const FEW: usize = 8;
const PACE: Duration = Duration::from_secs(1);

/// What one viewer was told of the others, and when they may be told more.
#[derive(Debug, Default)]
pub(super) struct Told {
    version: u64,
    again: Option<Instant>,
    waits: bool,
}

impl Told {
    /// Whether this version of a list of so many is to be told now. If so, it counts as told.
    pub(super) fn is_due(&mut self, version: u64, viewers: usize) -> bool {
        let (now, news) = (Instant::now(), version > self.version);
        self.waits = news && self.again.is_some_and(|again| now < again);
        if !news || self.waits {
            return false;
        }
        self.version = version;
        self.again = (viewers > FEW).then(|| now + PACE);
        true
    }

    /// Returns when what waits is due; never, where nothing does.
    pub(super) async fn due(&self) {
        match self.again.filter(|_| self.waits) {
            Some(again) => tokio::time::sleep_until(again).await,
            None => std::future::pending().await,
        }
    }
}

#[derive(Debug)]
struct Entry {
    username: String,
    access: Access,
    wanted: Option<TerminalSize>,
}

impl Presence {
    /// How many viewers are named to the others: a list of a thousand names helps nobody, and sending it to a thousand costs a
    /// million.
    pub(super) const NAMED: usize = 50;

    pub(super) fn join(&mut self, id: u64, username: &str, access: Access) {
        self.viewers.insert(
            id,
            Entry {
                username: username.to_owned(),
                access,
                wanted: None,
            },
        );
    }

    /// The viewer may do more or less than before; one who may only look does not drive.
    pub(super) fn set_access(&mut self, id: u64, access: Access) {
        if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.access = access;
        }
        if access == Access::Read && self.driver == Some(id) {
            self.driver = None;
        }
    }

    pub(super) fn leave(&mut self, id: u64) {
        self.viewers.remove(&id);
        if self.driver == Some(id) {
            self.driver = None;
        }
    }

    pub(super) fn count(&self) -> usize {
        self.viewers.len()
    }

    /// The viewer typed. Answers the size that the terminal should take for them, if they are a new driver who asked for one.
    pub(super) fn typed(&mut self, id: u64) -> Option<TerminalSize> {
        if self.driver == Some(id) {
            return None;
        }
        self.driver = Some(id);
        self.viewers.get(&id).and_then(|viewer| viewer.wanted)
    }

    /// Whether `typed` would change anything, so that a keystroke costs no more than this look.
    pub(super) fn drives(&self, id: u64) -> bool {
        self.driver == Some(id)
    }

    /// The viewer's window has this size. Answers whether the terminal should take it.
    pub(super) fn wants(&mut self, id: u64, size: TerminalSize) -> bool {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return false;
        };
        if viewer.access == Access::Read {
            return false;
        }
        viewer.wanted = Some(size);
        *self.driver.get_or_insert(id) == id
    }

    /// The first of them, for the others to see.
    pub(super) fn list(&self) -> Vec<PresentViewer> {
        self.viewers
            .iter()
            .take(Self::NAMED)
            .map(|(&id, viewer)| PresentViewer {
                id,
                username: viewer.username.clone(),
                access: viewer.access,
                driving: self.driver == Some(id),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(cols: u16) -> TerminalSize {
        TerminalSize { cols, rows: 10 }
    }

    fn two() -> Presence {
        let mut presence = Presence::default();
        presence.join(1, "ann", Access::Write);
        presence.join(2, "bob", Access::Write);
        presence
    }

    #[test]
    fn the_first_to_ask_drives_until_somebody_types() {
        let mut presence = two();
        assert!(presence.wants(1, size(100)));
        assert!(!presence.wants(2, size(50)));
        assert_eq!(presence.typed(2), Some(size(50)));
        assert!(!presence.wants(1, size(120)));
    }

    #[test]
    fn a_driver_who_leaves_makes_room() {
        let mut presence = two();
        assert!(presence.wants(1, size(100)));
        presence.leave(1);
        assert!(presence.wants(2, size(50)));
        assert_eq!(presence.count(), 1);
    }

    #[test]
    fn a_driver_who_may_only_look_from_now_on_makes_room() {
        let mut presence = two();
        assert!(presence.wants(1, size(100)));
        presence.set_access(1, Access::Read);
        assert!(!presence.wants(1, size(90)));
        assert!(presence.wants(2, size(50)));
    }

    #[test]
    fn one_who_only_looks_never_drives() {
        let mut presence = Presence::default();
        presence.join(7, "eve", Access::Read);
        assert!(!presence.wants(7, size(10)));
        assert!(!presence.list()[0].driving);
    }

    #[tokio::test(start_paused = true)]
    async fn among_many_a_viewer_is_told_of_the_others_once_in_a_while() {
        let mut told = Told::default();
        // Few hear everything at once.
        assert!(told.is_due(1, FEW) && told.is_due(2, FEW) && !told.is_due(2, FEW));
        assert!(told.is_due(3, FEW + 1));
        let now = Instant::now();
        assert!(!told.is_due(4, FEW + 2) && !told.is_due(5, FEW + 3));
        told.due().await;
        assert_eq!(now.elapsed(), PACE);
        assert!(told.is_due(5, FEW + 3), "the last of them is told");
        assert!(!told.is_due(5, FEW + 3));
        let nothing = tokio::time::timeout(PACE * 10, told.due()).await;
        assert!(nothing.is_err(), "nothing waits");
    }
}
