//! The list: commands, their options, and what may follow.

/// What an option takes.
pub(super) enum Takes {
    Nothing,
    Number,
    /// Any words; they are data to git.
    Text,
    Commit,
    Branch,
    /// Nothing, or one of these.
    Maybe(&'static [&'static str]),
}

/// What may follow the options.
pub(super) enum Operands {
    Paths,
    /// Commits and ranges of them; paths behind `--`.
    Commits,
    /// Names of branches and tags.
    Branches,
    /// One of these first, then numbers and commits.
    Words(&'static [&'static str]),
    /// A setting, and what it is to be.
    Setting,
    /// What the command judges itself.
    Others,
}

pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) changes: bool,
    /// What git is told in any case.
    pub(super) fixed: &'static [&'static str],
    pub(super) options: &'static [(&'static str, Takes)],
    pub(super) operands: Operands,
}

impl Rule {
    pub(super) fn takes_paths(&self) -> bool {
        matches!(self.operands, Operands::Paths | Operands::Commits)
            && !matches!(self.name, "rebase" | "merge" | "rev-parse")
    }
}

/// The settings that may be changed: none names a program, a file or another repository.
pub(super) const SETTINGS: [&str; 7] = [
    "user.name",
    "user.email",
    "pull.rebase",
    "pull.ff",
    "push.default",
    "merge.conflictstyle",
    "diff.algorithm",
];

use Takes::{Branch, Commit, Maybe, Nothing, Number, Text};

#[rustfmt::skip] // Many options, few lines.
const DATES: &[&str] = &["iso", "iso-strict", "relative", "short", "unix", "rfc", "local", "default"];

/// What is shown of changes.
#[rustfmt::skip] // Many options, few lines.
const SHOWN: &[(&str, Takes)] = &[
    ("--oneline", Nothing), ("--graph", Nothing), ("--stat", Nothing), ("--shortstat", Nothing), ("--numstat", Nothing),
    ("--name-only", Nothing), ("--name-status", Nothing), ("--raw", Nothing), ("--all", Nothing), ("--branches", Nothing), ("--tags", Nothing),
    ("--decorate", Maybe(&["short", "full", "no"])), ("--no-decorate", Nothing), ("--first-parent", Nothing), ("--merges", Nothing),
    ("--no-merges", Nothing), ("--reverse", Nothing), ("--follow", Nothing), ("--topo-order", Nothing), ("--date-order", Nothing),
    ("-n", Number), ("--max-count", Number), ("--skip", Number), ("--since", Text), ("--after", Text), ("--until", Text), ("--before", Text),
    ("--author", Text), ("--committer", Text), ("--grep", Text), ("-i", Nothing), ("-S", Text), ("-G", Text), ("--format", Text), ("--pretty", Text),
    ("--date", Maybe(DATES)), ("--abbrev-commit", Nothing), ("-p", Nothing), ("--patch", Nothing), ("-s", Nothing), ("--no-patch", Nothing),
    ("-U", Number), ("--unified", Number), ("-w", Nothing), ("-b", Nothing), ("--ignore-all-space", Nothing), ("--word-diff", Nothing), ("-z", Nothing),
    ("-M", Nothing), ("--find-renames", Nothing), ("-m", Nothing), ("-c", Nothing), ("--cc", Nothing),
];

#[rustfmt::skip] // Many options, few lines.
const COMPARED: &[(&str, Takes)] = &[
    ("--cached", Nothing), ("--staged", Nothing), ("--stat", Nothing), ("--shortstat", Nothing), ("--numstat", Nothing), ("--name-only", Nothing),
    ("--name-status", Nothing), ("--raw", Nothing), ("--summary", Nothing), ("--check", Nothing), ("-p", Nothing), ("--patch", Nothing), ("-U", Number),
    ("--unified", Number), ("-w", Nothing), ("-b", Nothing), ("--ignore-all-space", Nothing), ("--word-diff", Nothing), ("-z", Nothing), ("-M", Nothing),
    ("--find-renames", Nothing), ("--merge-base", Nothing), ("--quiet", Nothing), ("--exit-code", Nothing), ("-R", Nothing),
];

#[rustfmt::skip] // Many options, few lines.
const LOOKING: &[&str] = &["--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty"];

#[rustfmt::skip] // Many options, few lines.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "status", changes: false, fixed: &["--ignore-submodules=dirty"], operands: Operands::Paths,
        options: &[
            ("-s", Nothing), ("--short", Nothing), ("-b", Nothing), ("--branch", Nothing), ("--porcelain", Maybe(&["v1", "v2"])), ("-z", Nothing),
            ("--ignored", Nothing), ("--show-stash", Nothing), ("--untracked-files", Maybe(&["no", "normal", "all"])), ("--long", Nothing),
        ],
    },
    Rule {
        name: "add", changes: true, fixed: &[], operands: Operands::Paths,
        options: &[
            ("-A", Nothing), ("--all", Nothing), ("-u", Nothing), ("--update", Nothing), ("-N", Nothing), ("--intent-to-add", Nothing), ("-v", Nothing),
            ("--verbose", Nothing), ("-n", Nothing), ("--dry-run", Nothing), ("-f", Nothing), ("--force", Nothing),
        ],
    },
    Rule {
        name: "commit", changes: true, fixed: &["--no-verify", "--no-gpg-sign", "--no-status", "--cleanup=whitespace"], operands: Operands::Paths,
        options: &[
            ("-m", Text), ("--message", Text), ("-a", Nothing), ("--all", Nothing), ("--amend", Nothing), ("--no-edit", Nothing), ("--allow-empty", Nothing),
            ("-q", Nothing), ("--quiet", Nothing), ("-s", Nothing), ("--signoff", Nothing), ("--only", Nothing), ("--include", Nothing), ("--dry-run", Nothing),
        ],
    },
    Rule {
        name: "branch", changes: true, fixed: &[], operands: Operands::Branches,
        options: &[
            ("-a", Nothing), ("--all", Nothing), ("-r", Nothing), ("--remotes", Nothing), ("-v", Nothing), ("-vv", Nothing), ("--verbose", Nothing),
            ("-l", Nothing), ("--list", Nothing), ("--show-current", Nothing), ("-d", Nothing), ("--delete", Nothing), ("-D", Nothing), ("-m", Nothing),
            ("--move", Nothing), ("-c", Nothing), ("--copy", Nothing), ("--contains", Commit), ("--merged", Commit), ("--no-merged", Commit),
            ("--no-track", Nothing), ("--no-color", Nothing),
        ],
    },
    Rule {
        name: "checkout", changes: true, fixed: &["--no-recurse-submodules"], operands: Operands::Commits,
        options: &[
            ("-b", Branch), ("-q", Nothing), ("--quiet", Nothing), ("--detach", Nothing), ("--ours", Nothing), ("--theirs", Nothing), ("--no-track", Nothing),
            ("-f", Nothing), ("--force", Nothing),
        ],
    },
    Rule { name: "log", changes: false, fixed: LOOKING, options: SHOWN, operands: Operands::Commits },
    Rule { name: "show", changes: false, fixed: LOOKING, options: SHOWN, operands: Operands::Commits },
    Rule { name: "diff", changes: false, fixed: LOOKING, options: COMPARED, operands: Operands::Commits },
    Rule {
        name: "stash", changes: true, fixed: &[], operands: Operands::Words(&["list", "show", "push", "pop", "apply", "drop"]),
        options: &[("-u", Nothing), ("--include-untracked", Nothing), ("-m", Text), ("--message", Text), ("-q", Nothing), ("--quiet", Nothing), ("--index", Nothing), ("--stat", Nothing)],
    },
    Rule {
        name: "reset", changes: true, fixed: &["--no-recurse-submodules"], operands: Operands::Commits,
        options: &[("--soft", Nothing), ("--mixed", Nothing), ("--hard", Nothing), ("-q", Nothing), ("--quiet", Nothing)],
    },
    Rule {
        name: "merge", changes: true, fixed: &["--no-verify"], operands: Operands::Commits,
        options: &[
            ("--ff-only", Nothing), ("--no-ff", Nothing), ("--ff", Nothing), ("--squash", Nothing), ("-m", Text), ("--no-edit", Nothing), ("--no-commit", Nothing),
            ("--no-gpg-sign", Nothing), ("-q", Nothing), ("--quiet", Nothing), ("--abort", Nothing), ("--continue", Nothing),
        ],
    },
    Rule {
        name: "rebase", changes: true, fixed: &[], operands: Operands::Commits,
        options: &[("--onto", Commit), ("-q", Nothing), ("--quiet", Nothing), ("--abort", Nothing), ("--continue", Nothing), ("--skip", Nothing)],
    },
    Rule {
        name: "tag", changes: true, fixed: &["--no-sign"], operands: Operands::Branches,
        options: &[("-l", Nothing), ("--list", Nothing), ("-a", Nothing), ("-m", Text), ("--message", Text), ("-d", Nothing), ("--delete", Nothing), ("-n", Nothing), ("--contains", Commit)],
    },
    Rule {
        name: "remote", changes: false, fixed: &[], operands: Operands::Words(&["get-url"]),
        options: &[("-v", Nothing), ("--verbose", Nothing)],
    },
    Rule {
        name: "rev-parse", changes: false, fixed: &[], operands: Operands::Commits,
        options: &[
            ("--short", Nothing), ("--abbrev-ref", Nothing), ("--verify", Nothing), ("-q", Nothing), ("--quiet", Nothing), ("--show-toplevel", Nothing),
            ("--is-inside-work-tree", Nothing), ("--is-bare-repository", Nothing), ("--is-shallow-repository", Nothing), ("--symbolic-full-name", Nothing),
        ],
    },
    Rule {
        name: "config", changes: true, fixed: &["--includes"], operands: Operands::Setting,
        options: &[("--get", Nothing), ("-l", Nothing), ("--list", Nothing), ("--name-only", Nothing)],
    },
];

/// The commands that another repository has to answer for.
#[rustfmt::skip] // Many options, few lines.
pub(super) const EXCHANGES: &[Rule] = &[
    Rule {
        name: "fetch", changes: true, fixed: &[], operands: Operands::Others,
        options: &[("-q", Nothing), ("--quiet", Nothing), ("-v", Nothing), ("--verbose", Nothing)],
    },
    Rule {
        name: "pull", changes: true, fixed: &[], operands: Operands::Others,
        options: &[
            ("-q", Nothing), ("--quiet", Nothing), ("-v", Nothing), ("--verbose", Nothing), ("--ff-only", Nothing), ("--ff", Nothing), ("-r", Nothing),
            ("--rebase", Maybe(&["true", "false"])), ("--no-rebase", Nothing),
        ],
    },
    Rule {
        name: "push", changes: true, fixed: &[], operands: Operands::Others,
        options: &[("-q", Nothing), ("--quiet", Nothing), ("-v", Nothing), ("--verbose", Nothing), ("-u", Nothing), ("--set-upstream", Nothing)],
    },
    Rule {
        name: "clone", changes: true, fixed: &[], operands: Operands::Others,
        options: &[
            ("-q", Nothing), ("--quiet", Nothing), ("-v", Nothing), ("--verbose", Nothing), ("-b", Branch), ("--branch", Branch), ("--depth", Number),
            ("--recurse-submodules", Nothing),
        ],
    },
];

/// The commands' names, for people.
pub(super) fn names() -> String {
    RULES
        .iter()
        .chain(EXCHANGES)
        .map(|rule| rule.name)
        .collect::<Vec<_>>()
        .join(", ")
}
