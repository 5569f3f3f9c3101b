//! Everybody who asks, and what they ask about.

use longhouse_domain::Role;
use longhouse_domain::session::Workdir;
use longhouse_runtime::Runtime as _;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::house::{House, Person};

/// How many there are who ask.
pub(super) const CAST: usize = 7;

/// Who asks, in the order of every row of expectations.
pub(super) const NAMES: [&str; CAST] = [
    "nobody", "other", "looker", "viewer", "driver", "owner", "admin",
];

/// Everybody: one who has not logged in, one to whom nothing of it is shared, one whose role is to look although they may
/// drive, one with whom it is shared to look, one with whom it is shared to drive, its owner, an admin.
pub(super) struct Cast {
    people: Vec<Option<Person>>,
    next: std::cell::Cell<u32>,
}

/// What one question is about: a session of the owner's, and an account.
pub(super) struct Ground {
    pub(super) session: String,
    pub(super) name: String,
    pub(super) victim: String,
    /// A repository of the list, which the session holds.
    pub(super) repository: String,
}

impl Cast {
    pub(super) async fn assemble(house: &House) -> Self {
        let mut people = vec![None];
        for name in &NAMES[1..CAST - 1] {
            let role = match *name {
                "looker" => Role::Viewer,
                _ => Role::Member,
            };
            people.push(Some(house.user(name, role).await));
        }
        people.push(Some(house.log_in("admin").await));
        Self {
            people,
            next: std::cell::Cell::new(0),
        }
    }

    pub(super) fn person(&self, at: usize) -> Option<&Person> {
        self.people[at].as_ref()
    }

    pub(super) fn admin(&self) -> &Person {
        self.person(CAST - 1).unwrap()
    }

    pub(super) fn owner(&self) -> &Person {
        self.person(CAST - 2).unwrap()
    }

    /// Logs somebody in anew, whose sign-in a question may have ended.
    pub(super) async fn renew(&mut self, house: &House, at: usize) {
        if self.people[at].is_some() {
            self.people[at] = Some(house.log_in(NAMES[at]).await);
        }
    }

    /// A number that was not given before.
    pub(super) fn number(&self) -> u32 {
        self.next.set(self.next.get() + 1);
        self.next.get()
    }

    /// A session that runs, with a file in its directory, shared with those who share it.
    pub(super) async fn session(&self, house: &House) -> Ground {
        let name = format!("s{}", self.number());
        let session = house.running(self.owner(), &name).await;
        let id = session.parse().unwrap();
        let workdir = house.runtime.workdir_path(id, &Workdir::Own);
        std::fs::write(workdir.join("file"), "content").unwrap();
        self.shared(house, session, name).await
    }

    /// A session in a container that runs, shared with the same.
    pub(super) async fn container(&self, house: &House) -> Ground {
        let name = format!("c{}", self.number());
        let session = house.boxed(self.owner(), &name).await;
        self.shared(house, session, name).await
    }

    /// A session that runs, shared with the same, whose workspace is in the list of repositories.
    pub(super) async fn repository(&self, house: &House) -> Ground {
        let ground = self.session(house).await;
        let listed = json!({"name": "listed", "sessionId": ground.session});
        let asked = house.ask(self.owner(), Method::POST, "/api/repositories", listed);
        let (status, body) = asked.await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        Ground {
            repository: body["id"].as_str().unwrap().to_owned(),
            ..ground
        }
    }

    async fn shared(&self, house: &House, session: String, name: String) -> Ground {
        for (user, access) in [("looker", "drive"), ("viewer", "view"), ("driver", "drive")] {
            let path = format!("/api/sessions/{session}/shares");
            let share = json!({"userId": user, "access": access});
            let (status, body) = house.ask(self.owner(), Method::POST, &path, share).await;
            assert_eq!(status, StatusCode::CREATED, "{body}");
        }
        Ground {
            session,
            name,
            victim: String::new(),
            repository: String::new(),
        }
    }

    /// An account that owns nothing.
    pub(super) async fn victim(&self, house: &House) -> Ground {
        let victim = format!("victim-{}", self.number());
        house.user(&victim, Role::Member).await;
        Ground {
            session: String::new(),
            name: String::new(),
            victim,
            repository: String::new(),
        }
    }

    pub(super) async fn forget(&self, house: &House, ground: &Ground) {
        if !ground.session.is_empty() {
            self.delete(house, &ground.session).await;
        }
    }

    pub(super) async fn delete(&self, house: &House, session: &str) {
        let path = format!("/api/sessions/{session}");
        house
            .ask(self.admin(), Method::DELETE, &path, json!({}))
            .await;
    }
}
