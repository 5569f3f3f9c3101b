//! What sort of file a path names, and which part of the repository it belongs to: guesses from names alone, the same for everybody.

/// What a file is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Code, or whatever else the repository is about.
    Source,
    /// It tests code.
    Test,
    /// It is read by people.
    Docs,
    /// It says what is built, and of what: a manifest or the lock file beside it.
    Build,
    /// It tells a forge what to run.
    Ci,
    /// It sets up a tool.
    Settings,
}

/// Directories that hold one part of the repository each.
const SHELVES: [&str; 12] = [
    "apps",
    "cmd",
    "components",
    "crates",
    "internal",
    "libs",
    "modules",
    "packages",
    "pkg",
    "plugins",
    "projects",
    "services",
];

/// Directories that hold the code, whose own parts are one further down.
const ROOTS: [&str; 5] = ["app", "lib", "source", "sources", "src"];

/// Directories of tests.
const TESTS: [&str; 6] = ["__tests__", "e2e", "spec", "specs", "test", "tests"];

/// Lock files, each with its manifest.
const LOCKS: [(&str, &str); 13] = [
    ("Cargo.lock", "Cargo.toml"),
    ("package-lock.json", "package.json"),
    ("npm-shrinkwrap.json", "package.json"),
    ("yarn.lock", "package.json"),
    ("pnpm-lock.yaml", "package.json"),
    ("bun.lock", "package.json"),
    ("go.sum", "go.mod"),
    ("poetry.lock", "pyproject.toml"),
    ("uv.lock", "pyproject.toml"),
    ("Pipfile.lock", "Pipfile"),
    ("Gemfile.lock", "Gemfile"),
    ("composer.lock", "composer.json"),
    ("flake.lock", "flake.nix"),
];

/// Further files that say what is built.
const BUILDS: [&str; 9] = [
    "CMakeLists.txt",
    "Dockerfile",
    "Makefile",
    "build.gradle",
    "build.rs",
    "justfile",
    "pom.xml",
    "requirements.txt",
    "setup.py",
];

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What is before the last slash; empty at the root.
pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The manifest's name that a lock file goes with.
pub(super) fn manifest_of(path: &str) -> Option<&'static str> {
    let name = name(path);
    let known = LOCKS.iter().find(|(lock, _)| *lock == name);
    known.map(|(_, manifest)| *manifest)
}

/// What sort of file it is.
pub(super) fn sort(path: &str) -> Sort {
    let name = name(path);
    let mut directories = directory(path).split('/');
    let first = directories.clone().next().unwrap_or_default();
    let is_manifest = LOCKS
        .iter()
        .any(|(lock, manifest)| name == *lock || name == *manifest);
    if path.starts_with(".github/workflows/")
        || matches!(first, ".circleci" | ".gitlab" | ".buildkite")
        || matches!(name, ".gitlab-ci.yml" | ".travis.yml" | "Jenkinsfile")
    {
        Sort::Ci
    } else if is_manifest || BUILDS.contains(&name) {
        Sort::Build
    } else if directories.any(|part| TESTS.contains(&part)) || tested_stem(name).is_some() {
        Sort::Test
    } else if is_docs(first, name) {
        Sort::Docs
    } else if name.starts_with('.') {
        Sort::Settings
    } else {
        Sort::Source
    }
}

fn is_docs(first_directory: &str, name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(first_directory, "doc" | "docs")
        || matches!(extension, "md" | "mdx" | "rst" | "adoc")
        || matches!(name, "LICENSE" | "AUTHORS" | "NOTICE" | "COPYING")
}

/// A name without its endings: `a` of `a.test.ts`.
pub(super) fn stem(name: &str) -> &str {
    let from = usize::from(name.starts_with('.'));
    name[from..]
        .split_once('.')
        .map_or(name, |(stem, _)| &name[..from + stem.len()])
}

/// What a test's name says that it tests: `a` of `test_a.py`, `a_test.go`, `a.spec.ts` and `aTest.java`.
pub(super) fn tested_stem(name: &str) -> Option<&str> {
    let whole = stem(name);
    let inner = name.get(whole.len()..).unwrap_or_default();
    let marked = [".test.", ".spec."]
        .iter()
        .any(|mark| inner.starts_with(mark));
    let cut = if marked {
        Some(whole)
    } else {
        let before = whole.strip_prefix("test_");
        let after = ["_test", "_tests", "_spec", "Test", "Tests", "Spec"];
        before.or_else(|| after.iter().find_map(|end| whole.strip_suffix(end)))
    };
    cut.filter(|stem| !stem.is_empty())
}

/// The part of the repository that a file belongs to: a directory's path, empty for what lies at the root.
pub(super) fn module(path: &str) -> &str {
    let directory = directory(path);
    let mut parts = directory.split('/');
    let first = parts.next().unwrap_or_default();
    let deeper = SHELVES.contains(&first) || ROOTS.contains(&first);
    match parts.next() {
        Some(second) if deeper => &directory[..=first.len() + second.len()],
        _ => first,
    }
}

/// What people call that part, where it says more than "the code".
pub(super) fn scope(module: &str) -> Option<&str> {
    let name = name(module);
    let says_nothing =
        name.is_empty() || name.starts_with('.') || ROOTS.contains(&name) || TESTS.contains(&name);
    (!says_nothing).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_by_their_names() {
        for (path, expected) in [
            ("src/a.rs", Sort::Source),
            ("README.md", Sort::Docs),
            ("docs/img/a.png", Sort::Docs),
            ("tests/it/main.rs", Sort::Test),
            ("src/a.test.ts", Sort::Test),
            ("pkg/a_test.go", Sort::Test),
            ("tests/Cargo.toml", Sort::Build),
            ("Cargo.lock", Sort::Build),
            (".github/workflows/a.yml", Sort::Ci),
            (".editorconfig", Sort::Settings),
            ("latest.rs", Sort::Source),
        ] {
            assert_eq!(sort(path), expected, "{path}");
        }
    }

    #[test]
    fn a_test_says_what_it_tests() {
        for (name, tested) in [
            ("a.test.tsx", Some("a")),
            ("a.spec.ts", Some("a")),
            ("test_a.py", Some("a")),
            ("a_test.go", Some("a")),
            ("ATest.java", Some("A")),
            ("a.rs", None),
            ("test_.py", None),
            (".test", None),
        ] {
            assert_eq!(tested_stem(name), tested, "{name}");
        }
    }

    #[test]
    fn a_file_belongs_to_a_part() {
        for (path, part, called) in [
            ("a.rs", "", None),
            ("src/a.rs", "src", None),
            ("src/git/deep/a.rs", "src/git", Some("git")),
            ("crates/x/src/a.rs", "crates/x", Some("x")),
            ("web/src/a.ts", "web", Some("web")),
            ("tests/a.rs", "tests", None),
            (".github/workflows/a.yml", ".github", None),
        ] {
            assert_eq!(module(path), part, "{path}");
            assert_eq!(scope(part), called, "{path}");
        }
    }
}
