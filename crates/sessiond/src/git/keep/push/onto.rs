//! The branch, its index and its files are let stand on commits that were made anew, so that no change of anybody's is lost.
//!
//! `git reset --keep` does it: files that somebody is changing here and that would change hold it up. A note says what is meant, for
//! whoever comes after a kill in the middle.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::super::own::{Own, Trouble};
use super::super::snapshot::call;

/// Lets the branch stand on `new` in place of `old`. Whether it could be.
pub(super) async fn stand_on(own: &Own<'_>, old: &str, new: &str) -> Result<bool, Trouble> {
    let noted = Trouble::io("the note of a rebase");
    write(own, old, new).map_err(noted)?;
    let moved = own.ask(call(&["reset", "--quiet", "--keep", new])).await?;
    let before = own
        .maybe(&["rev-parse", "--quiet", "--verify", "ORIG_HEAD^{commit}"])
        .await?;
    let mut stands = moved.code == 0;
    if let Some(before) = before.filter(|before| stands && before != old) {
        // Somebody committed at this very moment: that is not to be lost.
        own.run(call(&["reset", "--quiet", "--keep", &before]))
            .await?;
        stands = false;
    }
    remove(own)?;
    Ok(stands)
}

/// Brings to its end what was begun before a kill, where that can be. What cannot is left: files that are already as they were to be are
/// changes like any others.
pub(in crate::git::keep) async fn recover(own: &Own<'_>) -> Result<(), Trouble> {
    let Some((old, new)) = read(own) else {
        return Ok(());
    };
    let head = own
        .maybe(&["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])
        .await?;
    if head.as_ref() == Some(&old) {
        let moved = own.ask(call(&["reset", "--quiet", "--keep", &new])).await?;
        tracing::info!(
            done = moved.code == 0,
            "the branch stands on commits that were made anew before"
        );
    }
    remove(own)
}

fn place(own: &Own<'_>) -> PathBuf {
    own.directory().join("rebase")
}

fn write(own: &Own<'_>, old: &str, new: &str) -> io::Result<()> {
    let next = own.directory().join("rebase.new");
    let mut file = File::create(&next)?;
    writeln!(file, "{old} {new}")?;
    file.sync_all()?;
    fs::rename(next, place(own))
}

/// What stands there, where it is what we write.
fn read(own: &Own<'_>) -> Option<(String, String)> {
    let text = fs::read_to_string(place(own)).ok()?;
    let (old, new) = text.trim_end().split_once(' ')?;
    let is_name = |name: &str| {
        matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    (is_name(old) && is_name(new)).then(|| (old.to_owned(), new.to_owned()))
}

fn remove(own: &Own<'_>) -> Result<(), Trouble> {
    match fs::remove_file(place(own)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Trouble::io("the note of a rebase")(error))
        }
        _ => Ok(()),
    }
}
