//! API tokens over HTTP: what they are like, what they open, and what they never open.

use longhouse_domain::{Role, Scope};
use longhouse_server::{ForTokens, token_table};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

use crate::house::{House, PASSWORD, Person, answer};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_token_is_shown_once_and_its_use_is_noted() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let wish = json!({"name": "CI", "scopes": ["sessions:read"], "expiresInDays": 30});
    let (status, made) = house.ask(&admin, Method::POST, "/api/tokens", wish).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with(made["hint"].as_str().unwrap()), "{made}");
    assert!(token.starts_with("lh_") && token.len() == 53, "{token}");
    assert_eq!(made["scopes"], json!(["sessions:read"]));

    let (_, list) = house.get(&admin, "/api/tokens").await;
    assert_eq!(
        (&list["total"], &list["nextCursor"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(list["items"][0]["lastUsedAt"], Value::Null);
    assert!(list["items"][0].get("token").is_none(), "{list}");

    let me = house.get(&Person::bearing(token), "/api/auth/me").await;
    assert_eq!((me.0, &me.1["username"]), (StatusCode::OK, &json!("admin")));
    let (_, list) = house.get(&admin, "/api/tokens").await;
    assert!(list["items"][0]["lastUsedAt"].is_string(), "{list}");
    // Nothing of it stands in the database but its hash.
    for file in std::fs::read_dir(house.dir.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(token.len())
                .any(|part| part == token.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_token_that_is_forged_expired_or_deleted_opens_nothing() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let token = house.api_token(&admin, "CI", &["sessions:read"]).await;
    let other = house.api_token(&admin, "other", &["sessions:read"]).await;
    let status = async |token: &str| {
        let (status, body) = house.get(&Person::bearing(token), "/api/auth/me").await;
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let refused = (StatusCode::UNAUTHORIZED, "auth.required".to_owned());
    assert_eq!(status(&token).await.0, StatusCode::OK);
    for forged in [
        token[..52].to_owned(),
        format!("{token}x"),
        token.to_uppercase(),
        format!("lh_{}_000000", "0".repeat(43)),
        format!("lh_{}", "x".repeat(8000)),
    ] {
        assert_eq!(status(&forged).await, refused, "{forged}");
    }
    // In a cookie, where only the browser's own access token belongs, it is nothing.
    let cookie = house
        .request(Method::GET, "/api/auth/me")
        .header("cookie", format!("longhouse_access={token}"));
    assert_eq!(answer(cookie).await.0, StatusCode::UNAUTHORIZED);

    let gone = house
        .ask(&admin, Method::DELETE, "/api/tokens/ci", json!({}))
        .await;
    assert_eq!(gone.0, StatusCode::NO_CONTENT);
    assert_eq!(status(&token).await, refused);
    house.clock.advance(DAY);
    assert_eq!(status(&other).await, refused);
    house.close().await;
}

#[test]
fn ones_own_account_is_never_in_reach_of_a_token() {
    for (method, path, tokens) in token_table() {
        let own = path.starts_with("/api/tokens")
            || path.starts_with("/api/auth/sign-ins")
            || path.starts_with("/api/auth/identities")
            || path == "/api/auth/oidc/{provider}/link"
            || path.starts_with("/api/ssh-keys")
            || path.starts_with("/api/known-hosts")
            || path.starts_with("/api/git-tokens")
            || path == "/api/git-config"
            || path == "/api/auth/password";
        assert_eq!(own, tokens == ForTokens::Never, "{method} {path}");
        // What git shows of a session is what its files hold.
        let shown = method == "GET" && path.starts_with("/api/sessions/{id}/git/");
        let files = path.starts_with("/api/files") || shown;
        let for_files = matches!(
            tokens,
            ForTokens::With(Scope::FilesRead | Scope::FilesWrite)
        );
        assert_eq!(files, for_files, "{method} {path}");
    }
}

#[tokio::test]
async fn a_token_gives_no_more_than_its_owner_may_do() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let viewer = house.user("eve", Role::Viewer).await;
    let member = house.user("ann", Role::Member).await;
    for scope in ["admin", "metrics"] {
        let wish = json!({"name": "x", "scopes": [scope]});
        let (status, body) = house.ask(&member, Method::POST, "/api/tokens", wish).await;
        let field = &body["errors"][0]["field"];
        assert_eq!(
            (status, field),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("scopes"))
        );
    }
    let writing = house
        .api_token(&viewer, "w", &["sessions:read", "sessions:write"])
        .await;
    let new = json!({"name": "mine", "agent": "shell"});
    let bearer = Person::bearing(&writing);
    let (status, body) = house
        .ask(&bearer, Method::POST, "/api/sessions", new.clone())
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::FORBIDDEN, &json!("auth.forbidden"))
    );

    // Another's session is no more there than for the owner of the token.
    let id = house.running(&admin, "secret").await;
    let all = house
        .api_token(&member, "all", &["sessions:read", "sessions:write"])
        .await;
    let bearer = Person::bearing(&all);
    let path = format!("/api/sessions/{id}");
    assert_eq!(house.get(&bearer, &path).await.0, StatusCode::NOT_FOUND);
    let made = house.ask(&bearer, Method::POST, "/api/sessions", new).await;
    assert_eq!(made.0, StatusCode::CREATED, "{}", made.1);
    house.close().await;
}

#[tokio::test]
async fn a_wish_for_a_token_that_makes_no_sense_is_refused() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let reading = json!(["sessions:read"]);
    for (wish, field) in [
        (json!({"name": "", "scopes": reading}), "name"),
        (json!({"name": "a\u{7}", "scopes": reading}), "name"),
        (json!({"name": "x".repeat(65), "scopes": reading}), "name"),
        (
            json!({"name": "019a0000-0000-7000-8000-000000000000", "scopes": reading}),
            "name",
        ),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": ["everything"]}), "scopes[0]"),
        (
            json!({"name": "x", "scopes": reading, "expiresInDays": 0}),
            "expiresInDays",
        ),
        (
            json!({"name": "x", "scopes": reading, "expiresInDays": 4000}),
            "expiresInDays",
        ),
        (
            json!({"name": "x", "scopes": reading, "owner": "eve"}),
            "owner",
        ),
    ] {
        let (status, body) = house
            .ask(&admin, Method::POST, "/api/tokens", wish.clone())
            .await;
        let blamed = &body["errors"][0]["field"];
        assert_eq!(
            (status, blamed),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)),
            "{wish}"
        );
    }
    house.api_token(&admin, "one", &["sessions:read"]).await;
    let (status, body) = house
        .ask(
            &admin,
            Method::POST,
            "/api/tokens",
            json!({"name": "ONE", "scopes": reading}),
        )
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("token.name_taken"))
    );
    for n in 1..50 {
        house
            .api_token(&admin, &n.to_string(), &["sessions:read"])
            .await;
    }
    let (status, body) = house
        .ask(
            &admin,
            Method::POST,
            "/api/tokens",
            json!({"name": "more", "scopes": reading}),
        )
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("token.too_many"))
    );
    // Another's token is not there.
    let ann = house.user("ann", Role::Member).await;
    let (status, body) = house
        .ask(&ann, Method::DELETE, "/api/tokens/one", json!({}))
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("token.not_found"))
    );
    house.close().await;
}

#[tokio::test]
async fn a_new_password_ends_the_tokens_too() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let token = house.api_token(&admin, "CI", &["sessions:read"]).await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another horse"});
    let (status, _) = house
        .ask(&admin, Method::POST, "/api/auth/password", change)
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = house.get(&Person::bearing(&token), "/api/auth/me").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    house.close().await;
}
