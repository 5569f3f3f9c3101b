//! What a person may name, what not, and that nobody wins the race.

use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::*;

struct Tree {
    root: tempfile::TempDir,
    allowed: AllowedDirs,
}

impl Tree {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for dir in [
            "base/inner/deep",
            "base-evil",
            "outside/secret",
            "data/sessions",
            "base/data",
        ] {
            fs::create_dir_all(root.path().join(dir)).unwrap();
        }
        fs::write(root.path().join("base/file"), "").unwrap();
        let base = root.path().join("base");
        symlink("../outside", base.join("leaves")).unwrap();
        symlink(root.path().join("outside"), base.join("leaves-absolutely")).unwrap();
        symlink("/nowhere/at/all", base.join("dangles-outside")).unwrap();
        symlink("inner/deep", base.join("stays")).unwrap();
        symlink(base.join("inner"), base.join("stays-absolutely")).unwrap();
        symlink("round", base.join("round")).unwrap();
        symlink(&base, root.path().join("alias")).unwrap();
        let allowed = AllowedDirs::new(&[base], &[&root.path().join("base/data")]);
        Self { root, allowed }
    }

    fn open(&self, below: &str) -> Result<PathBuf, String> {
        self.open_path(self.root.path().join(below).to_str().unwrap())
    }

    fn open_path(&self, path: &str) -> Result<PathBuf, String> {
        let dir = self.allowed.open(path).map_err(|e| e.to_string())?;
        let place = dir.present_path().unwrap();
        Ok(place.strip_prefix(self.root.path()).unwrap().to_owned())
    }
}

#[test]
fn directories_below_the_base_and_the_base_itself_are_opened() {
    let tree = Tree::new();
    for (named, place) in [
        ("base", "base"),
        ("base/", "base"),
        ("base/inner/./deep//", "base/inner/deep"),
        ("base/stays", "base/inner/deep"),
        ("base/stays-absolutely", "base/inner"),
        ("base/stays-absolutely/deep", "base/inner/deep"),
    ] {
        assert_eq!(tree.open(named), Ok(PathBuf::from(place)), "{named}");
    }
}

#[test]
fn what_is_not_below_the_base_is_refused_with_the_allowed_directories() {
    let tree = Tree::new();
    let base = tree.root.path().join("base");
    for named in [
        "base-evil",
        "outside",
        "",
        "base/leaves",
        "base/leaves/secret",
        "base/leaves-absolutely",
        "base/dangles-outside",
        "alias",
        "nothing-here",
    ] {
        let refusal = tree.open(named).unwrap_err();
        assert!(
            refusal.contains(base.to_str().unwrap()),
            "{named}: {refusal}"
        );
    }
}

#[test]
fn a_refusal_does_not_tell_whether_something_exists_outside() {
    let tree = Tree::new();
    let shape = |named: &str| tree.open(named).unwrap_err().replace(named, "…");
    assert_eq!(shape("outside/secret"), shape("outside/absent"));
    symlink("../outside/absent", tree.root.path().join("base/to-absent")).unwrap();
    symlink("../outside/secret", tree.root.path().join("base/to-secret")).unwrap();
    assert_eq!(shape("base/to-absent"), shape("base/to-secret"));
}

#[test]
fn paths_that_are_no_plain_absolute_directory_are_refused() {
    let tree = Tree::new();
    let base = tree.root.path().join("base");
    let base = base.to_str().unwrap();
    for (named, part) in [
        (String::new(), "empty"),
        ("base".to_owned(), "absolute"),
        (format!("{base}/../base"), ".."),
        (format!("{base}/inner\0"), "control"),
        (format!("{base}/in\nner"), "control"),
        (format!("{base}/absent"), "does not exist"),
        (format!("{base}/file"), "not a directory"),
        (format!("{base}/file/x"), "not a directory"),
        (format!("{base}/round"), "symbolic link"),
        (format!("{base}/{}", "x".repeat(300)), "too long"),
        (format!("{base}/{}", "x/".repeat(3000)), "longer than"),
        (format!("{base}/data"), "Longhouse itself"),
    ] {
        let refusal = tree.open_path(&named).unwrap_err();
        assert!(refusal.contains(part), "{named:?}: {refusal}");
    }
}

#[test]
fn a_base_may_be_a_symbolic_link_and_is_known_by_both_names() {
    let tree = Tree::new();
    let allowed = AllowedDirs::new(&[tree.root.path().join("alias")], &[]);
    for named in ["alias/inner", "base/inner"] {
        allowed
            .open(tree.root.path().join(named).to_str().unwrap())
            .unwrap();
    }
}

#[test]
fn without_allowed_directories_nothing_can_be_named() {
    let missing = AllowedDirs::new(&[PathBuf::from("/nowhere/at/all")], &[]);
    assert!(
        missing
            .open("/")
            .unwrap_err()
            .to_string()
            .contains("no directory is allowed")
    );
}

#[test]
fn the_walk_by_hand_refuses_every_link() {
    let tree = Tree::new();
    let base = OpenDir::own(&tree.root.path().join("base")).unwrap();
    assert!(walk(base.as_fd(), Path::new("inner/deep")).is_ok());
    for bad in ["leaves", "stays", "../outside", "stays-absolutely/deep"] {
        assert!(walk(base.as_fd(), Path::new(bad)).is_err(), "{bad}");
    }
}

/// Somebody swaps a directory for a link that leads outside, as fast as they can, while it is opened again and again.
#[test]
fn a_directory_swapped_for_a_link_never_lets_anybody_out() {
    let tree = Tree::new();
    let base = tree.root.path().join("base");
    let (target, aside, link) = (base.join("target"), base.join("aside"), base.join("link"));
    fs::create_dir_all(target.join("work")).unwrap();
    fs::create_dir_all(tree.root.path().join("outside/work")).unwrap();
    symlink("../outside", &link).unwrap();
    let done = AtomicBool::new(false);
    let (mut opened, mut refused) = (0_u32, 0_u32);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let swapped = fs::rename(&target, &aside).and_then(|()| fs::rename(&link, &target));
                let back = fs::rename(&target, &link).and_then(|()| fs::rename(&aside, &target));
                swapped.and(back).unwrap();
            }
        });
        let deadline = Instant::now() + Duration::from_secs(30);
        while (opened < 500 || refused < 500) && Instant::now() < deadline {
            match tree.open("base/target/work") {
                Ok(place) => {
                    assert!(place.starts_with("base"), "escaped to {}", place.display());
                    opened += 1;
                }
                Err(_) => refused += 1,
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(
        opened > 0 && refused > 0,
        "the race was not run: {opened} opened, {refused} refused"
    );
}
