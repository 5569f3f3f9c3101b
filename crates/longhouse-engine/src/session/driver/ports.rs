//! The ports of a session, as its driver hears of them: checked, told of at a bounded pace.

use std::collections::BTreeMap;
use std::time::Duration;

use longhouse_domain::event::EventKind;
use longhouse_link::limits;
use longhouse_link::proto::session_event;
use tokio::time::Instant;

use super::Driver;
use crate::error::plain;
use crate::session::view::PortView;

/// The least time between two changes that are told of. Programs come and go more slowly; who opens and closes ports all the time
/// fills no log of events.
const PACE: Duration = Duration::from_secs(1);

/// What was heard and not yet told.
#[derive(Debug, Default)]
pub(super) struct PortNews {
    heard: Option<Vec<PortView>>,
    told_at: Option<Instant>,
}

impl Driver {
    /// Takes what sessiond says of its ports. What is said too soon after the last time is told of with the next tick.
    pub(super) async fn take_ports(&mut self, ports: session_event::Ports) {
        self.ports.heard = Some(checked(ports));
        if self.ports.told_at.is_none_or(|at| at.elapsed() >= PACE) {
            self.tell_ports().await;
        }
    }

    /// Tells of the ports that were heard of last, where there is something new.
    pub(super) async fn tell_ports(&mut self) {
        let Some(ports) = self.ports.heard.take() else {
            return;
        };
        let events = changes(&self.live.borrow().ports, &ports);
        if events.is_empty() {
            return;
        }
        self.ports.told_at = Some(Instant::now());
        self.publish(|live| live.ports = ports);
        self.append(&events).await;
    }
}

/// What can be ports, ascending, each once. sessiond may have been taken over.
fn checked(told: session_event::Ports) -> Vec<PortView> {
    let ports: BTreeMap<u16, String> = told
        .ports
        .into_iter()
        .take(limits::PORTS)
        .filter_map(|told| {
            let port = u16::try_from(told.port).ok().filter(|port| *port > 0)?;
            let name = plain(&told.process);
            Some((
                port,
                name.chars().take(limits::PROCESS_NAME_BYTES).collect(),
            ))
        })
        .collect();
    ports
        .into_iter()
        .map(|(port, process)| PortView { port, process })
        .collect()
}

fn changes(before: &[PortView], now: &[PortView]) -> Vec<EventKind> {
    let closed = before
        .iter()
        .filter(|old| !now.iter().any(|new| new.port == old.port))
        .map(|old| EventKind::PortClosed { port: old.port });
    let opened = now
        .iter()
        .filter(|new| !before.contains(new))
        .map(|new| EventKind::PortOpened {
            port: new.port,
            process: new.process.clone(),
        });
    closed.chain(opened).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(port: u16, process: &str) -> PortView {
        PortView {
            port,
            process: process.to_owned(),
        }
    }

    fn told(ports: &[(u32, &str)]) -> session_event::Ports {
        let ports = ports.iter().map(|(port, process)| session_event::Port {
            port: *port,
            process: (*process).to_owned(),
            pid: 1,
        });
        session_event::Ports {
            ports: ports.collect(),
        }
    }

    #[test]
    fn what_can_be_no_port_is_left_out() {
        let words = told(&[
            (8080, "python3"),
            (0, "nothing"),
            (65_536, "too high"),
            (u32::MAX, ""),
            (3000, "node"),
            (3000, "again"),
        ]);
        assert_eq!(checked(words), [view(3000, "again"), view(8080, "python3")]);
        let long = checked(told(&[(1, "no\x1b[31mde\nwith a long name")]));
        assert_eq!(long, [view(1, "no [31mde with ")]);
        let many: Vec<_> = (1..10_000).map(|port| (port, "x")).collect();
        assert_eq!(checked(told(&many)).len(), limits::PORTS);
    }

    #[test]
    fn another_program_on_the_same_port_is_told_of() {
        let before = [view(1, "a"), view(2, "b"), view(3, "c")];
        let now = [view(2, "b"), view(3, "other"), view(4, "d")];
        let opened = |port, process: &str| EventKind::PortOpened {
            port,
            process: process.to_owned(),
        };
        assert_eq!(
            changes(&before, &now),
            [
                EventKind::PortClosed { port: 1 },
                opened(3, "other"),
                opened(4, "d")
            ]
        );
        assert!(changes(&now, &now).is_empty());
    }
}
