//! Sessions called by their containers: what programs see that know containers.

use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn a_container_is_made_found_by_each_of_its_names_stopped_started_and_deleted() {
    let house = House::with_containers().await;
    let ann = house.user("ann", Role::Member).await;
    let body = json!({"name": "box", "template": "both", "mode": "interactive", "cpuLimit": 2, "memoryLimit": 2048, "pidsLimit": 100});
    let (status, made) = house.ask(&ann, Method::POST, "/api/containers", body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["sessionId"], made["id"]);
    assert_eq!(made["template"], "both");
    assert_eq!(
        made["limits"],
        json!({"cpuLimit": 2.0, "memoryLimit": 2048, "pidsLimit": 100})
    );
    let session = house.wait_for_status(&ann, id, "running").await;
    assert_eq!(session["runtime"], "docker");
    let container = session["container"]["id"].as_str().unwrap();
    for name in [id, "box", "BOX", container, &container[..12]] {
        let (status, found) = house.get(&ann, &format!("/api/containers/{name}")).await;
        assert_eq!(status, StatusCode::OK, "{name}: {found}");
        assert_eq!((&found["id"], &found["name"]), (&json!(id), &json!("box")));
        assert_eq!(found["containerId"], json!(container));
        assert_eq!(
            (&found["status"], &found["health"]),
            (&json!("running"), &json!("healthy"))
        );
        assert!(found["startedAt"].is_string(), "{found}");
        for part in ["health", "stats", "metrics", "logs"] {
            let path = format!("/api/containers/{name}/{part}");
            assert_eq!(house.get(&ann, &path).await.0, StatusCode::OK, "{path}");
        }
    }
    let (_, metrics) = house.get(&ann, "/api/containers/box/metrics").await;
    assert!(metrics["memoryMb"].as_f64() > Some(0.0), "{metrics}");
    let (_, bare) = house.get(&ann, "/api/containers").await;
    assert_eq!(bare["items"][0]["metrics"], Value::Null);
    let asked = house.get(&ann, "/api/containers?includeMetrics=true").await;
    let listed = &asked.1["items"][0]["metrics"];
    assert_eq!(
        listed["memoryLimitMb"], metrics["memoryLimitMb"],
        "{asked:?}"
    );
    let (status, _) = house
        .get(&ann, "/api/containers?includeMetrics=yes-please")
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let act = async |called: &str, verb: &str| {
        let path = format!("/api/containers/{called}/{verb}");
        house.ask(&ann, Method::POST, &path, json!({})).await
    };
    let (status, stopped) = act(&container[..20], "stop").await;
    assert_eq!(status, StatusCode::OK, "{stopped}");
    assert_eq!(
        (&stopped["status"], &stopped["health"]),
        (&json!("stopped"), &json!("none"))
    );
    assert_eq!(
        (&stopped["containerId"], &stopped["startedAt"]),
        (&Value::Null, &Value::Null)
    );
    let (status, _) = house.get(&ann, "/api/containers/box/metrics").await;
    assert_eq!(status, StatusCode::CONFLICT);
    // Its container is gone; the session still goes by its own names.
    assert_eq!(act(container, "start").await.0, StatusCode::NOT_FOUND);
    assert_eq!(act("box", "start").await.0, StatusCode::OK);
    house.wait_for_status(&ann, id, "running").await;
    let (_, restarted) = act(id, "restart").await;
    assert_eq!(
        (&restarted["status"], &restarted["health"]),
        (&json!("starting"), &json!("starting"))
    );
    let path = format!("/api/containers/{id}");
    let (status, _) = house.ask(&ann, Method::DELETE, &path, json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(house.get(&ann, &path).await.0, StatusCode::NOT_FOUND);
    house.close().await;
}

#[tokio::test]
async fn only_containers_that_the_caller_may_see_are_listed_or_found() {
    let house = House::with_containers().await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let hers = house.boxed(&ann, "hers").await;
    let plain = house.running(&ann, "plain").await;
    house.boxed(&bob, "his").await;
    let names = async |person, question: &str| {
        let path = format!("/api/containers{question}");
        let (status, page) = house.get(person, &path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().unwrap().iter();
        let mut names: Vec<_> = items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(page["total"], json!(names.len()));
        names
    };
    assert_eq!(names(&ann, "").await, ["hers"]);
    assert_eq!(names(&ann, "?runtime=host&q=ers").await, ["hers"]);
    assert_eq!(names(&ann, "?status=stopped").await, [""; 0]);
    let admin = house.log_in("admin").await;
    assert_eq!(names(&admin, "").await, ["hers", "his"]);
    let (_, session) = house.get(&ann, &format!("/api/sessions/{hers}")).await;
    let container = session["container"]["id"].as_str().unwrap();
    let missing = [
        (&bob, hers.as_str()),
        (&bob, "hers"),
        (&bob, container),
        (&bob, &container[..12]),
        (&ann, &container[..11]),
        (&ann, "plain"),
        (&ann, plain.as_str()),
        (&ann, "ffffffffffff"),
        (&ann, "..%2f..%2fcontainers"),
    ];
    for (person, name) in missing {
        let (status, answer) = house.get(person, &format!("/api/containers/{name}")).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::NOT_FOUND, &json!("container.not_found")),
            "{name}"
        );
    }
    house.close().await;
}

/// What existing programs send; what cannot be done yet is named, each field with what to use instead.
#[tokio::test]
async fn a_path_of_the_servers_machine_is_refused_with_what_to_send_instead() {
    let house = House::with_containers().await;
    let admin = house.log_in("admin").await;
    let create = async |body| {
        house
            .ask(&admin, Method::POST, "/api/containers", body)
            .await
    };
    let (status, refused) = create(json!({
        "name": "my-dev-container", "template": "both", "mode": "interactive", "repoType": "clone",
        "repoUrl": "git@github.com:user/repo.git", "sshKeyPath": "~/.ssh/id_rsa",
        "cpuLimit": 2, "memoryLimit": 2048
    }))
    .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    let errors = refused["errors"].as_array().unwrap();
    let path = errors
        .iter()
        .find(|error| error["field"] == "sshKeyPath")
        .unwrap();
    assert!(
        path["message"].as_str().unwrap().contains("sshKey"),
        "{path}"
    );
    let (status, refused) = create(json!({"name": "x", "runtime": "host"})).await;
    assert_eq!(
        (status, &refused["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("runtime"))
    );
    let (_, page) = house.get(&admin, "/api/sessions").await;
    assert_eq!(page["total"], 0);
    house.close().await;
}

#[tokio::test]
async fn what_is_done_to_a_container_is_recorded_as_done_to_its_session() {
    let house = House::with_containers().await;
    let admin = house.log_in("admin").await;
    let id = house.boxed(&admin, "box").await;
    let (_, session) = house.get(&admin, &format!("/api/sessions/{id}")).await;
    let container = session["container"]["id"].as_str().unwrap();
    let path = format!("/api/containers/{container}/stop");
    let (status, _) = house.ask(&admin, Method::POST, &path, json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let (_, records) = house.get(&admin, "/api/audit?action=session.stop").await;
    assert_eq!(records["total"], 1, "{records}");
    let target = &records["items"][0]["target"];
    assert_eq!(
        (&target["kind"], &target["id"], &target["name"]),
        (&json!("session"), &json!(id), &json!("box"))
    );
    house.close().await;
}
