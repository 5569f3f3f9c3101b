//! Every route, asked by everybody.

use std::collections::BTreeSet;

use longhouse_server::access_table;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::cast::{CAST, Cast, Ground, NAMES};
use crate::house::House;

/// What each of the cast must get: nobody, other, looker, viewer, driver, owner, admin.
type Expected = [u16; CAST];

/// Whoever has logged in or not.
const fn all(status: u16) -> Expected {
    [status; CAST]
}

/// Whoever has logged in.
const fn known(status: u16) -> Expected {
    [401, status, status, status, status, status, status]
}

/// Whoever may do more than look, wherever.
const fn doers(status: u16) -> Expected {
    [401, status, 403, status, status, status, status]
}

/// Whoever may look at the session.
const fn seers(status: u16) -> Expected {
    [401, 404, status, status, status, status, status]
}

/// Whoever may drive the session. One whose role is to look is refused before anybody looks which session is meant.
const fn drivers(status: u16) -> Expected {
    [401, 404, 403, 403, status, status, status]
}

/// Whose the session is.
const fn owners(status: u16) -> Expected {
    [401, 404, 403, 403, 403, status, status]
}

/// Admins; for others there is nothing there.
const fn admins(status: u16) -> Expected {
    [401, 404, 404, 404, 404, 404, status]
}

/// What a question needs to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    /// Nothing.
    Nothing,
    /// A session.
    Session,
    /// An account.
    Account,
    /// A sign-in of one's own, which does not outlive the question.
    SignIn,
}

struct Case {
    method: &'static str,
    path: &'static str,
    question: &'static str,
    about: About,
    body: fn(u32) -> Value,
    expected: Expected,
}

fn case(method: &'static str, path: &'static str, expected: Expected) -> Case {
    let about = if path.starts_with("/api/sessions/{id}") {
        About::Session
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
        expected,
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
}

fn cases() -> Vec<Case> {
    let mut cases = cases_of_the_house();
    cases.extend(cases_of_sessions());
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
        case("GET", "/metrics", [401, 403, 403, 403, 403, 403, 200]),
        case("GET", "/api/auth/methods", all(200)),
        case("GET", "/api/auth/oidc/{provider}/login", all(404)),
        case("GET", "/api/auth/oidc/{provider}/callback", all(404)),
        case("POST", "/api/auth/setup", all(409)).with(|n| json!({"token": "x", "username": format!("late-{n}"), "password": "long enough"})),
        case("POST", "/api/auth/login", all(401)).with(|n| json!({"username": format!("none-{n}"), "password": "wrong"})),
        case("POST", "/api/auth/refresh", all(401)),
        case("POST", "/api/auth/logout", all(204)).about(About::SignIn),
        case("GET", "/api/auth/me", known(200)),
        case("POST", "/api/auth/password", known(403)).with(|_| json!({"currentPassword": "wrong", "newPassword": "long enough"})),
        case("GET", "/api/auth/sign-ins", known(200)),
        case("DELETE", "/api/auth/sign-ins", known(200)),
        case("DELETE", "/api/auth/sign-ins/{id}", known(404)),
        case("GET", "/api/tokens", known(200)),
        case("POST", "/api/tokens", known(201)).with(|n| json!({"name": format!("t{n}"), "scopes": ["sessions:read"]})),
        case("DELETE", "/api/tokens/{id}", known(404)),
        case("POST", "/api/auth/ticket", known(201)).with(|_| json!({"resource": "/somewhere"})),
        case("GET", "/api/config", known(200)),
        case("POST", "/api/client-errors", known(204)).with(|_| json!({"message": "m", "url": "/", "stack": "s"})),
        case("GET", "/api/people", doers(200)),
        case("GET", "/api/users", admins(200)),
        case("POST", "/api/users", admins(201)).with(|n| json!({"username": format!("new-{n}"), "password": "long enough", "role": "member"})),
        case("GET", "/api/users/{id}", admins(200)),
        case("PATCH", "/api/users/{id}", admins(200)).with(|_| json!({"role": "viewer"})),
        case("GET", "/api/settings", admins(200)),
        case("PATCH", "/api/settings", admins(200)).with(|_| json!({})),
        case("DELETE", "/api/users/{id}", admins(204)),
        case("GET", "/api/audit", admins(200)),
        case("GET", "/api/audit/export", admins(200)),
        case("GET", "/api/audit/verification", admins(200)),
        case("GET", "/api/secrets", admins(200)),
        case("POST", "/api/secrets/rotate", admins(200)),
        case("POST", "/api/secrets/rotate-master", admins(409)),
        case("GET", "/api/files", seers(200)).of_session("?session={id}"),
        case("GET", "/api/files/content", seers(200)).of_session("?session={id}&path=file"),
        case("GET", "/api/files/archive", seers(200)).of_session("?session={id}"),
        case("PUT", "/api/files/content", drivers(201)).of_session("?session={id}&path=new"),
        case("POST", "/api/files/mkdir", drivers(201)).of_session("?session={id}").with(|_| json!({"path": "d"})),
        case("POST", "/api/files/move", drivers(200)).of_session("?session={id}").with(|_| json!({"from": "file", "to": "g"})),
        case("POST", "/api/files/copy", drivers(201)).of_session("?session={id}").with(|_| json!({"from": "file", "to": "g"})),
        case("DELETE", "/api/files", drivers(204)).of_session("?session={id}&path=file"),
    ]
}

/// What concerns sessions and what is in them.
#[rustfmt::skip] // One route, one line.
fn cases_of_sessions() -> Vec<Case> {
    vec![
        case("GET", "/api/sessions", known(200)),
        case("GET", "/api/sessions/stats", known(200)),
        case("POST", "/api/sessions", doers(201)).with(|n| json!({"name": format!("made-{n}"), "agent": "shell"})),
        case("GET", "/api/sessions/{id}", seers(200)),
        case("PATCH", "/api/sessions/{id}", drivers(200)).with(|_| json!({"description": "d"})),
        case("DELETE", "/api/sessions/{id}", owners(204)),
        case("GET", "/api/sessions/{id}/health", seers(200)),
        case("GET", "/api/sessions/{id}/stats", seers(200)),
        case("GET", "/api/sessions/{id}/logs", seers(200)),
        case("POST", "/api/sessions/{id}/start", drivers(409)),
        case("POST", "/api/sessions/{id}/stop", drivers(200)),
        case("POST", "/api/sessions/{id}/restart", drivers(200)),
        case("POST", "/api/sessions/{id}/exec", drivers(200)).with(|_| json!({"command": ["env"]})),
        case("POST", "/api/sessions/{id}/resize", drivers(200)).with(|_| json!({"cols": 90, "rows": 30})),
        case("GET", "/api/sessions/{id}/shares", owners(200)),
        case("POST", "/api/sessions/{id}/shares", owners(201)).with(|_| json!({"userId": "other", "access": "view"})),
        // It is the viewer's share: they may leave, the owner may take it away.
        case("DELETE", "/api/sessions/{id}/shares/{user}", [401, 404, 403, 204, 403, 204, 204]),
        case("GET", "/api/sessions/{id}/terminals", seers(200)),
        case("POST", "/api/sessions/{id}/terminals", drivers(201)),
        case("GET", "/api/sessions/{id}/terminals/{name}", seers(200)),
        case("DELETE", "/api/sessions/{id}/terminals/{name}", drivers(204)),
        case("GET", "/api/sessions/{id}/terminals/{name}/screen", seers(200)),
        case("POST", "/api/sessions/{id}/terminals/{name}/input", drivers(204)).with(|_| json!({"data": "x"})),
        case("POST", "/api/sessions/{id}/terminals/{name}/resize", drivers(200)).with(|_| json!({"cols": 90, "rows": 30})),
        case("POST", "/api/sessions/{id}/terminals/{name}/restart", drivers(200)),
        // Not an upgrade; what happens after one stands in `sockets.rs`.
        case("GET", "/api/sessions/{id}/terminals/{name}/ws", known(426)),
    ]
}

#[test]
fn every_route_has_a_row() {
    let routes: BTreeSet<_> = access_table()
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let rows: BTreeSet<_> = cases()
        .iter()
        .map(|case| (case.method.to_owned(), case.path.to_owned()))
        .collect();
    let missing: Vec<_> = routes.difference(&rows).collect();
    let surplus: Vec<_> = rows.difference(&routes).collect();
    assert!(
        missing.is_empty(),
        "routes without a row in the walk: {missing:?}"
    );
    assert!(
        surplus.is_empty(),
        "rows of the walk without a route: {surplus:?}"
    );
}

#[tokio::test]
async fn everybody_gets_what_is_theirs_and_no_more() {
    let house = House::new().await;
    let mut cast = Cast::assemble(&house).await;
    let mut wrong = Vec::new();
    for case in cases() {
        // What changes nothing needs nothing new.
        let mut ground = prepare(&house, &cast, &case).await;
        for (at, name) in NAMES.iter().enumerate() {
            let (status, body, _) = ask(&house, &cast, at, &case, &ground, "walk").await;
            if status != case.expected[at] {
                let (method, path, expected) = (case.method, case.path, case.expected[at]);
                wrong.push(format!(
                    "{method} {path} by {name}: {status} in place of {expected}: {body}"
                ));
            }
            if status == 404 && case.about == About::Session {
                is_told_what_a_stranger_is_told(&house, &cast, at, &case, &ground).await;
            }
            if case.about == About::SignIn {
                cast.renew(&house, at).await;
            }
            if case.path == "/api/sessions" && status == 201 {
                let made: Value = serde_json::from_str(&body).unwrap();
                cast.delete(&house, made["id"].as_str().unwrap()).await;
            }
            if case.method != "GET" && status < 300 {
                cast.forget(&house, &ground).await;
                ground = prepare(&house, &cast, &case).await;
            }
        }
        cast.forget(&house, &ground).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.close().await;
}

async fn prepare(house: &House, cast: &Cast, case: &Case) -> Ground {
    match case.about {
        About::Session => cast.session(house).await,
        About::Account => cast.victim(house).await,
        About::Nothing | About::SignIn => Ground {
            session: String::new(),
            name: String::new(),
            victim: String::new(),
        },
    }
}

/// Status, body and everything else of an answer that could tell something.
async fn ask(
    house: &House,
    cast: &Cast,
    at: usize,
    case: &Case,
    ground: &Ground,
    request_id: &str,
) -> (u16, String, Vec<String>) {
    let id = match case.about {
        About::Account => &ground.victim,
        About::Session => &ground.session,
        // Of what is only ever one's own there is nothing of anybody else's to name.
        About::Nothing | About::SignIn => "01890000-0000-7000-8000-000000000000",
    };
    let path = format!("{}{}", case.path, case.question)
        .replace("{id}", id)
        .replace("{name}", "agent")
        .replace("{user}", "viewer");
    let mut request = house
        .request(case.method.parse().unwrap(), &path)
        // A proxy on this machine is no program of this machine.
        .header("x-forwarded-for", "203.0.113.7")
        .header("x-request-id", request_id);
    if let Some(person) = cast.person(at) {
        request = request.bearer_auth(&person.token);
    }
    if case.method != "GET" {
        request = request.json(&(case.body)(cast.number()));
    }
    let answer = request.send().await.unwrap();
    let headers = answer
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap(), headers)
}

/// What one may not see does not exist: the answer is the same to the byte as for what was never there, by identifier and by
/// name.
async fn is_told_what_a_stranger_is_told(
    house: &House,
    cast: &Cast,
    at: usize,
    case: &Case,
    ground: &Ground,
) {
    let by = |session: &str| Ground {
        session: session.to_owned(),
        name: String::new(),
        victim: String::new(),
    };
    let there = ask(house, cast, at, case, ground, "same").await;
    let named = ask(house, cast, at, case, &by(&ground.name), "same").await;
    let never = uuid::Uuid::now_v7().to_string();
    let never = ask(house, cast, at, case, &by(&never), "same").await;
    assert_eq!(
        there, never,
        "{} {} tells of a session",
        case.method, case.path
    );
    assert_eq!(
        named, never,
        "{} {} tells of a name",
        case.method, case.path
    );
    assert_eq!(never.0, StatusCode::NOT_FOUND.as_u16());
}
