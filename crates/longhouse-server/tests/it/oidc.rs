//! Logging in through an identity provider, and what a bad one cannot achieve.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, answer};
use crate::identity_provider::{Lie, Twin};

pub(crate) struct Way {
    /// Where the provider is to send the browser.
    pub(crate) state: String,
    pub(crate) cookie: String,
}

pub(crate) async fn house(twin: &Twin) -> House {
    let provider = twin.settings();
    let house = House::without_people(|settings| settings.oidc.push(provider)).await;
    house.make_admin("admin").await;
    house
}

fn browser() -> reqwest::Client {
    let none = reqwest::redirect::Policy::none();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(none)
        .build()
        .unwrap()
}

pub(crate) async fn visit(house: &House, path: &str, cookie: &str) -> (String, Vec<String>) {
    let address = format!("{}{path}", house.origin());
    let answer = browser()
        .get(address)
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
    let cookies = answer.headers().get_all("set-cookie");
    let cookies = cookies
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect();
    (
        answer.headers()["location"].to_str().unwrap().to_owned(),
        cookies,
    )
}

/// The way to the provider.
pub(crate) async fn begin(house: &House, twin: &Twin, next: &str) -> Way {
    let path = format!("/api/auth/oidc/corp/login?next={next}");
    let (location, cookies) = visit(house, &path, "").await;
    assert!(
        location.starts_with(&format!("{}/authorize?", twin.issuer())),
        "{location}"
    );
    departed(house, twin, &location, &cookies)
}

/// What stands in the provider's address, with which the provider is prepared for the one who comes.
pub(crate) fn departed(house: &House, twin: &Twin, location: &str, cookies: &[String]) -> Way {
    let query = location.split_once('?').unwrap().1;
    let asked: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let of = |name: &str| asked.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert_eq!(of("code_challenge_method"), "S256");
    assert_eq!(of("scope"), "openid profile");
    let provider = of("redirect_uri");
    let provider = provider.trim_start_matches(&house.origin());
    assert!(provider.starts_with("/api/auth/oidc/") && provider.ends_with("/callback"));
    twin.expect(&of("nonce"), &of("code_challenge"));
    assert!(cookies[0].contains("HttpOnly; SameSite=Lax"), "{cookies:?}");
    Way {
        state: of("state"),
        cookie: cookies[0].split(';').next().unwrap().to_owned(),
    }
}

/// The way back: where the browser ends up, and the access cookie that it was given.
pub(crate) async fn finish(house: &House, way: &Way) -> (String, Option<String>) {
    let path = format!("/api/auth/oidc/corp/callback?code=good&state={}", way.state);
    let (location, cookies) = visit(house, &path, &way.cookie).await;
    let access = cookies
        .iter()
        .find(|cookie| cookie.starts_with("longhouse_access="));
    (
        location,
        access.map(|cookie| cookie.split(';').next().unwrap().to_owned()),
    )
}

pub(crate) async fn log_in(house: &House, twin: &Twin) -> (String, Option<String>) {
    let way = begin(house, twin, "/").await;
    finish(house, &way).await
}

pub(crate) async fn me(house: &House, cookie: &str) -> Value {
    let request = house
        .request(Method::GET, "/api/auth/me")
        .header("cookie", cookie);
    answer(request).await.1
}

#[tokio::test]
async fn a_newcomer_gets_an_account_with_the_role_of_their_groups() {
    let twin = Twin::new().await;
    let house = house(&twin).await;
    let (_, methods) = answer(house.request(Method::GET, "/api/auth/methods")).await;
    let offered = json!([{"id": "corp", "name": "Corp", "url": "/api/auth/oidc/corp/login"}]);
    assert_eq!(
        (&methods["password"], &methods["oidc"]),
        (&json!(true), &offered)
    );

    let way = begin(&house, &twin, "/sessions/x").await;
    let (location, cookie) = finish(&house, &way).await;
    assert_eq!(location, "/sessions/x");
    let first = me(&house, &cookie.unwrap()).await;
    assert_eq!(
        (&first["username"], &first["role"], &first["hasPassword"]),
        (&json!("ann"), &json!("member"), &json!(false))
    );

    // The next login finds the same account, and follows the groups; an old sign-in ends with the old role.
    twin.groups(&["ops"]);
    let (_, cookie) = log_in(&house, &twin).await;
    let again = me(&house, &cookie.unwrap()).await;
    assert_eq!(
        (&again["id"], &again["role"]),
        (&first["id"], &json!("admin"))
    );
    twin.groups(&["strangers"]);
    assert_eq!(
        log_in(&house, &twin).await,
        ("/login?error=auth.oidc_not_allowed".to_owned(), None)
    );
    house.close().await;
}

#[tokio::test]
async fn an_account_is_never_found_by_its_name() {
    let twin = Twin::new().await;
    let house = house(&twin).await;
    house.user("ann", longhouse_domain::Role::Admin).await;
    let (_, cookie) = log_in(&house, &twin).await;
    let me = me(&house, &cookie.unwrap()).await;
    assert_eq!(
        (&me["username"], &me["role"]),
        (&json!("ann-2"), &json!("member"))
    );
    house.close().await;
}

#[tokio::test]
async fn a_token_that_is_not_the_providers_word_for_this_attempt_logs_nobody_in() {
    let twin = Twin::new().await;
    let house = house(&twin).await;
    let claims = |claims: Value| Lie::Claims(claims);
    let lies = [
        claims(json!({"nonce": "another"})),
        claims(json!({"nonce": null})),
        claims(json!({"iss": "https://evil.example"})),
        claims(json!({"aud": "somebody-else"})),
        claims(json!({"aud": ["longhouse", "somebody-else"]})),
        claims(json!({"aud": ["longhouse", "x"], "azp": "x"})),
        claims(json!({"azp": "x"})),
        claims(json!({"exp": 1_000_000_000})),
        claims(json!({"exp": "9999999999"})),
        claims(json!({"exp": null})),
        claims(json!({"iat": 9_999_999_999_i64})),
        claims(json!({"nbf": 9_999_999_999_i64})),
        claims(json!({"sub": ""})),
        Lie::Unsigned("none"),
        Lie::Unsigned("None"),
        Lie::PublicKeyAsSecret,
        Lie::ForeignKey,
        Lie::SomebodyElse,
        Lie::Huge,
    ];
    for (at, lie) in lies.into_iter().enumerate() {
        twin.lie(lie.clone());
        let (location, cookie) = log_in(&house, &twin).await;
        let huge = matches!(lie, Lie::Huge);
        let code = if huge { "unavailable" } else { "invalid" };
        assert_eq!(
            location,
            format!("/login?error=auth.oidc_{code}"),
            "lie {at}"
        );
        assert_eq!(cookie, None, "lie {at}");
    }
    twin.lie(Lie::None);
    assert!(log_in(&house, &twin).await.1.is_some());
    house.close().await;
}

#[tokio::test]
async fn new_keys_are_learnt_and_a_provider_that_is_away_is_said_to_be() {
    let mut twin = Twin::new().await;
    let house = house(&twin).await;
    assert!(log_in(&house, &twin).await.1.is_some());
    twin.change_key();
    assert!(log_in(&house, &twin).await.1.is_some());
    let way = begin(&house, &twin, "/").await;
    twin.go_away().await;
    let away = ("/login?error=auth.oidc_unavailable".to_owned(), None);
    assert_eq!(finish(&house, &way).await, away);
    house.close().await;
}

#[tokio::test]
async fn another_issuers_description_is_not_believed() {
    let twin = Twin::new().await;
    let house = house(&twin).await;
    twin.lie(Lie::OtherIssuer);
    let (location, _) = visit(&house, "/api/auth/oidc/corp/login", "").await;
    assert_eq!(location, "/login?error=auth.oidc_invalid");
    let missing = house.request(Method::GET, "/api/auth/oidc/nothing/login");
    assert_eq!(answer(missing).await.0, StatusCode::NOT_FOUND);
    house.close().await;
}

#[tokio::test]
async fn only_the_browser_that_began_comes_back_and_only_to_this_server() {
    let twin = Twin::new().await;
    let house = house(&twin).await;
    let (mine, theirs) = (
        begin(&house, &twin, "/").await,
        begin(&house, &twin, "/").await,
    );
    let crossed = [
        Way {
            state: theirs.state.clone(),
            cookie: mine.cookie.clone(),
        },
        Way {
            state: mine.state.clone(),
            cookie: String::new(),
        },
        Way {
            state: String::new(),
            cookie: mine.cookie.clone(),
        },
        Way {
            state: mine.state.clone(),
            cookie: format!("{}x", mine.cookie),
        },
    ];
    for way in &crossed {
        let refused = ("/login?error=auth.oidc_state".to_owned(), None);
        assert_eq!(finish(&house, way).await, refused);
    }
    let path = format!(
        "/api/auth/oidc/corp/callback?error=access_denied&state={}",
        mine.state
    );
    let (location, _) = visit(&house, &path, &mine.cookie).await;
    assert_eq!(location, "/login?error=auth.oidc_refused");
    for next in [
        "//evil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
    ] {
        let way = begin(&house, &twin, next).await;
        assert_eq!(finish(&house, &way).await.0, "/", "{next}");
    }
    house.close().await;
}

#[tokio::test]
async fn two_tabs_of_one_browser_log_in_beside_each_other() {
    let twin = Twin::new().await;
    let house = house(&twin).await;
    let first = begin(&house, &twin, "/sessions/first").await;
    let expected = twin.expected();
    let second = begin(&house, &twin, "/sessions/second").await;
    let jar = format!("{}; {}", first.cookie, second.cookie);
    let come_back = async |way: &Way| {
        let way = Way {
            state: way.state.clone(),
            cookie: jar.clone(),
        };
        finish(&house, &way).await
    };
    let (location, cookie) = come_back(&second).await;
    assert_eq!(
        (location.as_str(), cookie.is_some()),
        ("/sessions/second", true)
    );
    twin.expect(&expected.0, &expected.1);
    let (location, cookie) = come_back(&first).await;
    assert_eq!(
        (location.as_str(), cookie.is_some()),
        ("/sessions/first", true)
    );
    house.close().await;
}

#[tokio::test]
async fn passwords_can_be_switched_off() {
    let twin = Twin::new().await;
    let provider = twin.settings();
    let house = House::without_people(|settings| {
        settings.oidc.push(provider);
        settings.password_login = false;
    })
    .await;
    let (_, methods) = answer(house.request(Method::GET, "/api/auth/methods")).await;
    assert_eq!(
        (&methods["password"], &methods["setupOpen"]),
        (&json!(false), &json!(false))
    );
    let body = json!({"username": "admin", "password": PASSWORD});
    let (status, refused) =
        answer(house.request(Method::POST, "/api/auth/login").json(&body)).await;
    assert_eq!(
        (status, &refused["code"]),
        (StatusCode::FORBIDDEN, &json!("auth.password_login_off"))
    );
    assert!(log_in(&house, &twin).await.1.is_some());
    house.close().await;
}
