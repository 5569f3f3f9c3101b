//! Which file a question means. What it means is noted for the record of the call.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use longhouse_engine::FilePlace;
use percent_encoding::percent_decode;

use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::Question;
use crate::problem::Problem;
use crate::state::AppState;

/// Where a path begins: in a session, or on this machine.
#[derive(Debug)]
pub(crate) struct PlaceOf(Option<String>);

impl PlaceOf {
    pub(crate) fn place(&self) -> FilePlace<'_> {
        match &self.0 {
            Some(session) => FilePlace::Session(session),
            None => FilePlace::Machine,
        }
    }
}

impl FromRequestParts<AppState> for PlaceOf {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Infallible> {
        let question = Question::of(parts.uri.query().unwrap_or_default());
        let session = question.text("session").map(str::to_owned);
        let note = Note::from_request_parts(parts, app).await?;
        match (&session, parts.extensions.get::<Caller>()) {
            (Some(reference), Some(caller)) => {
                match app.engine().peek_session(&caller.actor, reference).await {
                    Ok(view) => {
                        let (id, name) = (view.session.id.to_string(), &view.session.name);
                        note.target("session", Some(id), name.as_str());
                    }
                    Err(_) => note.target("session", None, reference),
                }
            }
            (Some(reference), None) => note.target("session", None, reference),
            (None, _) => note.target("host", None, "files"),
        }
        Ok(Self(session))
    }
}

/// A path in a question: any bytes.
#[derive(Debug)]
pub(crate) struct FilePath(pub(crate) Vec<u8>);

impl FromRequestParts<AppState> for FilePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let Ok(note) = Note::from_request_parts(parts, app).await;
        let query = parts.uri.query().unwrap_or_default();
        let path = decoded(query, "path");
        if let Some(path) = &path {
            note.detail("path", String::from_utf8_lossy(path));
        }
        match path {
            Some(path) => Ok(Self(path)),
            // A session's working directory needs no name; this machine has no such beginning.
            None if Question::of(query).text("session").is_some() => Ok(Self(Vec::new())),
            None => Err(Problem::invalid_field(
                "path",
                "must name a file or directory",
            )),
        }
    }
}

/// The last value of that name, decoded once, byte for byte.
pub(crate) fn decoded(query: &str, name: &str) -> Option<Vec<u8>> {
    let decode = |text: &str| -> Vec<u8> {
        let spaced: Vec<u8> = text
            .bytes()
            .map(|byte| if byte == b'+' { b' ' } else { byte })
            .collect();
        percent_decode(&spaced).collect()
    };
    query
        .split('&')
        .rev()
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(key, _)| decode(key) == name.as_bytes())
        .map(|(_, value)| decode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_exactly_once_and_byte_for_byte() {
        let path = |query: &str| decoded(query, "path");
        assert_eq!(path("session=x"), None);
        assert_eq!(path("path="), Some(Vec::new()));
        assert_eq!(path("path=a&path=b%2Fc"), Some(b"b/c".to_vec()));
        assert_eq!(path("path=..%252f"), Some(b"..%2f".to_vec()));
        assert_eq!(path("path=a%FF+%0A%2B"), Some(b"a\xff \n+".to_vec()));
        assert_eq!(path("p%61th=x%zz"), Some(b"x%zz".to_vec()));
    }
}
