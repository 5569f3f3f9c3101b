//! All routes on one page, grouped by who may call them. The router and the document of the API are built from these rows.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use longhouse_domain::Scope;
use utoipa::openapi::{HttpMethod, OpenApi};
use utoipa::{OpenApi as _, Path as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::{PathItemExt as _, routes};

use crate::access::{Access, ForTokens, Route, Row, keep_room_for_admins, limit_rate, row};
use crate::audit::Audit::{Deed, Every, Quiet, Refusals};
use crate::audit::Subject;
use crate::document::{ApiDocument, promise_fields};
use crate::state::AppState;
use crate::{
    audit, auth, containers, edge, files, git, guard, meta, preview, repositories, repository,
    secrets, sessions, socketio, terminals, ui, users, volumes,
};

/// The route of a handler that `#[utoipa::path]` describes.
macro_rules! route {
    ($module:ident::$handler:ident) => {
        utoipa_axum::paste! {{
            type Described = $module::[<__path_ $handler>];
            let methods = Described::methods();
            let handler = methods.iter().fold(MethodRouter::new(), |router, method| {
                router.on(method.to_method_filter(), $module::$handler)
            });
            Route {
                path: Described::path(),
                methods,
                handler,
                document: || routes!($module::$handler),
            }
        }}
    };
}

/// Every route of the API. What stands beside them: Socket.IO at `/socket.io` and `/api/socket`, which asks for a login with
/// its first message, and the files of the web UI, which are everybody's.
pub(crate) fn rows(input_limit: usize) -> Vec<Row> {
    let mut rows = for_everybody();
    rows.extend(for_the_logged_in());
    rows.extend(for_oneself());
    rows.extend(for_drivers(input_limit));
    rows.extend(for_admins());
    rows
}

/// Everybody.
#[rustfmt::skip] // One route, one line.
fn for_everybody() -> Vec<Row> {
    vec![
        row(Access::Public, Quiet, route!(meta::get_health)),
        row(Access::Public, Quiet, route!(meta::get_health_at_root)),
        row(Access::Public, Quiet, route!(meta::get_livez)),
        row(Access::Public, Quiet, route!(meta::get_readyz)),
        row(Access::Public, Quiet, route!(meta::get_openapi)),
        row(Access::Public, Quiet, route!(meta::get_docs)),
        row(Access::Public, Deed("auth.setup", Subject::Nothing), route!(auth::set_up)),
        row(Access::Public, Every("auth.login", Subject::Nothing), route!(auth::log_in)),
        row(Access::Public, Refusals("auth.refresh", Subject::Nothing), route!(auth::refresh)),
        row(Access::Public, Deed("auth.logout", Subject::Nothing), route!(auth::log_out)),
        row(Access::Public, Quiet, route!(auth::get_login_methods)),
        row(Access::Public, Quiet, route!(auth::begin_oidc_login)),
        row(Access::Public, Every("auth.login", Subject::Nothing), route!(auth::finish_oidc_login)),
        // Programs on this machine, and admins.
        row(Access::Scrape, Quiet, route!(meta::get_metrics)),
    ]
}

/// Whoever has logged in, to look.
#[rustfmt::skip] // One route, one line.
fn for_the_logged_in() -> Vec<Row> {
    vec![
        row(Access::Look, Quiet, route!(auth::get_me)).for_tokens(ForTokens::Any),
        row(Access::Look, Refusals("auth.ticket", Subject::Nothing), route!(auth::create_ticket)),
        row(Access::Look, Quiet, route!(meta::get_config)).for_tokens(ForTokens::Any),
        row(Access::Look, Refusals("page.report", Subject::Nothing), route!(meta::report_client_error)).for_tokens(ForTokens::Any),
        row(Access::Look, Quiet, route!(sessions::list_sessions)),
        row(Access::Look, Quiet, route!(sessions::get_sessions_stats)),
        row(Access::Look, Quiet, route!(sessions::get_session)),
        row(Access::Look, Quiet, route!(sessions::get_session_health)),
        row(Access::Look, Quiet, route!(sessions::get_session_stats)),
        row(Access::Look, Quiet, route!(sessions::get_session_metrics)),
        row(Access::Look, Quiet, route!(sessions::get_session_logs)).with_own_deadline(),
        row(Access::Look, Quiet, route!(sessions::list_ports)),
        row(Access::Look, Quiet, route!(sessions::get_auto_commit)).for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Look, Quiet, route!(sessions::list_checkpoints)).for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Look, Quiet, route!(sessions::list_kept_work)).for_tokens(ForTokens::With(Scope::FilesRead)),
        // Who else may do what is for those to know who may change it.
        row(Access::Look, Quiet, route!(sessions::list_shares)).for_tokens(ForTokens::With(Scope::SessionsWrite)),
        // Whoever has a share may leave, whatever else they may.
        row(Access::Look, Deed("session.unshare", Subject::Session), route!(sessions::unshare_session)).for_tokens(ForTokens::With(Scope::SessionsWrite)),
        row(Access::Look, Quiet, route!(containers::list_containers)),
        row(Access::Look, Quiet, route!(containers::get_container)),
        row(Access::Look, Quiet, route!(containers::get_container_health)),
        row(Access::Look, Quiet, route!(containers::get_container_stats)),
        row(Access::Look, Quiet, route!(containers::get_container_metrics)),
        row(Access::Look, Quiet, route!(containers::get_container_logs)).with_own_deadline(),
        row(Access::Look, Quiet, route!(terminals::list_terminals)),
        row(Access::Look, Quiet, route!(terminals::get_terminal)),
        row(Access::Look, Quiet, route!(terminals::capture_terminal)),
        row(Access::Look, Every("terminal.replay", Subject::Terminal), route!(terminals::get_recording)).with_own_deadline(),
        row(Access::Look, Refusals("file.list", Subject::Nothing), route!(files::list_files)).for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Look, Every("file.read", Subject::Nothing), route!(files::read_file)).with_own_deadline().for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Look, Every("file.archive", Subject::Nothing), route!(files::archive_files)).with_own_deadline().for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Look, Quiet, route!(repositories::list_repositories)),
        row(Access::Look, Quiet, route!(repositories::get_repository)),
        row(Access::Look, Quiet, route!(repository::get_git_status)).for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Look, Quiet, route!(repository::list_git_conflicts)).for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Look, Quiet, route!(repository::get_git_log)).for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Look, Refusals("git.diff", Subject::Session), route!(repository::get_git_diff)).for_tokens(ForTokens::With(Scope::FilesRead)),
        row(Access::Upgrade, Refusals("terminal.open", Subject::Terminal), route!(terminals::open_terminal_socket)).with_own_deadline(),
    ]
}

/// Whoever has logged in, for their own account.
#[rustfmt::skip] // One route, one line.
fn for_oneself() -> Vec<Row> {
    vec![
        row(Access::Account, Deed("auth.password", Subject::Nothing), route!(auth::change_password)),
        row(Access::Account, Quiet, route!(auth::list_sign_ins)),
        row(Access::Account, Quiet, route!(auth::list_identities)),
        row(Access::Account, Refusals("auth.link", Subject::Nothing), route!(auth::begin_link)),
        row(Access::Account, Deed("auth.link", Subject::Nothing), route!(auth::link_identity)),
        row(Access::Account, Deed("auth.unlink", Subject::Nothing), route!(auth::unlink_identity)),
        row(Access::Account, Deed("auth.end_sign_ins", Subject::Nothing), route!(auth::end_other_sign_ins)),
        row(Access::Account, Deed("auth.end_sign_in", Subject::Object("sign_in")), route!(auth::end_sign_in)),
        row(Access::Account, Quiet, route!(auth::list_tokens)),
        row(Access::Account, Deed("token.create", Subject::Object("token")), route!(auth::create_token)),
        row(Access::Account, Deed("token.delete", Subject::Object("token")), route!(auth::delete_token)),
        row(Access::Account, Quiet, route!(git::get_git_config)),
        row(Access::Account, Every("git_config.update", Subject::Nothing), route!(git::update_git_config)),
        row(Access::Account, Quiet, route!(git::list_ssh_keys)),
        row(Access::Account, Deed("ssh_key.create", Subject::Object("ssh_key")), route!(git::create_ssh_key)),
        row(Access::Account, Deed("ssh_key.delete", Subject::Object("ssh_key")), route!(git::delete_ssh_key)),
        row(Access::Account, Quiet, route!(git::list_git_tokens)),
        row(Access::Account, Deed("git_token.create", Subject::Object("git_token")), route!(git::create_git_token)),
        row(Access::Account, Deed("git_token.delete", Subject::Object("git_token")), route!(git::delete_git_token)),
        row(Access::Account, Quiet, route!(git::list_known_hosts)),
        row(Access::Account, Deed("known_host.delete", Subject::Object("known_host")), route!(git::forget_known_host)),
    ]
}

/// Whoever has logged in and may do more than look.
#[rustfmt::skip] // One route, one line.
fn for_drivers(input_limit: usize) -> Vec<Row> {
    vec![
        row(Access::Drive, Every("session.create", Subject::Object("session")), route!(sessions::create_session)),
        row(Access::Drive, Every("session.update", Subject::Session), route!(sessions::update_session)),
        row(Access::Drive, Every("session.delete", Subject::Session), route!(sessions::delete_session)),
        row(Access::Drive, Deed("session.share", Subject::Session), route!(sessions::share_session)),
        row(Access::Drive, Every("session.start", Subject::Session), route!(sessions::start_session)),
        row(Access::Drive, Every("session.stop", Subject::Session), route!(sessions::stop_session)),
        row(Access::Drive, Every("session.restart", Subject::Session), route!(sessions::restart_session)),
        row(Access::Drive, Every("session.create", Subject::Object("session")), route!(containers::create_container)),
        row(Access::Drive, Every("session.delete", Subject::Container), route!(containers::delete_container)),
        row(Access::Drive, Every("session.start", Subject::Container), route!(containers::start_container)),
        row(Access::Drive, Every("session.stop", Subject::Container), route!(containers::stop_container)),
        row(Access::Drive, Every("session.restart", Subject::Container), route!(containers::restart_container)),
        row(Access::Drive, Every("preview.open", Subject::Session), route!(preview::create_preview)),
        row(Access::Drive, Every("session.exec", Subject::Session), route!(sessions::exec_in_session)).with_own_deadline(),
        row(Access::Drive, Every("git.autocommit", Subject::Session), route!(sessions::update_auto_commit)),
        row(Access::Drive, Every("git.commit", Subject::Session), route!(sessions::run_auto_commit)).with_own_deadline(),
        row(Access::Drive, Every("git.checkpoint", Subject::Session), route!(sessions::create_checkpoint)).with_own_deadline(),
        row(Access::Drive, Every("git.restore", Subject::Session), route!(sessions::restore_checkpoint)).with_own_deadline(),
        row(Access::Drive, Every("git.bring_back", Subject::Session), route!(sessions::restore_kept_work)).with_own_deadline(),
        row(Access::Drive, Refusals("terminal.resize", Subject::Terminal), route!(terminals::resize_session)),
        row(Access::Drive, Every("terminal.create", Subject::Session), route!(terminals::create_terminal)),
        row(Access::Drive, Every("terminal.close", Subject::Terminal), route!(terminals::close_terminal)),
        row(Access::Drive, Every("terminal.restart", Subject::Terminal), route!(terminals::restart_terminal)),
        row(Access::Drive, Every("terminal.forget", Subject::Terminal), route!(terminals::delete_recording)),
        row(Access::Drive, Refusals("terminal.resize", Subject::Terminal), route!(terminals::resize_terminal)),
        row(Access::Drive, Every("terminal.input", Subject::Terminal), route!(terminals::write_terminal)).with_body_limit(input_limit),
        row(Access::Drive, Every("file.write", Subject::Nothing), route!(files::save_file)).with_own_deadline().for_tokens(ForTokens::With(Scope::FilesWrite)),
        row(Access::Drive, Every("file.mkdir", Subject::Nothing), route!(files::make_directory)).for_tokens(ForTokens::With(Scope::FilesWrite)),
        row(Access::Drive, Every("file.move", Subject::Nothing), route!(files::move_file)).for_tokens(ForTokens::With(Scope::FilesWrite)),
        row(Access::Drive, Every("file.copy", Subject::Nothing), route!(files::copy_file)).with_own_deadline().for_tokens(ForTokens::With(Scope::FilesWrite)),
        row(Access::Drive, Every("file.delete", Subject::Nothing), route!(files::delete_file)).with_own_deadline().for_tokens(ForTokens::With(Scope::FilesWrite)),
        row(Access::Drive, Every("git.commit", Subject::Session), route!(repository::commit_in_session)).with_own_deadline(),
        row(Access::Drive, Every("git.commit", Subject::Session), route!(repository::commit_session)).with_own_deadline(),
        row(Access::Drive, Every("git.stage", Subject::Session), route!(repository::stage_files)).with_own_deadline(),
        row(Access::Drive, Every("git.unstage", Subject::Session), route!(repository::unstage_files)).with_own_deadline(),
        row(Access::Drive, Every("git.checkout", Subject::Session), route!(repository::checkout_branch)).with_own_deadline(),
        row(Access::Drive, Every("git.branch", Subject::Session), route!(repository::change_branch)).with_own_deadline(),
        row(Access::Drive, Every("git.stash", Subject::Session), route!(repository::stash_changes)).with_own_deadline(),
        row(Access::Drive, Every("git.reset", Subject::Session), route!(repository::reset_branch)).with_own_deadline(),
        row(Access::Drive, Every("git.merge", Subject::Session), route!(repository::merge_branch)).with_own_deadline(),
        row(Access::Drive, Every("git.rebase", Subject::Session), route!(repository::rebase_branch)).with_own_deadline(),
        row(Access::Drive, Every("git.fetch", Subject::Session), route!(repository::fetch_repository)).with_own_deadline(),
        row(Access::Drive, Every("git.pull", Subject::Session), route!(repository::pull_repository)).with_own_deadline(),
        row(Access::Drive, Every("git.push", Subject::Session), route!(repository::push_repository)).with_own_deadline(),
        row(Access::Drive, Every("repository.create", Subject::Object("repository")), route!(repositories::create_repository)),
        row(Access::Drive, Every("repository.update", Subject::Object("repository")), route!(repositories::update_repository)),
        row(Access::Drive, Every("repository.delete", Subject::Object("repository")), route!(repositories::delete_repository)),
        row(Access::Drive, Every("git.run", Subject::Nothing), route!(repository::run_git)).with_own_deadline(),
        row(Access::Drive, Quiet, route!(users::list_people)),
    ]
}

/// Admins.
#[rustfmt::skip] // One route, one line.
fn for_admins() -> Vec<Row> {
    vec![
        row(Access::Admin, Quiet, route!(audit::list_audit)),
        row(Access::Admin, Every("audit.export", Subject::Nothing), route!(audit::export_audit)).with_own_deadline(),
        row(Access::Admin, Quiet, route!(audit::verify_audit)).with_own_deadline(),
        row(Access::Admin, Quiet, route!(secrets::get_secrets_state)),
        row(Access::Admin, Every("secrets.rotate", Subject::Nothing), route!(secrets::rotate_data_key)),
        row(Access::Admin, Every("secrets.rotate_master", Subject::Nothing), route!(secrets::rotate_master_key)),
        row(Access::Admin, Quiet, route!(meta::get_settings)),
        row(Access::Admin, Deed("settings.update", Subject::Nothing), route!(meta::update_settings)),
        row(Access::Admin, Quiet, route!(volumes::list_volumes)),
        row(Access::Admin, Every("volume.delete", Subject::Object("volume")), route!(volumes::delete_volume)),
        row(Access::Admin, Quiet, route!(users::list_users)),
        row(Access::Admin, Deed("user.create", Subject::Object("user")), route!(users::create_user)),
        row(Access::Admin, Quiet, route!(users::get_user)),
        row(Access::Admin, Deed("user.update", Subject::Object("user")), route!(users::update_user)),
        row(Access::Admin, Deed("user.delete", Subject::Object("user")), route!(users::delete_user)),
    ]
}

/// The server as a service. Everything that a request passes through stands here, the outermost last.
pub fn router(app: &AppState) -> Router {
    let mut router = Router::new();
    for row in rows(app.limits().input) {
        let (path, handler) = row.guarded(app);
        router = router.route(&path, handler);
    }
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
        .layer(from_fn_with_state(app.clone(), keep_room_for_admins))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(from_fn_with_state(app.clone(), preview::divert))
        .layer(from_fn_with_state(app.clone(), limit_rate))
        .layer(from_fn_with_state(app.clone(), edge::edge))
        .with_state(app.clone())
}

/// The document of the API.
pub(crate) fn openapi() -> OpenApi {
    let mut api = OpenApiRouter::<AppState>::with_openapi(ApiDocument::openapi());
    for row in rows(0) {
        api = api.routes((row.route.document)());
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
    table(|row| row.access)
}

/// Every route with its method and the action as which its calls are recorded, for whoever wants to check.
pub fn audit_table() -> Vec<(String, String, Option<&'static str>)> {
    table(|row| row.audit.action())
}

/// Every route with its method that changes who may do what, so that the change and its record are one.
pub fn deed_table() -> Vec<(String, String)> {
    let rows = table(|row| row.audit.is_deed()).into_iter();
    rows.filter(|(_, _, deed)| *deed)
        .map(|(method, path, _)| (method, path))
        .collect()
}

/// Every route with its method and the API tokens that it can be called with, for whoever wants to check.
pub fn token_table() -> Vec<(String, String, ForTokens)> {
    table(|row| row.tokens)
}

fn table<T: Copy>(of: impl Fn(&Row) -> T) -> Vec<(String, String, T)> {
    rows(0)
        .into_iter()
        .flat_map(|row| {
            let value = of(&row);
            let Route { path, methods, .. } = row.route;
            let methods = methods.into_iter();
            methods.map(move |method| (name(&method).to_owned(), path.clone(), value))
        })
        .collect()
}

fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Trace => "TRACE",
    }
}
