//! All routes on one page, grouped by who may call them. The router and the document of the API are built from these rows.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Access, Row, limit_rate, row};
use crate::document::{ApiDocument, promise_fields};
use crate::state::AppState;
use crate::{auth, edge, guard, meta, sessions, socketio, terminals, ui};

/// Every route of the API. What stands beside them: Socket.IO at `/socket.io` and `/api/socket`, which asks for a login with
/// its first message, and the files of the web UI, which are everybody's.
pub(crate) fn rows(input_limit: usize) -> Vec<Row> {
    vec![
        // Everybody.
        row(Access::Public, routes!(meta::get_health)),
        row(Access::Public, routes!(meta::get_health_at_root)),
        row(Access::Public, routes!(meta::get_livez)),
        row(Access::Public, routes!(meta::get_readyz)),
        row(Access::Public, routes!(meta::get_openapi)),
        row(Access::Public, routes!(meta::get_docs)),
        row(Access::Public, routes!(auth::set_up)),
        row(Access::Public, routes!(auth::log_in)),
        row(Access::Public, routes!(auth::refresh)),
        row(Access::Public, routes!(auth::log_out)),
        // Programs on this machine, and admins.
        row(Access::Scrape, routes!(meta::get_metrics)),
        // Whoever has logged in, to look.
        row(Access::Look, routes!(auth::get_me)),
        row(Access::Look, routes!(auth::change_password)),
        row(Access::Look, routes!(auth::create_ticket)),
        row(Access::Look, routes!(meta::get_config)),
        row(Access::Look, routes!(meta::report_client_error)),
        row(Access::Look, routes!(sessions::list_sessions)),
        row(Access::Look, routes!(sessions::get_sessions_stats)),
        row(Access::Look, routes!(sessions::get_session)),
        row(Access::Look, routes!(sessions::get_session_health)),
        row(Access::Look, routes!(sessions::get_session_stats)),
        row(Access::Look, routes!(sessions::get_session_logs)).with_own_deadline(),
        row(Access::Look, routes!(terminals::list_terminals)),
        row(Access::Look, routes!(terminals::get_terminal)),
        row(Access::Look, routes!(terminals::capture_terminal)),
        row(Access::Upgrade, routes!(terminals::open_terminal_socket)).with_own_deadline(),
        // Whoever has logged in and may do more than look.
        row(Access::Drive, routes!(sessions::create_session)),
        row(Access::Drive, routes!(sessions::update_session)),
        row(Access::Drive, routes!(sessions::delete_session)),
        row(Access::Drive, routes!(sessions::start_session)),
        row(Access::Drive, routes!(sessions::stop_session)),
        row(Access::Drive, routes!(sessions::restart_session)),
        row(Access::Drive, routes!(sessions::exec_in_session)).with_own_deadline(),
        row(Access::Drive, routes!(terminals::resize_session)),
        row(Access::Drive, routes!(terminals::create_terminal)),
        row(Access::Drive, routes!(terminals::close_terminal)),
        row(Access::Drive, routes!(terminals::restart_terminal)),
        row(Access::Drive, routes!(terminals::resize_terminal)),
        row(Access::Drive, routes!(terminals::write_terminal)).with_body_limit(input_limit),
    ]
}

/// The server as a service. Everything that a request passes through stands here, the outermost last.
pub fn router(app: &AppState) -> Router {
    let mut api = OpenApiRouter::with_openapi(ApiDocument::openapi());
    for row in rows(app.limits().input) {
        api = api.routes(row.guarded(app));
    }
    let (router, _) = api.split_for_parts();
    let events = socketio::service(app);
    let routes = router
        .layer(DefaultBodyLimit::max(app.limits().body))
        .route_service("/socket.io", events.clone())
        .route_service("/socket.io/", events.clone())
        .route_service("/api/socket", events.clone())
        .route_service("/api/socket/", events)
        .fallback(ui::fall_back);
    behind_the_edge(routes, app)
}

/// What every request passes through, whatever answers it: the limit of an address, the guard against foreign pages, and the
/// edge, which turns each error and each panic into the one envelope.
pub fn behind_the_edge(routes: Router<AppState>, app: &AppState) -> Router {
    routes
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(from_fn_with_state(app.clone(), limit_rate))
        .layer(from_fn_with_state(app.clone(), edge::edge))
        .with_state(app.clone())
}

/// The document of the API.
pub(crate) fn openapi() -> OpenApi {
    let mut api = OpenApiRouter::<AppState>::with_openapi(ApiDocument::openapi());
    for row in rows(0) {
        api = api.routes(row.routes);
    }
    let mut document = api.into_openapi();
    promise_fields(&mut document);
    document
}

/// The document of the API as JSON, the same text every time.
pub fn openapi_json() -> String {
    let mut text = serde_json::to_string_pretty(&openapi()).unwrap_or_default();
    text.push('\n');
    text
}

/// Every route with its method and who may call it, for whoever wants to check.
pub fn access_table() -> Vec<(String, String, Access)> {
    rows(0)
        .into_iter()
        .flat_map(|row| {
            let mut document = OpenApi::default();
            document.paths = row.routes.1;
            let found: Vec<_> = meta::operations(&document)
                .map(|(path, method, _)| (method.to_uppercase(), path.to_owned(), row.access))
                .collect();
            found
        })
        .collect()
}
