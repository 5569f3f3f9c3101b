//! Looking for somebody to share with.

use axum::Json;
use axum::extract::State;
use longhouse_engine::Person;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Caller;
use crate::extract::Question;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Longest text to look for, in bytes.
const LONGEST_TEXT: usize = 64;

/// Somebody with whom something can be shared.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub(crate) struct PersonBody {
    id: Uuid,
    username: String,
}

impl From<Person> for PersonBody {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.0,
            username: person.username,
        }
    }
}

/// The first of those who were found, by name.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonPage {
    items: Vec<PersonBody>,
    total: u64,
    next_cursor: Option<String>,
}

/// Finds people to share a session with: enabled users, the caller left out; the first fifty of them.
#[utoipa::path(get, path = "/api/people", tag = "users",
    params(("q" = Option<String>, Query, description = "Text in the name")), responses(
    (status = 200, body = PersonPage), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn list_people(
    state: State<AppState>,
    caller: Caller,
    mut question: Question,
) -> Result<Json<PersonPage>, Problem> {
    let text = question.parsed("q", "at most 64 bytes long", |text| {
        (text.len() <= LONGEST_TEXT).then(|| text.to_owned())
    });
    question.done()?;
    let text = text.unwrap_or_default();
    let people = state.engine().people(&caller.actor, &text).await?;
    let items: Vec<_> = people.into_iter().map(PersonBody::from).collect();
    Ok(Json(PersonPage {
        total: items.len() as u64,
        items,
        next_cursor: None,
    }))
}
