//! What one user, one connection and everybody together cannot take from the others.

use std::time::Duration;

use futures_util::SinkExt as _;
use longhouse_domain::Role;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::house::{House, Person, in_time};
use crate::terminal_client::Client;
use crate::tls_client::{Pair, ask, connect};

fn socket(session: &str) -> String {
    format!("/api/sessions/{session}/terminals/agent/ws")
}

fn bearer(person: &Person) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {}", person.token))]
}

#[tokio::test]
async fn a_user_who_asks_too_often_waits_also_on_this_machine_and_nobody_else_does() {
    let house = House::changed(|settings| settings.limits.requests_per_second = 1).await;
    let (ann, bob) = (
        house.user("ann", Role::Member).await,
        house.user("bob", Role::Member).await,
    );
    let ask = |person: &Person| {
        let request = house.request(Method::GET, "/api/auth/me");
        request.bearer_auth(&person.token).send()
    };
    let mut refused = None;
    for _ in 0..20 {
        let answer = ask(&ann).await.unwrap();
        if answer.status() != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=5).contains(&wait), "{wait}");
    assert_eq!(ask(&bob).await.unwrap().status(), StatusCode::OK);
    house.close().await;
}

#[tokio::test]
async fn a_user_has_so_many_sockets_and_a_closed_one_makes_room() {
    let house = House::changed(|settings| settings.limits.sockets_per_user = 2).await;
    let admin = house.log_in("admin").await;
    let ann = house.user("ann", Role::Member).await;
    let (id, other) = (
        house.running(&ann, "one").await,
        house.running(&admin, "two").await,
    );
    let first = house.open(&ann, &socket(&id)).await;
    let _second = house.open(&ann, &socket(&id)).await;
    let third = house.close_code(&socket(&id), &bearer(&ann)).await;
    assert_eq!(third, ("socket.too_many".to_owned(), 1013));
    let _other = house.open(&admin, &socket(&other)).await;

    drop(first);
    let again = async {
        loop {
            let (socket, _) = house.upgrade(&socket(&id), &bearer(&ann)).await.unwrap();
            let mut client = Client::over(socket);
            if client.message_or_close().await["type"] == "hello" {
                return;
            }
        }
    };
    in_time("the room of a closed socket", again).await;
    house.close().await;
}

#[tokio::test]
async fn when_all_sockets_are_taken_an_admin_opens_one_more() {
    let house = House::changed(|settings| settings.limits.sockets = 1).await;
    let admin = house.log_in("admin").await;
    let ann = house.user("ann", Role::Member).await;
    let (id, other) = (
        house.running(&ann, "one").await,
        house.running(&admin, "two").await,
    );
    let _first = house.open(&ann, &socket(&id)).await;
    assert_eq!(house.close_code(&socket(&id), &bearer(&ann)).await.1, 1013);
    let _admins = house.open(&admin, &socket(&other)).await;
    house.close().await;
}

#[tokio::test]
async fn floods_below_the_messages_end_with_a_code_and_the_terminal_goes_on() {
    let house = House::changed(|settings| {
        settings.limits.message_time = Duration::from_millis(300);
    })
    .await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let tiny = || Message::text(r#"{"type":"ack","offset":0}"#);
    let ping = || Message::Frame(Frame::ping(Vec::new()));
    let piece = |code| Message::Frame(Frame::message(Vec::new(), OpCode::Data(code), false));
    for (what, expected) in [
        ("tiny", 1008),
        ("ping", 1008),
        ("pieces", 1008),
        ("unfinished", 1008),
        ("huge", 1009),
    ] {
        let mut client = house.open(&admin, &socket(&id)).await;
        client.snapshot().await;
        let flood = async {
            match what {
                "unfinished" => client.socket.send(piece(Data::Text)).await?,
                "huge" => {
                    client
                        .socket
                        .send(Message::binary(vec![0; 65 << 20]))
                        .await?
                }
                "pieces" => {
                    client.socket.send(piece(Data::Binary)).await?;
                    for _ in 0..50_000 {
                        client.socket.feed(piece(Data::Continue)).await?;
                    }
                }
                _ => {
                    for _ in 0..50_000 {
                        let frame = if what == "ping" { ping() } else { tiny() };
                        client.socket.feed(frame).await?;
                    }
                }
            }
            client.socket.flush().await
        };
        // The server may have closed before all was sent.
        let _ = in_time("the flood", flood).await;
        assert_eq!(client.close_code().await, expected, "{what}");
    }
    let mut client = house.open(&admin, &socket(&id)).await;
    client.snapshot().await;
    client.type_in(b"fine").await;
    assert_eq!(client.output(4).await.1, b"fine");
    house.close().await;
}

#[tokio::test]
async fn a_flood_of_frames_ends_an_event_socket_too() {
    let house = House::new().await;
    let (mut flooding, _) = house
        .upgrade("/socket.io/?EIO=4&transport=websocket", &[])
        .await
        .unwrap();
    let flood = async {
        loop {
            let pong = Frame::pong(Vec::new());
            assert_eq!(pong.header().opcode, OpCode::Control(Control::Pong));
            if flooding.feed(Message::Frame(pong)).await.is_err() || flooding.flush().await.is_err()
            {
                return;
            }
        }
    };
    in_time("the end of the event socket", flood).await;
    house.close().await;
}

#[tokio::test]
async fn when_all_connections_are_taken_only_an_admin_is_answered() {
    let house = House::changed(|settings| settings.limits.connections = 3).await;
    let (admin, ann) = (
        house.log_in("admin").await,
        house.user("ann", Role::Member).await,
    );
    // The client's own connection is one of the three.
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(TcpStream::connect(house.address).await.unwrap());
    }
    let talk = async |token: &str| {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        let text = format!(
            "GET /api/auth/me HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n",
            house.address
        );
        let _ = stream.write_all(text.as_bytes()).await;
        let mut answer = String::new();
        let _ = in_time("an answer", stream.read_to_string(&mut answer)).await;
        answer
    };
    let for_admin = talk(&admin.token).await;
    assert!(for_admin.starts_with("HTTP/1.1 200"), "{for_admin}");
    for token in [&ann.token, "x.y.z"] {
        let refused = talk(token).await;
        assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
        assert!(
            refused.contains("retry-after: ") && refused.contains("connection.no_room"),
            "{refused}"
        );
    }
    // What is open goes on, and when the reserve of this place is gone too, it is said at the door.
    assert_eq!(house.get(&ann, "/api/auth/me").await.0, StatusCode::OK);
    for _ in 0..4 {
        held.push(TcpStream::connect(house.address).await.unwrap());
    }
    let at_the_door = talk(&admin.token).await;
    assert!(at_the_door.starts_with("HTTP/1.1 503"), "{at_the_door}");
    drop(held);
    let again = async { while !talk(&ann.token).await.starts_with("HTTP/1.1 200") {} };
    in_time("room", again).await;
    house.close().await;
}

#[tokio::test]
async fn streams_that_are_taken_back_at_once_end_the_connection() {
    let pair = Pair::new();
    let house = House::over_tls(pair.shown(), |_| {}).await;
    let stream = connect(house.address, &pair.der(), "h2").await.unwrap();
    let (sender, connection) = h2::client::handshake(stream).await.unwrap();
    let ended = tokio::spawn(connection);
    let uri = format!("https://localhost:{}/livez", house.address.port());
    let flood = async {
        while let Ok(mut ready) = sender.clone().ready().await {
            let request = axum::http::Request::get(&uri).body(()).unwrap();
            match ready.send_request(request, true) {
                Ok((_, mut stream)) => stream.send_reset(h2::Reason::CANCEL),
                Err(_) => return,
            }
            tokio::task::yield_now().await;
        }
    };
    in_time("the end of the flood", flood).await;
    drop(sender.ready().await);
    assert!(in_time("the end", ended).await.unwrap().is_err());
    still_answers(&house, &pair).await;
    house.close().await;
}

#[tokio::test]
async fn a_head_without_an_end_ends_the_connection() {
    let pair = Pair::new();
    let house = House::over_tls(pair.shown(), |_| {}).await;
    let stream = connect(house.address, &pair.der(), "h2").await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        bytes
    };
    let (settings, headers, continuation) = (4, 1, 9);
    let mut begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    begin.extend(frame(settings, 0, 0, &[]));
    begin.extend(frame(headers, 1, 1, &[0x82]));
    let flood = async {
        writer.write_all(&begin).await?;
        loop {
            // A literal header, small and legal, again and again.
            writer
                .write_all(&frame(continuation, 0, 1, b"\x00\x01a\x01b"))
                .await?;
        }
    };
    let flood: std::io::Result<()> = tokio::select! {
        ended = flood => ended,
        _ = async { let mut heard = Vec::new(); reader.read_to_end(&mut heard).await } => Ok(()),
        () = tokio::time::sleep(crate::house::DEADLINE) => panic!("it went on for ever"),
    };
    drop(flood);
    still_answers(&house, &pair).await;
    house.close().await;
}

async fn still_answers(house: &House, pair: &Pair) {
    let question = (Method::GET, "/livez", serde_json::Value::Null);
    let answer = ask(house.address, &pair.der(), "h2", question, None).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// What the server answers to a request from that address, which no test could come from.
async fn from_address(house: &House, address: &str, path: &str) -> StatusCode {
    use tower::ServiceExt as _;
    let peer = longhouse_server::Peer::Network(format!("{address}:999").parse().unwrap());
    let request = axum::http::Request::get(path)
        .header("host", house.address.to_string())
        .header("x-forwarded-for", "127.0.0.1")
        .header("x-forwarded-proto", "https")
        .extension(peer)
        .body(axum::body::Body::empty());
    let router = longhouse_server::router(&house.app);
    router.oneshot(request.unwrap()).await.unwrap().status()
}

#[tokio::test]
async fn behind_a_proxy_elsewhere_nobody_comes_past_it_whatever_they_claim() {
    let house = House::changed(|settings| {
        settings.plain_http = longhouse_server::PlainHttp::FromProxies;
        settings.trusted_proxies.push("10.0.0.0/8".parse().unwrap());
    })
    .await;
    for (address, path, expected) in [
        ("10.1.2.3", "/health", StatusCode::OK),
        ("127.0.0.1", "/health", StatusCode::OK),
        ("203.0.113.9", "/health", StatusCode::FORBIDDEN),
        ("11.0.0.1", "/api/auth/me", StatusCode::FORBIDDEN),
        ("203.0.113.9", "/livez", StatusCode::OK),
        ("10.1.2.3", "/metrics", StatusCode::UNAUTHORIZED),
    ] {
        let status = from_address(&house, address, path).await;
        assert_eq!(status, expected, "{address} {path}");
    }
    house.close().await;
}

#[tokio::test]
async fn one_address_cannot_ask_for_ever_and_cannot_claim_to_be_another() {
    let house = House::changed(|settings| settings.limits.requests_per_second = 1).await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(from_address(&house, "203.0.113.9", "/livez").await);
    }
    assert!(answers.contains(&StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(
        from_address(&house, "203.0.113.10", "/livez").await,
        StatusCode::OK
    );
    house.close().await;
}
