//! Logins at a provider that are linked with an account, and what nobody can link.

use std::time::Duration;

use longhouse_domain::Role;
use longhouse_server::OidcProvider;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, Person, answer};
use crate::identity_provider::Twin;
use crate::oidc::{Way, begin, departed, finish, house, log_in, me, visit};

const CORP: &str = "/api/auth/identities/corp";

/// Begins a link: the way to the provider, or the code of the refusal.
pub(crate) async fn begin_link(
    house: &House,
    twin: &Twin,
    person: &Person,
    (provider, body): (&str, Value),
) -> Result<Way, String> {
    let path = format!("/api/auth/oidc/{provider}/link");
    let request = house.request(Method::POST, &path).json(&body);
    let answer = request.bearer_auth(&person.token).send().await.unwrap();
    let headers = answer.headers().clone();
    let body: Value = answer.json().await.unwrap();
    let Some(url) = body["url"].as_str() else {
        return Err(body["code"].as_str().unwrap().to_owned());
    };
    let cookies = headers.get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies
        .map(|line| line.to_str().unwrap().to_owned())
        .collect();
    Ok(departed(house, twin, url, &cookies))
}

/// What the page sends with what came back.
pub(crate) fn link_request(
    house: &House,
    person: &Person,
    way: &Way,
    provider: &str,
) -> RequestBuilder {
    let new = json!({"provider": provider, "state": way.state, "code": "good"});
    let request = house
        .request(Method::POST, "/api/auth/identities")
        .header("cookie", &way.cookie)
        .bearer_auth(&person.token);
    request.json(&new)
}

async fn link(house: &House, person: &Person, way: &Way, provider: &str) -> (StatusCode, Value) {
    answer(link_request(house, person, way, provider)).await
}

async fn link_with(house: &House, twin: &Twin, person: &Person) -> (StatusCode, Value) {
    let password = json!({"password": PASSWORD});
    let way = begin_link(house, twin, person, ("corp", password)).await;
    link(house, person, &way.unwrap(), "corp").await
}

async fn unlink(house: &House, person: &Person, path: &str) -> (StatusCode, Value) {
    house.ask(person, Method::DELETE, path, json!({})).await
}

/// Somebody who came by the provider.
fn by_cookie(cookie: &str) -> Person {
    Person::bearing(cookie.trim_start_matches("longhouse_access="))
}

#[tokio::test]
async fn a_linked_login_opens_the_account_until_it_is_taken_away() {
    let twin = Twin::new().await;
    twin.groups(&["ops"]);
    let house = house(&twin).await;
    let admin = house.log_in("admin").await;
    for (body, refusal) in [
        (json!({}), "request.invalid"),
        (json!({"password": "wrong horse"}), "auth.wrong_password"),
    ] {
        let refused = begin_link(&house, &twin, &admin, ("corp", body)).await;
        assert_eq!(refused.err().unwrap(), refusal);
    }
    let password = json!({"password": PASSWORD});
    let way = begin_link(&house, &twin, &admin, ("corp", password)).await;
    let way = way.unwrap();
    // The provider leads the browser back; by that alone nobody is logged in, and nothing is linked.
    let path = format!("/api/auth/oidc/corp/callback?code=good&state={}", way.state);
    let (location, cookies) = visit(&house, &path, &way.cookie).await;
    let fields = format!("provider=corp&state={}&code=good", way.state);
    assert_eq!(location, format!("/profile#{fields}"));
    assert!(cookies.is_empty(), "{cookies:?}");
    let (_, none) = house.get(&admin, "/api/auth/identities").await;
    assert_eq!(none["total"], 0);

    let (status, linked) = link(&house, &admin, &way, "corp").await;
    assert_eq!(status, StatusCode::CREATED, "{linked}");
    let (_, list) = house.get(&admin, "/api/auth/identities").await;
    assert_eq!(list["items"], json!([linked]));
    assert_eq!(
        (&linked["provider"], &linked["name"], &linked["issuer"]),
        (&json!("corp"), &json!("Corp"), &json!(twin.issuer()))
    );
    let (_, cookie) = log_in(&house, &twin).await;
    assert_eq!(me(&house, &cookie.unwrap()).await["username"], "admin");

    // The groups have decided on their rights anew, which ends what they were signed in with before.
    let admin = house.log_in("admin").await;
    assert_eq!(unlink(&house, &admin, CORP).await.0, StatusCode::NO_CONTENT);
    let (status, body) = unlink(&house, &admin, CORP).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("identity.not_found"))
    );
    let (_, cookie) = log_in(&house, &twin).await;
    assert_eq!(me(&house, &cookie.unwrap()).await["username"], "ann");
    recorded(&house, &admin).await;
    house.close().await;
}

/// What the log says of it: the refused beginning, the link and its end, and nothing of the way back.
async fn recorded(house: &House, admin: &Person) {
    let of = async |action: &str| {
        let path = format!("/api/audit?action={action}");
        let (_, list) = house.get(admin, &path).await;
        let items = list["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| {
                let by = [&item["actor"]["name"], &item["outcome"]];
                by.map(|text| text.as_str().unwrap().to_owned())
            })
            .collect::<Vec<_>>()
    };
    let by_admin = |outcome: &str| ["admin".to_owned(), outcome.to_owned()];
    let links = [by_admin("ok"), by_admin("denied"), by_admin("failed")];
    assert_eq!(of("auth.link").await, links);
    assert_eq!(
        of("auth.unlink").await,
        [by_admin("denied"), by_admin("ok")]
    );
    let logins = of("auth.login").await;
    assert!(logins.iter().all(|[_, outcome]| outcome == "ok"));
    assert_eq!(logins.len(), 4, "{logins:?}");
}

#[tokio::test]
async fn only_the_sign_in_that_began_a_link_ends_it() {
    let twin = Twin::new().await;
    let house = house(&twin).await;
    let (ann, eve) = (
        house.user("ann", Role::Member).await,
        house.user("eve", Role::Member).await,
    );
    let elsewhere = house.log_in("ann").await;
    let begun = async |person: &Person| {
        let password = json!({"password": PASSWORD});
        let way = begin_link(&house, &twin, person, ("corp", password)).await;
        way.unwrap()
    };
    let (hers, theirs) = (begun(&ann).await, begun(&eve).await);
    let crossed = Way {
        state: theirs.state.clone(),
        cookie: hers.cookie.clone(),
    };
    let bare = Way {
        state: hers.state.clone(),
        cookie: String::new(),
    };
    let login = begin(&house, &twin, "/").await;
    for (person, way, what) in [
        (&eve, &hers, "another person"),
        (&elsewhere, &hers, "another sign-in of the same person"),
        (&ann, &crossed, "the answer to another's attempt"),
        (&ann, &bare, "a browser without the attempt"),
        (&ann, &login, "an attempt to log in"),
    ] {
        let (status, body) = link(&house, person, way, "corp").await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::FORBIDDEN, &json!("auth.oidc_state")),
            "{what}"
        );
    }
    // Nor is an attempt to link a login.
    let (location, access) = finish(&house, &hers).await;
    assert!(location.starts_with("/profile#"), "{location}");
    assert_eq!(access, None);
    // Whoever has logged out meanwhile links nothing.
    let fresh = begun(&elsewhere).await;
    let out = house.ask(&elsewhere, Method::POST, "/api/auth/logout", json!({}));
    assert_eq!(out.await.0, StatusCode::NO_CONTENT);
    let (status, _) = link(&house, &elsewhere, &fresh, "corp").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    for person in [&ann, &eve] {
        let (_, list) = house.get(person, "/api/auth/identities").await;
        assert_eq!(list["total"], 0);
    }
    house.close().await;
}

#[tokio::test]
async fn a_login_belongs_to_one_account_and_an_account_has_one_at_each_provider() {
    let twin = Twin::new().await;
    let house = house(&twin).await;
    let (ann, eve) = (
        house.user("ann", Role::Member).await,
        house.user("eve", Role::Member).await,
    );
    assert_eq!(link_with(&house, &twin, &ann).await.0, StatusCode::CREATED);
    let refused = async |person: &Person| {
        let (status, body) = link_with(&house, &twin, person).await;
        assert_eq!(status, StatusCode::CONFLICT, "{body}");
        body["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&eve).await, "identity.of_another");
    // The same once more changes nothing.
    assert_eq!(link_with(&house, &twin, &ann).await.0, StatusCode::CREATED);
    twin.person("s-2");
    assert_eq!(refused(&ann).await, "identity.provider_linked");
    assert_eq!(link_with(&house, &twin, &eve).await.0, StatusCode::CREATED);
    // Whom the provider's rules keep out is linked with nobody.
    let bob = house.user("bob", Role::Member).await;
    twin.person("s-3");
    twin.groups(&["strangers"]);
    let (status, body) = link_with(&house, &twin, &bob).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::FORBIDDEN, &json!("auth.oidc_not_allowed"))
    );
    house.close().await;
}

#[tokio::test]
async fn without_a_password_the_login_must_be_recent_and_the_last_way_in_stays() {
    let (twin, other) = (Twin::new().await, Twin::new().await);
    let providers = [
        twin.settings(),
        OidcProvider {
            id: "other".to_owned(),
            ..other.settings()
        },
    ];
    let house = House::without_people(|settings| settings.oidc.extend(providers)).await;
    let (_, cookie) = log_in(&house, &twin).await;
    let ann = by_cookie(&cookie.unwrap());
    let (status, body) = unlink(&house, &ann, CORP).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("identity.last_way_in"))
    );
    let way = begin_link(&house, &other, &ann, ("other", json!({}))).await;
    let (status, body) = link(&house, &ann, &way.unwrap(), "other").await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    assert_eq!(unlink(&house, &ann, CORP).await.0, StatusCode::NO_CONTENT);
    let (status, _) = unlink(&house, &ann, "/api/auth/identities/other").await;
    assert_eq!(status, StatusCode::CONFLICT);
    house.clock.advance(Duration::from_secs(601));
    let refused = begin_link(&house, &twin, &ann, ("corp", json!({}))).await;
    assert_eq!(refused.err().unwrap(), "auth.login_too_old");
    house.close().await;
}
