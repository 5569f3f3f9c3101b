//! What one can ask of a list of sessions.

use crate::lifecycle::Status;
use crate::session::RuntimeKind;

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Which way.
    pub order: Order,
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// Time of creation.
    #[default]
    Created,
    /// Time of the last change.
    Updated,
    /// Time of the last activity; sessions without any come last.
    Activity,
    /// Name, without regard to case.
    Name,
    /// Status, by name.
    Status,
}

/// Which way a list runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Smallest, earliest first.
    Ascending,
    /// Largest, latest first.
    #[default]
    Descending,
}

impl Sort {
    /// `created`, `updated`, `activity`, `name` or `status`; a leading `-` turns the order round: `name` is A to Z, and
    /// `-createdAt` the latest first. The names of the session's own fields are understood too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, order) = match text.strip_prefix('-') {
            Some(rest) => (rest, Order::Descending),
            None => (text, Order::Ascending),
        };
        let key = match name {
            "created" | "createdAt" => SortKey::Created,
            "updated" | "updatedAt" => SortKey::Updated,
            "activity" | "lastActivityAt" | "lastActivity" => SortKey::Activity,
            "name" => SortKey::Name,
            "status" => SortKey::Status,
            _ => return None,
        };
        Some(Self { key, order })
    }
}

/// A question for sessions. Empty lists and `None` do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// Any of these statuses.
    pub status: Vec<Status>,
    /// Any of these agents.
    pub agent: Vec<String>,
    /// Any of these runtimes.
    pub runtime: Vec<RuntimeKind>,
    /// Text that occurs in name, description, working directory or agent, without regard to case.
    pub text: Option<String>,
    /// Labels that must be there: a name, or a name with its value.
    pub labels: Vec<(String, Option<String>)>,
    /// The order.
    pub sort: Sort,
    /// How many at most.
    pub limit: u32,
    /// Where the page before ended, as its `nextCursor` said.
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many match in all.
    pub total: u64,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_hyphen_turns_the_order_round() {
        let sort = |key, order| Some(Sort { key, order });
        assert_eq!(Sort::parse("name"), sort(SortKey::Name, Order::Ascending));
        assert_eq!(
            Sort::parse("-createdAt"),
            sort(SortKey::Created, Order::Descending)
        );
        assert_eq!(Sort::parse("size"), None);
    }
}
