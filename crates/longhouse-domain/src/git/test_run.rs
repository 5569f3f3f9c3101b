//! Whether a command line runs tests, so that its good end says that they passed. Only what says so by itself counts: of a pipe, a list with
//! `;` or an `||` the end says nothing about its parts.

/// Programs whose first word says what they do, and the words for tests.
const BY_FIRST_WORD: &[(&str, &[&str])] = &[
    ("cargo", &["test", "t", "nextest"]),
    ("npm", &["test", "t", "tst"]),
    ("pnpm", &["test", "t", "vitest", "jest"]),
    ("yarn", &["test", "vitest", "jest"]),
    ("bun", &["test"]),
    ("deno", &["test"]),
    ("go", &["test"]),
    ("dotnet", &["test"]),
    ("mix", &["test"]),
    ("swift", &["test"]),
    ("dart", &["test"]),
    ("flutter", &["test"]),
    ("bazel", &["test"]),
    ("meson", &["test"]),
    ("cabal", &["test"]),
    ("stack", &["test"]),
    ("sbt", &["test"]),
    ("lein", &["test"]),
    ("composer", &["test"]),
    ("playwright", &["test"]),
    ("cypress", &["run"]),
];

/// Programs that are given targets, of which one is tests.
const BY_TARGET: &[&str] = &[
    "make", "gmake", "just", "task", "rake", "mvn", "mvnw", "gradle", "gradlew", "ninja",
];

/// What such a target is called.
const TARGETS: &[&str] = &["test", "tests", "check", "verify"];

/// Programs that do nothing else.
const ONLY_TESTS: &[&str] = &[
    "pytest", "py.test", "tox", "nox", "vitest", "jest", "mocha", "ava", "ctest", "rspec",
    "phpunit", "pest", "bats",
];

/// Programs that run the command behind them, with the words that may stand between.
const CARRIERS: &[(&str, &[&str])] = &[
    ("env", &[]),
    ("time", &[]),
    ("nice", &[]),
    ("npx", &[]),
    ("bunx", &[]),
    ("uvx", &[]),
    ("pnpm", &["exec", "dlx"]),
    ("yarn", &["exec", "dlx"]),
    ("npm", &["exec"]),
    ("bun", &["x"]),
    ("uv", &["run"]),
    ("poetry", &["run"]),
    ("pipenv", &["run"]),
    ("pdm", &["run"]),
    ("hatch", &["run"]),
    ("bundle", &["exec"]),
];

/// Programs that run a script of the project by its name.
const SCRIPT_RUNNERS: &[&str] = &["npm", "pnpm", "yarn", "bun"];

/// Options that take the next word as their value.
const WITH_VALUE: &[&str] = &[
    "-C",
    "-f",
    "-p",
    "-w",
    "--prefix",
    "--cwd",
    "--filter",
    "--workspace",
    "--manifest-path",
    "--directory",
    "--file",
];

/// With these nothing is run.
const RUNS_NOTHING: &[&str] = &[
    "--no-run",
    "--help",
    "-h",
    "--version",
    "-V",
    "--list",
    "--collect-only",
    "--co",
    "--dry-run",
    "--just-print",
];

const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "fish"];

/// How deep commands stand in each other: a shell with a carrier with a shell is unusual already.
const DEPTH: usize = 4;

/// Whether the command runs tests. The first word is the program, by its name or path.
#[must_use]
pub fn is_test_run<S: AsRef<str>>(argv: &[S]) -> bool {
    let words: Vec<&str> = argv.iter().map(AsRef::as_ref).collect();
    tests(&words, DEPTH)
}

fn tests(words: &[&str], depth: usize) -> bool {
    // Variables that are set for the command alone.
    let is_setting = |word: &&&str| word.split_once('=').is_some_and(|(name, _)| is_name(name));
    let settings = words.iter().take_while(is_setting).count();
    let Some((program, args)) = words[settings..].split_first() else {
        return false;
    };
    let program = program.rsplit('/').next().unwrap_or(program);
    if depth == 0 || args.iter().any(|word| RUNS_NOTHING.contains(word)) {
        return false;
    }
    if SHELLS.contains(&program) {
        return script(args).is_some_and(|script| of_script(script, depth - 1));
    }
    if program.starts_with("python") {
        let module = args.iter().position(|word| *word == "-m");
        let module = module.and_then(|at| args.get(at + 1));
        return module.is_some_and(|name| ["pytest", "unittest", "tox", "nox"].contains(name));
    }
    let plain = plain_words(args);
    let first = plain.first().copied().unwrap_or_default();
    let is_script = SCRIPT_RUNNERS.contains(&program)
        && ["run", "run-script"].contains(&first)
        && plain.get(1).is_some_and(|name| is_test_script(name));
    is_script
        || ONLY_TESTS.contains(&program)
        || lists(BY_FIRST_WORD, program, first)
        || BY_TARGET.contains(&program)
            && plain.iter().any(|word| TARGETS.contains(word))
            && !args.contains(&"-n")
        || carried(program, args).is_some_and(|rest| tests(rest, depth - 1))
}

fn lists(table: &[(&str, &[&str])], program: &str, word: &str) -> bool {
    let of_program = table.iter().filter(|(name, _)| *name == program);
    of_program
        .flat_map(|(_, words)| words.iter())
        .any(|known| *known == word)
}

/// `test`, `test:unit`, `tests-all`; not `testimonials`.
fn is_test_script(name: &str) -> bool {
    let rest = name.strip_prefix("tests").or(name.strip_prefix("test"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '-', '.', '_']))
}

fn is_name(word: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !word.is_empty() && word.chars().all(letters)
}

/// The words that are no options, nor values of options, nor a toolchain's name.
fn plain_words<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let mut plain = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(word) {
            words.next();
        } else if *word == "--" {
            break;
        } else if !word.starts_with(['-', '+']) {
            plain.push(*word);
        }
    }
    plain
}

/// The command behind a program that only carries it.
fn carried<'a, 'b>(program: &str, args: &'b [&'a str]) -> Option<&'b [&'a str]> {
    let (_, between) = CARRIERS.iter().find(|(name, between)| {
        *name == program && (between.is_empty() || args.iter().any(|w| between.contains(w)))
    })?;
    let after = match between.is_empty() {
        true => 0,
        false => args.iter().position(|word| between.contains(word))? + 1,
    };
    let rest = args.get(after..)?;
    let options = rest.iter().take_while(|word| word.starts_with('-')).count();
    rest.get(options..)
}

/// What a shell is given with `-c`.
fn script<'a>(args: &[&'a str]) -> Option<&'a str> {
    let at = args
        .iter()
        .position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
    args.get(at + 1).copied()
}

/// Whether a script's good end says that tests passed: commands one after the other, each only where the one before it ended well.
fn of_script(script: &str, depth: usize) -> bool {
    let unclear = [
        '|', ';', '<', '>', '$', '`', '(', ')', '{', '}', '#', '\\', '\n',
    ];
    let commands: Vec<&str> = script.trim().split("&&").collect();
    let is_clear = |command: &&str| !command.contains(unclear) && !command.contains('&');
    commands.iter().all(is_clear)
        && commands.iter().any(|command| {
            let words: Vec<&str> = command
                .split_whitespace()
                .map(|word| word.trim_matches(['"', '\'']))
                .collect();
            // `!` turns a good end into a bad one.
            tests(&words, depth)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(command: &str) -> bool {
        let words: Vec<&str> = command.split(' ').collect();
        is_test_run(&words)
    }

    #[test]
    fn what_runs_tests_is_known() {
        for command in [
            "cargo test",
            "/opt/rust/bin/cargo +nightly --locked test -p x name",
            "cargo nextest run",
            "npm test",
            "npm t -- --run",
            "npm --prefix web run test:unit",
            "pnpm run test",
            "pnpm -C web exec vitest run",
            "npx --yes jest",
            "yarn test",
            "bun x vitest",
            "pytest -q tests",
            "python3.11 -W error -m pytest",
            "python -m unittest discover",
            "uv run pytest",
            "go test ./...",
            "make -j4 test",
            "make -j 4 test",
            "pytest -n 4",
            "make -C lib check",
            "just test",
            "./gradlew build test",
            "mvn -q verify",
            "CI=1 RUST_BACKTRACE=0 cargo test",
            "env CI=1 npm test",
            "bundle exec rspec",
            "ctest --test-dir build",
        ] {
            assert!(is(command), "{command}");
        }
    }

    #[test]
    fn what_does_not_run_tests_is_not_taken_for_it() {
        for command in [
            "",
            "cargo",
            "cargo build",
            "cargo run -- test",
            "cargo run test",
            "cargo test --no-run",
            "cargo test --help",
            "pytest --collect-only",
            "npm run testimonials",
            "npm install test",
            "make -n test",
            "make -C test",
            "make -f check all",
            "go build ./test",
            "python3 tests.py",
            "test -f x",
            "cat cargo test",
        ] {
            assert!(!is(command), "{command}");
        }
    }

    #[test]
    fn of_a_shells_script_only_what_its_end_is_about_counts() {
        let run = |script: &str| is_test_run(&["/bin/bash", "-lc", script]);
        for script in [
            "cargo test",
            " cd web && CI=1 npm run 'test:unit' ",
            "npm test && echo passed",
            "sh -c pytest",
        ] {
            assert!(run(script), "{script}");
        }
        for script in [
            "cargo test | tail",
            "cargo test || true",
            "cargo test; echo done",
            "cargo test &",
            "! cargo test",
            "echo $(cargo test)",
            "cargo test\necho done",
            "# cargo test",
            "",
        ] {
            assert!(!run(script), "{script}");
        }
        assert!(!is_test_run(&["bash", "cargo", "test"]));
        assert!(!is_test_run(&["bash", "-c"]));
    }
}
