//! Lists of sessions: filters, search, order, pages.

use longhouse_domain::query::{Order, Page, SessionQuery, SortKey};
use longhouse_domain::session::RuntimeKind;
use longhouse_domain::{Actor, Status};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use super::cursor;
use super::read::{Visible, visible_from};
use super::record::SortValue;
use crate::StoreError;
use crate::connection::Store;
use crate::row::{Fields, pattern_for, storable};
use crate::sight::{eyes, visible, visible_columns};

/// The most sessions that one page holds.
const MAX_PAGE: u32 = 500;

/// The most values that one filter takes.
const MAX_FILTER_VALUES: usize = 100;

/// The longest text that is searched for, in bytes: the databases bound the patterns that they take.
const MAX_SEARCH_BYTES: usize = 1_000;

/// A condition that grows by fixed pieces; values are always arguments.
#[derive(Clone, Default)]
struct Condition {
    sql: String,
    arguments: Vec<Argument>,
}

#[derive(Clone)]
enum Argument {
    Text(String),
    Number(i64),
}

impl Condition {
    /// Joins another piece to the condition.
    fn and(&mut self, piece: &str) {
        self.sql.push_str(if self.sql.is_empty() {
            " where "
        } else {
            " and "
        });
        self.sql.push_str(piece);
    }

    /// The placeholder of a new argument.
    fn argument(&mut self, argument: Argument) -> String {
        self.arguments.push(argument);
        format!("${}", self.arguments.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.argument(Argument::Text(storable(text).into_owned()))
    }

    /// The column has one of these values; no values mean no condition.
    fn any_of<'a>(&mut self, column: &str, values: impl Iterator<Item = &'a str>) {
        let places: Vec<String> = values.map(|value| self.text(value)).collect();
        if !places.is_empty() {
            self.and(&format!("{column} in ({})", places.join(", ")));
        }
    }

    /// A query with these arguments. Its text is one of many, so no connection keeps it prepared.
    fn query(&self, sql: String) -> Query<'static, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for argument in &self.arguments {
            query = match argument {
                Argument::Text(text) => query.bind(text.clone()),
                Argument::Number(number) => query.bind(*number),
            };
        }
        query
    }
}

impl Store {
    /// One page of the sessions that `actor` may look at. The limit is brought into 1 to 500.
    ///
    /// # Errors
    /// [`StoreError::InvalidQuery`] for a cursor that was not given out for this order, and for too many or too long
    /// filters.
    pub async fn sessions(
        &self,
        actor: &Actor,
        query: &SessionQuery,
    ) -> Result<Page<Visible>, StoreError> {
        check(query)?;
        let matching = matching(actor, query);
        let total = matching
            .query(format!(
                "select count(*) as n from sessions{}",
                matching.sql
            ))
            .fetch_one(&self.reader)
            .await?
            .int("n")?
            .unsigned_abs();

        let limit = query.limit.clamp(1, MAX_PAGE);
        let (page, sql) = one_page(matching, query, limit)?;
        let mut items = page
            .query(sql)
            .fetch_all(&self.reader)
            .await?
            .iter()
            .filter_map(|row| visible_from(row, actor).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = match items.last() {
            Some(last) if has_more => Some(cursor::after(&last.session, query.sort)?),
            _ => None,
        };
        Ok(Page {
            items,
            total,
            next_cursor,
        })
    }
}

/// The query of one page, with one session more than asked for: it tells whether there is a next page.
fn one_page(
    mut page: Condition,
    query: &SessionQuery,
    limit: u32,
) -> Result<(Condition, String), StoreError> {
    let column = sort_column(query);
    let (direction, beyond) = match query.sort.order {
        Order::Ascending => ("asc", ">"),
        Order::Descending => ("desc", "<"),
    };
    if let Some(cursor) = &query.cursor {
        let place = cursor::parse(cursor, query.sort)?;
        let value = page.argument(match place.value {
            SortValue::Number(number) => Argument::Number(number),
            SortValue::Text(text) => Argument::Text(text),
        });
        let id = page.text(&place.id.to_string());
        page.and(&format!("({column}, sessions.id) {beyond} ({value}, {id})"));
    }
    let more = page.argument(Argument::Number(i64::from(limit) + 1));
    let sql = format!(
        "select {} from sessions{} order by {column} {direction}, sessions.id {direction} limit {more}",
        visible_columns!(),
        page.sql
    );
    Ok((page, sql))
}

fn check(query: &SessionQuery) -> Result<(), StoreError> {
    for (field, values) in [
        ("status", query.status.len()),
        ("agent", query.agent.len()),
        ("runtime", query.runtime.len()),
        ("label", query.labels.len()),
    ] {
        if values > MAX_FILTER_VALUES {
            return Err(StoreError::InvalidQuery {
                field,
                message: "has more than 100 values",
            });
        }
    }
    match &query.text {
        Some(text) if text.len() > MAX_SEARCH_BYTES => Err(StoreError::InvalidQuery {
            field: "q",
            message: "is longer than 1000 bytes",
        }),
        _ => Ok(()),
    }
}

fn matching(actor: &Actor, query: &SessionQuery) -> Condition {
    let mut condition = Condition::default();
    // The actor is `$1` and `$2`, as everywhere.
    let (user, all) = eyes(actor);
    condition.argument(Argument::Text(user));
    condition.argument(Argument::Number(all));
    condition.and(visible!());
    condition.any_of("status", query.status.iter().copied().map(Status::as_str));
    condition.any_of("agent", query.agent.iter().map(String::as_str));
    condition.any_of(
        "runtime",
        query.runtime.iter().copied().map(RuntimeKind::as_str),
    );
    if let Some(text) = &query.text {
        let pattern = condition.text(&pattern_for(text));
        condition.and(&format!("search_key like {pattern} escape '\\'"));
    }
    for (name, value) in &query.labels {
        let mut exists = format!(
            "exists (select 1 from session_labels l where l.session_id = sessions.id and l.name = {}",
            condition.text(name)
        );
        if let Some(value) = value {
            exists.push_str(" and l.value = ");
            exists.push_str(&condition.text(value));
        }
        exists.push(')');
        condition.and(&exists);
    }
    condition
}

/// What is ordered by. A session without any activity comes last in either order.
fn sort_column(query: &SessionQuery) -> String {
    match query.sort.key {
        SortKey::Created => "sessions.created_at".to_owned(),
        SortKey::Updated => "updated_at".to_owned(),
        SortKey::Activity => {
            // Written as a difference where the number itself has no literal.
            let absent = match query.sort.order {
                Order::Ascending => "9223372036854775807",
                Order::Descending => "(-9223372036854775807 - 1)",
            };
            format!("coalesce(last_activity_at, {absent})")
        }
        SortKey::Name => "name_key".to_owned(),
        SortKey::Status => "status".to_owned(),
    }
}
