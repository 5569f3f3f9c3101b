//! A throw-away PostgreSQL, as the store's own tests have it, and its programs for copies.

#[path = "../../../../longhouse-store/tests/it/harness/cluster.rs"]
mod cluster;

use std::path::Path;
use std::process::{Command, Output};

pub(crate) use cluster::fresh_database;

/// What a database's name is made of.
fn id() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

/// Runs `pg_dump` or `pg_restore`, of the version that the server has.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> Output {
    let bin = cluster::programs().unwrap();
    let beside = bin.join(name);
    let program = if beside.is_file() {
        beside.as_path()
    } else {
        Path::new(name)
    };
    Command::new(program)
        .args(arguments)
        .env_clear()
        .output()
        .unwrap()
}
