//! What is no access token of ours, shown as one over HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, answer};

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn what_is_no_access_token_of_ours_opens_nothing() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let parts: Vec<&str> = admin.token.split('.').collect();
    let (claims, signature) = (decoded(parts[1]), parts[2]);
    let mut tokens = Vec::new();
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "None", "typ": "JWT"}),
        json!({"alg": "RS256", "typ": "JWT"}),
        json!({"alg": "HS512", "typ": "JWT"}),
        json!({"alg": "HS256", "kid": "../../dev/null"}),
        json!({"alg": "HS256", "kid": "' or 1"}),
        json!({"alg": "HS256", "jku": "https://evil.example/keys"}),
        json!({"alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}}),
    ] {
        let head = encoded(&header);
        tokens.push(format!("{head}.{}.", parts[1]));
        tokens.push(format!("{head}.{}.{signature}", parts[1]));
    }
    for (name, value) in [
        ("exp", json!("9999999999")),
        ("exp", json!(9_999_999_999_i64)),
        ("exp", Value::Null),
        ("ver", json!(-1)),
        ("typ", json!("refresh")),
        ("aud", json!("elsewhere")),
    ] {
        let mut changed = claims.clone();
        changed[name] = value;
        tokens.push(format!("{}.{}.{signature}", parts[0], encoded(&changed)));
    }
    let ask = json!({"resource": "/api/sessions/x/terminals/agent/ws"});
    let (_, ticket) = house
        .ask(&admin, Method::POST, "/api/auth/ticket", ask)
        .await;
    tokens.push(ticket["ticket"].as_str().unwrap().to_owned());
    tokens.push(admin.refresh.split_once('=').unwrap().1.to_owned());
    for token in &tokens {
        let bearer = house
            .request(Method::GET, "/api/auth/me")
            .bearer_auth(token);
        assert_eq!(answer(bearer).await.0, StatusCode::UNAUTHORIZED, "{token}");
        let cookie = house
            .request(Method::GET, "/api/auth/me")
            .header("cookie", format!("longhouse_access={token}"));
        assert_eq!(answer(cookie).await.0, StatusCode::UNAUTHORIZED, "{token}");
    }
    // A token in an address is not even looked at.
    let in_address = format!("/api/auth/me?token={0}&access_token={0}", admin.token);
    let asked = answer(house.request(Method::GET, &in_address)).await;
    assert_eq!(asked.0, StatusCode::UNAUTHORIZED);
    assert_eq!(house.get(&admin, "/api/auth/me").await.0, StatusCode::OK);
    house.close().await;
}
