//! What a person sees at a preview's address while there is nothing to show. The pages need no script and load nothing.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFRESH};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use longhouse_engine::PortError;

use crate::edge::OwnBody;
use crate::problem::Problem;

/// After how many seconds a page looks again by itself.
const LOOK_AGAIN: u64 = 3;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const STYLE: &str = ":root{color-scheme:light dark;--back:#f7f6f3;--card:#fff;--text:#1d1c1a;--quiet:#5f5b54;--line:#dedbd4}\
@media(prefers-color-scheme:dark){:root{--back:#141416;--card:#1c1c20;--text:#ececee;--quiet:#a5a5ad;--line:#303036}}\
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--back);color:var(--text);\
font:16px/1.5 system-ui,sans-serif}main{max-width:34rem;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:28px}\
h1{font-size:1.2rem;margin:0 0 8px}p{margin:0 0 8px;color:var(--quiet)}p:last-child{margin:0;font-size:.875rem}";

/// What is the matter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    advice: &'static str,
}

/// The program was reached, and gave no answer that is one.
pub(super) const BAD_ANSWER: Trouble = Trouble {
    status: StatusCode::BAD_GATEWAY,
    code: "preview.bad_answer",
    title: "The program gave no proper answer",
    advice: "It may not speak HTTP on this port, or it broke off. Its terminal says more.",
};

/// The program does not answer.
pub(super) const NO_ANSWER: Trouble = Trouble {
    status: StatusCode::GATEWAY_TIMEOUT,
    code: "preview.no_answer",
    title: "The program does not answer",
    advice: "It took the request and has said nothing for minutes. Its terminal may say why.",
};

impl From<&PortError> for Trouble {
    fn from(error: &PortError) -> Self {
        let away = StatusCode::SERVICE_UNAVAILABLE;
        match error {
            PortError::NobodyListens => Self {
                status: StatusCode::BAD_GATEWAY,
                code: "preview.nobody_listens",
                title: "Nothing listens on this port",
                advice: "Start the program in the session; it has to listen on 127.0.0.1, localhost or all addresses.",
            },
            PortError::AtRest => Self {
                status: away,
                code: "session.not_running",
                title: "The session does not run",
                advice: "Start it in Longhouse, and in it the program.",
            },
            PortError::Full => Self {
                status: away,
                code: "preview.too_many_connections",
                title: "Too many connections",
                advice: "The session's previews have as many connections as they may. Close some of their tabs.",
            },
            PortError::Unreachable(_) => Self {
                status: away,
                code: "session.unreachable",
                title: "The session cannot be reached",
                advice: "It may just be starting. If this stays, restart the session.",
            },
        }
    }
}

impl Trouble {
    /// For a person's browser a page that looks again by itself, for a program the usual envelope.
    pub(super) fn answer(self, for_a_person: bool, port: u16) -> Response {
        if !for_a_person {
            return Problem::new(
                self.status,
                self.code,
                format!("{}: {}", self.title, self.advice),
            )
            .retry_after(LOOK_AGAIN)
            .into_response();
        }
        let Self { title, advice, .. } = self;
        let page = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1><p>{advice}</p>\
             <p>Port {port}. This page looks again every {LOOK_AGAIN} seconds.</p></main></body></html>\n"
        );
        let mut response = (self.status, page).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFRESH, HeaderValue::from(LOOK_AGAIN));
        response.extensions_mut().insert(OwnBody);
        response
    }
}
