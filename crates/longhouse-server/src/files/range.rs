//! The conditions and ranges of HTTP (RFC 9110), as far as files know them.

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use longhouse_engine::{FileRange, SaveCondition};

use super::body::etag;
use crate::problem::Problem;

/// The one range that is asked for. Whatever else the header says counts as if it were not there, as HTTP has it.
pub(crate) fn range(headers: &HeaderMap) -> FileRange {
    let asked = value(headers, RANGE).and_then(|text| text.strip_prefix("bytes="));
    asked.and_then(parse).unwrap_or(FileRange::Whole)
}

fn parse(text: &str) -> Option<FileRange> {
    let (first, last) = text.trim().split_once('-')?;
    if first.is_empty() {
        return Some(FileRange::Last(digits(last)?));
    }
    let offset = digits(first)?;
    let length = match last {
        "" => u64::MAX,
        last => digits(last)?.checked_sub(offset)?.saturating_add(1),
    };
    Some(FileRange::From { offset, length })
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Whether a range may be answered although the client names a tag, of which it has the rest.
pub(crate) fn range_holds(headers: &HeaderMap, tag: &str) -> bool {
    value(headers, IF_RANGE).is_none_or(|asked| asked == etag(tag))
}

/// Whether the client has this content already.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let asked = value(headers, IF_NONE_MATCH);
    asked.is_some_and(|asked| {
        let mut tags = asked.split(',').map(str::trim);
        let own = etag(tag);
        tags.any(|asked| asked == "*" || asked.strip_prefix("W/").unwrap_or(asked) == own)
    })
}

/// Under which condition a save is meant.
pub(crate) fn condition(headers: &HeaderMap) -> Result<SaveCondition, Problem> {
    let refuse = |text| {
        Err(Problem::new(
            axum::http::StatusCode::BAD_REQUEST,
            "request.malformed",
            text,
        ))
    };
    match (value(headers, IF_MATCH), value(headers, IF_NONE_MATCH)) {
        (None, None) => Ok(SaveCondition::Any),
        (None, Some("*")) => Ok(SaveCondition::New),
        (Some("*"), None) => Ok(SaveCondition::Exists),
        // A weak tag matches nothing here; it is left out like one of another file.
        (Some(tags), None) => Ok(SaveCondition::Unchanged(
            tags.split(',')
                .filter_map(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'))
                .filter(|tag| *tag != "*")
                .map(str::to_owned)
                .collect(),
        )),
        (None, Some(_)) => refuse("If-None-Match must be *"),
        (Some(_), Some(_)) => refuse("either If-Match or If-None-Match, not both"),
    }
}

fn value(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn one_range_is_understood_and_everything_else_ignored() {
        let asked = |text| range(&headers(RANGE, text));
        let from = |offset, length| FileRange::From { offset, length };
        assert_eq!(asked("bytes=0-0"), from(0, 1));
        assert_eq!(asked("bytes=5-"), from(5, u64::MAX));
        assert_eq!(asked("bytes=-7"), FileRange::Last(7));
        assert_eq!(asked("bytes=0-18446744073709551615"), from(0, u64::MAX));
        for odd in [
            "bytes=5-4",
            "bytes=-",
            "bytes=+1-2",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes=a-b",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(asked(odd), FileRange::Whole, "{odd}");
        }
    }

    #[test]
    fn conditions_name_strong_tags() {
        let of = |name, value| condition(&headers(name, value));
        assert_eq!(condition(&HeaderMap::new()).unwrap(), SaveCondition::Any);
        assert_eq!(of(IF_NONE_MATCH, "*").unwrap(), SaveCondition::New);
        let tags = |tags: &[&str]| {
            SaveCondition::Unchanged(tags.iter().map(|tag| (*tag).to_owned()).collect())
        };
        assert_eq!(of(IF_MATCH, "\"a\", \"b\"").unwrap(), tags(&["a", "b"]));
        assert_eq!(of(IF_MATCH, "W/\"a\", b").unwrap(), tags(&[]));
        assert_eq!(of(IF_MATCH, "*").unwrap(), SaveCondition::Exists);
        // In quotes it is a tag like any other, and no file's.
        assert_eq!(of(IF_MATCH, "\"*\"").unwrap(), tags(&[]));
        assert!(of(IF_NONE_MATCH, "\"a\"").is_err());
    }
}
