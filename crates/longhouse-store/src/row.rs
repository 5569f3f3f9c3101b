//! Between columns and domain values. Whatever does not parse is reported as damage, with the name of its column.

use std::borrow::Cow;
use std::str::FromStr;

use longhouse_domain::Timestamp;
use longhouse_domain::clock::from_millis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::StoreError;

/// Reads columns by name.
pub(crate) trait Fields {
    fn text(&self, column: &str) -> Result<String, StoreError>;
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError>;
    fn int(&self, column: &str) -> Result<i64, StoreError>;
    fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError>;

    fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.int(column).map(from_millis)
    }

    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_int(column)?.map(from_millis))
    }

    fn parsed<T: FromStr>(&self, column: &str) -> Result<T, StoreError> {
        named(column, &self.text(column)?, |text| text.parse().ok())
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?)
            .map_err(|error| StoreError::Corrupt(format!("column {column}: {error}")))
    }
}

impl Fields for AnyRow {
    fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn int(&self, column: &str) -> Result<i64, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }
}

/// What a column's text stands for. The text itself is not quoted in the error: it may be private.
pub(crate) fn named<T>(
    column: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    parse(text)
        .ok_or_else(|| StoreError::Corrupt(format!("column {column} holds no value of its kind")))
}

/// A value as JSON text.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Other(error.into()))
}

/// Text from outside, as both back ends can hold it: PostgreSQL knows no NUL, and would refuse the query.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// What names are compared by: without regard to case.
pub(crate) fn name_key(name: &str) -> String {
    storable(name).to_lowercase()
}

/// The text anywhere, with the characters that `like` gives a meaning to taken as themselves.
pub(crate) fn pattern_for(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in name_key(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
