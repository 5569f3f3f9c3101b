//! What of a message's head goes through, in each direction.
//!
//! Towards the program: nothing that speaks for the visitor at this server (its cookies, its tokens), nothing that only concerns the
//! connection, and of who called only what this server knows itself. Towards the browser: nothing that reaches beyond the preview's origin.

use axum::http::header::{
    ALT_SVC, AUTHORIZATION, CONNECTION, COOKIE, EXPECT, FORWARDED, HOST, HeaderName,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SET_COOKIE, STRICT_TRANSPORT_SECURITY, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VIA,
};
use axum::http::{HeaderMap, HeaderValue};

/// What only concerns the connection that a message came by.
const OF_THE_CONNECTION: [HeaderName; 7] = [
    CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The same, for names that are no constants.
const OF_THE_CONNECTION_TOO: [&str; 3] = ["keep-alive", "proxy-connection", "http2-settings"];

/// What others may have said of who called.
const OF_THE_CALLER: [&str; 7] = [
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-forwarded-prefix",
    "x-real-ip",
];

/// What this server's own cookies begin with.
const OWN_COOKIES: [&str; 2] = ["longhouse_", "__Host-longhouse_"];

/// What is known of who called.
pub(super) struct Caller<'a> {
    /// The preview's name, as the browser called it.
    pub(super) host: &'a str,
    pub(super) scheme: &'a str,
    pub(super) address: String,
}

/// Makes a request's head fit for the program. `is_ours` knows the tokens of this server.
pub(super) fn inward(headers: &mut HeaderMap, caller: &Caller<'_>, is_ours: impl Fn(&str) -> bool) {
    remove_hops(headers);
    for name in OF_THE_CALLER {
        headers.remove(name);
    }
    for name in [FORWARDED, VIA, EXPECT] {
        headers.remove(name);
    }
    let speaks_for_them = headers.get_all(AUTHORIZATION).iter().any(|value| {
        // What cannot be read cannot be told apart either.
        value.to_str().map_or(true, |value| {
            value.split([' ', ',', '=', '"']).any(&is_ours)
        })
    });
    if speaks_for_them {
        headers.remove(AUTHORIZATION);
    }
    keep_foreign_cookies(headers);
    let known = [
        (HOST, caller.host),
        (HeaderName::from_static("x-forwarded-host"), caller.host),
        (HeaderName::from_static("x-forwarded-proto"), caller.scheme),
        (
            HeaderName::from_static("x-forwarded-for"),
            caller.address.as_str(),
        ),
    ];
    for (name, value) in known {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}

/// Makes an answer's head fit for the browser. `host` is the preview's name.
pub(super) fn outward(headers: &mut HeaderMap, host: &str) {
    remove_hops(headers);
    // Each of these would hold beyond this origin, or for the way to this server, which is not the program's business.
    for name in [ALT_SVC, STRICT_TRANSPORT_SECURITY] {
        headers.remove(name);
    }
    headers.remove("clear-site-data");
    let cookies: Vec<HeaderValue> = headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|cookie| own_cookie(cookie, without_port(host)))
        .collect();
    headers.remove(SET_COOKIE);
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
}

fn remove_hops(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // Nobody unsays these by calling them the connection's.
        .filter(|name| *name != HOST && *name != COOKIE && *name != SET_COOKIE)
        .collect();
    for name in named.into_iter().chain(OF_THE_CONNECTION) {
        headers.remove(name);
    }
    for name in OF_THE_CONNECTION_TOO {
        headers.remove(name);
    }
}

fn is_own_cookie(name: &str) -> bool {
    OWN_COOKIES.iter().any(|own| {
        name.get(..own.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(own))
    })
}

fn keep_foreign_cookies(headers: &mut HeaderMap) {
    let kept: Vec<String> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .map(str::trim)
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && !is_own_cookie(name.trim())
        })
        .map(str::to_owned)
        .collect();
    headers.remove(COOKIE);
    if !kept.is_empty()
        && let Ok(line) = HeaderValue::from_str(&kept.join("; "))
    {
        headers.insert(COOKIE, line);
    }
}

/// A cookie as it may come out: for this host alone. One for a wider domain is dropped, as is one that takes a name of ours.
fn own_cookie(cookie: &HeaderValue, host: &str) -> Option<HeaderValue> {
    let text = cookie.to_str().ok()?;
    let mut parts = text.split(';');
    let pair = parts.next()?;
    let name = pair.split('=').next().unwrap_or_default().trim();
    if is_own_cookie(name) {
        return None;
    }
    let mut kept = vec![pair];
    for attribute in parts {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        if !key.trim().eq_ignore_ascii_case("domain") {
            kept.push(attribute);
            continue;
        }
        let domain = value.trim().trim_start_matches('.');
        if !domain.is_empty() && !domain.eq_ignore_ascii_case(host) {
            return None;
        }
    }
    HeaderValue::from_str(&kept.join(";")).ok()
}

fn without_port(host: &str) -> &str {
    host.split(':').next().unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn inside(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = map(lines);
        let caller = Caller {
            host: "3000--x.localhost:7070",
            scheme: "http",
            address: "203.0.113.9".to_owned(),
        };
        inward(&mut headers, &caller, |token| token == "ours");
        headers
    }

    fn text<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
        let all = headers.get_all(name).iter();
        all.map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn nothing_that_speaks_for_the_visitor_goes_in() {
        let headers = inside(&[
            ("cookie", "a=1; longhouse_access=x; b=2"),
            (
                "cookie",
                "__Host-longhouse_refresh=y;LONGHOUSE_preview=z; __Host-longhouse_oidc_1=w",
            ),
            ("authorization", "Bearer ours"),
        ]);
        assert_eq!(text(&headers, "cookie"), ["a=1; b=2"]);
        assert!(text(&headers, "authorization").is_empty());
        assert!(text(&inside(&[("cookie", "longhouse_access=x")]), "cookie").is_empty());
        // What belongs to the program's own visitors stays.
        let own = inside(&[("authorization", "Bearer theirs")]);
        assert_eq!(text(&own, "authorization"), ["Bearer theirs"]);
        let twice = inside(&[
            ("authorization", "Basic x"),
            ("authorization", "bearer ours"),
        ]);
        assert!(text(&twice, "authorization").is_empty());
    }

    #[test]
    fn who_called_is_said_by_this_server_alone() {
        let headers = inside(&[
            ("host", "evil.example"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=127.0.0.1"),
            ("x-real-ip", "127.0.0.1"),
        ]);
        assert_eq!(text(&headers, "host"), ["3000--x.localhost:7070"]);
        assert_eq!(
            text(&headers, "x-forwarded-host"),
            ["3000--x.localhost:7070"]
        );
        assert_eq!(text(&headers, "x-forwarded-proto"), ["http"]);
        assert_eq!(text(&headers, "x-forwarded-for"), ["203.0.113.9"]);
        assert!(text(&headers, "forwarded").is_empty() && text(&headers, "x-real-ip").is_empty());
    }

    #[test]
    fn what_concerns_the_connection_stays_with_it() {
        let headers = inside(&[
            ("connection", "keep-alive, X-Hop, cookie"),
            ("cookie", "a=1"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "x"),
            ("proxy-authorization", "Basic x"),
            ("x-kept", "1"),
        ]);
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let known = [
            "cookie",
            "host",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-kept",
        ];
        assert_eq!(names, known);
    }

    #[test]
    fn no_cookie_comes_out_for_more_than_the_preview() {
        let mut headers = map(&[
            ("set-cookie", "a=1; Path=/; HttpOnly"),
            ("set-cookie", "b=2; Domain=localhost; Path=/"),
            ("set-cookie", "c=3; domain = .Example.org"),
            ("set-cookie", "d=4; Domain=3000--x.LOCALHOST; Secure"),
            ("set-cookie", "longhouse_access=evil; Path=/"),
            (
                "set-cookie",
                "__host-Longhouse_preview=evil; Path=/; Secure",
            ),
            ("set-cookie", "e=5; Domain="),
            ("clear-site-data", "\"cookies\""),
            ("alt-svc", "h3=\":443\""),
            ("content-type", "text/html"),
        ]);
        outward(&mut headers, "3000--x.localhost:7070");
        let cookies = text(&headers, "set-cookie");
        assert_eq!(cookies, ["a=1; Path=/; HttpOnly", "d=4; Secure", "e=5"]);
        assert_eq!(headers.len(), 4);
    }
}
