//! What the engine says of a container of each template, compared with a file that people review.
//!
//! `LONGHOUSE_BLESS=1` writes the files anew.

use std::path::Path;

use longhouse_domain::container::{Network, Template};
use longhouse_runtime::Runtime;
use longhouse_runtime::docker::DockerRuntime;
use serde_json::{Map, Value};

use super::engine::{cli, settings, spec};
use crate::fixture::{Fixture, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_template_is_exactly_as_hardened_as_its_file_says() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    for template in Template::ALL {
        fixture.plan.container = Some(spec(template));
        let (handle, _link) = fixture.start().await;
        let id = fixture.runtime.container(&handle).unwrap().id;
        compare(&fixture, &id, template.as_str());
    }
    let mut open = spec(Template::Shell);
    open.network = Network::Open;
    fixture.plan.container = Some(open);
    let (handle, _link) = fixture.start().await;
    let id = fixture.runtime.container(&handle).unwrap().id;
    compare(&fixture, &id, "open-network");
    fixture.finish().await;
}

/// Nothing that a person may send stands in what the engine is told but names and numbers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn variables_and_secrets_are_not_in_what_the_engine_knows() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let (handle, link) = fixture.start().await;
    let id = fixture.runtime.container(&handle).unwrap().id;
    let told = cli(&["inspect", &id]).unwrap();
    for canary in ["hush", "good morning", "GREETING"] {
        assert!(!told.contains(canary), "{canary}");
    }
    let script =
        "cat $LONGHOUSE_SECRETS_DIR/TOKEN; echo $GREETING; stat -f -c %T $LONGHOUSE_SECRETS_DIR";
    let seen = crate::fixture::exec(&link, &["sh", "-c", script]).await;
    assert!(seen.starts_with("hushgood morning\n"), "{seen}");
    within(fixture.runtime.end(fixture.session(), None))
        .await
        .unwrap();
    fixture.finish().await;
}

fn compare(fixture: &Fixture<DockerRuntime>, id: &str, name: &str) {
    let told: Value = serde_json::from_str(&cli(&["inspect", id]).unwrap()).unwrap();
    let told = &told[0];
    let mut seen = Map::new();
    for part in ["Config", "HostConfig", "Mounts"] {
        seen.insert(part.to_owned(), plain(fixture, &told[part]));
    }
    let seen = Value::Object(seen);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.json"));
    if std::env::var_os("LONGHOUSE_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&seen).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
    }
    let known: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(
        known,
        seen,
        "{name}: the container is another one than in {}",
        path.display()
    );
}

/// What the engine fills in by itself, by its version and the machine's kernel.
const ENGINES_CHOICE: [&str; 5] = [
    "CgroupnsMode",
    "ConsoleSize",
    "MaskedPaths",
    "ReadonlyPaths",
    "Runtime",
];

/// Without what differs from run to run and from engine to engine: names, paths, and fields that ask for nothing.
fn plain(fixture: &Fixture<DockerRuntime>, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept: Map<_, _> = fields
                .iter()
                .map(|(name, value)| (name.clone(), plain(fixture, value)))
                .filter(|(name, value)| {
                    says_something(value) && !ENGINES_CHOICE.contains(&name.as_str())
                })
                .collect();
            // Its place on the engine's own disk.
            if kept.get("Type").and_then(Value::as_str) == Some("volume") {
                kept.remove("Source")
                    .filter(|source| !source.as_str().unwrap().starts_with('/'))
                    .map(|source| kept.insert("Source".to_owned(), source));
            }
            Value::Object(kept)
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(|item| plain(fixture, item)).collect();
            // The engine lists mounts in an order of its own.
            if items.iter().all(Value::is_object) {
                items.sort_by_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::String(text) => Value::String(anonymous(fixture, text)),
        other => other.clone(),
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) => true,
    }
}

fn anonymous(fixture: &Fixture<DockerRuntime>, text: &str) -> String {
    if text.starts_with("seccomp=") {
        return "seccomp=<profile>".to_owned();
    }
    let root = fixture.root.path().canonicalize().unwrap();
    let sessiond = settings(fixture.root.path()).sessiond;
    let owner = fixture.plan.owner;
    let names = [
        (sessiond.display().to_string(), "<sessiond>"),
        (root.display().to_string(), "<root>"),
        (fixture.session().to_string(), "<session>"),
        (fixture.session().short(), "<short>"),
        (owner.to_string(), "<owner>"),
        (owner.0.simple().to_string(), "<owner>"),
        (fixture.runtime.server_mark().to_owned(), "<server>"),
    ];
    names.iter().fold(text.to_owned(), |text, (name, mark)| {
        text.replace(name, mark)
    })
}
