//! Who may do what with a repository of the list: its session's rights are its own.

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, Person};

async fn listed(house: &House, person: &Person) -> Value {
    house.get(person, "/api/repositories").await.1
}

#[tokio::test]
async fn whoever_may_drive_a_session_renames_its_repository_and_only_its_owner_moves_it() {
    let house = House::new().await;
    let owner = house.user("owner", Role::Member).await;
    let (driver, viewer) = (
        house.user("driver", Role::Member).await,
        house.user("viewer", Role::Member).await,
    );
    let stranger = house.user("stranger", Role::Member).await;
    let session = house.running(&owner, "one").await;
    let shares = format!("/api/sessions/{session}/shares");
    for (user, access) in [("driver", "drive"), ("viewer", "view")] {
        let share = json!({"userId": user, "access": access});
        let (status, body) = house.ask(&owner, Method::POST, &shares, share).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
    }
    let new = json!({"name": "shop", "sessionId": session});
    for (person, status) in [(&stranger, 404), (&viewer, 403), (&driver, 201)] {
        let asked = house.ask(person, Method::POST, "/api/repositories", new.clone());
        assert_eq!(asked.await.0, status);
    }
    for (person, total, actions) in [
        (
            &owner,
            1,
            json!(["update", "move", "delete", "deleteFiles"]),
        ),
        (&driver, 1, json!(["update", "delete"])),
        (&viewer, 1, json!([])),
        (&stranger, 0, Value::Null),
    ] {
        let page = listed(&house, person).await;
        assert_eq!(page["total"], total, "{page}");
        assert_eq!(page["items"][0]["allowedActions"], actions, "{page}");
    }
    let found = listed(&house, &owner).await["items"][0].clone();
    assert_eq!(
        (&found["branch"], &found["dirty"], &found["port"]),
        (&json!("main"), &json!(true), &json!(8100))
    );
    let path = format!("/api/repositories/{}", found["id"].as_str().unwrap());
    let rename = json!({"name": "store"});
    let moved = json!({"gitUrl": "https://elsewhere.example.org/shop.git"});
    let with_files = format!("{path}?files=true&force=true");
    for (person, renamed, moves, deletes) in [
        (&stranger, 404, 404, 404),
        (&viewer, 403, 403, 403),
        (&driver, 200, 403, 403),
        (&owner, 200, 200, 204),
    ] {
        let status = house.ask(person, Method::PUT, &path, rename.clone()).await;
        assert_eq!(status.0, renamed, "{}", status.1);
        let status = house.ask(person, Method::PUT, &path, moved.clone()).await;
        assert_eq!(status.0, moves, "{}", status.1);
        let status = house.ask(person, Method::DELETE, &with_files, json!({}));
        assert_eq!(status.await.0, deletes);
    }
    assert_eq!(listed(&house, &owner).await["total"], 0);
    let gone = house.get(&owner, &format!("/api/sessions/{session}")).await;
    assert_eq!(gone.0, StatusCode::NOT_FOUND);
    house.close().await;
}

#[tokio::test]
async fn a_repository_that_is_asked_for_twice_with_one_key_is_there_once() {
    let house = House::new().await;
    let owner = house.user("owner", Role::Member).await;
    let ask = async |name: &str| {
        let request = house.request(Method::POST, "/api/repositories");
        let request = request
            .bearer_auth(&owner.token)
            .header("idempotency-key", "k");
        let answer = request.json(&json!({"name": name})).send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap(),
        )
    };
    let (first, second) = (ask("a").await, ask("a").await);
    assert_eq!((first.0, second.0), (201, 201), "{first:?} {second:?}");
    assert_eq!(first.1["id"], second.1["id"]);
    assert_eq!(ask("b").await.0, 409);
    assert_eq!(listed(&house, &owner).await["total"], 1);
    house.close().await;
}

#[tokio::test]
async fn everything_that_makes_no_sense_is_named() {
    let house = House::new().await;
    let owner = house.user("owner", Role::Member).await;
    for (body, fields) in [
        (json!({"name": "/"}), vec!["name"]),
        (json!({"name": "a", "path": "b"}), vec!["path"]),
        (json!({"name": "a", "gitUrl": "ext::sh"}), vec!["gitUrl"]),
        (
            json!({"name": "a", "gitUrl": "http://plain.example.org/x"}),
            vec!["gitUrl"],
        ),
        (json!({"name": "a", "cloneDepth": 1}), vec!["cloneDepth"]),
        (json!({"name": "a", "branch": "-x"}), vec!["branch"]),
        (json!({"name": "a", "port": 80}), vec!["port"]),
        (
            json!({"name": "a", "sessionId": "s", "gitUrl": "x", "branch": "y", "path": "/z"}),
            vec!["path", "gitUrl", "branch"],
        ),
    ] {
        let (status, answer) = house
            .ask(&owner, Method::POST, "/api/repositories", body.clone())
            .await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {answer}");
        let named: Vec<_> = answer["errors"].as_array().unwrap().iter().collect();
        let named: Vec<_> = named.iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{body}: {answer}");
        assert!(!answer.to_string().contains("repoUrl"), "{answer}");
    }
    for question in ["limit=0", "limit=201", "cursor=x", "sessionId=one"] {
        let path = format!("/api/repositories?{question}");
        assert_eq!(house.get(&owner, &path).await.0, 422, "{question}");
    }
    assert_eq!(listed(&house, &owner).await["total"], 0);
    house.close().await;
}

#[tokio::test]
async fn every_question_and_every_step_has_the_place_of_its_repository() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let session = house.running(&ann, "one").await;
    let document: Value = serde_json::from_str(&longhouse_server::openapi_json()).unwrap();
    let mut placed = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array();
            let has_place =
                |parameters: &Vec<Value>| parameters.iter().any(|one| one["name"] == "in");
            if path.starts_with("/api/sessions/{id}/") && parameters.is_some_and(has_place) {
                placed.push((method.to_uppercase(), path.replace("{id}", &session)));
            }
        }
    }
    // Four questions and twelve steps, of which the commit has two addresses.
    assert_eq!(placed.len(), 17, "{placed:?}");
    for (method, path) in placed {
        let method: Method = method.parse().unwrap();
        for (place, status) in [
            ("../x", 422),
            ("a/.git", 422),
            ("%2Fetc", 422),
            ("a%0Ab", 422),
        ] {
            let path = format!("{path}?in={place}");
            let (found, body) = house.ask(&ann, method.clone(), &path, json!({})).await;
            assert_eq!(found, status, "{method} {path}: {body}");
            assert_eq!(body["errors"][0]["field"], "in", "{method} {path}: {body}");
        }
    }
    let path = format!("/api/sessions/{session}/git/commit?in=libs/a");
    let (status, body) = house.ask(&ann, Method::POST, &path, json!({})).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let boss = house.user("boss", Role::Admin).await;
    let (_, recorded) = house.get(&boss, "/api/audit?action=git.commit").await;
    assert_eq!(recorded["items"][0]["detail"]["in"], "libs/a", "{recorded}");
    house.close().await;
}
