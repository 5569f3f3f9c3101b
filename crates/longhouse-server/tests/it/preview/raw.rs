//! Requests that no browser sends, byte by byte.

use std::fmt::Write as _;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::browser::{Browser, Ground};
use crate::house::in_time;

/// Sends these bytes, and reads what is said until the server hangs up.
async fn say(ground: &Ground, bytes: String) -> String {
    let mut stream = TcpStream::connect(ground.house.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    // One that is reset has heard what there was.
    let _ = in_time("the end", stream.read_to_end(&mut heard)).await;
    String::from_utf8_lossy(&heard).into_owned()
}

fn head(browser: &Browser<'_>, line: &str, more: &[&str]) -> String {
    let (host, pass) = (&browser.host, &browser.pass);
    let mut head = format!("{line}\r\nhost: {host}\r\ncookie: {pass}\r\norigin: http://{host}\r\n");
    for line in more {
        write!(head, "{line}\r\n").unwrap();
    }
    head + "\r\n"
}

fn statuses(heard: &str) -> Vec<&str> {
    let lines = heard.match_indices("HTTP/1.1 ");
    lines
        .map(|(at, found)| &heard[at + found.len()..][..3])
        .collect()
}

#[tokio::test]
async fn requests_that_two_readers_could_read_differently_do_not_get_through() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let port = ground.house.address.port();
    let close = "connection: close";
    let cases: [(&str, Vec<&str>, &str); 9] = [
        ("GET http://evil.example/ HTTP/1.1", vec![close], "400"),
        ("GET http://127.0.0.1:1/ HTTP/1.1", vec![close], "400"),
        ("CONNECT 127.0.0.1:22 HTTP/1.1", vec![close], "400"),
        (
            "GET / HTTP/1.1",
            vec![
                "upgrade: h2c",
                "connection: upgrade",
                "http2-settings: AAMAAABk",
            ],
            "400",
        ),
        (
            "GET / HTTP/1.1",
            vec!["upgrade: tcp", "connection: upgrade"],
            "400",
        ),
        (
            "GET / HTTP/1.1",
            vec!["upgrade: websocket, h2c", "connection: upgrade"],
            "400",
        ),
        (
            "POST / HTTP/1.1",
            vec!["upgrade: websocket", "connection: upgrade"],
            "400",
        ),
        (
            "POST / HTTP/1.1",
            vec!["content-length: 3", "content-length: 4", close],
            "400",
        ),
        (
            "POST / HTTP/1.1",
            vec!["transfer-encoding: chunked, identity", close],
            "400",
        ),
    ];
    for (line, more, status) in cases {
        let mut text = head(&browser, line, &more);
        if !more.contains(&close) {
            // The next request of the same connection is read for what it is.
            text += &head(&browser, "GET /after HTTP/1.1", &[close]);
        }
        let heard = say(&ground, text).await;
        assert_eq!(statuses(&heard)[0], status, "{line} {more:?}: {heard}");
        assert!(!heard.contains("evil"), "{heard}");
    }
    // Two hosts are no host of ours.
    let double = head(
        &browser,
        "GET / HTTP/1.1",
        &[&format!("host: 127.0.0.1:{port}"), close],
    );
    assert_eq!(statuses(&say(&ground, double).await), ["421"]);
    ground.close().await;
}

#[tokio::test]
async fn a_request_in_a_requests_body_stays_there() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let inner = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
    // By its length the body ends before the inner request, by its chunks after it; and the other way round.
    let chunked = format!("{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
    for lengths in [
        ["content-length: 4", "transfer-encoding: chunked"],
        ["transfer-encoding: chunked", "content-length: 4"],
    ] {
        let more = [lengths[0], lengths[1], "connection: close"];
        let text = head(&browser, "POST /outer HTTP/1.1", &more) + &chunked;
        let heard = say(&ground, text).await;
        assert_eq!(statuses(&heard), ["200"], "{heard}");
        let expected = format!("\"bytes\":{}", inner.len());
        assert!(
            heard.contains(&expected) && heard.contains("/outer"),
            "{heard}"
        );
        assert!(!heard.contains("content-length\":\"4\""), "{heard}");
    }
    ground.close().await;
}

#[tokio::test]
async fn names_that_are_no_previews_stay_refused() {
    let ground = Ground::new().await;
    let browser = ground.open(&ground.ann).await;
    let port = ground.house.address.port();
    let label = browser.host.split_once('.').unwrap().0.to_owned();
    for (host, status) in [
        (format!("{label}.evil.example:{port}"), "421"),
        (format!("{label}.localhost"), "421"),
        (format!("{label}.localhost:1"), "421"),
        (format!("x.{label}.localhost:{port}"), "421"),
        (format!("evil.localhost:{port}"), "404"),
        (format!("0{label}.localhost:{port}"), "404"),
        (format!("{label}.localhost:{port}"), "200"),
        (format!("{}.LocalHost:{port}", label.to_uppercase()), "200"),
    ] {
        let pass = &browser.pass;
        let text = format!(
            "GET / HTTP/1.1\r\nhost: {host}\r\ncookie: {pass}\r\nconnection: close\r\n\r\n"
        );
        assert_eq!(statuses(&say(&ground, text).await), [status], "{host}");
    }
    ground.close().await;
}
