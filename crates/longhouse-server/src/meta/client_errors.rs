//! Errors that happened in somebody's browser, on their way into the server's log.

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::Body;
use crate::problem::ProblemBody;

/// How much of each text is kept, in characters.
const LONGEST_MESSAGE: usize = 1_000;
const LONGEST_STACK: usize = 8_000;

/// An error that happened in a page.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClientError {
    message: String,
    stack: Option<String>,
    /// The page's address.
    url: Option<String>,
}

/// Reports an error that happened in a page.
#[utoipa::path(post, path = "/api/client-errors", tag = "meta", request_body = ClientError, responses(
    (status = 204), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn report_client_error(caller: Caller, body: Body<ClientError>) -> StatusCode {
    let error = body.0;
    // What a page says is foreign text: one line, cut, and never an address with its question, which may hold a ticket.
    let url = error.url.unwrap_or_default();
    let url = url.split(['?', '#']).next().unwrap_or_default();
    tracing::warn!(
        user = %caller.identity.user.id,
        message = cut(&error.message, LONGEST_MESSAGE),
        url = cut(url, LONGEST_MESSAGE),
        stack = cut(&error.stack.unwrap_or_default(), LONGEST_STACK),
        "an error in a page"
    );
    StatusCode::NO_CONTENT
}

fn cut(text: &str, longest: usize) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(longest)
        .collect()
}
