//! Paths of the files API, in a tree with links that lead out of it. Whatever a path says, what is read lies inside.
#![no_main]

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use longhouse_files::{AllowedFiles, Locate, Part, Spot, Workspace};

const INSIDE: &[u8] = b"inside";
const MOST: usize = 1024;

/// The tree, with a secret beside it and links to that.
static BASE: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = std::env::temp_dir().join(format!("longhouse-fuzz-files-{}", std::process::id()));
    let base = root.join("a");
    std::fs::create_dir_all(base.join("b")).expect("a directory");
    std::fs::create_dir_all(root.join("a-b")).expect("a directory");
    for file in ["a/f", "a/b/f"] {
        std::fs::write(root.join(file), INSIDE).expect("a file");
    }
    for file in ["f", "a-b/f"] {
        std::fs::write(root.join(file), b"secret").expect("a file");
    }
    for (link, leads) in [
        ("o", ".."),
        ("r", "/"),
        ("s", "../f"),
        ("b/n", "../../a-b"),
        ("l", "l"),
        ("i", "b"),
    ] {
        let _ = symlink(leads, base.join(link));
    }
    std::fs::canonicalize(base).expect("the directory that was made")
});

fn read(spot: &Spot) {
    if let Ok(mut content) = spot.open(Part::Whole, MOST as u64) {
        let read = content.next(MOST);
        assert!(
            matches!(&read, Ok(Some(data)) if data == INSIDE),
            "{spot:?} gave {read:?}"
        );
    }
    let _ = spot.list(b"", MOST);
    let _ = spot.entry();
}

fuzz_target!(|path: &[u8]| {
    if let Ok(spot) = Workspace::At(BASE.clone()).locate(path) {
        read(&spot);
    }
    let allowed = AllowedFiles::new(std::slice::from_ref(&*BASE), &[]);
    let mut whole = BASE.as_os_str().as_encoded_bytes().to_vec();
    whole.extend_from_slice(path);
    for named in [path, &whole] {
        if let Ok(spot) = allowed.locate(named) {
            read(&spot);
        }
    }
});
