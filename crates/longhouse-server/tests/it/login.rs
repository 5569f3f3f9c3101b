//! Set-up, login, refresh, and how often one may try.

use longhouse_server::{Scheme, ServerSettings};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, Person, answer};

async fn try_login(house: &House, username: &str, password: &str) -> (StatusCode, Value) {
    let body = json!({"username": username, "password": password});
    answer(house.request(Method::POST, "/api/auth/login").json(&body)).await
}

fn refresh(house: &House, cookie: &str) -> reqwest::RequestBuilder {
    house
        .request(Method::POST, "/api/auth/refresh")
        .header("cookie", cookie)
        .header("origin", house.origin())
}

#[tokio::test]
async fn the_set_up_link_makes_one_admin_once() {
    let house = House::without_people(|_| {}).await;
    let token = house
        .engine
        .accounts()
        .setup_token()
        .await
        .unwrap()
        .unwrap();
    let claim = |token: &str, name: &str| {
        let body = json!({"token": token, "username": name, "password": PASSWORD});
        answer(house.request(Method::POST, "/api/auth/setup").json(&body))
    };
    let (status, body) = claim("guess", "eve").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::FORBIDDEN, &json!("auth.wrong_setup_token"))
    );
    let (status, body) = claim(token.reveal(), "no spaces").await;
    assert_eq!(
        (status, &body["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("username"))
    );
    let both = tokio::join!(claim(token.reveal(), "ann"), claim(token.reveal(), "bob"));
    let mut statuses = [both.0.0.as_u16(), both.1.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201, "{both:?}");
    assert!([403, 409].contains(&statuses[1]), "{both:?}");
    let (status, body) = claim(token.reveal(), "late").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("auth.setup_closed"))
    );
    house.close().await;
}

#[tokio::test]
async fn a_login_gives_a_token_and_two_cookies_that_scripts_cannot_read() {
    let house = House::new().await;
    let body = json!({"username": "admin", "password": PASSWORD});
    let login = house
        .request(Method::POST, "/api/auth/login")
        .json(&body)
        .send()
        .await
        .unwrap();
    let cookies: Vec<_> = login
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|c| c.to_str().unwrap().to_owned())
        .collect();
    assert_eq!(cookies.len(), 2);
    assert!(
        cookies
            .iter()
            .all(|c| c.contains("; HttpOnly; SameSite=Strict")),
        "{cookies:?}"
    );
    assert!(cookies[1].contains("Path=/api/auth;"), "{cookies:?}");
    let person = Person::of(login).await;
    let with_cookie = house
        .request(Method::GET, "/api/auth/me")
        .header("cookie", &person.cookie);
    let (status, me) = answer(with_cookie).await;
    assert_eq!(
        (status, &me["username"], &me["role"], &me["hasPassword"]),
        (
            StatusCode::OK,
            &json!("admin"),
            &json!("admin"),
            &json!(true)
        )
    );
    // A refresh token is no access token, wherever it stands.
    let value = person.refresh.split_once('=').unwrap().1;
    for request in [
        house
            .request(Method::GET, "/api/auth/me")
            .bearer_auth(value),
        house
            .request(Method::GET, "/api/auth/me")
            .header("cookie", format!("longhouse_access={value}")),
        house
            .request(Method::GET, "/api/auth/me")
            .header("authorization", format!("Basic {}", person.token)),
    ] {
        assert_eq!(answer(request).await.0, StatusCode::UNAUTHORIZED);
    }
    house.close().await;
}

#[tokio::test]
async fn a_refresh_token_is_good_for_one_exchange() {
    let house = House::new().await;
    let first = house.log_in("admin").await;
    let second = Person::of(refresh(&house, &first.refresh).send().await.unwrap()).await;
    assert_ne!(first.refresh, second.refresh);
    // The answer may have been lost: the same successor comes again.
    let again = Person::of(refresh(&house, &first.refresh).send().await.unwrap()).await;
    assert_eq!(second.refresh, again.refresh);
    let third = Person::of(refresh(&house, &second.refresh).send().await.unwrap()).await;
    // Now the first one is a stolen one: its successor has been used.
    let (status, body) = answer(refresh(&house, &first.refresh)).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("auth.token_reused"))
    );
    let (status, _) = answer(refresh(&house, &third.refresh)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        house.get(&third, "/api/auth/me").await.0,
        StatusCode::UNAUTHORIZED
    );
    house.close().await;
}

#[tokio::test]
async fn a_logout_ends_both_tokens() {
    let house = House::new().await;
    let person = house.log_in("admin").await;
    let request = house
        .request(Method::POST, "/api/auth/logout")
        .header("cookie", format!("{}; {}", person.cookie, person.refresh))
        .header("origin", house.origin());
    let out = request.send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert!(
        out.headers()
            .get_all("set-cookie")
            .iter()
            .all(|c| c.to_str().unwrap().contains("Max-Age=0"))
    );
    assert_eq!(
        house.get(&person, "/api/auth/me").await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        answer(refresh(&house, &person.refresh)).await.0,
        StatusCode::UNAUTHORIZED
    );
    house.close().await;
}

#[tokio::test]
async fn guessing_is_slowed_down_and_good_logins_are_not() {
    let house = House::new().await;
    for _ in 0..15 {
        assert_eq!(try_login(&house, "admin", PASSWORD).await.0, StatusCode::OK);
    }
    for _ in 0..10 {
        let (status, body) = try_login(&house, "admin", "wrong").await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::UNAUTHORIZED, &json!("auth.wrong_credentials"))
        );
    }
    let body = json!({"username": "ADMIN", "password": "wrong"});
    let refused = house
        .request(Method::POST, "/api/auth/login")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait));
    // Another account at the same address is not locked out with it.
    assert_eq!(
        try_login(&house, "somebody", "wrong").await.0,
        StatusCode::UNAUTHORIZED
    );
    house.close().await;
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    for trusted in [false, true] {
        let house = House::without_people(|settings| {
            settings.limits.logins_per_minute = 1;
            if trusted {
                settings.trusted_proxies.push("127.0.0.1".parse().unwrap());
            }
        })
        .await;
        let attempt = |address: &str| {
            let body = json!({"username": "admin", "password": "wrong"});
            answer(
                house
                    .request(Method::POST, "/api/auth/login")
                    .header("x-forwarded-for", address.to_owned())
                    .json(&body),
            )
        };
        assert_eq!(attempt("203.0.113.1").await.0, StatusCode::UNAUTHORIZED);
        let second = attempt("203.0.113.2").await.0;
        let expected = if trusted {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::TOO_MANY_REQUESTS
        };
        assert_eq!(second, expected, "trusted: {trusted}");
        // What a client puts in front of the proxy's own entry is not believed.
        assert_eq!(
            attempt("198.51.100.9, 203.0.113.1").await.0,
            StatusCode::TOO_MANY_REQUESTS
        );
        house.close().await;
    }
}

#[tokio::test]
async fn under_tls_cookies_are_bound_to_it() {
    let house = House::without_people(|settings: &mut ServerSettings| {
        settings.scheme = Scheme::Https;
    })
    .await;
    house.make_admin("admin").await;
    let body = json!({"username": "admin", "password": PASSWORD});
    let login = house
        .request(Method::POST, "/api/auth/login")
        .json(&body)
        .send()
        .await
        .unwrap();
    let cookies: Vec<_> = login
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|c| c.to_str().unwrap().to_owned())
        .collect();
    assert!(
        cookies[0].starts_with("__Host-longhouse_access="),
        "{cookies:?}"
    );
    assert!(
        cookies.iter().all(|cookie| cookie.ends_with("; Secure")),
        "{cookies:?}"
    );
    assert!(login.headers().contains_key("strict-transport-security"));
    house.close().await;
}

#[tokio::test]
async fn a_wrong_current_password_does_not_log_out() {
    let house = House::new().await;
    let person = house.log_in("admin").await;
    let change = json!({"currentPassword": "wrong", "newPassword": "another horse"});
    let (status, body) = house
        .ask(&person, Method::POST, "/api/auth/password", change)
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::FORBIDDEN, &json!("auth.wrong_password"))
    );
    let short = json!({"currentPassword": PASSWORD, "newPassword": "short"});
    let (status, body) = house
        .ask(&person, Method::POST, "/api/auth/password", short)
        .await;
    assert_eq!(
        (status, &body["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("newPassword"))
    );
    assert_eq!(house.get(&person, "/api/auth/me").await.0, StatusCode::OK);
    house.close().await;
}
