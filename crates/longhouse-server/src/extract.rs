//! How requests are read: bodies, paths and questions. Whatever cannot be read ends as a [`Problem`] with a stable code.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::problem::{FieldError, Problem};
use crate::state::AppState;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::for_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = read(request, app).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON body that may be left out: nothing at all stands for `{}`.
#[derive(Debug)]
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let json = is_json(request.headers());
        let bytes = read(request, app).await?;
        if bytes.is_empty() {
            return parse(b"{}").map(Self);
        }
        if !json {
            return Err(Problem::for_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        parse(&bytes).map(Self)
    }
}

/// A body of any other content type can be sent by a foreign page's form, without the browser asking first.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

async fn read(request: Request, app: &AppState) -> Result<Bytes, Problem> {
    let body = Bytes::from_request(request, app);
    match tokio::time::timeout(app.limits().body_time, body).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(BytesRejection::FailedToBufferBody(rejection))) => {
            Err(Problem::for_status(rejection.status()))
        }
        Ok(Err(_)) => Err(Problem::for_status(StatusCode::BAD_REQUEST)),
        Err(_) => Err(Problem::for_status(StatusCode::REQUEST_TIMEOUT)),
    }
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Read once for its form alone, so that what is not JSON is called so, whatever else is wrong with what stands before.
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
        return Err(complain(&error, ""));
    }
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Problem::invalid_field("", "the body must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        complain(error.inner(), &path)
    })?;
    Ok(value)
}

/// What is not JSON is 400; what is JSON but not what was asked for is 422 with the field.
fn complain(error: &serde_json::Error, path: &str) -> Problem {
    use serde_json::error::Category;
    let text = error.to_string();
    // serde_json ends its messages with " at line 1 column 2", which tells a person nothing about a field.
    let message = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(message, _)| message);
    match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => Problem::new(
            StatusCode::BAD_REQUEST,
            "request.malformed_json",
            format!("the body is not JSON: {text}"),
        ),
        Category::Data => {
            let parent = if path == "." { "" } else { path };
            Problem::invalid(vec![FieldError::new(blamed(parent, message), message)])
        }
    }
}

/// The field at fault. Where a field is unknown, missing or doubled, serde names it in the message and blames the parent.
fn blamed(parent: &str, message: &str) -> String {
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split('`').next());
    match named {
        None => parent.to_owned(),
        Some(field) if parent.is_empty() => field.to_owned(),
        Some(field) if parent == field || parent.ends_with(&format!(".{field}")) => {
            parent.to_owned()
        }
        Some(field) => format!("{parent}.{field}"),
    }
}

/// The variables of a path, each decoded exactly once.
#[derive(Debug)]
pub(crate) struct PathOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        Path::from_request_parts(parts, app)
            .await
            .map(|Path(value)| Self(value))
            .map_err(|_| Problem::for_status(StatusCode::NOT_FOUND))
    }
}

/// The question of an address: pairs, some repeated, some with several values between commas. It collects its complaints, so
/// that a client learns all of them at once.
#[derive(Debug)]
pub(crate) struct Question {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl FromRequestParts<AppState> for Question {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

impl Question {
    pub(crate) fn of(query: &str) -> Self {
        Self {
            pairs: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            errors: Vec::new(),
        }
    }

    /// The last value of that name; an empty one counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All values of that name, repeated or between commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.pairs
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The value of that name as `parse` reads it; `expected` says what was wanted.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.text(name)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.complain(name, format!("must be {expected}"));
        }
        parsed
    }

    /// All values of that name as `parse` reads them.
    pub(crate) fn parsed_list<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let mut parsed = Vec::new();
        for value in self.list(name) {
            match parse(&value) {
                Some(value) => parsed.push(value),
                None => self.complain(name, format!("must be {expected}")),
            }
        }
        parsed
    }

    /// Adds a complaint.
    pub(crate) fn complain(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, message));
    }

    /// Whether all was understood.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.errors))
        }
    }
}

/// `true`, `1`, an empty value or the bare name; `false` or `0`.
pub(crate) fn parse_switch(text: &str) -> Option<bool> {
    match text {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the reading is under test")]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the reading is under test")]
    struct Inner {
        port: u16,
    }

    fn check(body: &str, status: u16, field: &str) {
        let problem = parse::<Outer>(body.as_bytes()).unwrap_err().body("id");
        assert_eq!(problem.status, status, "{body}: {problem:?}");
        let found = problem.errors.first().map_or("-", |error| &error.field);
        assert_eq!(found, field, "{body}: {problem:?}");
    }

    #[test]
    fn what_is_not_json_is_400_and_what_does_not_fit_is_422_with_its_field() {
        check("", 400, "-");
        check("{", 400, "-");
        check(r#"{"name":"a"} x"#, 400, "-");
        check(r#"{"name":"\ud800"}"#, 400, "-");
        check(&"[".repeat(100_000), 400, "-");
        check(r#"{"nome":}"#, 400, "-");
        check(r#"{"name":1}"#, 422, "name");
        check(r#"{"name":"a","name":"b"}"#, 422, "name");
        check(r#"{"nome":"a"}"#, 422, "nome");
        check(r#"{}"#, 422, "name");
        check(
            r#"{"name":"a","inner":[{"port":70000}]}"#,
            422,
            "inner[0].port",
        );
        check(r#"{"name":"a","inner":[{"prt":1}]}"#, 422, "inner[0].prt");
        check("[]", 422, "");
    }

    #[test]
    fn filters_may_be_repeated_or_stand_between_commas() {
        let question = Question::of("status=running,error&status=stopped&q=&label=a%2Cb");
        assert_eq!(question.list("status"), ["running", "error", "stopped"]);
        assert_eq!(question.text("q"), None);
    }
}
