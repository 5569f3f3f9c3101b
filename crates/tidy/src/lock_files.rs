//! npm's lock files agree with what they lock, and name versions and digests but no host.

use serde_json::Value;

use crate::finding::{Finding, assert_none};
use crate::repository::{SourceFile, files};

const KINDS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

fn disagreements(path: &str, package: &Value, lock: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    let locked = &lock["packages"][""];
    for kind in KINDS
        .iter()
        .filter(|kind| package[**kind] != locked[**kind])
    {
        found.push(Finding::in_file(
            path,
            format!("`{kind}` is not what package.json says: run npm install"),
        ));
    }
    let resolved = lock["packages"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, entry)| entry.get("resolved").is_some());
    for (name, _) in resolved {
        found.push(Finding::in_file(
            path,
            format!("`{name}` names a host: set omit-lockfile-registry-resolved"),
        ));
    }
    found
}

fn json(file: &SourceFile) -> Value {
    serde_json::from_str(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path))
}

#[test]
fn lock_files_agree_with_their_packages() {
    let files = files();
    let find = |path: &str| files.iter().find(|file| file.path == path);
    let mut found = Vec::new();
    for package in files
        .iter()
        .filter(|file| file.path.ends_with("package.json"))
    {
        let lock_path = package.path.replace("package.json", "package-lock.json");
        match find(&lock_path) {
            Some(lock) => found.extend(disagreements(&lock_path, &json(package), &json(lock))),
            None => found.push(Finding::in_file(
                &package.path,
                "has no package-lock.json beside it",
            )),
        }
    }
    assert_none(found);
}

#[test]
fn a_lock_file_that_lags_behind_is_found() {
    let package = serde_json::json!({"dependencies": {"a": "1.0.0"}});
    let good = serde_json::json!({"packages": {"": {"dependencies": {"a": "1.0.0"}}, "node_modules/a": {"version": "1.0.0"}}});
    assert!(disagreements("l", &package, &good).is_empty());
    let old = serde_json::json!({"packages": {"": {"dependencies": {"a": "0.9.0"}}}});
    assert_eq!(disagreements("l", &package, &old).len(), 1);
    let mut hosts = good.clone();
    hosts["packages"]["node_modules/a"]["resolved"] = "https://registry.example/a.tgz".into();
    assert_eq!(disagreements("l", &package, &hosts).len(), 1);
}
