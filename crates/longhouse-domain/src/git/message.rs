//! A commit's message from the change itself: a conventional head, then what it comes to. A person's own message is never passed through
//! here.

use super::change::{Change, ChangeKind, LineCount};
use super::sort::{Sort, module, name, scope, sort};
use super::template::{MessageTemplate, Words};

/// The longest first line, characters: what forges and `git log --oneline` show whole.
const HEAD_CHARS: usize = 72;

/// The most files that a message lists.
const LISTED: usize = 20;

/// The longest scope that is taken from a head that somebody wrote, characters.
const SCOPE_CHARS: usize = 40;

/// The longest summary of an agent's that is taken, characters.
const SUMMARY_CHARS: usize = 2_000;

/// The conventional types, of which only whoever made a change knows some.
const KINDS: [&str; 11] = [
    "feat", "fix", "docs", "style", "refactor", "perf", "test", "build", "ci", "chore", "revert",
];

/// The message of a commit of these changes. An agent's own `summary`, where there is one, says what they are for; its first line becomes
/// the subject, with its own type and scope where it has a conventional head.
#[must_use]
pub fn message(changes: &[Change], summary: Option<&str>, template: &MessageTemplate) -> String {
    let kind = kind(changes);
    let scope = common_scope(changes).filter(|scope| *scope != kind);
    let scope = scope.map(|scope| format!("({})", word(scope)));
    let scope = scope.unwrap_or_default();
    let summary: String = summary
        .unwrap_or_default()
        .chars()
        .take(SUMMARY_CHARS)
        .collect();
    let mut told = summary.lines().map(plain).skip_while(String::is_empty);
    let said = told.next().unwrap_or_else(|| subject(changes));
    let (kind, scope, subject) = head_of(&said).unwrap_or((kind, scope, &said));
    let room = HEAD_CHARS.saturating_sub(kind.len() + scope.chars().count() + 2);
    let lines = LineCount::sum(changes);
    let words = Words {
        kind: kind.to_owned(),
        scope,
        subject: shortened(subject, room),
        files: files(changes.len()),
        added: lines.added.to_string(),
        removed: lines.removed.to_string(),
        summary: told.collect::<Vec<_>>().join("\n").trim().to_owned(),
        list: list(changes),
    };
    template.fill(&words)
}

/// Type, scope (with its parentheses, and the mark of a break) and subject of a conventional head.
fn head_of(line: &str) -> Option<(&str, String, &str)> {
    let (before, subject) = line.split_once(": ")?;
    let end = before.find(['(', '!']).unwrap_or(before.len());
    let (kind, scope) = before.split_at(end);
    let inner = scope.strip_suffix('!').unwrap_or(scope);
    let in_parentheses = inner
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .is_some_and(|inner| !inner.is_empty() && inner.chars().count() <= SCOPE_CHARS);
    let fits = KINDS.contains(&kind) && (inner.is_empty() || in_parentheses);
    let subject = subject.trim();
    (fits && !subject.is_empty()).then(|| (kind, scope.to_owned(), subject))
}

/// Which of the conventional types: what the names and the kinds of the changes show, and nothing that only whoever made them knows.
fn kind(changes: &[Change]) -> &'static str {
    if changes.is_empty() {
        return "chore";
    }
    let all = |wanted: Sort| changes.iter().all(|change| sort(&change.path) == wanted);
    for (wanted, kind) in [
        (Sort::Docs, "docs"),
        (Sort::Test, "test"),
        (Sort::Build, "build"),
        (Sort::Ci, "ci"),
        (Sort::Settings, "chore"),
    ] {
        if all(wanted) {
            return kind;
        }
    }
    let source = |change: &&Change| sort(&change.path) == Sort::Source;
    let mut sources = changes.iter().filter(source).peekable();
    if sources.peek().is_none() {
        return "chore";
    }
    if sources
        .clone()
        .any(|change| change.kind == ChangeKind::Added)
    {
        return "feat";
    }
    let moved = |change: &Change| {
        matches!(
            change.kind,
            ChangeKind::Renamed { .. } | ChangeKind::Deleted
        )
    };
    if sources.all(moved) {
        "refactor"
    } else {
        "chore"
    }
}

/// What people call the part that all changes are of.
fn common_scope(changes: &[Change]) -> Option<&str> {
    // A test elsewhere goes with its source, and a manifest's lock file with it.
    let own = |change: &&Change| !matches!(sort(&change.path), Sort::Test | Sort::Build);
    let mut parts = changes
        .iter()
        .filter(own)
        .map(|change| module(&change.path));
    let first = match parts.next() {
        Some(first) => first,
        None => module(&changes.first()?.path),
    };
    let all = changes
        .iter()
        .filter(own)
        .all(|change| module(&change.path) == first);
    all.then(|| scope(first)).flatten()
}

fn subject(changes: &[Change]) -> String {
    let names: Vec<_> = changes
        .iter()
        .map(|change| plain(name(&change.path)))
        .collect();
    if let ([change], [new]) = (changes, names.as_slice())
        && let ChangeKind::Renamed { from } = &change.kind
    {
        let old = plain(name(from));
        return if old == *new {
            format!("move {new}")
        } else {
            format!("rename {old} to {new}")
        };
    }
    let verb = verb(changes);
    match names.as_slice() {
        [] => "record the present state".to_owned(),
        [one] => format!("{verb} {one}"),
        [one, other] => format!("{verb} {one} and {other}"),
        [one, rest @ ..] => format!("{verb} {one} and {} more files", rest.len()),
    }
}

fn verb(changes: &[Change]) -> &'static str {
    let all = |is: fn(&ChangeKind) -> bool| changes.iter().all(|change| is(&change.kind));
    if all(|kind| *kind == ChangeKind::Added) {
        "add"
    } else if all(|kind| *kind == ChangeKind::Deleted) {
        "remove"
    } else if all(|kind| matches!(kind, ChangeKind::Renamed { .. })) {
        "move"
    } else {
        "update"
    }
}

fn files(count: usize) -> String {
    match count {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    }
}

fn list(changes: &[Change]) -> String {
    let line = |change: &Change| {
        let path = plain(&change.path);
        let lines = change.lines;
        let lines = lines.map_or_else(String::new, |l| format!(" (+{} -{})", l.added, l.removed));
        match &change.kind {
            ChangeKind::Added => format!("- {path}: new{lines}"),
            ChangeKind::Modified => format!("- {path}{lines}"),
            ChangeKind::Deleted => format!("- {path}: removed{lines}"),
            ChangeKind::Renamed { from } => format!("- {path}: was {}{lines}", plain(from)),
        }
    };
    let mut listed: Vec<_> = changes.iter().take(LISTED).map(line).collect();
    if changes.len() > LISTED {
        listed.push(format!("- and {}", files(changes.len() - LISTED)));
    }
    listed.join("\n")
}

/// One line without control characters: file names may hold any.
fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '?' } else { c };
    text.trim_end().chars().map(shown).collect()
}

/// A scope's name stands between parentheses.
fn word(text: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let shown = |c: char| if fits(c) { c } else { '-' };
    text.chars().take(30).map(shown).collect()
}

fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change(path: &str, kind: ChangeKind, lines: (u64, u64)) -> Change {
        let (added, removed) = lines;
        Change {
            lines: Some(LineCount { added, removed }),
            ..Change::new(path, kind)
        }
    }

    fn said(changes: &[Change]) -> String {
        message(changes, None, &MessageTemplate::default())
    }

    #[test]
    fn the_message_tells_type_scope_subject_and_figures() {
        let changes = [
            change("src/git/a.rs", ChangeKind::Added, (10, 0)),
            change("tests/a_test.rs", ChangeKind::Modified, (2, 1)),
        ];
        assert_eq!(
            said(&changes),
            "feat(git): update a.rs and a_test.rs\n\n2 files changed, 12 lines added, 1 removed\n\n- src/git/a.rs: new (+10 -0)\n- tests/a_test.rs (+2 -1)\n"
        );
    }

    #[test]
    fn the_head_says_what_happened() {
        use ChangeKind::{Added, Deleted, Modified};
        let renamed = || ChangeKind::Renamed {
            from: "src/old.rs".to_owned(),
        };
        for (changes, head) in [
            (vec![("README.md", Modified)], "docs: update README.md"),
            (vec![("docs/a.md", Added)], "docs: add a.md"),
            (vec![("tests/a.rs", Added)], "test: add a.rs"),
            (
                vec![("web/Cargo.lock", Modified)],
                "build(web): update Cargo.lock",
            ),
            (vec![(".github/workflows/a.yml", Added)], "ci: add a.yml"),
            (
                vec![("src/new.rs", renamed())],
                "refactor: rename old.rs to new.rs",
            ),
            (vec![("src/a.rs", Deleted)], "refactor: remove a.rs"),
            (vec![("src/a.rs", Modified)], "chore: update a.rs"),
            (
                vec![
                    ("web/a.ts", Added),
                    ("web/b.ts", Added),
                    ("web/c.ts", Added),
                ],
                "feat(web): add a.ts and 2 more files",
            ),
        ] {
            let changes: Vec<_> = changes
                .into_iter()
                .map(|(path, kind)| Change::new(path, kind))
                .collect();
            assert_eq!(said(&changes).lines().next(), Some(head));
        }
    }

    #[test]
    fn the_agents_own_summary_comes_first() {
        let changes = [change("web/a.ts", ChangeKind::Modified, (1, 1))];
        let told = message(
            &changes,
            Some("\nMake it blue\n\nIt was red.\u{7}\n"),
            &MessageTemplate::default(),
        );
        assert!(
            told.starts_with("chore(web): Make it blue\n\nIt was red.?\n\n1 file changed"),
            "{told}"
        );
        assert_eq!(
            message(&changes, Some(" \n "), &MessageTemplate::default()),
            said(&changes)
        );
    }

    #[test]
    fn a_head_that_is_conventional_already_is_not_given_another() {
        let changes = [change("web/a.ts", ChangeKind::Modified, (1, 1))];
        for (said, head) in [
            ("fix: say it better", "fix: say it better"),
            ("feat(web)!: say it louder", "feat(web)!: say it louder"),
            ("perf!: now", "perf!: now"),
            ("Note: say it", "chore(web): Note: say it"),
            ("fix(): say it", "chore(web): fix(): say it"),
            ("fix(a)b: say it", "chore(web): fix(a)b: say it"),
            ("fix: ", "chore(web): fix:"),
        ] {
            let told = message(&changes, Some(said), &MessageTemplate::default());
            assert_eq!(told.lines().next(), Some(head));
        }
    }

    #[test]
    fn a_long_list_is_cut() {
        let many: Vec<_> = (0..500)
            .map(|n| Change::new(format!("a/{n}"), ChangeKind::Added))
            .collect();
        let told = said(&many);
        assert!(told.ends_with("- and 480 files\n"), "{told}");
    }

    proptest! {
        #[test]
        fn any_names_make_one_short_head(paths in prop::collection::vec("\\PC{0,200}|(.|\\n){0,40}", 0..5), summary in prop::option::of("(.|\\n){0,200}")) {
            let changes: Vec<_> = paths.iter().map(|path| Change::new(path, ChangeKind::Modified)).collect();
            let told = message(&changes, summary.as_deref(), &MessageTemplate::default());
            let head = told.lines().next().unwrap_or_default();
            prop_assert!(!head.trim().is_empty());
            prop_assert!(head.chars().count() <= HEAD_CHARS, "{head}");
            prop_assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
        }
    }
}
