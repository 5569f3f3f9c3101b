//! Changes of rights: each is one transaction with its record, and the record is not written once more with the answer.

use longhouse_domain::Role;
use longhouse_domain::audit::{ActorKind, AuditRecord, Outcome, Severity};
use longhouse_engine::AuditQuery;
use longhouse_engine::accounts::Secret;
use longhouse_server::{audit_table, deed_table};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::database::Database;
use crate::house::{House, PASSWORD, Person, answer};
use crate::identities::{begin_link, link_request};
use crate::identity_provider::Twin;

/// Who and what the changes are made with.
struct Ground {
    house: House,
    provider: Twin,
    admin: Person,
    ann: Person,
    session: String,
}

impl Ground {
    async fn new() -> Self {
        let provider = Twin::new().await;
        let house = House::changed(|settings| settings.oidc.push(provider.settings())).await;
        let admin = house.log_in("admin").await;
        let ann = house.user("ann", Role::Member).await;
        house.user("bob", Role::Member).await;
        house.user("eve", Role::Member).await;
        let session = house.running(&ann, "work").await;
        let share = json!({"userId": "eve", "access": "view"});
        let path = format!("/api/sessions/{session}/shares");
        assert_eq!(
            house.ask(&ann, Method::POST, &path, share).await.0,
            StatusCode::CREATED
        );
        house.api_token(&ann, "old", &["sessions:read"]).await;
        Self {
            house,
            provider,
            admin,
            ann,
            session,
        }
    }

    /// A request of that route that changes something.
    async fn change(&self, method: &str, path: &str) -> RequestBuilder {
        match path {
            _ if path.starts_with("/api/auth/identities") => self.provider_login(method).await,
            _ if path.starts_with("/api/ssh-keys") => {
                let make = |name: &str| json!({"name": name, "generate": true});
                self.made("/api/ssh-keys", method, make).await
            }
            _ if path.starts_with("/api/git-tokens") => {
                let make = |name: &str| json!({"host": name, "token": "secret"});
                self.made("/api/git-tokens", method, make).await
            }
            _ if path.starts_with("/api/known-hosts") => self.known_host(path).await,
            _ => self.other_change(method, path).await,
        }
    }

    async fn other_change(&self, method: &str, path: &str) -> RequestBuilder {
        let (person, path, body) = match (method, path) {
            ("POST", "/api/auth/logout") => {
                (self.house.log_in("ann").await, path.to_owned(), json!({}))
            }
            ("DELETE", "/api/auth/sign-ins") => {
                self.house.log_in("ann").await;
                (self.ann.clone(), path.to_owned(), json!({}))
            }
            ("DELETE", "/api/auth/sign-ins/{id}") => {
                self.house.log_in("ann").await;
                let path = format!("/api/auth/sign-ins/{}", self.another_sign_in().await);
                (self.ann.clone(), path, json!({}))
            }
            // It ends every other sign-in, so it is somebody's whom nothing else is asked of.
            ("POST", "/api/auth/password") => {
                let body = json!({"currentPassword": PASSWORD, "newPassword": PASSWORD});
                (self.house.log_in("eve").await, path.to_owned(), body)
            }
            ("POST", "/api/tokens") => {
                let body = json!({"name": "new", "scopes": ["sessions:read"]});
                (self.ann.clone(), path.to_owned(), body)
            }
            ("DELETE", "/api/tokens/{id}") => {
                (self.ann.clone(), "/api/tokens/old".to_owned(), json!({}))
            }
            ("POST", "/api/sessions/{id}/shares") => {
                let body = json!({"userId": "bob", "access": "drive"});
                (self.ann.clone(), self.shares(""), body)
            }
            ("DELETE", "/api/sessions/{id}/shares/{user}") => {
                (self.ann.clone(), self.shares("/eve"), json!({}))
            }
            ("PATCH", "/api/settings") => {
                let body = json!({"auditRetentionDays": 30, "auditCommandLines": true});
                (self.admin.clone(), path.to_owned(), body)
            }
            ("POST", "/api/users") => {
                let body = json!({"username": "new", "password": PASSWORD, "role": "member"});
                (self.admin.clone(), path.to_owned(), body)
            }
            ("PATCH", "/api/users/{id}") => {
                let body = json!({"role": "viewer", "permissions": []});
                (self.admin.clone(), "/api/users/bob".to_owned(), body)
            }
            ("DELETE", "/api/users/{id}") => {
                (self.admin.clone(), "/api/users/bob".to_owned(), json!({}))
            }
            other => panic!("{other:?} changes rights, and nothing here tries it"),
        };
        let request = self.house.request(method.parse().unwrap(), &path);
        request.bearer_auth(person.token).json(&body)
    }

    /// Ann's login at the provider, linked or taken away.
    async fn provider_login(&self, method: &str) -> RequestBuilder {
        let password = ("corp", json!({"password": PASSWORD}));
        let way = begin_link(&self.house, &self.provider, &self.ann, password).await;
        let link = link_request(&self.house, &self.ann, &way.unwrap(), "corp");
        if method == "POST" {
            return link;
        }
        assert!(link.send().await.unwrap().status().is_success());
        let path = "/api/auth/identities/corp";
        let unlink = self.house.request(Method::DELETE, path).json(&json!({}));
        unlink.bearer_auth(&self.ann.token)
    }

    /// Something of her account's that Ann adds, or deletes.
    async fn made(&self, all: &str, method: &str, make: impl Fn(&str) -> Value) -> RequestBuilder {
        let (path, body) = if method == "POST" {
            (all.to_owned(), make("new"))
        } else {
            let made = self
                .house
                .ask(&self.ann, Method::POST, all, make("old"))
                .await;
            (
                format!("{all}/{}", made.1["id"].as_str().unwrap()),
                json!({}),
            )
        };
        let request = self.house.request(method.parse().unwrap(), &path);
        request.bearer_auth(&self.ann.token).json(&body)
    }

    /// A host that Ann's sessions knew, and that she forgets.
    async fn known_host(&self, path: &str) -> RequestBuilder {
        let mut database = Database::of(&self.house).await;
        let path = path.replace("{id}", database.let_ann_know_a_host().await);
        let forget = self.house.request(Method::DELETE, &path);
        forget.bearer_auth(&self.ann.token).json(&json!({}))
    }

    fn shares(&self, user: &str) -> String {
        format!("/api/sessions/{}/shares{user}", self.session)
    }

    async fn another_sign_in(&self) -> String {
        let (_, list) = self.house.get(&self.ann, "/api/auth/sign-ins").await;
        let all = list["items"].as_array().unwrap().iter();
        let other = all.clone().find(|one| one["current"] == json!(false));
        other.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// What was recorded of a request, or of everything.
async fn told(house: &House, request: &str) -> Vec<AuditRecord> {
    let all = AuditQuery::default();
    let mut records = house.engine.audit().piece(&all, 0, 500).await.unwrap();
    records.retain(|record| record.entry.request_id == request);
    records
}

fn shape(records: &[AuditRecord]) -> Vec<(&str, Outcome)> {
    records
        .iter()
        .map(|record| (record.entry.action.as_str(), record.entry.outcome))
        .collect()
}

/// Asks while the record cannot be written, and once more when it can.
async fn neither_or_both(house: &House, action: &str, request: RequestBuilder) {
    let mut database = Database::of(house).await;
    let before = database.rights().await;
    database.take_the_log_away().await;
    let first = format!("{action}-1");
    let (status, body) = answer(again(&request, &first)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{action}: {body}");
    assert_eq!(
        database.rights().await,
        before,
        "{action} was done unrecorded"
    );
    database.give_the_log_back(house).await;
    let refused = told(house, &first).await;
    assert_eq!(shape(&refused), [(action, Outcome::Failed)]);

    let second = format!("{action}-2");
    let (status, body) = answer(again(&request, &second)).await;
    assert!(status.is_success(), "{action}: {status} {body}");
    assert_ne!(database.rights().await, before, "{action} changed nothing");
    let done = told(house, &second).await;
    assert_eq!(done.last().unwrap().entry.action, action);
    let of_action = done.iter().filter(|record| record.entry.action == action);
    assert_eq!(of_action.count(), 1, "{action} is told twice");
    let entry = &done.last().unwrap().entry;
    assert_eq!(entry.outcome, Outcome::Ok, "{action}");
    assert_eq!(entry.actor.kind, ActorKind::User, "{action}");
    assert_eq!(entry.address, "127.0.0.1", "{action}");
    // The policy and all the other sign-ins have no name.
    let named = entry
        .target
        .as_ref()
        .is_some_and(|target| target.id.is_some());
    let nameless = ["settings.update", "auth.end_sign_ins"].contains(&action);
    assert!(named || nameless, "{action}: {entry:?}");
}

fn again(request: &RequestBuilder, id: &str) -> RequestBuilder {
    request.try_clone().unwrap().header("x-request-id", id)
}

fn action_of(method: &str, path: &str) -> &'static str {
    let table = audit_table().into_iter();
    let mut found = table.filter(|row| (row.0.as_str(), row.1.as_str()) == (method, path));
    found.next().unwrap().2.unwrap()
}

#[tokio::test]
async fn every_change_of_rights_is_made_with_its_record_or_not_at_all() {
    let ground = Ground::new().await;
    // The account is removed when everything else that concerns it has been tried.
    let (removal, others): (Vec<_>, Vec<_>) =
        deed_table().into_iter().partition(|(method, path)| {
            (method.as_str(), path.as_str()) == ("DELETE", "/api/users/{id}")
        });
    assert!(others.len() > 10, "the table lost routes");
    for (method, path) in others.iter().chain(&removal) {
        if path == "/api/auth/setup" {
            continue;
        }
        let request = ground.change(method, path).await;
        neither_or_both(&ground.house, action_of(method, path), request).await;
    }
    let report = ground.house.engine.audit().verify().await.unwrap();
    assert_eq!(report.fault, None);
    ground.house.close().await;
}

#[tokio::test]
async fn the_first_account_is_made_with_its_record_or_not_at_all() {
    let house = House::without_people(|_| {}).await;
    let token = house
        .engine
        .accounts()
        .setup_token()
        .await
        .unwrap()
        .unwrap();
    let body = json!({"token": token.reveal(), "username": "root", "password": PASSWORD});
    let request = house.request(Method::POST, "/api/auth/setup").json(&body);
    neither_or_both(&house, "auth.setup", request).await;
    house.close().await;
}

#[tokio::test]
async fn what_hangs_on_an_account_is_told_step_by_step() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let ann = house.user("ann", Role::Member).await;
    let bob = house.user("bob", Role::Member).await;
    house.running(&ann, "hers").await;
    let his = house.running(&bob, "his").await;
    let share = json!({"userId": "ann", "access": "view"});
    let path = format!("/api/sessions/{his}/shares");
    house.ask(&bob, Method::POST, &path, share).await;
    let removal = house
        .request(Method::DELETE, "/api/users/ann?handOverTo=bob")
        .bearer_auth(&admin.token);
    let (status, _) = answer(again(&removal, "removal")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let steps = told(&house, "removal").await;
    assert_eq!(
        shape(&steps),
        [
            ("user.update", Outcome::Ok),
            ("session.hand_over", Outcome::Ok),
            ("session.unshare", Outcome::Ok),
            ("user.delete", Outcome::Ok),
        ]
    );
    let targets = steps.iter().map(|one| one.entry.target.as_ref().unwrap());
    let targets: Vec<&str> = targets.map(|target| target.name.as_str()).collect();
    assert_eq!(targets, ["ann", "hers", "his", "ann"]);
    assert!(steps.iter().all(|one| one.entry.actor.name == "admin"));
    assert_eq!(steps[1].entry.detail["for"], "user.delete");
    house.close().await;
}

#[tokio::test]
async fn what_changed_nothing_or_was_refused_is_recorded_once() {
    let ground = Ground::new().await;
    let (house, admin) = (&ground.house, &ground.admin);
    let ask = async |id: &str, method: Method, path: &str, body: Value| {
        let request = house.request(method, path).bearer_auth(&admin.token);
        answer(again(&request.json(&body), id)).await.0
    };
    let same = ask(
        "same",
        Method::PATCH,
        "/api/users/ann",
        json!({"role": "member"}),
    )
    .await;
    assert_eq!(same, StatusCode::OK);
    assert_eq!(
        shape(&told(house, "same").await),
        [("user.update", Outcome::Ok)]
    );
    let taken = json!({"username": "ANN", "password": PASSWORD, "role": "member"});
    let taken = ask("taken", Method::POST, "/api/users", taken).await;
    assert_eq!(taken, StatusCode::CONFLICT);
    assert_eq!(
        shape(&told(house, "taken").await),
        [("user.create", Outcome::Failed)]
    );
    let last = json!({"role": "member"});
    let last = ask("last", Method::PATCH, "/api/users/admin", last).await;
    assert_eq!(last, StatusCode::CONFLICT);
    assert_eq!(
        shape(&told(house, "last").await),
        [("user.update", Outcome::Failed)]
    );
    ground.house.close().await;
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_its_sign_in_with_a_record_of_that() {
    let house = House::new().await;
    let ann = house.user("ann", Role::Member).await;
    let accounts = house.engine.accounts();
    let stolen = Secret::new(ann.refresh.split_once('=').unwrap().1);
    let refresh = |id: &str| {
        let request = house.request(Method::POST, "/api/auth/refresh");
        let request = request.header("cookie", &ann.refresh);
        again(&request.header("origin", house.origin()), id)
    };
    assert_eq!(answer(refresh("first")).await.0, StatusCode::OK);
    assert!(told(&house, "first").await.is_empty());
    house.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(answer(refresh("second")).await.0, StatusCode::UNAUTHORIZED);
    let told = told(&house, "second").await;
    assert_eq!(
        shape(&told),
        [
            ("auth.end_sign_in", Outcome::Ok),
            ("auth.refresh", Outcome::Denied),
        ]
    );
    assert_eq!(told[0].entry.actor.kind, ActorKind::System);
    assert_eq!(told[1].entry.severity, Severity::Critical);
    assert!(
        accounts
            .log_out_token(&stolen, &house.deed())
            .await
            .unwrap()
            .is_some()
    );
    house.close().await;
}
