//! What is recorded of a route.

/// Whether and as what a route's calls are recorded. An action's name is `object.verb`; who filters for `object` finds all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audit {
    /// It changes nothing, and what it shows is not worth a record.
    Quiet,
    /// Every call.
    Every(&'static str, Subject),
    /// Every call. The handler hands the record to what makes the change, and both are written in one transaction; with the answer
    /// only those calls are recorded that changed nothing, were refused or failed. The change runs to its end, whether its client
    /// waits for that or not: what follows from it, such as the end of somebody's connections, must not be left out.
    Deed(&'static str, Subject),
    /// Only calls that were refused or failed: the handler records what succeeds itself, because it knows when that is; or it
    /// happens many times a minute and says nothing.
    Refusals(&'static str, Subject),
}

/// What a route acts upon, and where its identifier and name are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Nothing that has a name, or what the handler notes.
    Nothing,
    /// The session `{id}` of the path.
    Session,
    /// The session that the path's `{id}` means as a container.
    Container,
    /// The terminal `{name}` of the session `{id}` of the path.
    Terminal,
    /// An object of this kind: what the path calls `{id}`, if it does, and what the answer says of it by `id` and `name` or
    /// `username`.
    Object(&'static str),
}

impl Audit {
    /// Whether the change and its record are one.
    pub(crate) fn is_deed(self) -> bool {
        matches!(self, Self::Deed(..))
    }

    /// The action's name; none where nothing is recorded.
    pub(crate) fn action(self) -> Option<&'static str> {
        match self {
            Self::Quiet => None,
            Self::Every(action, _) | Self::Deed(action, _) | Self::Refusals(action, _) => {
                Some(action)
            }
        }
    }
}
