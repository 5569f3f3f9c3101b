//! What opens doors, planted by honest use and by mistake: a client secret, API tokens, tickets, a code, and what is typed where nothing
//! echoes or printed in pieces.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::ask;
use super::outputs::Outputs;
use crate::support::forms::base64;
use crate::support::http::Client;
use crate::support::{House, wait_for};

const CLIENT_SECRET: &str = "canary:client/secret+of=provider";
const CODE: &str = "canary-code/of+a=login";
const TYPED: [&str; 3] = ["canary-ty", "ped-in-thr", "ee-pieces"];
const PRINTED: [&str; 3] = ["canary-pri", "nted-in-th", "ree-pieces"];

/// An identity provider that describes itself and takes no code.
pub(super) struct Provider {
    heads: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    /// Opens it, and makes it one of this house's server.
    pub(super) async fn open(house: &mut House) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let variable = "CANARY_CLIENT_SECRET";
        let config = format!(
            "[oidc.corp]\nissuer = \"{issuer}\"\nclient_id = \"longhouse\"\nclient_secret_env = \"{variable}\"\n"
        );
        std::fs::create_dir(house.data_dir()).unwrap();
        std::fs::write(house.data_dir().join("longhouse.toml"), config).unwrap();
        house
            .variables
            .push((variable.to_owned(), CLIENT_SECRET.to_owned()));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let provider = Self {
            heads: heads.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, &issuer, &heads).await;
            }
        });
        provider
    }

    /// Whether the server has shown its secret, as it does in exchange for a login.
    fn has_seen_the_secret(&self) -> bool {
        let encode = |byte: u8| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte) => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        };
        let encoded: String = CLIENT_SECRET.bytes().map(encode).collect();
        let shown = base64(format!("longhouse:{encoded}").as_bytes());
        // How it ends depends on how it is filled up.
        let shown = &shown[..shown.len() - 4];
        self.heads
            .lock()
            .unwrap()
            .iter()
            .any(|head| head.contains(shown))
    }
}

/// Answers one request, and keeps its head.
async fn answer(stream: TcpStream, issuer: &str, heads: &Mutex<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.unwrap() == 0 {
            break;
        }
    }
    heads.lock().unwrap().push(head.clone());
    let (status, body) = if head.starts_with("GET /.well-known") {
        let endpoint = |path: &str| format!("{issuer}/{path}");
        let description = json!({"issuer": issuer, "authorization_endpoint": endpoint("authorize"),
            "token_endpoint": endpoint("token"), "jwks_uri": endpoint("keys")});
        ("200 OK", description)
    } else if head.starts_with("GET /keys") {
        ("200 OK", json!({"keys": []}))
    } else {
        ("400 Bad Request", json!({"error": "invalid_grant"}))
    };
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
}

/// What is planted beside what is known from the beginning, by where.
pub(super) async fn plant(
    client: &Client,
    outputs: &mut Outputs,
    provider: &Provider,
    id: &str,
) -> BTreeMap<&'static str, String> {
    log_in_through(client, outputs, provider).await;
    let token = an_api_token(client, outputs).await;
    let [used, unused] = tickets(client, outputs, id).await;
    type_and_print(client, outputs, id).await;
    [
        ("client secret", CLIENT_SECRET.to_owned()),
        ("code", CODE.to_owned()),
        ("API token", token),
        ("used ticket", used),
        ("unused ticket", unused),
        ("typed in pieces", TYPED.concat()),
    ]
    .into()
}

/// What the server says to a browser, word for word.
async fn browse(client: &Client, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(&client.address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
        client.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await.unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

/// A login at which the server shows its client secret, and that comes to nothing.
async fn log_in_through(client: &Client, outputs: &mut Outputs, provider: &Provider) {
    let begun = browse(client, "/api/auth/oidc/corp/login", "").await;
    let between = |before: &str, after: [char; 3]| -> String {
        let (_, rest) = begun
            .split_once(before)
            .unwrap_or_else(|| panic!("{begun}"));
        rest.split(after).next().unwrap().to_owned()
    };
    let state = between("state=", ['&', '\r', ' ']);
    let cookie = between("set-cookie: ", [';', '\r', ' ']);
    let code: String = CODE.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let path = format!("/api/auth/oidc/corp/callback?code={code}&state={state}");
    let ended = browse(client, &path, &format!("Cookie: {cookie}\r\n")).await;
    assert!(ended.contains("auth.oidc_invalid"), "{ended}");
    assert!(provider.has_seen_the_secret(), "the secret was not used");
    outputs.add("the answers to a login through a provider", begun + &ended);
}

/// A token that is used as it should be, and where none belongs. Gives the part of it that is secret.
async fn an_api_token(client: &Client, outputs: &mut Outputs) -> String {
    let new = json!({"name": "ci", "scopes": ["sessions:read"], "expiresInDays": 1});
    let made = client.post("/api/tokens", &new).await.created();
    let token = made["token"].as_str().unwrap().to_owned();
    let mut program = client.clone();
    program.token = Some(token.clone());
    for path in ["/api/sessions", "/api/tokens", "/api/users", "/api/nothing"] {
        ask(&program, outputs, Method::GET, path, None).await;
    }
    ask(client, outputs, Method::GET, "/api/tokens", None).await;
    for path in [
        format!("/api/sessions?token={token}"),
        format!("/api/{token}"),
        format!("/socket.io/?EIO=4&transport=polling&token={token}"),
    ] {
        ask(client, outputs, Method::GET, &path, None).await;
    }
    let login = json!({"username": token, "password": token});
    ask(
        client,
        outputs,
        Method::POST,
        "/api/auth/login",
        Some(&login),
    )
    .await;
    token.split('_').nth(1).unwrap().to_owned()
}

/// Tickets in questions: one that opens its socket and is shown again, and one that never does.
async fn tickets(client: &Client, outputs: &mut Outputs, id: &str) -> [String; 2] {
    let socket = format!("/api/sessions/{id}/terminals/agent/ws");
    let mut made = Vec::new();
    for _ in 0..2 {
        let ticket = client
            .post("/api/auth/ticket", &json!({"resource": socket}))
            .await
            .created();
        made.push(ticket["ticket"].as_str().unwrap().to_owned());
    }
    let [used, unused] = <[String; 2]>::try_from(made).unwrap();
    let upgrade = format!(
        "Origin: http://{}\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Sec-WebSocket-Protocol: longhouse.terminal.v1\r\n",
        client.address
    );
    for _ in 0..2 {
        let heard = open_and_leave(client, &format!("{socket}?ticket={used}"), &upgrade).await;
        outputs.add("the answer to an upgrade with a ticket", heard);
    }
    for path in [
        format!("/api/sessions?ticket={unused}"),
        format!("{socket}?ticket={unused}"),
        format!("/api/sessions/{id}/terminals/agent?ticket={unused}"),
    ] {
        ask(client, outputs, Method::GET, &path, None).await;
    }
    [used, unused]
}

/// Asks for an upgrade, reads the head of the answer and hangs up.
async fn open_and_leave(client: &Client, path: &str, headers: &str) -> String {
    let stream = TcpStream::connect(&client.address).await.unwrap();
    let mut stream = BufReader::new(stream);
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\n{headers}\r\n",
        client.address
    );
    stream
        .get_mut()
        .write_all(request.as_bytes())
        .await
        .unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).await.unwrap() > 0 {}
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    head
}

/// A password that a program asks for, typed in three pieces while what is typed is on record; and something that a program prints in
/// three pieces, which belongs on the screen and nowhere else.
async fn type_and_print(client: &Client, outputs: &mut Outputs, id: &str) {
    let policy = json!({"auditCommandLines": true});
    ask(
        client,
        outputs,
        Method::PATCH,
        "/api/settings",
        Some(&policy),
    )
    .await;
    let shows = async |what: &str| {
        wait_for(what, async || {
            client
                .screen(id, "agent")
                .await
                .contains(what)
                .then_some(())
        })
        .await;
    };
    let script =
        "stty -echo; echo as''ks; read x; stty echo; echo go''t $(printf %s \"$x\" | wc -c)\n";
    client.input(id, "agent", script).await;
    shows("asks").await;
    for piece in TYPED {
        client.input(id, "agent", piece).await;
    }
    client.input(id, "agent", "\n").await;
    shows(&format!("got {}", TYPED.concat().len())).await;

    let [first, second, third] = PRINTED;
    let script = format!(
        "printf {first}; printf '' >&2; printf {second}; printf '' >&2; printf '{third}\\n'\n"
    );
    client.input(id, "agent", &script).await;
    shows(&PRINTED.concat()).await;
    for path in [
        "/api/audit?limit=200",
        "/metrics",
        &format!("/api/sessions/{id}/logs"),
        "/api/sessions",
    ] {
        let shown = client.get(path).await.text;
        assert!(!shown.contains(&PRINTED.concat()), "{path}: {shown}");
    }
}
