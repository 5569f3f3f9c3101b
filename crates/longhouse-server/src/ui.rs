//! The web UI, which lies inside the binary.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rust_embed::{Embed, EmbeddedFile};

use crate::problem::Problem;

#[derive(Embed)]
#[folder = "../../web/dist"]
struct Files;

/// What is answered to addresses that no route has: a file of the UI, the UI itself for people's browsers, or a problem.
pub(crate) async fn fall_back(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let of_api = path == "api" || path.starts_with("api/") || path.starts_with("socket.io");
    if of_api || !reads {
        return Problem::for_status(StatusCode::NOT_FOUND).into_response();
    }
    let headers = request.headers();
    // The packed variants are negotiated, not asked for.
    let plain = !path.ends_with(".br") && !path.ends_with(".gz");
    if !path.is_empty()
        && plain
        && let Some(response) = file(path, headers)
    {
        return response;
    }
    // A page of the UI has its own address, which only the UI knows. A missing script must not be answered with a page.
    if is_navigation(path, headers)
        && let Some(response) = file("index.html", headers)
    {
        return response;
    }
    Problem::for_status(StatusCode::NOT_FOUND).into_response()
}

fn is_navigation(path: &str, headers: &HeaderMap) -> bool {
    path.is_empty()
        || headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|accepted| accepted.contains("text/html"))
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let (found, encoding) = variant(path, headers)?;
    // Vite puts a hash of the content into the names below assets/, so those never change.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let tag = etag(&found, encoding);
    let mut response = if headers
        .get(IF_NONE_MATCH)
        .is_some_and(|given| matches_tag(given, &tag))
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let data = match found.data {
            std::borrow::Cow::Borrowed(data) => Bytes::from_static(data),
            std::borrow::Cow::Owned(data) => Bytes::from(data),
        };
        let length = data.len();
        let mut response = Response::new(Body::from(data));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
        }
        response
    };
    let out = response.headers_mut();
    out.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(ETAG, tag);
    }
    Some(response)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }
}

/// The smallest form of a file that the client takes.
fn variant(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<Encoding>)> {
    let accepted = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    [Encoding::Brotli, Encoding::Gzip]
        .into_iter()
        .filter(|encoding| accepts(accepted, encoding.name()))
        .find_map(|encoding| {
            Files::get(&format!("{path}{}", encoding.suffix())).map(|file| (file, Some(encoding)))
        })
        .or_else(|| Files::get(path).map(|file| (file, None)))
}

fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|part| matches!(part.strip_prefix("q="), Some(q) if q.trim_matches(['0', '.']).is_empty()));
        named && !refused
    })
}

fn etag(file: &EmbeddedFile, encoding: Option<Encoding>) -> String {
    let hash = file.metadata.sha256_hash();
    let short: String = hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{short}{}\"", encoding.map_or("", Encoding::suffix))
}

fn matches_tag(given: &HeaderValue, tag: &str) -> bool {
    given.to_str().is_ok_and(|given| {
        given
            .split(',')
            .map(|one| one.trim().trim_start_matches("W/"))
            .any(|one| one == tag || one == "*")
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("woff") => "font/woff",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_with_weight_zero_is_not_accepted() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("gzip;q=0.5, br;q=1.0", "gzip"));
        assert!(!accepts("br;q=0", "br"));
        assert!(!accepts("br; q=0.000, gzip", "br"));
        assert!(!accepts("", "gzip"));
    }
}
