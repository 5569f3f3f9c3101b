//! A browser at a preview: it has a pass, and calls the preview by its name.

use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::program::Program;
use crate::house::{House, Person, in_time};

pub(super) type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// A server with a session in which a program listens.
pub(super) struct Ground {
    pub(super) house: House,
    pub(super) ann: Person,
    pub(super) session: String,
    pub(super) program: Program,
    http: Client,
}

/// Somebody's browser.
pub(super) struct Browser<'a> {
    ground: &'a Ground,
    pub(super) host: String,
    /// `name=value`.
    pub(super) pass: String,
}

impl Ground {
    pub(super) async fn new() -> Self {
        let house = House::new().await;
        let ann = house.user("ann", longhouse_domain::Role::Member).await;
        let session = house.running(&ann, "web").await;
        let program = Program::start().await;
        let http = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        let ground = Self {
            house,
            ann,
            session,
            program,
            http,
        };
        ground.listen().await;
        ground
    }

    /// The session's programs listen on the program's port, and everybody has heard of it.
    async fn listen(&self) {
        let id = self.session.parse().unwrap();
        let port = self.program.port;
        self.house.runtime.listen(id, &[(port.into(), "node")]);
        in_time("the port is told of", async {
            loop {
                let path = format!("/api/sessions/{}/ports", self.session);
                let (_, ports) = self.house.get(&self.ann, &path).await;
                if ports["total"] == 1 {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    pub(super) fn host(&self) -> String {
        self.host_of(&self.session, self.program.port)
    }

    pub(super) fn host_of(&self, session: &str, port: u16) -> String {
        format!("{port}--{session}.localhost:{}", self.house.address.port())
    }

    /// Asks for a way into a port of the session's.
    pub(super) async fn way_in(&self, who: &Person, port: u16, body: Value) -> (StatusCode, Value) {
        let path = format!("/api/sessions/{}/ports/{port}/preview", self.session);
        self.house.ask(who, Method::POST, &path, body).await
    }

    /// A request to a name, wherever it leads.
    pub(super) fn call(&self, method: Method, host: &str, path: &str) -> RequestBuilder {
        let address = format!("{}{path}", self.house.origin());
        self.http.request(method, address).header("host", host)
    }

    /// The browser of somebody who opened the preview.
    pub(super) async fn open(&self, who: &Person) -> Browser<'_> {
        let (status, way) = self
            .way_in(who, self.program.port, json!({"path": "/x?y=1"}))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{way}");
        let url = way["url"].as_str().unwrap();
        let host = self.host();
        let path = url.strip_prefix(&format!("http://{host}")).unwrap();
        let entered = self.call(Method::GET, &host, path).send().await.unwrap();
        assert_eq!(entered.status(), StatusCode::SEE_OTHER);
        assert_eq!(entered.headers()["location"], "/x?y=1");
        let cookie = entered.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"),
            "{cookie}"
        );
        let pass = cookie.split(';').next().unwrap().to_owned();
        // It was good once.
        let again = self.call(Method::GET, &host, path).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
        Browser {
            ground: self,
            host,
            pass,
        }
    }

    pub(super) async fn close(self) {
        drop(self.program);
        self.house.close().await;
    }
}

impl Browser<'_> {
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.ground.call(method, &self.host, path);
        request.header("cookie", &self.pass)
    }

    /// What the program was sent.
    pub(super) async fn shown(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    pub(super) async fn status(&self, request: RequestBuilder) -> StatusCode {
        request.send().await.unwrap().status()
    }

    pub(super) async fn socket(&self, origin: &str) -> Result<Socket, Error> {
        let address = format!("ws://{}/ws", self.ground.house.address);
        let mut request = address.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("host", self.host.parse().unwrap());
        headers.insert("cookie", self.pass.parse().unwrap());
        headers.insert("origin", origin.parse().unwrap());
        headers.insert("sec-websocket-protocol", "chat.v1".parse().unwrap());
        let (socket, answer) = tokio_tungstenite::connect_async(request).await?;
        assert_eq!(answer.headers()["sec-websocket-protocol"], "chat.v1");
        Ok(socket)
    }
}
