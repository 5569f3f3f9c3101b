//! Who may call a route. Every route has a row with its [`Access`], and the router is built from the rows, so there is no route
//! without one.

use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use longhouse_domain::{Actor, Scope, UserId};
use longhouse_engine::accounts::{Credential, Identity};
use utoipa::openapi::HttpMethod;
use utoipa_axum::router::UtoipaMethodRouter;

use crate::audit::{Audit, Pending};
use crate::auth::{Caller, Presented, identify};
use crate::problem::Problem;
use crate::serve::{Peer, Standing};
use crate::state::AppState;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Programs on this machine, and admins.
    Scrape,
    /// Everybody who has logged in; which objects they see is decided where the objects are.
    Look,
    /// Everybody who has logged in and may do more than look.
    Drive,
    /// Everybody who has logged in, for what concerns their own account; never with an API token, which could otherwise make
    /// itself at home: mint others, change the password.
    Account,
    /// Admins.
    Admin,
    /// Everybody who has logged in, which the handler finds out after the upgrade: a browser does not learn the HTTP status of
    /// a WebSocket that was refused, only a close code.
    Upgrade,
}

/// Whether a route can be called with an API token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForTokens {
    /// With any.
    Any,
    /// With one that has this scope.
    With(Scope),
    /// With none.
    Never,
}

impl Access {
    /// What holds for tokens where the row says nothing of its own.
    fn for_tokens(self) -> ForTokens {
        match self {
            Self::Public => ForTokens::Any,
            Self::Scrape => ForTokens::With(Scope::Metrics),
            Self::Look | Self::Upgrade => ForTokens::With(Scope::SessionsRead),
            Self::Drive => ForTokens::With(Scope::SessionsWrite),
            Self::Account => ForTokens::Never,
            Self::Admin => ForTokens::With(Scope::Admin),
        }
    }
}

impl ForTokens {
    /// Whether somebody may go on with what they showed.
    pub(crate) fn admit(self, identity: &Identity) -> Result<(), Problem> {
        match (self, &identity.by) {
            (_, Credential::ControlSocket | Credential::SignIn(_)) | (Self::Any, _) => Ok(()),
            (Self::With(scope), Credential::ApiToken(_)) if identity.reaches(scope) => Ok(()),
            (Self::With(scope), Credential::ApiToken(_)) => Err(Problem::forbidden(
                "auth.scope",
                format!("this API token lacks the scope {}", scope.as_str()),
            )),
            (Self::Never, Credential::ApiToken(_)) => Err(Problem::forbidden(
                "auth.not_with_token",
                "this cannot be done with an API token: log in",
            )),
        }
    }
}

/// How long an answer may take to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// As the settings say.
    Ordinary,
    /// As long as the operation says itself: it has a time limit of its own, or no end.
    Own,
}

/// One route: who may call it, what is recorded of it, how long it may take, and what it does.
pub(crate) struct Row {
    pub(crate) access: Access,
    pub(crate) audit: Audit,
    pub(crate) tokens: ForTokens,
    deadline: Deadline,
    body_limit: Option<usize>,
    pub(crate) route: Route,
}

/// One route, as [`crate::routes::route`] makes it of its handler.
pub(crate) struct Route {
    pub(crate) path: String,
    pub(crate) methods: Vec<HttpMethod>,
    pub(crate) handler: MethodRouter<AppState>,
    /// What stands of it in the document of the API. Made only for whoever asks for that: for all routes it takes longer than everything
    /// else that a server does when it starts.
    pub(crate) document: fn() -> UtoipaMethodRouter<AppState>,
}

/// A row with the ordinary deadline.
pub(crate) fn row(access: Access, audit: Audit, route: Route) -> Row {
    Row {
        access,
        audit,
        tokens: access.for_tokens(),
        deadline: Deadline::Ordinary,
        body_limit: None,
        route,
    }
}

impl Row {
    /// The same row, for API tokens as this says.
    pub(crate) fn for_tokens(mut self, tokens: ForTokens) -> Self {
        self.tokens = tokens;
        self
    }

    /// The same row, for an operation that limits its own time.
    pub(crate) fn with_own_deadline(mut self) -> Self {
        self.deadline = Deadline::Own;
        self
    }

    /// The same row, for an operation that takes larger bodies than others, in bytes.
    pub(crate) fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// The path, and what answers there behind what guards it.
    pub(crate) fn guarded(self, app: &AppState) -> (String, MethodRouter<AppState>) {
        let (audit, deadline) = (self.audit, self.deadline);
        let who = (self.access, self.tokens);
        let app = app.clone();
        let guard = from_fn(move |request: Request, next: Next| {
            let app = app.clone();
            async move { pass(&app, (who, audit, deadline), request, next).await }
        });
        let mut router = self.route.handler;
        if let Some(bytes) = self.body_limit {
            router = router.route_layer(DefaultBodyLimit::max(bytes));
        }
        (self.route.path, router.route_layer(guard))
    }
}

/// What a row says of who may call.
type Who = (Access, ForTokens);

/// Lets a call through or not, and records it. A deed runs in a task of its own, which does not end with its connection.
async fn pass(
    app: &AppState,
    rules: (Who, Audit, Deadline),
    request: Request,
    next: Next,
) -> Response {
    if !rules.1.is_deed() {
        return call(app, rules, request, next).await;
    }
    let acting = app.clone();
    let deed = app
        .tasks()
        .spawn(async move { call(&acting, rules, request, next).await });
    match deed.await {
        Ok(response) => response,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(ended) => Problem::internal(ended.to_string()).into_response(),
        },
    }
}

async fn call(
    app: &AppState,
    (who, audit, deadline): (Who, Audit, Deadline),
    request: Request,
    next: Next,
) -> Response {
    let (mut pending, request) = match Pending::begin(app, audit, request).await {
        Ok(begun) => begun,
        Err(problem) => return problem.into_response(),
    };
    let response = admit(app, (who, deadline), &mut pending, request, next).await;
    match pending {
        Some(pending) => pending.finish(app, response).await,
        None => response,
    }
}

async fn admit(
    app: &AppState,
    (who, deadline): (Who, Deadline),
    pending: &mut Option<Pending>,
    mut request: Request,
    next: Next,
) -> Response {
    let presented = Presented::by(app, request.headers(), request.extensions());
    let local = is_local_program(&request);
    match caller(app, who.0, presented, local).await {
        Ok(Some(caller)) => {
            if let Some(pending) = pending {
                pending.identified(app, &caller).await;
            }
            let peer = request.extensions().get();
            let allowed =
                limit_user(app, peer, caller.identity.user.id).and_then(|()| enough(who, &caller));
            if let Err(problem) = allowed {
                return problem.into_response();
            }
            request.extensions_mut().insert(caller);
        }
        Ok(None) => {}
        Err(problem) => return problem.into_response(),
    }
    if let Some(pending) = pending {
        pending.hand_over();
    }
    match deadline {
        Deadline::Own => next.run(request).await,
        Deadline::Ordinary => answer_in_time(app.limits().answer_time, request, next).await,
    }
}

async fn answer_in_time(limit: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "request.timeout",
            "the answer took too long; it may still be carried out",
        )
        .retry_after(5)
        .into_response(),
    }
}

/// Who calls, where the route asks for that.
async fn caller(
    app: &AppState,
    access: Access,
    presented: Presented,
    local: bool,
) -> Result<Option<Caller>, Problem> {
    match access {
        Access::Public | Access::Upgrade => return Ok(None),
        Access::Scrape if local => return Ok(None),
        Access::Scrape | Access::Look | Access::Drive | Access::Account | Access::Admin => {}
    }
    let mut caller = Caller::new(identify(app, presented).await?);
    if matches!(access, Access::Drive | Access::Admin) {
        // A token that gets past the row has the very scope that the route asks for, be it another one than for sessions.
        caller.actor.only_looks = false;
    }
    Ok(Some(caller))
}

/// Whether the caller's role, and the API token that they may have shown, are enough for the route.
fn enough((access, tokens): Who, caller: &Caller) -> Result<(), Problem> {
    tokens.admit(&caller.identity)?;
    access.permit(&caller.actor)
}

impl Access {
    /// Whether somebody who has logged in may call what is marked with this.
    pub(crate) fn permit(self, actor: &Actor) -> Result<(), Problem> {
        let enough = match self {
            Self::Public | Self::Upgrade | Self::Look | Self::Account => true,
            Self::Drive => actor.may_drive(),
            Self::Scrape | Self::Admin => actor.sees_all(),
        };
        match self {
            _ if enough => Ok(()),
            // What is there for admins alone is not there for others.
            Self::Admin => Err(Problem::for_status(StatusCode::NOT_FOUND)),
            _ => Err(Problem::forbidden(
                "auth.forbidden",
                "your role does not allow this",
            )),
        }
    }
}

/// Whether a program on this machine asks directly. What a proxy hands on comes from loopback too, but says for whom.
fn is_local_program(request: &Request) -> bool {
    let direct = !request.headers().contains_key("x-forwarded-for")
        && !request.headers().contains_key("forwarded");
    match request.extensions().get() {
        Some(Peer::Local { .. }) => true,
        Some(Peer::Network(address)) => direct && address.ip().is_loopback(),
        None => false,
    }
}

/// On a connection of the reserve, lets nobody through but admins, and whoever is about to show that they are one.
pub(crate) async fn keep_room_for_admins(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if request.extensions().get() != Some(&Standing::Reserved) {
        return next.run(request).await;
    }
    let logging_in = matches!(
        request.uri().path(),
        "/api/auth/login" | "/api/auth/refresh"
    );
    let presented = Presented::by(&app, request.headers(), request.extensions());
    let admitted = logging_in
        || matches!(identify(&app, presented).await, Ok(identity) if identity.user.actor().sees_all());
    let mut response = if admitted {
        next.run(request).await
    } else {
        app.metrics().turned_away();
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "connection.no_room",
            "this server has as many connections as it can hold: try again shortly",
        );
        app.refusals().turned_away(&app, &request, &problem);
        problem.retry_after(5).into_response()
    };
    // The place is for the next who knocks, unless an admin works on it.
    if !admitted || logging_in {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Refuses an address that asks faster than anybody needs. Programs on this machine are not counted: a proxy is one of them.
pub(crate) async fn limit_rate(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let address = app.client_address(request.headers(), request.extensions());
    let (addresses, _) = app.request_limits();
    if !address.is_loopback()
        && let Err(wait) = addresses.check(address.into(), Instant::now())
    {
        let problem = too_many(wait);
        app.refusals().turned_away(&app, &request, &problem);
        return problem.into_response();
    }
    next.run(request).await
}

/// Refuses a user who asks faster than anybody needs, from wherever. Who sits at this machine's control socket is not counted.
pub(crate) fn limit_user(app: &AppState, peer: Option<&Peer>, user: UserId) -> Result<(), Problem> {
    if matches!(peer, Some(Peer::Local { .. })) {
        return Ok(());
    }
    let (_, users) = app.request_limits();
    users.check(user, Instant::now()).map_err(too_many)
}

fn too_many(wait: Duration) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "request.too_many",
        "too many requests: slow down",
    )
    .retry_after(wait.as_secs() + 1)
}
