//! Migrations run unchanged on SQLite and PostgreSQL: lower case, three column types, named constraints, numbered without a gap.

use crate::finding::{Finding, assert_none};
use crate::repository::files;

const DIRECTORY: &str = "crates/longhouse-store/migrations/";
/// The types that both databases have and that the driver reads alike.
const TYPES: [&str; 3] = ["text", "bigint", "real"];
/// What begins a constraint that nobody has named; the store tells errors apart by the names.
const UNNAMED: [&str; 5] = ["primary", "unique", "foreign", "check", "references"];
/// Words that one of the two does not know.
const NOT_PORTABLE: [&str; 6] = [
    "autoincrement",
    "serial",
    "jsonb",
    "timestamptz",
    "without",
    "strict",
];

fn problems(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut code = String::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split("--").next().unwrap_or(line);
        let outside_of_quotes: String = line.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
        if outside_of_quotes.chars().any(char::is_uppercase) {
            found.push(Finding::at(
                path,
                index + 1,
                "has capitals: SQL is written in lower case",
            ));
        }
        code.push_str(&outside_of_quotes);
        code.push('\n');
    }
    for statement in code.split(';') {
        let words: Vec<&str> = statement
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|w| !w.is_empty())
            .collect();
        for word in words.iter().filter(|word| NOT_PORTABLE.contains(word)) {
            found.push(Finding::in_file(
                path,
                format!("`{word}` is not known to both databases"),
            ));
        }
        match words.as_slice() {
            ["create", "table", ..] => columns(statement)
                .iter()
                .for_each(|column| judge(path, column, &mut found)),
            ["alter", "table", _, "add", "column", rest @ ..] => {
                judge(path, &rest.join(" "), &mut found)
            }
            _ => {}
        }
    }
    found
}

/// What stands between the commas of the outermost parentheses.
fn columns(statement: &str) -> Vec<String> {
    let mut depth = 0;
    let mut columns = vec![String::new()];
    for character in statement.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match character {
            '(' if depth == 1 => {}
            ',' if depth == 1 => columns.push(String::new()),
            _ if depth > 0 => columns.last_mut().unwrap().push(character),
            _ => {}
        }
    }
    columns
}

fn judge(path: &str, column: &str, found: &mut Vec<Finding>) {
    let words: Vec<&str> = column.split_whitespace().collect();
    let (Some(name), Some(kind)) = (words.first(), words.get(1)) else {
        return;
    };
    if *name == "constraint" {
        return;
    }
    // A column that is added to a table has no other place for its constraint than beside it.
    let named = words.iter().position(|word| *word == "constraint");
    let bare = &words[..named.unwrap_or(words.len())];
    if let Some(word) = bare.iter().find(|word| UNNAMED.contains(word)) {
        found.push(Finding::in_file(
            path,
            format!(
                "`{word}` in `{}`: give the constraint a name",
                words.join(" ")
            ),
        ));
    } else if !TYPES.contains(kind) {
        found.push(Finding::in_file(
            path,
            format!("`{name}` is a {kind}; use {}", TYPES.join(", ")),
        ));
    }
}

/// Migrations are numbered from 0001 without a gap, so that two branches that both add one collide visibly.
fn numbers(paths: &[&str]) -> Vec<Finding> {
    let expected = |index: usize| format!("{:04}_", index + 1);
    paths
        .iter()
        .enumerate()
        .filter(|(index, path)| !path[DIRECTORY.len()..].starts_with(&expected(*index)))
        .map(|(index, path)| {
            Finding::in_file(
                path,
                format!("its name should begin with {}", expected(index)),
            )
        })
        .collect()
}

#[test]
fn migrations_run_on_both_databases() {
    let files: Vec<_> = files()
        .into_iter()
        .filter(|file| file.path.starts_with(DIRECTORY) && file.has_extension(&["sql"]))
        .collect();
    assert!(!files.is_empty(), "no migrations in {DIRECTORY}");
    let mut found: Vec<Finding> = files
        .iter()
        .flat_map(|file| problems(&file.path, &file.text))
        .collect();
    found.extend(numbers(
        &files
            .iter()
            .map(|file| file.path.as_str())
            .collect::<Vec<_>>(),
    ));
    assert_none(found);
}

#[test]
fn what_only_one_database_knows_is_found() {
    let good = "-- A Table.\ncreate table a (id text not null, n bigint, constraint a_pk primary key (id, n), \
                constraint a_kind check (id in ('A', 'b')));\ncreate unique index a_n on a (n);\nalter table a add column r real;\n";
    assert_eq!(problems("m.sql", good), []);
    for bad in [
        "CREATE table a (id text);",
        "create table a (id integer);",
        "create table a (id text, at timestamptz);",
        "create table a (id text primary key);",
        "create table a (id text, unique (id));",
        "create table a (id bigint autoincrement);",
        "alter table a add column b blob;",
    ] {
        assert!(!problems("m.sql", bad).is_empty(), "{bad}");
    }
}

#[test]
fn a_gap_between_migrations_is_found() {
    let path = |name: &str| format!("{DIRECTORY}{name}");
    let (one, two, three) = (path("0001_a.sql"), path("0002_b.sql"), path("0003_c.sql"));
    assert!(numbers(&[&one, &two]).is_empty());
    assert_eq!(numbers(&[&one, &three]).len(), 1);
}
