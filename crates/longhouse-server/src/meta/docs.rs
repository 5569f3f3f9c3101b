//! The document of the API, and a plain page that shows it to people. The page is made from the document, has no script and
//! loads nothing from elsewhere.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::routes::openapi;
use crate::state::AppState;

/// The document of this API, OpenAPI 3.1.
#[utoipa::path(get, path = "/api/openapi.json", tag = "meta", security(()), responses(
    (status = 200, body = serde_json::Value)))]
pub(crate) async fn get_openapi() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(crate::routes::openapi_json);
    ([(CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// The document of this API, for people.
#[utoipa::path(get, path = "/api/docs", tag = "meta", security(()), responses(
    (status = 200, body = String, content_type = "text/html")))]
pub(crate) async fn get_docs(_state: State<AppState>) -> impl IntoResponse {
    static PAGE: LazyLock<String> = LazyLock::new(|| page(&openapi()));
    Html(PAGE.as_str())
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
color:#1c1917;background:#fafaf9}h2{margin-top:2.5rem;border-bottom:1px solid #d6d3d1}code,pre{font:13px/1.5 ui-monospace,monospace}\
details{border:1px solid #e7e5e4;border-radius:8px;margin:.5rem 0;background:#fff}summary{cursor:pointer;padding:.6rem .8rem}\
details>div{padding:0 .8rem .8rem}.m{display:inline-block;min-width:4.5em;font-weight:700}.get{color:#0369a1}.post{color:#15803d}\
.delete{color:#b91c1c}.patch{color:#a16207}.put{color:#a16207}pre{overflow:auto;background:#f5f5f4;padding:.6rem;border-radius:6px}\
table{border-collapse:collapse}td{padding:.1rem .8rem .1rem 0;vertical-align:top}\
@media(prefers-color-scheme:dark){body{background:#1c1917;color:#e7e5e4}details{background:#292524;border-color:#44403c}pre{background:#1c1917}}";

fn page(document: &OpenApi) -> String {
    let mut html = String::new();
    let info = &document.info;
    let _ = write!(
        html,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><h1>{title} {version}</h1><p>{text}</p>\
         <p>For programs: <a href=\"/api/openapi.json\">/api/openapi.json</a></p>",
        title = escaped(&info.title),
        version = escaped(&info.version),
        text = escaped(info.description.as_deref().unwrap_or_default()),
    );
    let mut tags: Vec<&str> = Vec::new();
    for (_, _, operation) in operations(document) {
        let tag = first_tag(operation);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    for tag in tags {
        let _ = write!(html, "<h2>{}</h2>", escaped(tag));
        for (path, method, operation) in
            operations(document).filter(|found| first_tag(found.2) == tag)
        {
            write_operation(&mut html, path, method, operation);
        }
    }
    html.push_str("<h2>Schemas</h2>");
    if let Some(components) = &document.components {
        for (name, schema) in &components.schemas {
            let text = serde_json::to_string_pretty(schema).unwrap_or_default();
            let _ = write!(
                html,
                "<details id=\"{name}\"><summary><code>{name}</code></summary><div><pre>{text}</pre></div></details>",
                name = escaped(name),
                text = escaped(&text)
            );
        }
    }
    html.push_str("</html>");
    html
}

/// All operations with their addresses and methods.
pub(crate) fn operations(
    document: &OpenApi,
) -> impl Iterator<Item = (&str, &'static str, &Operation)> {
    document.paths.paths.iter().flat_map(|(path, item)| {
        methods(item)
            .into_iter()
            .map(move |(method, operation)| (path.as_str(), method, operation))
    })
}

fn methods(item: &PathItem) -> Vec<(&'static str, &Operation)> {
    [
        ("get", &item.get),
        ("post", &item.post),
        ("put", &item.put),
        ("patch", &item.patch),
        ("delete", &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
    .collect()
}

fn first_tag(operation: &Operation) -> &str {
    operation
        .tags
        .as_ref()
        .and_then(|tags| tags.first())
        .map_or("other", String::as_str)
}

fn write_operation(html: &mut String, path: &str, method: &str, operation: &Operation) {
    let _ = write!(
        html,
        "<details><summary><span class=\"m {method}\">{upper}</span> <code>{path}</code> {summary}</summary><div>",
        upper = method.to_uppercase(),
        path = escaped(path),
        summary = escaped(operation.summary.as_deref().unwrap_or_default()),
    );
    if let Some(text) = &operation.description {
        let _ = write!(html, "<p>{}</p>", escaped(text));
    }
    if let Some(parameters) = &operation.parameters {
        html.push_str("<table>");
        for parameter in parameters.iter().filter_map(inline) {
            let text = parameter.description.as_deref().unwrap_or_default();
            let _ = write!(
                html,
                "<tr><td><code>{}</code></td><td>{}</td></tr>",
                escaped(&parameter.name),
                escaped(text)
            );
        }
        html.push_str("</table>");
    }
    if let Some(body) = &operation.request_body {
        let _ = write!(html, "<p>Body</p><pre>{}</pre>", json(body));
    }
    for (status, response) in &operation.responses.responses {
        let schema = inline(response)
            .into_iter()
            .flat_map(|response| response.content.iter())
            .filter_map(|(kind, content)| Some((kind, inline(content)?)))
            .map(|(kind, content)| {
                format!(
                    "{kind} {}",
                    serde_json::to_string(&content.schema).unwrap_or_default()
                )
            })
            .collect::<Vec<_>>()
            .join(", ");
        let _ = write!(
            html,
            "<p><code>{}</code> <code>{}</code></p>",
            escaped(status),
            escaped(&schema)
        );
    }
    html.push_str("</div></details>");
}

/// What stands in place; the routes of this crate refer to nothing but schemas.
fn inline<T>(item: &RefOr<T>) -> Option<&T> {
    match item {
        RefOr::T(item) => Some(item),
        RefOr::Ref(_) => None,
    }
}

fn json(value: &impl serde::Serialize) -> String {
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
