//! Ports of sessions that are reached on the server's own machine: which numbers there are to give, and in which order they are tried.
//! Whether a number is free nobody knows here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most ports that one session publishes. Who needs more has a program that should not be outside.
pub const MOST_PORTS: usize = 16;

/// The first number that needs no privilege. What is below belongs to the machine's own services.
pub(crate) const FIRST_UNPRIVILEGED: u16 = 1024;

/// A port that is to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortWish {
    /// Its number in the session.
    pub container: u16,
    /// The number on the server's machine; by default any that is free.
    pub host: Option<u16>,
}

/// A port of a session, and where on the server's machine it is published for as long as there is the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedPort {
    /// Its number in the session.
    pub container: u16,
    /// The number on the server's machine.
    pub host: u16,
}

/// The numbers that sessions may have on the server's machine. Never empty, never below 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

/// What is wrong with a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a range of ports such as 20000-29999, from {FIRST_UNPRIVILEGED} up")]
pub struct BadPortRange;

/// What is wrong with what somebody wishes, of one wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadWish {
    /// Which of them.
    pub index: usize,
    /// Which of its fields.
    pub field: &'static str,
    /// What would be right.
    pub message: String,
}

impl PortRange {
    /// Below the numbers that the kernel gives to connections that go out, and above those of well-known services.
    pub const DEFAULT: Self = Self {
        first: 20_000,
        last: 29_999,
    };

    /// The numbers that repositories have where a server does not say otherwise.
    pub const REPOSITORIES: Self = Self {
        first: 8_100,
        last: 8_999,
    };

    /// All of them, the lowest first.
    pub fn ascending(self) -> impl Iterator<Item = u16> {
        self.first..=self.last
    }

    /// Whether the number is one of them.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// All of them once, from a place on that depends on `seed`: a number that was just given back is not given to the next session, whose
    /// visitors might be another's.
    pub fn from_seed(self, seed: u64) -> impl Iterator<Item = u16> {
        let begin = seed % (u64::from(self.last - self.first) + 1);
        // It lies within the range, so it fits.
        let begin = self.first + u16::try_from(begin).unwrap_or_default();
        (begin..=self.last).chain(self.first..begin)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl FromStr for PortRange {
    type Err = BadPortRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, last) = text.split_once('-').ok_or(BadPortRange)?;
        let number = |text: &str| text.trim().parse::<u16>().map_err(|_| BadPortRange);
        let (first, last) = (number(first)?, number(last)?);
        if first < FIRST_UNPRIVILEGED || last < first {
            return Err(BadPortRange);
        }
        Ok(Self { first, last })
    }
}

/// Everything that is wrong with these wishes, where `range` is what there is to give.
#[must_use]
pub fn check_wishes(wishes: &[PortWish], range: PortRange) -> Vec<BadWish> {
    let mut wrong = Vec::new();
    for (index, wish) in wishes.iter().enumerate() {
        let before = &wishes[..index];
        let mut refuse = |field, message: String| {
            wrong.push(BadWish {
                index,
                field,
                message,
            });
        };
        if wish.container == 0 {
            refuse("container", "must be between 1 and 65535".to_owned());
        } else if before.iter().any(|other| other.container == wish.container) {
            refuse("container", "stands there twice".to_owned());
        }
        match wish.host {
            Some(host) if !range.contains(host) => {
                refuse("host", format!("must be one of {range}, or left out"));
            }
            Some(host) if before.iter().any(|other| other.host == Some(host)) => {
                refuse("host", "stands there twice".to_owned());
            }
            _ => {}
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_above_the_privileged_ports_and_is_not_empty() {
        let range: PortRange = "1024-65535".parse().unwrap();
        assert_eq!(range.to_string(), "1024-65535");
        assert!(range.contains(1024) && range.contains(65_535));
        for bad in [
            "",
            "-",
            "1023-2000",
            "80-90",
            "3000-2999",
            "3000",
            "1-2-3",
            "3000-70000",
            "a-b",
            "-1-5",
        ] {
            assert_eq!(bad.parse::<PortRange>(), Err(BadPortRange), "{bad}");
        }
        assert_eq!(
            PortRange::DEFAULT.to_string().parse(),
            Ok(PortRange::DEFAULT)
        );
    }

    #[test]
    fn every_number_is_tried_once_wherever_one_begins() {
        let range: PortRange = "3000-3004".parse().unwrap();
        for seed in [0, 1, 4, 5, u64::MAX] {
            let mut tried: Vec<_> = range.from_seed(seed).collect();
            tried.sort_unstable();
            assert_eq!(tried, [3000, 3001, 3002, 3003, 3004], "{seed}");
        }
        assert_eq!(range.from_seed(7).next(), Some(3002));
        let all: PortRange = "1024-65535".parse().unwrap();
        assert_eq!(all.from_seed(u64::MAX).count(), 64_512);
    }

    #[test]
    fn what_no_session_can_have_is_told_by_its_place() {
        let wish = |container, host| PortWish { container, host };
        let wishes = [
            wish(80, Some(20_001)),
            wish(0, None),
            wish(80, Some(80)),
            wish(443, Some(20_001)),
            wish(8080, Some(40_000)),
            wish(3000, None),
        ];
        let wrong: Vec<_> = check_wishes(&wishes, PortRange::DEFAULT)
            .into_iter()
            .map(|wrong| (wrong.index, wrong.field))
            .collect();
        assert_eq!(
            wrong,
            [
                (1, "container"),
                (2, "container"),
                (2, "host"),
                (3, "host"),
                (4, "host")
            ]
        );
    }
}
