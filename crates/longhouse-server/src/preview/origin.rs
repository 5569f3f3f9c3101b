//! Whether a request to a preview comes from where it may: from the preview's own pages, from those of another port of the same session,
//! or from a person who follows a link. A pass is sent along by browsers; a foreign page must not be able to use it.

use axum::extract::Request;
use axum::http::header::{HeaderName, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, Method};

use super::names::{Named, Place, PreviewNames};

/// Whether the request may go on.
pub(super) fn is_welcome(
    names: &PreviewNames,
    place: Place,
    scheme: &str,
    host: &str,
    request: &Request,
) -> bool {
    let headers = request.headers();
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => None,
        (Some(origin), None) => Some(origin.to_str().unwrap_or_default()),
        (Some(_), Some(_)) => return false,
    };
    if let Some(origin) = origin {
        let named = origin
            .split_once("://")
            .filter(|(theirs, _)| *theirs == scheme)
            .map(|(_, name)| name);
        let kin = named.and_then(|name| names.read(name)).is_some_and(
            |named| matches!(named, Named::Place(theirs) if theirs.session == place.session),
        );
        let own = named.is_some_and(|name| name.eq_ignore_ascii_case(host));
        return own || kin;
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match text(headers, "sec-fetch-site") {
        Some("same-origin" | "none") => true,
        // Somebody follows a link, and sees where they are.
        Some(_) => reads && follows_a_link(headers),
        // A browser that is too old to say so names the origin of whatever changes something.
        None => reads && !headers.contains_key(UPGRADE),
    }
}

/// Whether the answer is to fill a window of its own.
pub(super) fn follows_a_link(headers: &HeaderMap) -> bool {
    let mode = text(headers, "sec-fetch-mode").is_none_or(|mode| mode == "navigate");
    let whole = text(headers, "sec-fetch-dest").is_none_or(|dest| dest == "document");
    mode && whole && !headers.contains_key(UPGRADE)
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    headers
        .get(HeaderName::from_static(name))
        .map(|value| value.to_str().unwrap_or_default())
}
