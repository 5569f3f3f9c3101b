//! Dependencies point one way: each crate sees what its work needs and is kept from what it must not do.
//!
//! Only normal and build dependencies count; tests may bring what they like.

use toml::Table;

use crate::finding::{Finding, assert_none};
use crate::repository::{SourceFile, files};

/// What a crate may see of the workspace, and which crates from outside it must not see.
struct Room {
    name: &'static str,
    /// The crates of the workspace that it may use.
    uses: &'static [&'static str],
    /// Crates that would let it do what is not its business; a `*` at the end stands for any ending.
    never: &'static [&'static str],
}

const WEB: &[&str] = &["axum*", "tower-http", "utoipa*", "socketioxide*"];

const ROOMS: &[Room] = &[
    Room {
        name: "longhouse-domain",
        uses: &[],
        never: &[
            "tokio*",
            "async-*",
            "futures*",
            "sqlx*",
            "axum*",
            "http",
            "hyper*",
            "tonic*",
            "prost*",
            "tower*",
            "reqwest",
            "bollard*",
            "kube*",
            "rustix",
            "libc",
            "cap-std",
            "tempfile",
            "rand*",
            "getrandom",
            "tracing*",
            "anyhow",
        ],
    },
    Room {
        name: "longhouse-store",
        uses: &["longhouse-domain"],
        never: &[
            "axum*",
            "tower-http",
            "utoipa*",
            "tonic*",
            "hyper*",
            "reqwest",
            "bollard*",
            "kube*",
            "anyhow",
        ],
    },
    // What handles files knows nobody who asks for them, and never waits but for the disk.
    Room {
        name: "longhouse-files",
        uses: &[],
        never: &[
            "tokio*", "async-*", "futures*", "sqlx*", "axum*", "http", "hyper*", "tonic*",
            "prost*", "tower*", "reqwest", "serde*", "bollard*", "kube*", "anyhow",
        ],
    },
    Room {
        name: "longhouse-link",
        uses: &["longhouse-domain", "longhouse-files"],
        never: &[
            "axum*",
            "tower-http",
            "utoipa*",
            "sqlx*",
            "bollard*",
            "kube*",
            "reqwest",
            "anyhow",
        ],
    },
    Room {
        name: "longhouse-runtime",
        uses: &["longhouse-domain", "longhouse-files", "longhouse-link"],
        never: &["axum*", "tower-http", "utoipa*", "sqlx*", "anyhow"],
    },
    Room {
        name: "longhouse-engine",
        uses: &[
            "longhouse-domain",
            "longhouse-files",
            "longhouse-store",
            "longhouse-link",
            "longhouse-runtime",
        ],
        never: &[
            "axum*",
            "tower-http",
            "utoipa*",
            "http",
            "hyper*",
            "sqlx*",
            "bollard*",
            "kube*",
            "anyhow",
        ],
    },
    Room {
        name: "longhouse-server",
        uses: &["longhouse-domain", "longhouse-engine"],
        never: &[
            "sqlx*",
            "bollard*",
            "kube*",
            "tonic*",
            "pty-process",
            "anyhow",
        ],
    },
    Room {
        name: "longhouse",
        uses: &[
            "longhouse-domain",
            "longhouse-store",
            "longhouse-link",
            "longhouse-runtime",
            "longhouse-engine",
            "longhouse-server",
        ],
        never: &["sqlx*", "bollard*", "kube*"],
    },
    Room {
        name: "sessiond",
        uses: &["longhouse-domain", "longhouse-files", "longhouse-link"],
        never: &["sqlx*", "bollard*", "kube*", "utoipa*", "socketioxide*"],
    },
    // The benchmark meets the program as its users do, from outside.
    Room {
        name: "bench",
        uses: &[],
        never: WEB,
    },
    Room {
        name: "tidy",
        uses: &["xtask"],
        never: WEB,
    },
    Room {
        name: "xtask",
        uses: &[],
        never: &["clap*", "tokio*", "serde*"],
    },
];

fn is_meant(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

/// Judges one manifest by the table; `workspace` holds the names of all crates of the workspace.
fn misdirected(path: &str, manifest: &Table, workspace: &[String]) -> Vec<Finding> {
    let name = package_name(manifest);
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![Finding::in_file(
            path,
            format!("`{name}` has no row in the table of dependencies.rs"),
        )];
    };
    let tables = ["dependencies", "build-dependencies"];
    let used = tables
        .iter()
        .filter_map(|table| manifest.get(*table)?.as_table())
        .flat_map(Table::keys);
    used.filter_map(|dependency| {
        let is_ours = workspace.contains(dependency);
        if is_ours && !room.uses.contains(&dependency.as_str()) {
            Some(format!("`{name}` must not see `{dependency}`"))
        } else {
            let pattern = room.never.iter().find(|pattern| is_meant(pattern, dependency))?;
            Some(format!("`{name}` must not use `{dependency}` (`{pattern}`): that is another crate's business"))
        }
    })
    .map(|message| Finding::in_file(path, message))
    .collect()
}

fn manners(path: &str, manifest: &Table) -> Vec<Finding> {
    let mut found = Vec::new();
    let inherits = manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        .and_then(toml::Value::as_bool);
    if inherits != Some(true) {
        found.push(Finding::in_file(
            path,
            "does not take the lints of the workspace: [lints] workspace = true",
        ));
    }
    let description = manifest
        .get("package")
        .and_then(|package| package.get("description"))
        .and_then(toml::Value::as_str);
    if description.is_none_or(str::is_empty) {
        found.push(Finding::in_file(path, "has no description"));
    }
    found
}

fn package_name(manifest: &Table) -> String {
    manifest["package"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// The manifests of all packages, parsed. The fuzz targets stand apart from the workspace and go in by every crate's door.
fn manifests() -> Vec<(SourceFile, Table)> {
    let of_packages =
        |file: &SourceFile| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/");
    files()
        .into_iter()
        .filter(of_packages)
        .map(|file| {
            let table = file
                .text
                .parse()
                .unwrap_or_else(|error| panic!("{}: {error}", file.path));
            (file, table)
        })
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let manifests = manifests();
    let workspace: Vec<String> = manifests
        .iter()
        .map(|(_, manifest)| package_name(manifest))
        .collect();
    let found = manifests
        .iter()
        .flat_map(|(file, manifest)| misdirected(&file.path, manifest, &workspace));
    assert_none(found.collect());
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    assert_none(
        manifests()
            .iter()
            .flat_map(|(file, manifest)| manners(&file.path, manifest))
            .collect(),
    );
}

#[test]
fn the_table_names_only_crates_that_exist() {
    let there: Vec<String> = manifests()
        .iter()
        .map(|(_, manifest)| package_name(manifest))
        .collect();
    for room in ROOMS {
        assert!(
            there.iter().any(|name| name == room.name),
            "{} is in the table but not in the workspace",
            room.name
        );
    }
}

#[test]
fn a_dependency_in_the_wrong_direction_is_found() {
    let workspace = [
        "longhouse-domain".to_owned(),
        "longhouse-store".to_owned(),
        "longhouse-engine".to_owned(),
    ];
    let judge = |text: &str| misdirected("Cargo.toml", &text.parse().unwrap(), &workspace).len();
    let domain = |dependencies: &str| {
        judge(&format!(
            "[package]\nname = \"longhouse-domain\"\n{dependencies}"
        ))
    };
    assert_eq!(
        domain("[dependencies]\nserde = \"1\"\nuuid.workspace = true"),
        0
    );
    assert_eq!(
        domain("[dependencies]\ntokio.workspace = true\ntokio-util = \"1\""),
        2
    );
    assert_eq!(
        domain("[dependencies]\nlonghouse-store.workspace = true"),
        1
    );
    assert_eq!(
        domain("[build-dependencies]\nlonghouse-store.workspace = true"),
        1
    );
    assert_eq!(domain("[dev-dependencies]\ntokio = \"1\""), 0);
    assert_eq!(
        judge("[package]\nname = \"longhouse-attic\""),
        1,
        "a crate without a row"
    );
}

#[test]
fn a_crate_without_manners_is_found() {
    let judge = |text: &str| manners("Cargo.toml", &text.parse().unwrap()).len();
    assert_eq!(
        judge("[package]\nname = \"a\"\ndescription = \"what it is\"\n[lints]\nworkspace = true"),
        0
    );
    assert_eq!(judge("[package]\nname = \"a\"\ndescription = \"\""), 2);
}
