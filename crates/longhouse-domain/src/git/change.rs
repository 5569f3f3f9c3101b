//! What changed in a repository, file by file, as messages and groups need it: paths are text for people here, and may be inexact where a
//! name is no UTF-8.

/// One file's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path below the repository's root, with slashes.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// How many lines; absent for a binary file, and where nobody counted.
    pub lines: Option<LineCount>,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It reads differently, or is of another kind or mode.
    Modified,
    /// It is gone.
    Deleted,
    /// It was called otherwise.
    Renamed {
        /// Its path before.
        from: String,
    },
}

/// Lines that came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCount {
    /// New lines.
    pub added: u64,
    /// Lines that are gone.
    pub removed: u64,
}

impl Change {
    /// A change whose lines nobody counted.
    #[must_use]
    pub fn new(path: impl Into<String>, kind: ChangeKind) -> Self {
        Self {
            path: path.into(),
            kind,
            lines: None,
        }
    }
}

impl LineCount {
    /// Of all changes together.
    #[must_use]
    pub fn sum(changes: &[Change]) -> Self {
        let counted = changes.iter().filter_map(|change| change.lines);
        counted.fold(Self::default(), |sum, lines| Self {
            added: sum.added.saturating_add(lines.added),
            removed: sum.removed.saturating_add(lines.removed),
        })
    }
}
