//! Which contents look like secrets, or are too large, judged as git has taken them in.

use std::collections::BTreeMap;

use longhouse_domain::git::{Blob, LARGEST_FILE, suspicious_content};

use super::own::{Call, Own, Trouble, shown};

/// Contents that are looked at together, bytes.
const LOOKED_AT: u64 = 16 * 1024 * 1024;

/// What looks like a secret, by the name of the content.
pub(super) type Suspicions = BTreeMap<String, String>;

pub(super) fn suspicion<'a>(found: &'a Suspicions, blob: Option<&Blob>) -> Option<&'a str> {
    found.get(&blob?.hash).map(String::as_str)
}

/// Looks at contents, some at a time.
pub(super) async fn suspicions(
    own: &Own<'_>,
    blobs: impl Iterator<Item = &Blob>,
) -> Result<Suspicions, Trouble> {
    let mut names: Vec<&str> = blobs
        .filter(|blob| blob.mode.starts_with("100"))
        .map(|blob| blob.hash.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut found = Suspicions::new();
    if names.is_empty() {
        return Ok(found);
    }
    let sizes = batch(own, "--batch-check=%(objectsize)", &names).await?;
    let sizes = shown(&sizes);
    let sizes: Vec<u64> = sizes.lines().filter_map(|line| line.parse().ok()).collect();
    if sizes.len() != names.len() {
        return Err(Trouble::Unreadable("cat-file".to_owned()));
    }
    let mut together = Vec::new();
    let mut sum = 0;
    for (name, size) in names.into_iter().zip(sizes) {
        if size > LARGEST_FILE {
            // It grew while it was taken in.
            found.insert(name.to_owned(), "is too large".to_owned());
            continue;
        }
        if sum + size > LOOKED_AT {
            look(own, &together, &mut found).await?;
            together.clear();
            sum = 0;
        }
        together.push((name, size));
        sum += size;
    }
    look(own, &together, &mut found).await?;
    Ok(found)
}

async fn look(
    own: &Own<'_>,
    contents: &[(&str, u64)],
    found: &mut Suspicions,
) -> Result<(), Trouble> {
    if contents.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = contents.iter().map(|(name, _)| *name).collect();
    let said = batch(own, "--batch=", &names).await?;
    let mut rest = said.as_slice();
    // An empty line stands before each content, and a line's end behind it.
    for (name, size) in contents {
        let size = usize::try_from(*size).unwrap_or(usize::MAX);
        let content = rest.get(1..).and_then(|rest| rest.get(..size));
        let content = content.ok_or_else(|| Trouble::Unreadable("cat-file".to_owned()))?;
        if let Some(why) = suspicious_content(content) {
            found.insert((*name).to_owned(), why.to_owned());
        }
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    Ok(())
}

async fn batch(own: &Own<'_>, how: &str, names: &[&str]) -> Result<Vec<u8>, Trouble> {
    let mut list = names.join("\n");
    list.push('\n');
    own.run(Call {
        words: &["cat-file", how],
        input: list.as_bytes(),
        ..Call::default()
    })
    .await
}
