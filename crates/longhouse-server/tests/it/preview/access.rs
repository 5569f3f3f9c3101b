//! Who gets in, and for how long they may stay.

use futures_util::StreamExt;
use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::Ground;
use crate::house::{Person, promptly};

impl Ground {
    async fn share(&self, with: &str, access: &str) {
        let path = format!("/api/sessions/{}/shares", self.session);
        let share = json!({"userId": with, "access": access});
        let (status, body) = self.house.ask(&self.ann, Method::POST, &path, share).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
    }
}

#[tokio::test]
async fn a_preview_takes_the_right_to_drive_and_strangers_are_told_nothing() {
    let ground = Ground::new().await;
    let port = ground.program.port;
    let bob = ground.house.user("bob", Role::Member).await;
    let (status, _) = ground.way_in(&bob, port, json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    ground.share("bob", "view").await;
    let (status, _) = ground.way_in(&bob, port, json!({})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    // Whoever may look is told of the ports.
    let ports = format!("/api/sessions/{}/ports", ground.session);
    let (_, listed) = ground.house.get(&bob, &ports).await;
    let url = format!("http://{}", ground.host());
    let expected = json!({
        "container": port, "host": port, "url": url, "process": "node",
        "listening": true, "published": false, "address": null,
    });
    assert_eq!(listed["items"], json!([expected]));
    ground.share("bob", "drive").await;
    let browser = ground.open(&bob).await;
    assert_eq!(
        browser.status(browser.request(Method::GET, "/")).await,
        StatusCode::OK
    );
    let reading = ground
        .house
        .api_token(&ground.ann, "r", &["sessions:read"])
        .await;
    let (status, _) = ground
        .way_in(&Person::bearing(&reading), port, json!({}))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    ground.close().await;
}

#[tokio::test]
async fn without_a_pass_every_name_gets_the_same_answer() {
    let ground = Ground::new().await;
    let nobody = "0193a5b2-7c1d-7e2f-8a3b-4c5d6e7f8091";
    let mut answers = Vec::new();
    for host in [
        ground.host(),
        ground.host_of(&ground.session, 9),
        ground.host_of(nobody, 3000),
    ] {
        let person = ground
            .call(Method::GET, &host, "/a?b=c")
            .header("accept", "text/html");
        let person = person.send().await.unwrap();
        assert_eq!(person.status(), StatusCode::SEE_OTHER);
        let to = person.headers()["location"].to_str().unwrap();
        let own = format!("http://localhost:{}/preview/", ground.house.address.port());
        assert!(
            to.starts_with(&own) && to.ends_with("?path=%2Fa%3Fb%3Dc"),
            "{to}"
        );
        // The platform's own login is none here.
        let program = ground
            .call(Method::GET, &host, "/")
            .header("cookie", &ground.ann.cookie);
        let program = program.bearer_auth(&ground.ann.token).send().await.unwrap();
        let status = program.status();
        let mut problem: Value = program.json().await.unwrap();
        problem["requestId"] = Value::Null;
        answers.push((status, problem));
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    ground.close().await;
}

#[tokio::test]
async fn a_pass_is_good_at_its_own_preview_alone() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let other = ground.house.running(&ground.ann, "other").await;
    for host in [
        ground.host_of(&ground.session, 9),
        ground.host_of(&other, ground.program.port),
    ] {
        let request = ground
            .call(Method::GET, &host, "/")
            .header("cookie", &browser.pass);
        assert_eq!(
            browser.status(request).await,
            StatusCode::UNAUTHORIZED,
            "{host}"
        );
    }
    // Nor does it log anybody in at the platform, under whichever name.
    let value = browser.pass.split_once('=').unwrap().1;
    for cookie in [browser.pass.clone(), format!("longhouse_access={value}")] {
        let me = ground
            .house
            .request(Method::GET, "/api/auth/me")
            .header("cookie", cookie);
        assert_eq!(browser.status(me).await, StatusCode::UNAUTHORIZED);
    }
    // And a ticket for one port opens no other.
    let (_, way) = ground.way_in(&ground.ann, 9, json!({})).await;
    let url = way["url"].as_str().unwrap();
    let path = &url[url.find("/_longhouse").unwrap()..];
    let request = ground.call(Method::GET, &ground.host(), path);
    assert_eq!(browser.status(request).await, StatusCode::UNAUTHORIZED);
    ground.close().await;
}

#[tokio::test]
async fn what_is_open_ends_with_the_right_to_it() {
    let ground = Ground::new().await;
    let bob = ground.house.user("bob", Role::Member).await;
    ground.share("bob", "drive").await;
    let ends: [&str; 2] = ["unshare", "logout"];
    for end in ends {
        ground.share("bob", "drive").await;
        let bob = if end == "logout" {
            ground.house.log_in("bob").await
        } else {
            bob.clone()
        };
        let browser = ground.open(&bob).await;
        let mut events = browser
            .request(Method::GET, "/events")
            .send()
            .await
            .unwrap();
        events.chunk().await.unwrap().unwrap();
        let mut socket = browser
            .socket(&format!("http://{}", browser.host))
            .await
            .unwrap();
        match end {
            "unshare" => {
                let path = format!("/api/sessions/{}/shares/bob", ground.session);
                ground
                    .house
                    .ask(&ground.ann, Method::DELETE, &path, json!({}))
                    .await;
            }
            _ => {
                let out = ground.house.request(Method::POST, "/api/auth/logout");
                let out = out.header("cookie", format!("{}; {}", bob.cookie, bob.refresh));
                let out = out
                    .header("origin", ground.house.origin())
                    .send()
                    .await
                    .unwrap();
                assert!(out.status().is_success());
            }
        }
        promptly("the stream's end", async {
            while let Ok(Some(_)) = events.chunk().await {}
        })
        .await;
        promptly("the socket's end", async {
            while let Some(Ok(_)) = socket.next().await {}
        })
        .await;
        let again = browser.request(Method::GET, "/");
        assert_eq!(
            browser.status(again).await,
            StatusCode::UNAUTHORIZED,
            "{end}"
        );
    }
    ground.close().await;
}

#[tokio::test]
async fn who_opened_which_preview_is_recorded() {
    let ground = Ground::new().await;
    let admin = ground.house.log_in("admin").await;
    ground.open(&ground.ann).await;
    let (status, _) = ground.way_in(&ground.ann, 0, json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for path in [
        "//evil.example",
        "https://evil.example/",
        "\\",
        "a",
        "/a\nb",
    ] {
        let (status, _) = ground.way_in(&ground.ann, 9, json!({"path": path})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let (_, records) = ground
        .house
        .get(&admin, "/api/audit?action=preview.open")
        .await;
    let first = records["items"].as_array().unwrap().last().unwrap();
    assert_eq!(first["actor"]["name"], "ann");
    assert_eq!(first["target"]["id"], *ground.session);
    assert_eq!(first["detail"]["port"], ground.program.port.to_string());
    assert_eq!(records["total"].as_u64(), Some(7), "{records}");
    ground.close().await;
}
