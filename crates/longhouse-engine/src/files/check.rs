//! What sessiond says of files, checked: it lives among what runs in the session, which may have taken it over.

use longhouse_domain::clock::from_millis;
use longhouse_files::{NAME_BYTES, PATH_BYTES};
use longhouse_link::limits::FILE_TAG_BYTES;
use longhouse_link::proto::{FileEntry, ListFilesReply, file_entry};

use super::{FileKind, FileView};
use crate::error::EngineError;

/// The years that RFC 3339 can write, in milliseconds.
const YEARS_0_TO_9999: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// The answer to a question that was not answered as agreed.
pub(super) fn nonsense() -> EngineError {
    EngineError::unreachable("what it said about files makes no sense")
}

/// One entry, if it can be one.
pub(super) fn view(entry: Option<FileEntry>) -> Result<FileView, EngineError> {
    let entry = entry.ok_or_else(nonsense)?;
    let kind = match entry.kind() {
        file_entry::Kind::File => FileKind::File,
        file_entry::Kind::Directory => FileKind::Directory,
        file_entry::Kind::Link => FileKind::Link,
        file_entry::Kind::Other => FileKind::Other,
    };
    let named = entry.name.len() <= NAME_BYTES && !entry.name.iter().any(|b| matches!(b, 0 | b'/'));
    let led = entry
        .target
        .as_ref()
        .is_none_or(|target| target.len() <= PATH_BYTES);
    let tagged = entry.tag.as_deref().is_none_or(is_tag);
    if !named || !led || !tagged {
        return Err(nonsense());
    }
    let modified = entry
        .modified_ms
        .clamp(*YEARS_0_TO_9999.start(), *YEARS_0_TO_9999.end());
    Ok(FileView {
        name: entry.name.into(),
        kind,
        size: entry.size,
        modified_at: from_millis(modified),
        mode: entry.mode & 0o7777,
        target: entry.target.map(Vec::from),
        tag: entry.tag,
    })
}

/// A page, if it is one: of the size that was asked for, in order, after what was asked for.
pub(super) fn page(
    reply: ListFilesReply,
    after: &[u8],
    limit: usize,
) -> Result<Vec<FileView>, EngineError> {
    if reply.entries.len() > limit || (reply.entries.len() as u64) > reply.total {
        return Err(nonsense());
    }
    let mut views: Vec<FileView> = Vec::with_capacity(reply.entries.len());
    for entry in reply.entries {
        let view = view(Some(entry))?;
        let before = views.last().map_or(after, |last| &last.name);
        if view.name.is_empty() || view.name.as_slice() <= before {
            return Err(nonsense());
        }
        views.push(view);
    }
    Ok(views)
}

fn is_tag(tag: &str) -> bool {
    (1..=FILE_TAG_BYTES).contains(&tag.len())
        && tag
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn entry(name: &'static str) -> FileEntry {
        FileEntry {
            name: Bytes::from_static(name.as_bytes()),
            ..FileEntry::default()
        }
    }

    fn reply(names: &[&'static str], total: u64) -> ListFilesReply {
        ListFilesReply {
            entries: names.iter().map(|name| entry(name)).collect(),
            total,
            ..ListFilesReply::default()
        }
    }

    #[test]
    fn a_page_is_in_order_and_no_larger_than_asked_for() {
        assert_eq!(page(reply(&["b", "c"], 9), b"a", 2).unwrap().len(), 2);
        for (names, total, after, limit) in [
            (&["b", "a"][..], 9, "", 2),
            (&["a", "a"], 9, "", 2),
            (&["a"], 9, "a", 2),
            (&["a", "b", "c"], 9, "", 2),
            (&["a", "b"], 1, "", 2),
            (&[""], 9, "", 2),
            (&["a/b"], 9, "", 2),
            (&[".."], 0, "", 2),
        ] {
            let refused = page(reply(names, total), after.as_bytes(), limit);
            assert!(refused.is_err(), "{names:?}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_one_is_refused() {
        let long = FileEntry {
            name: vec![b'a'; NAME_BYTES + 1].into(),
            ..FileEntry::default()
        };
        let tagged = |tag: &str| FileEntry {
            tag: Some(tag.to_owned()),
            ..entry("a")
        };
        for bad in [
            long,
            tagged(""),
            tagged("\"\r\nset-cookie: a=b"),
            tagged(&"a".repeat(200)),
        ] {
            assert!(view(Some(bad)).is_err());
        }
        assert!(view(None).is_err());
        let old = FileEntry {
            modified_ms: i64::MIN,
            mode: u32::MAX,
            ..tagged("fe.1-2")
        };
        assert_eq!(view(Some(old)).unwrap().mode, 0o7777);
    }
}
