//! Working directories that people name, beneath a base with links that lead out of it.
#![no_main]

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// A base directory with what could lead astray, and a neighbour whose name begins alike.
static BASE: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = std::env::temp_dir().join(format!("longhouse-fuzz-{}", std::process::id()));
    let base = root.join("a");
    std::fs::create_dir_all(base.join("b/c")).expect("a directory");
    std::fs::create_dir_all(root.join("a-evil")).expect("a directory");
    for (link, leads) in [
        ("out", "/"),
        ("up", ".."),
        ("b/over", "../../a-evil"),
        ("in", "b/c"),
        ("loop", "loop"),
    ] {
        let _ = symlink(leads, base.join(link));
    }
    std::fs::canonicalize(base).expect("the directory that was made")
});

fuzz_target!(|named: &str| {
    longhouse_runtime::host::fuzzing::workdir(&BASE, named);
    let below = format!("{}/{named}", BASE.display());
    longhouse_runtime::host::fuzzing::workdir(&BASE, &below);
});
