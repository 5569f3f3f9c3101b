//! The files API over real HTTP, in both of its forms: inside a session, and on the server's own machine.

mod attacks;
mod conditions;
mod everyday;
mod full;
mod race;
mod rights;

use std::path::PathBuf;

use axum::body::Bytes;
use axum::http::HeaderMap;
use longhouse_domain::session::Workdir;
use longhouse_runtime::Runtime;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::house::{House, Person};

/// A directory that the API reaches, in one of the two forms.
pub(crate) struct Tree<'a> {
    house: &'a House,
    person: Person,
    session: Option<String>,
    /// Where it is on this machine.
    pub(crate) dir: PathBuf,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// The same directory tree's two forms: a session's workspace, and an allowed directory of the machine.
pub(crate) async fn trees(house: &House) -> Vec<Tree<'_>> {
    let person = house.log_in("admin").await;
    let id = house.running(&person, "files").await;
    let workspace = house
        .runtime
        .workdir_path(id.parse().unwrap(), &Workdir::Own);
    let tree = |session, dir| Tree {
        house,
        person: person.clone(),
        session,
        dir,
    };
    vec![
        tree(Some(id), workspace),
        tree(None, house.dir.path().join("base")),
    ]
}

impl Tree<'_> {
    /// The path as this form names it.
    pub(crate) fn named(&self, path: &[u8]) -> Vec<u8> {
        match &self.session {
            Some(_) => path.to_vec(),
            None => [self.dir.to_str().unwrap().as_bytes(), b"/", path].concat(),
        }
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.named(path.as_bytes())).unwrap()
    }

    /// A request whose question is put in as it stands.
    pub(crate) fn raw(&self, method: Method, route: &str, question: &str) -> RequestBuilder {
        let session = match &self.session {
            Some(session) => format!("session={session}&"),
            None => String::new(),
        };
        self.house
            .request(method, &format!("/api/files{route}?{session}{question}"))
            .bearer_auth(&self.person.token)
    }

    pub(crate) fn request(&self, method: Method, route: &str, path: &[u8]) -> RequestBuilder {
        let path = percent_encode(&self.named(path), NON_ALPHANUMERIC).to_string();
        self.raw(method, route, &format!("path={path}"))
    }

    pub(crate) async fn read(&self, path: &[u8]) -> Answer {
        answer(self.request(Method::GET, "/content", path)).await
    }

    pub(crate) async fn save(&self, path: &[u8], content: &[u8]) -> Answer {
        answer(
            self.request(Method::PUT, "/content", path)
                .body(content.to_vec()),
        )
        .await
    }

    pub(crate) async fn list(&self, path: &[u8]) -> Answer {
        answer(self.request(Method::GET, "", path)).await
    }

    pub(crate) async fn archive(&self, path: &[u8]) -> Answer {
        answer(self.request(Method::GET, "/archive", path)).await
    }

    pub(crate) async fn delete(&self, path: &[u8], recursive: bool) -> Answer {
        let request = self.request(Method::DELETE, "", path);
        answer(request.query(&[("recursive", recursive)])).await
    }

    pub(crate) async fn post(&self, route: &str, body: Value) -> Answer {
        answer(self.raw(Method::POST, route, "").json(&body)).await
    }

    /// The names in a directory as the file system has them, hidden ones too.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.join(path)).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        bytes: response.bytes().await.unwrap(),
    }
}
