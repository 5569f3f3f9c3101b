//! Where the lines of a session's log come from, and which of them are wanted.

use super::line::SessionLogLine;

/// Everything that was written down by the server.
const JOURNAL: &str = "journal";

/// Everything that the place printed.
pub(super) const CONTAINER: &str = "container";

/// What sessiond wrote.
pub(super) const SESSIOND: &str = "sessiond";

/// The most names of one choice.
const MOST: usize = 16;

/// The longest name, bytes: a terminal's with what stands before it.
const LONGEST: usize = 80;

/// A choice of sources. None at all stands for everything, without what would be there twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSources(Vec<String>);

impl LogSources {
    /// These; nothing where they are more or longer than any that there are.
    #[must_use]
    pub fn new(names: Vec<String>) -> Option<Self> {
        let fit = names.len() <= MOST && names.iter().all(|name| name.len() <= LONGEST);
        fit.then_some(Self(names))
    }

    fn names(&self, name: &str) -> bool {
        self.0.iter().any(|wanted| wanted == name)
    }

    /// Whether every line is wanted.
    pub(super) fn hold_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every line that was printed is wanted.
    pub(super) fn hold_all_printed(&self) -> bool {
        self.names(CONTAINER)
    }

    pub(super) fn want_printed(&self) -> bool {
        self.hold_all() || self.names(CONTAINER) || self.names(SESSIOND)
    }

    pub(super) fn want_journal(&self) -> bool {
        self.hold_all() || self.0.iter().any(|name| name != CONTAINER)
    }

    /// Whether this line is wanted. A name stands for what is below it, too: `terminal` for all terminals.
    pub(super) fn hold(&self, line: &SessionLogLine) -> bool {
        let is_printed = line.seq.is_none();
        if self.hold_all() {
            return !line.is_told;
        }
        let is_meant = |name: &String| {
            let below = line.source.strip_prefix(name.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        let all_of_its_kind = match is_printed {
            true => CONTAINER,
            false => JOURNAL,
        };
        self.names(all_of_its_kind) || self.0.iter().any(is_meant)
    }
}

#[cfg(test)]
mod tests {
    use longhouse_domain::Timestamp;
    use longhouse_domain::event::LogLevel;

    use super::*;

    fn line(seq: Option<i64>, source: &str, is_told: bool) -> SessionLogLine {
        SessionLogLine {
            seq,
            at: Timestamp::UNIX_EPOCH,
            level: LogLevel::Info,
            source: source.to_owned(),
            message: String::new(),
            is_told,
        }
    }

    #[test]
    fn a_choice_holds_what_it_names_and_nothing_is_there_twice() {
        let of = |names: &[&str]| {
            LogSources::new(names.iter().map(|name| (*name).to_owned()).collect()).unwrap()
        };
        let lines = [
            line(Some(1), "session", false),
            line(Some(2), "egress", false),
            line(Some(3), "terminal:agent", false),
            line(None, "sessiond", true),
            line(None, "sessiond", false),
            line(None, "container", false),
        ];
        for (names, expected) in [
            (&[][..], [true, true, true, false, true, true]),
            (&["journal"], [true, true, true, false, false, false]),
            (&["container"], [false, false, false, true, true, true]),
            (&["sessiond"], [false, false, false, true, true, false]),
            (
                &["terminal", "egress"],
                [false, true, true, false, false, false],
            ),
            (&["terminal:a"], [false; 6]),
        ] {
            let found = lines.each_ref().map(|line| of(names).hold(line));
            assert_eq!(found, expected, "{names:?}");
        }
        assert!(!of(&["container"]).want_journal() && !of(&["egress"]).want_printed());
        assert_eq!(LogSources::new(vec![String::new(); 17]), None);
    }
}
