//! Where a page ended: the sort value and the identifier of its last session.
//!
//! The next page begins after that place, whatever has been inserted or deleted meanwhile: nothing that was there all the
//! time is shown twice or left out. Clients get the cursor as a text that means nothing to them.

use std::fmt::Write;

use longhouse_domain::query::{Order, Sort, SortKey};
use longhouse_domain::{Session, SessionId};
use serde::{Deserialize, Serialize};

use super::record::{SortValue, sort_value};
use crate::StoreError;

/// No cursor that was ever given out is longer.
const MAX_CURSOR_CHARS: usize = 1_024;

/// A place in a list.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    /// Which order the list had; a cursor is worth nothing in another.
    sort: String,
    number: Option<i64>,
    text: Option<String>,
    id: SessionId,
}

/// A place in a list of that order.
pub(super) struct Place {
    pub(super) value: SortValue,
    pub(super) id: SessionId,
}

/// Where a list of that order stands after `session`.
pub(super) fn after(session: &Session, sort: Sort) -> Result<String, StoreError> {
    let (number, text) = match sort_value(session, sort.key, absent(sort.order)) {
        SortValue::Number(number) => (Some(number), None),
        SortValue::Text(text) => (None, Some(text)),
    };
    let wire = Wire {
        sort: signature(sort),
        number,
        text,
        id: session.id,
    };
    let json = crate::row::to_json(&wire)?;
    let mut hex = String::with_capacity(json.len() * 2);
    for byte in json.bytes() {
        let written = write!(hex, "{byte:02x}");
        written.map_err(|error| StoreError::Other(error.into()))?;
    }
    Ok(hex)
}

/// Reads a cursor back, for a list of the same order.
pub(super) fn parse(cursor: &str, sort: Sort) -> Result<Place, StoreError> {
    let wire = decode(cursor).ok_or(StoreError::InvalidQuery {
        field: "cursor",
        message: "is not one that this server gave out",
    })?;
    if wire.sort != signature(sort) {
        return Err(StoreError::InvalidQuery {
            field: "cursor",
            message: "belongs to a list in another order",
        });
    }
    let numeric = matches!(
        sort.key,
        SortKey::Created | SortKey::Updated | SortKey::Activity
    );
    let value = match (wire.number, wire.text) {
        (Some(number), None) if numeric => SortValue::Number(number),
        (None, Some(text)) if !numeric && !text.contains('\0') => SortValue::Text(text),
        _ => {
            return Err(StoreError::InvalidQuery {
                field: "cursor",
                message: "is not one that this server gave out",
            });
        }
    };
    Ok(Place { value, id: wire.id })
}

/// What stands in for the time of an activity that never was: it comes last in either order.
pub(super) fn absent(order: Order) -> i64 {
    match order {
        Order::Ascending => i64::MAX,
        Order::Descending => i64::MIN,
    }
}

fn decode(cursor: &str) -> Option<Wire> {
    if cursor.len() > MAX_CURSOR_CHARS || !cursor.len().is_multiple_of(2) || !cursor.is_ascii() {
        return None;
    }
    let bytes: Vec<u8> = (0..cursor.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(cursor.get(at..at + 2)?, 16).ok())
        .collect::<Option<_>>()?;
    serde_json::from_slice(&bytes).ok()
}

fn signature(sort: Sort) -> String {
    let key = match sort.key {
        SortKey::Created => "created",
        SortKey::Updated => "updated",
        SortKey::Activity => "activity",
        SortKey::Name => "name",
        SortKey::Status => "status",
    };
    let order = match sort.order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    };
    format!("{key} {order}")
}
