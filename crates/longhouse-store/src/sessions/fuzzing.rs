//! A door for the targets in `fuzz/`. It exists only in a build with `--cfg fuzzing`.

use longhouse_domain::query::{Order, Sort, SortKey};

use super::cursor;

/// The cursor of a list. Whatever comes, it is refused or is a place.
pub fn cursor(text: &str) {
    let keys = [
        SortKey::Created,
        SortKey::Updated,
        SortKey::Activity,
        SortKey::Name,
        SortKey::Status,
    ];
    for key in keys {
        for order in [Order::Ascending, Order::Descending] {
            let _ = cursor::parse(text, Sort { key, order });
        }
    }
}
