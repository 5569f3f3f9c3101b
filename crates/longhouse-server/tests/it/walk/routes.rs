//! Every route, asked by everybody.

use std::collections::BTreeSet;

use longhouse_server::access_table;
use reqwest::StatusCode;
use serde_json::Value;

use super::cases::{About, Case, cases};
use super::cast::{Cast, Ground, NAMES};
use crate::house::House;

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
    let house = House::with_containers().await;
    let mut cast = Cast::assemble(&house).await;
    let mut wrong = Vec::new();
    for case in cases() {
        // What changes nothing needs nothing new.
        let mut ground = prepare(&house, &cast, &case).await;
        for (at, name) in NAMES.iter().enumerate() {
            let asked = ask(&house, &cast, bearer(&cast, at), &case, &ground, "walk").await;
            let (status, body, _) = asked;
            if status != case.expected[at] {
                let (method, path, expected) = (case.method, case.path, case.expected[at]);
                wrong.push(format!(
                    "{method} {path} by {name}: {status} in place of {expected}: {body}"
                ));
            }
            if status == 404
                && matches!(
                    case.about,
                    About::Session | About::Container | About::Repository
                )
            {
                is_told_what_a_stranger_is_told(&house, &cast, at, &case, &ground).await;
            }
            if case.about == About::SignIn {
                cast.renew(&house, at).await;
            }
            ground = renewed(&house, &cast, &case, ground, (status, &body)).await;
        }
        cast.forget(&house, &ground).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.close().await;
}

fn bearer(cast: &Cast, at: usize) -> Option<&str> {
    cast.person(at).map(|person| person.token.as_str())
}

pub(super) async fn prepare(house: &House, cast: &Cast, case: &Case) -> Ground {
    match case.about {
        About::Session => cast.session(house).await,
        About::Container => cast.container(house).await,
        About::Repository => cast.repository(house).await,
        About::Account => cast.victim(house).await,
        About::Nothing | About::SignIn => Ground {
            session: String::new(),
            name: String::new(),
            victim: String::new(),
            repository: String::new(),
        },
    }
}

/// What the next question can be about: the same again where this answer says that nothing was changed.
pub(super) async fn renewed(
    house: &House,
    cast: &Cast,
    case: &Case,
    ground: Ground,
    (status, body): (u16, &str),
) -> Ground {
    if matches!(case.path, "/api/sessions" | "/api/containers") && status == 201 {
        let made: Value = serde_json::from_str(body).unwrap();
        cast.delete(house, made["id"].as_str().unwrap()).await;
    }
    if case.path == "/api/repositories" && status == 201 {
        let made: Value = serde_json::from_str(body).unwrap();
        cast.delete(house, made["sessionId"].as_str().unwrap())
            .await;
    }
    if case.method == "GET" || status >= 300 {
        return ground;
    }
    cast.forget(house, &ground).await;
    prepare(house, cast, case).await
}

/// Status, body and everything else of an answer that could tell something.
pub(super) async fn ask(
    house: &House,
    cast: &Cast,
    bearer: Option<&str>,
    case: &Case,
    ground: &Ground,
    request_id: &str,
) -> (u16, String, Vec<String>) {
    let id = match case.about {
        About::Account => &ground.victim,
        About::Session | About::Container => &ground.session,
        About::Repository => &ground.repository,
        // Of what is only ever one's own there is nothing of anybody else's to name.
        About::Nothing | About::SignIn => "01890000-0000-7000-8000-000000000000",
    };
    let path = format!("{}{}", case.path, case.question)
        .replace("{id}", id)
        .replace("{name}", "agent")
        .replace("{port}", "3000")
        .replace("{number}", "1")
        .replace("{left_by}", "00000000-0000-4000-8000-000000000007")
        .replace("{user}", "viewer");
    let mut request = house
        .request(case.method.parse().unwrap(), &path)
        // A proxy on this machine is no program of this machine.
        .header("x-forwarded-for", "203.0.113.7")
        .header("x-request-id", request_id);
    if let Some(token) = bearer {
        request = request.bearer_auth(token);
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
    // Whichever of the two the question is about.
    let by = |named: &str| Ground {
        session: named.to_owned(),
        name: String::new(),
        victim: String::new(),
        repository: named.to_owned(),
    };
    let there = ask(house, cast, bearer(cast, at), case, ground, "same").await;
    let named = ask(
        house,
        cast,
        bearer(cast, at),
        case,
        &by(&ground.name),
        "same",
    )
    .await;
    let never = uuid::Uuid::now_v7().to_string();
    let never = ask(house, cast, bearer(cast, at), case, &by(&never), "same").await;
    assert_eq!(
        there, never,
        "{} {} tells of a session",
        case.method, case.path
    );
    // A repository has no name that addresses it.
    if case.about != About::Repository {
        assert_eq!(
            named, never,
            "{} {} tells of a name",
            case.method, case.path
        );
    }
    assert_eq!(never.0, StatusCode::NOT_FOUND.as_u16());
}
