//! The table of the walk: for every route what each of the cast must get, and which API tokens it takes.

use longhouse_domain::Scope::{
    self, Admin, FilesRead, FilesWrite, Metrics, SessionsRead, SessionsWrite,
};
use serde_json::{Value, json};

use super::cast::CAST;

/// What each of the cast must get: nobody, other, looker, viewer, driver, owner, admin. And what API tokens are good for it.
type Expected = ([u16; CAST], Tokens);

/// The API tokens that a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tokens {
    /// Any, and none is needed.
    Any,
    /// Those with this scope.
    With(Scope),
    /// None.
    None,
}

/// Whoever has logged in or not.
const fn all(status: u16) -> Expected {
    ([status; CAST], Tokens::Any)
}

/// Whoever has logged in, for what is nobody's in particular.
const fn known(status: u16, tokens: Tokens) -> Expected {
    let statuses = [401, status, status, status, status, status, status];
    (statuses, tokens)
}

/// Whoever has logged in, for their own account.
const fn oneself(status: u16) -> Expected {
    known(status, Tokens::None)
}

/// Whoever may do more than look, wherever.
const fn doers(status: u16) -> Expected {
    let statuses = [401, status, 403, status, status, status, status];
    (statuses, Tokens::With(SessionsWrite))
}

/// Whoever may look at the session.
const fn seers(status: u16) -> Expected {
    let statuses = [401, 404, status, status, status, status, status];
    (statuses, Tokens::With(SessionsRead))
}

/// Whoever may look at the session, for what is in its files.
const fn readers(status: u16) -> Expected {
    let (statuses, _) = seers(status);
    (statuses, Tokens::With(FilesRead))
}

/// Whoever may drive the session. One whose role is to look is refused before anybody looks which session is meant.
const fn drivers(status: u16) -> Expected {
    let statuses = [401, 404, 403, 403, status, status, status];
    (statuses, Tokens::With(SessionsWrite))
}

/// Whose the session is.
const fn owners(status: u16) -> Expected {
    let statuses = [401, 404, 403, 403, 403, status, status];
    (statuses, Tokens::With(SessionsWrite))
}

/// Admins; for others there is nothing there.
const fn admins(status: u16) -> Expected {
    let statuses = [401, 404, 404, 404, 404, 404, status];
    (statuses, Tokens::With(Admin))
}

/// What a question needs to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Nothing.
    Nothing,
    /// A session.
    Session,
    /// A session in a container.
    Container,
    /// A repository of the list, which a session holds.
    Repository,
    /// An account.
    Account,
    /// A sign-in of one's own, which does not outlive the question.
    SignIn,
}

pub(super) struct Case {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) question: &'static str,
    pub(super) about: About,
    pub(super) body: fn(u32) -> Value,
    /// By person.
    pub(super) expected: [u16; CAST],
    pub(super) tokens: Tokens,
}

fn case(method: &'static str, path: &'static str, expected: Expected) -> Case {
    let about = if path.starts_with("/api/sessions/{id}") {
        About::Session
    } else if path.starts_with("/api/containers/{id}") {
        About::Container
    } else if path.starts_with("/api/repositories/{id}") {
        About::Repository
    } else if path.starts_with("/api/users/{id}") {
        About::Account
    } else {
        About::Nothing
    };
    Case {
        method,
        path,
        question: "",
        about,
        body: |_| json!({}),
        expected: expected.0,
        tokens: expected.1,
    }
}

impl Case {
    fn with(mut self, body: fn(u32) -> Value) -> Self {
        self.body = body;
        self
    }

    /// About a session that the question names and not the path.
    fn of_session(mut self, question: &'static str) -> Self {
        self.question = question;
        self.about = About::Session;
        self
    }

    fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// With API tokens of this scope, and not of the one that is usual for those who may call it.
    fn by_tokens(mut self, scope: Scope) -> Self {
        self.tokens = Tokens::With(scope);
        self
    }
}

/// Every route.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = cases_of_the_house();
    cases.extend(cases_of_oneself());
    cases.extend(cases_of_sessions());
    cases.extend(cases_of_git());
    cases.extend(cases_of_terminals());
    cases.extend(cases_of_repositories());
    cases.extend(cases_of_containers());
    cases
}

/// What concerns the server and the people.
#[rustfmt::skip] // One route, one line.
fn cases_of_the_house() -> Vec<Case> {
    vec![
        case("GET", "/health", all(200)),
        case("GET", "/api/health", all(200)),
        case("GET", "/livez", all(200)),
        case("GET", "/readyz", all(200)),
        case("GET", "/api/openapi.json", all(200)),
        case("GET", "/api/docs", all(200)),
        case("GET", "/metrics", ([401, 403, 403, 403, 403, 403, 200], Tokens::With(Metrics))),
        case("GET", "/api/auth/methods", all(200)),
        case("GET", "/api/auth/oidc/{provider}/login", all(404)),
        case("GET", "/api/auth/oidc/{provider}/callback", all(404)),
        case("POST", "/api/auth/setup", all(409)).with(|n| json!({"token": "x", "username": format!("late-{n}"), "password": "long enough"})),
        case("POST", "/api/auth/login", all(401)).with(|n| json!({"username": format!("none-{n}"), "password": "wrong"})),
        case("POST", "/api/auth/refresh", all(401)),
        case("POST", "/api/auth/logout", all(204)).about(About::SignIn),
        case("GET", "/api/auth/me", known(200, Tokens::Any)),
        case("POST", "/api/auth/password", oneself(403)).with(|_| json!({"currentPassword": "wrong", "newPassword": "long enough"})),
        case("GET", "/api/auth/sign-ins", oneself(200)),
        case("DELETE", "/api/auth/sign-ins", oneself(200)),
        case("DELETE", "/api/auth/sign-ins/{id}", oneself(404)),
        case("GET", "/api/auth/identities", oneself(200)),
        case("POST", "/api/auth/identities", oneself(404)).with(|_| json!({"provider": "corp", "state": "x"})),
        case("DELETE", "/api/auth/identities/{provider}", oneself(404)),
        case("POST", "/api/auth/oidc/{provider}/link", oneself(404)).with(|_| json!({"password": "wrong"})),
        case("POST", "/api/auth/ticket", known(201, Tokens::With(SessionsRead))).with(|_| json!({"resource": "/somewhere"})),
        case("GET", "/api/config", known(200, Tokens::Any)),
        case("POST", "/api/client-errors", known(204, Tokens::Any)).with(|_| json!({"message": "m", "url": "/", "stack": "s"})),
        case("GET", "/api/people", doers(200)),
        case("GET", "/api/users", admins(200)),
        case("POST", "/api/users", admins(201)).with(|n| json!({"username": format!("new-{n}"), "password": "long enough", "role": "member"})),
        case("GET", "/api/users/{id}", admins(200)),
        case("PATCH", "/api/users/{id}", admins(200)).with(|_| json!({"role": "viewer"})),
        case("GET", "/api/settings", admins(200)),
        case("PATCH", "/api/settings", admins(200)).with(|_| json!({})),
        case("DELETE", "/api/users/{id}", admins(204)),
        case("GET", "/api/volumes", admins(200)),
        // There is none: an admin is told so, like everybody else.
        case("DELETE", "/api/volumes/{id}", admins(404)),
        case("GET", "/api/audit", admins(200)),
        case("GET", "/api/audit/export", admins(200)),
        case("GET", "/api/audit/verification", admins(200)),
        case("GET", "/api/secrets", admins(200)),
        case("POST", "/api/secrets/rotate", admins(200)),
        case("POST", "/api/secrets/rotate-master", admins(409)),
        case("GET", "/api/files", seers(200)).by_tokens(FilesRead).of_session("?session={id}"),
        case("GET", "/api/files/content", seers(200)).by_tokens(FilesRead).of_session("?session={id}&path=file"),
        case("GET", "/api/files/archive", seers(200)).by_tokens(FilesRead).of_session("?session={id}"),
        case("PUT", "/api/files/content", drivers(201)).by_tokens(FilesWrite).of_session("?session={id}&path=new"),
        case("POST", "/api/files/mkdir", drivers(201)).by_tokens(FilesWrite).of_session("?session={id}").with(|_| json!({"path": "d"})),
        case("POST", "/api/files/move", drivers(200)).by_tokens(FilesWrite).of_session("?session={id}").with(|_| json!({"from": "file", "to": "g"})),
        case("POST", "/api/files/copy", drivers(201)).by_tokens(FilesWrite).of_session("?session={id}").with(|_| json!({"from": "file", "to": "g"})),
        case("DELETE", "/api/files", drivers(204)).by_tokens(FilesWrite).of_session("?session={id}&path=file"),
    ]
}

/// What belongs to one's own account.
#[rustfmt::skip] // One route, one line.
fn cases_of_oneself() -> Vec<Case> {
    vec![
        case("GET", "/api/tokens", oneself(200)),
        case("POST", "/api/tokens", oneself(201)).with(|n| json!({"name": format!("t{n}"), "scopes": ["sessions:read"]})),
        case("DELETE", "/api/tokens/{id}", oneself(404)),
        case("GET", "/api/git-config", oneself(200)),
        case("PUT", "/api/git-config", oneself(200)).with(|_| json!({"userName": "Ada"})),
        case("GET", "/api/ssh-keys", oneself(200)),
        case("POST", "/api/ssh-keys", oneself(201)).with(|n| json!({"name": format!("k{n}"), "generate": true})),
        case("DELETE", "/api/ssh-keys/{id}", oneself(404)),
        case("GET", "/api/git-tokens", oneself(200)),
        case("POST", "/api/git-tokens", oneself(201)).with(|n| json!({"host": format!("h{n}.example.org"), "token": "canary"})),
        case("DELETE", "/api/git-tokens/{id}", oneself(404)),
        case("GET", "/api/known-hosts", oneself(200)),
        case("DELETE", "/api/known-hosts/{id}", oneself(404)),
    ]
}

/// What concerns sessions and what is in them.
#[rustfmt::skip] // One route, one line.
fn cases_of_sessions() -> Vec<Case> {
    vec![
        case("GET", "/api/sessions", known(200, Tokens::With(SessionsRead))),
        case("GET", "/api/sessions/stats", known(200, Tokens::With(SessionsRead))),
        case("POST", "/api/sessions", doers(201)).with(|n| json!({"name": format!("made-{n}"), "agent": "shell"})),
        case("GET", "/api/sessions/{id}", seers(200)),
        case("PATCH", "/api/sessions/{id}", drivers(200)).with(|_| json!({"description": "d"})),
        case("DELETE", "/api/sessions/{id}", owners(204)),
        case("GET", "/api/sessions/{id}/health", seers(200)),
        case("GET", "/api/sessions/{id}/stats", seers(200)),
        case("GET", "/api/sessions/{id}/metrics", seers(200)),
        case("GET", "/api/sessions/{id}/logs", seers(200)),
        case("GET", "/api/sessions/{id}/ports", seers(200)),
        case("POST", "/api/sessions/{id}/ports/{port}/preview", drivers(201)).with(|_| json!({})),
        case("POST", "/api/sessions/{id}/start", drivers(409)),
        case("POST", "/api/sessions/{id}/stop", drivers(200)),
        case("POST", "/api/sessions/{id}/restart", drivers(200)),
        case("POST", "/api/sessions/{id}/commit", drivers(201)),
        case("POST", "/api/git", drivers(200)).by_tokens(SessionsWrite).of_session("?session={id}").with(|_| json!({"command": "status"})),
        case("POST", "/api/sessions/{id}/exec", drivers(200)).with(|_| json!({"command": ["env"]})),
        case("POST", "/api/sessions/{id}/resize", drivers(200)).with(|_| json!({"cols": 90, "rows": 30})),
        case("GET", "/api/sessions/{id}/shares", owners(200)),
        case("POST", "/api/sessions/{id}/shares", owners(201)).with(|_| json!({"userId": "other", "access": "view"})),
        // It is the viewer's share: they may leave, the owner may take it away.
        case("DELETE", "/api/sessions/{id}/shares/{user}", ([401, 404, 403, 204, 403, 204, 204], Tokens::With(SessionsWrite))),
    ]
}

/// What concerns git in them.
#[rustfmt::skip] // One route, one line.
fn cases_of_git() -> Vec<Case> {
    vec![
        case("GET", "/api/sessions/{id}/git/status", readers(200)),
        case("GET", "/api/sessions/{id}/git/conflicts", readers(200)),
        case("GET", "/api/sessions/{id}/git/log", readers(200)),
        case("GET", "/api/sessions/{id}/git/diff", readers(200)),
        case("POST", "/api/sessions/{id}/git/commit", drivers(201)),
        case("POST", "/api/sessions/{id}/git/stage", drivers(200)),
        case("POST", "/api/sessions/{id}/git/unstage", drivers(200)),
        case("POST", "/api/sessions/{id}/git/checkout", drivers(200)).with(|_| json!({"branch": "main"})),
        case("POST", "/api/sessions/{id}/git/branch", drivers(200)).with(|_| json!({"name": "b"})),
        case("POST", "/api/sessions/{id}/git/stash", drivers(200)),
        case("POST", "/api/sessions/{id}/git/reset", drivers(200)),
        case("POST", "/api/sessions/{id}/git/merge", drivers(200)).with(|_| json!({"from": "b"})),
        case("POST", "/api/sessions/{id}/git/rebase", drivers(200)).with(|_| json!({"from": "b"})),
        case("POST", "/api/sessions/{id}/git/fetch", drivers(200)),
        case("POST", "/api/sessions/{id}/git/pull", drivers(200)),
        case("POST", "/api/sessions/{id}/git/push", drivers(200)),
        case("GET", "/api/sessions/{id}/git/autocommit", readers(200)),
        case("PATCH", "/api/sessions/{id}/git/autocommit", drivers(200)).with(|_| json!({"maxFiles": 20})),
        // Nothing is committed by itself there.
        case("POST", "/api/sessions/{id}/git/autocommit", drivers(409)).with(|_| json!({})),
        case("GET", "/api/sessions/{id}/git/checkpoints", readers(200)),
        case("POST", "/api/sessions/{id}/git/checkpoints", drivers(200)),
        case("POST", "/api/sessions/{id}/git/checkpoints/{number}/restore", drivers(200)).with(|_| json!({})),
        case("GET", "/api/sessions/{id}/git/kept", readers(200)),
        case("POST", "/api/sessions/{id}/git/kept/{left_by}/restore", drivers(200)).with(|_| json!({})),
    ]
}

/// What concerns their terminals.
#[rustfmt::skip] // One route, one line.
fn cases_of_terminals() -> Vec<Case> {
    vec![
        case("GET", "/api/sessions/{id}/terminals", seers(200)),
        case("POST", "/api/sessions/{id}/terminals", drivers(201)),
        case("GET", "/api/sessions/{id}/terminals/{name}", seers(200)),
        case("DELETE", "/api/sessions/{id}/terminals/{name}", drivers(204)),
        case("GET", "/api/sessions/{id}/terminals/{name}/screen", seers(200)),
        case("GET", "/api/sessions/{id}/terminals/{name}/recording", seers(200)),
        case("DELETE", "/api/sessions/{id}/terminals/{name}/recording", drivers(204)),
        case("POST", "/api/sessions/{id}/terminals/{name}/input", drivers(204)).with(|_| json!({"data": "x"})),
        case("POST", "/api/sessions/{id}/terminals/{name}/resize", drivers(200)).with(|_| json!({"cols": 90, "rows": 30})),
        case("POST", "/api/sessions/{id}/terminals/{name}/restart", drivers(200)),
        // Not an upgrade; what happens after one stands in `sockets.rs`.
        case("GET", "/api/sessions/{id}/terminals/{name}/ws", known(426, Tokens::Any)),
    ]
}

/// The list of repositories that sessions hold.
#[rustfmt::skip] // One route, one line.
fn cases_of_repositories() -> Vec<Case> {
    vec![
        case("GET", "/api/repositories", known(200, Tokens::With(SessionsRead))),
        case("POST", "/api/repositories", doers(201)).with(|n| json!({"name": format!("listed-{n}")})),
        case("GET", "/api/repositories/{id}", seers(200)),
        case("PUT", "/api/repositories/{id}", drivers(200)).with(|_| json!({"name": "renamed"})),
        case("DELETE", "/api/repositories/{id}", drivers(204)),
    ]
}

/// Sessions as containers.
#[rustfmt::skip] // One route, one line.
fn cases_of_containers() -> Vec<Case> {
    vec![
        case("GET", "/api/containers", known(200, Tokens::With(SessionsRead))),
        case("POST", "/api/containers", doers(201)).with(|n| json!({"name": format!("boxed-{n}"), "template": "shell"})),
        case("GET", "/api/containers/{id}", seers(200)),
        case("DELETE", "/api/containers/{id}", owners(204)),
        case("GET", "/api/containers/{id}/health", seers(200)),
        case("GET", "/api/containers/{id}/stats", seers(200)),
        case("GET", "/api/containers/{id}/metrics", seers(200)),
        case("GET", "/api/containers/{id}/logs", seers(200)),
        case("POST", "/api/containers/{id}/start", drivers(409)),
        case("POST", "/api/containers/{id}/stop", drivers(200)),
        case("POST", "/api/containers/{id}/restart", drivers(200)),
    ]
}
