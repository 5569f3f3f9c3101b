//! What is copied, what is left, and what nobody gets by it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn patterns(lines: &[&str]) -> LeftOut {
    LeftOut::new(
        &lines
            .iter()
            .map(|line| (*line).to_owned())
            .collect::<Vec<_>>(),
    )
}

#[test]
fn what_the_patterns_name_is_wanted_and_nothing_of_gits() {
    let patterns = patterns(&[".env*", "node_modules", "!node_modules/.cache"]);
    let wanted = |path: &str| is_wanted(Path::new(path), &patterns);
    for path in [
        ".env",
        "apps/web/.env.local",
        "node_modules/a/b",
        "x/node_modules/c",
    ] {
        assert!(wanted(path), "{path}");
    }
    for path in [
        "",
        "target/a",
        "node_modules/nested/",
        "/etc/.env",
        "x/.git/.env",
        ".GIT/.env",
    ] {
        assert!(!wanted(path), "{path}");
    }
}

struct Room {
    _dir: tempfile::TempDir,
    from: PathBuf,
    to: PathBuf,
}

fn room() -> Room {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::create_dir_all(from.join("a/b")).unwrap();
    fs::create_dir(&to).unwrap();
    Room {
        _dir: dir,
        from,
        to,
    }
}

impl Room {
    fn copy(&self, paths: &[&str]) -> Made {
        let mut copying = Copying::new(&self.from, &self.to).unwrap();
        for path in paths {
            copying.one(Path::new(path)).unwrap();
        }
        copying.made
    }
}

#[test]
fn files_come_with_their_rights_and_times_and_links_as_links() {
    let room = room();
    let run = room.from.join("a/b/run");
    fs::write(&run, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&run, fs::Permissions::from_mode(0o4750)).unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    File::options()
        .write(true)
        .open(&run)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    symlink("/etc/passwd", room.from.join("a/link")).unwrap();
    let made = room.copy(&["a/b/run", "a/link", "a/missing", "a/b"]);
    assert_eq!((made.files, made.left_out), (2, 2));
    let copy = room.to.join("a/b/run").metadata().unwrap();
    assert_eq!(copy.permissions().mode() & 0o7777, 0o750);
    assert_eq!(copy.modified().unwrap(), long_ago);
    assert_eq!(
        fs::read_link(room.to.join("a/link")).unwrap(),
        Path::new("/etc/passwd")
    );
}

#[test]
fn nothing_is_overwritten_and_no_link_leads_out_on_either_side() {
    let room = room();
    fs::write(room.from.join("a/kept"), "theirs").unwrap();
    fs::write(room.from.join("a/b/in"), "in").unwrap();
    fs::create_dir(room.to.join("a")).unwrap();
    fs::write(room.to.join("a/kept"), "mine").unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    symlink(outside.path(), room.to.join("a/b")).unwrap();
    symlink(outside.path(), room.from.join("out")).unwrap();
    let made = room.copy(&["a/kept", "a/b/in", "out/secret"]);
    assert_eq!((made.files, made.left_out), (0, 3));
    assert_eq!(fs::read(room.to.join("a/kept")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert!(!room.to.join("out/secret").exists());
}

#[test]
fn who_was_killed_at_a_file_begins_that_file_anew() {
    let room = room();
    fs::write(room.from.join("a/one"), "whole").unwrap();
    fs::create_dir(room.to.join("a")).unwrap();
    fs::write(room.to.join("a").join(TEMPORARY), "ha").unwrap();
    assert_eq!(room.copy(&["a/one"]).files, 1);
    assert_eq!(fs::read(room.to.join("a/one")).unwrap(), b"whole");
    assert!(!room.to.join("a").join(TEMPORARY).exists());
}
