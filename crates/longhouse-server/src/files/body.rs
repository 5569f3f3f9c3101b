//! How files stand in JSON.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use longhouse_domain::Timestamp;
use longhouse_engine::{FileKind, FileView};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

/// What a file is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileKindName {
    File,
    Directory,
    Symlink,
    /// A pipe, a socket, a device: it can be renamed and deleted, not read.
    Other,
}

/// A file, a directory, a link.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = File)]
pub(crate) struct FileBody {
    /// What is not UTF-8 in it is replaced; then `nameBytes` has the true name.
    name: String,
    /// The name's bytes in base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    name_bytes: Option<String>,
    kind: FileKindName,
    /// Bytes.
    size: u64,
    modified_at: Timestamp,
    /// Four octal digits.
    #[schema(example = "0644")]
    mode: String,
    /// Where a link leads, as written in it; it is not followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// The target's bytes in base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_bytes: Option<String>,
    /// Of a regular file: stands for its present content, for `If-Match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

impl From<FileView> for FileBody {
    fn from(file: FileView) -> Self {
        let (name, name_bytes) = text(file.name);
        let (target, target_bytes) = file.target.map(text).unzip();
        Self {
            name,
            name_bytes,
            kind: match file.kind {
                FileKind::File => FileKindName::File,
                FileKind::Directory => FileKindName::Directory,
                FileKind::Link => FileKindName::Symlink,
                FileKind::Other => FileKindName::Other,
            },
            size: file.size,
            modified_at: file.modified_at,
            mode: format!("{:04o}", file.mode),
            target,
            target_bytes: target_bytes.flatten(),
            etag: file.tag.as_deref().map(etag),
        }
    }
}

/// Bytes as text, and in base64 where the text is not all of them.
pub(crate) fn text(bytes: Vec<u8>) -> (String, Option<String>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let bytes = error.as_bytes();
            let shown = String::from_utf8_lossy(bytes).into_owned();
            (shown, Some(BASE64_STANDARD.encode(bytes)))
        }
    }
}

/// A tag as an entity tag.
pub(crate) fn etag(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// A place in a directory, for the next page.
pub(crate) fn cursor(name: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(name)
}

/// The name that a cursor stands for.
pub(crate) fn read_cursor(cursor: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()
}

/// What may stand unescaped in `filename*` (RFC 8187).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// Says that the content is to be kept under that name, not shown.
pub(crate) fn attachment(name: &[u8]) -> HeaderValue {
    let name = String::from_utf8_lossy(name);
    let escaped = percent_encode(name.as_bytes(), ESCAPED);
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{escaped}"))
        .unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_text_loses_nothing() {
        assert_eq!(text(b"a\n".to_vec()), ("a\n".to_owned(), None));
        let (shown, bytes) = text(b"a\xff".to_vec());
        assert_eq!(
            (shown.as_str(), bytes.as_deref()),
            ("a\u{fffd}", Some("Yf8="))
        );
        assert_eq!(read_cursor(&cursor(b"a\xff/")), Some(b"a\xff/".to_vec()));
    }

    #[test]
    fn no_name_can_write_a_header() {
        let header = attachment("a\"\r\nSet-Cookie: x=\u{202e}y".as_bytes());
        let text = header.to_str().unwrap();
        assert_eq!(
            text,
            "attachment; filename*=UTF-8''a%22%0D%0ASet%2DCookie%3A%20x%3D%E2%80%AEy"
                .replace("%2D", "-")
        );
    }
}
