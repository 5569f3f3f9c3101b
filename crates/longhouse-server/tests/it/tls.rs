//! TLS as clients meet it: both versions of HTTP, sockets, certificates that change, and the plain door beside it.

use std::time::Duration;

use longhouse_server::{CertificateError, CertificateFiles, ServerSettings, serve_redirect};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::house::{DEADLINE, House, PASSWORD, in_time};
use crate::tls_client::{Pair, ask, connect};

#[tokio::test]
async fn both_versions_of_http_are_served_and_bind_the_browser_to_tls() {
    let pair = Pair::new();
    let house = House::over_tls(pair.shown(), |_| {}).await;
    for protocol in ["h2", "http/1.1"] {
        let login = json!({"username": "admin", "password": PASSWORD});
        let question = (Method::POST, "/api/auth/login", login);
        let answer = ask(house.address, &pair.der(), protocol, question, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{protocol}: {}", answer.body);
        let hsts = &answer.headers["strict-transport-security"];
        assert_eq!(hsts, "max-age=31536000", "{protocol}");
        let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies.len(), 2, "{protocol}");
        for cookie in cookies {
            let cookie = cookie.to_str().unwrap();
            assert!(
                cookie.starts_with("__Host-") || cookie.starts_with("__Secure-"),
                "{cookie}"
            );
            assert!(cookie.ends_with("; Secure"), "{cookie}");
        }
        let elsewhere = (Method::GET, "/api/nothing", Value::Null);
        let answer = ask(house.address, &pair.der(), protocol, elsewhere, None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{protocol}");
        assert_eq!(answer.body["code"], "request.not_found", "{protocol}");
    }
    // What speaks plainly where TLS is expected gets nothing, and harms nobody.
    assert!(house.request(Method::GET, "/livez").send().await.is_err());
    house.close().await;
}

#[tokio::test]
async fn who_says_nothing_over_tls_does_not_stay_in_either_version() {
    let pair = Pair::new();
    let change = |settings: &mut ServerSettings| {
        settings.limits.head_time = Duration::from_millis(200);
    };
    let house = House::over_tls(pair.shown(), change).await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r";
    for (protocol, said) in [
        ("h2", ""),
        ("h2", preface),
        ("http/1.1", ""),
        ("http/1.1", "G"),
        // Agreed upon was the other one.
        ("http/1.1", preface),
    ] {
        let mut stream = connect(house.address, &pair.der(), protocol).await.unwrap();
        let _ = stream.write_all(said.as_bytes()).await;
        let mut heard = Vec::new();
        let closed = stream.read_to_end(&mut heard);
        let _ = in_time("the server to close", closed).await;
        let heard = String::from_utf8_lossy(&heard);
        assert!(
            !heard.contains("HTTP/1.1 2"),
            "{protocol} {said:?}: {heard}"
        );
    }
    house.close().await;
}

#[tokio::test]
async fn a_web_socket_opens_over_tls_and_foreign_pages_open_none() {
    let pair = Pair::new();
    let house = House::over_tls(pair.shown(), |_| {}).await;
    let port = house.address.port();
    let upgrade = async |origin: &str| {
        let stream = connect(house.address, &pair.der(), "http/1.1")
            .await
            .unwrap();
        let address = format!("wss://localhost:{port}/socket.io/?EIO=4&transport=websocket");
        let mut request = address.into_client_request().unwrap();
        request
            .headers_mut()
            .insert("origin", origin.parse().unwrap());
        client_async(request, stream)
            .await
            .map(|(socket, _)| socket)
    };
    let mut own = upgrade(&format!("https://localhost:{port}")).await.unwrap();
    let first = in_time("the first frame", futures_util::StreamExt::next(&mut own)).await;
    assert!(first.unwrap().unwrap().to_text().unwrap().starts_with("0{"));
    for foreign in [
        format!("http://localhost:{port}"),
        "https://evil.example".to_owned(),
    ] {
        assert!(upgrade(&foreign).await.is_err(), "{foreign}");
    }
    house.close().await;
}

/// Waits until the server shows this one.
async fn shows(house: &House, pair: &Pair) {
    let shown = async {
        while connect(house.address, &pair.der(), "http/1.1")
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(DEADLINE, shown).await.is_ok(),
        "the certificate is not shown"
    );
}

#[tokio::test]
async fn a_new_certificate_is_shown_at_once_and_a_broken_one_never() {
    let dir = tempfile::tempdir().unwrap();
    // As certbot lays them out: links to a directory with numbered files.
    let live = dir.path().join("live");
    let archive = dir.path().join("archive");
    for directory in [&live, &archive] {
        std::fs::create_dir(directory).unwrap();
    }
    let lay = |number: u32, pair: &Pair| {
        let name = |kind: &str| format!("{kind}{number}.pem");
        pair.write(&archive.join(name("cert")), &archive.join(name("key")));
        for kind in ["cert", "key"] {
            let link = live.join(format!("{kind}.pem"));
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(format!("../archive/{}", name(kind)), link).unwrap();
        }
    };
    let files = CertificateFiles {
        certificate: live.join("cert.pem"),
        key: live.join("key.pem"),
    };
    let (first, second) = (Pair::new(), Pair::new());
    lay(1, &first);
    let tls = longhouse_server::Tls::new().unwrap();
    tls.certificates().show(files.load().unwrap());
    let house = House::over_tls(tls.clone(), |_| {}).await;
    let every = Duration::from_millis(5);
    let following = tokio::spawn(files.clone().follow(
        tls.certificates().clone(),
        every,
        house.stop.clone(),
    ));
    shows(&house, &first).await;
    let open = connect(house.address, &first.der(), "http/1.1")
        .await
        .unwrap();

    lay(2, &second);
    shows(&house, &second).await;

    // The new certificate is there, its key is not yet: what works stays.
    let third = Pair::new();
    std::fs::write(archive.join("cert2.pem"), &third.certificate).unwrap();
    assert!(matches!(files.load(), Err(CertificateError::Mismatch)));
    shows(&house, &second).await;
    std::fs::write(archive.join("key2.pem"), &third.key).unwrap();
    shows(&house, &third).await;
    std::fs::remove_file(&files.key).unwrap();
    shows(&house, &third).await;
    lay(4, &first);
    shows(&house, &first).await;

    drop(open);
    house.close().await;
    in_time("the follower's end", following).await.unwrap();
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let files = CertificateFiles {
        certificate: dir.path().join("cert.pem"),
        key: dir.path().join("key.pem"),
    };
    Pair::new().write(&files.certificate, &files.key);
    for (mode, usable) in [
        (0o600, true),
        (0o400, true),
        (0o640, true),
        (0o644, false),
        (0o604, false),
        (0o660, false),
    ] {
        std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(mode)).unwrap();
        match files.load() {
            Ok(_) => assert!(usable, "{mode:o}"),
            Err(CertificateError::Exposed { .. }) => assert!(!usable, "{mode:o}"),
            Err(other) => panic!("{mode:o}: {other}"),
        }
    }
}

#[tokio::test]
async fn the_plain_door_sends_browsers_to_own_names_and_does_nothing_else() {
    let pair = Pair::new();
    let tls = pair.shown();
    let house = House::over_tls(tls.clone(), |settings| {
        settings.public_url = Some("https://box.example".to_owned());
    })
    .await;
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    let serving = tokio::spawn(serve_redirect(door, tls, house.app.clone()));
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let port = house.address.port();
    for (method, host, path, target) in [
        (
            Method::GET,
            "box.example",
            "/sessions?q=a%20b",
            Some("https://box.example/sessions?q=a%20b".to_owned()),
        ),
        (
            Method::GET,
            "localhost",
            "/",
            Some(format!("https://localhost:{port}/")),
        ),
        (
            Method::POST,
            "box.example",
            "/api/auth/login",
            Some("https://box.example/api/auth/login".to_owned()),
        ),
        (Method::GET, "evil.example", "/", None),
        (
            Method::GET,
            "box.example",
            "/.well-known/acme-challenge/nothing",
            None,
        ),
    ] {
        let request = client
            .request(method, format!("http://{address}{path}"))
            .header("host", host);
        let answer = request.send().await.unwrap();
        let location = answer
            .headers()
            .get("location")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(location, target, "{host}{path}");
        assert_eq!(
            answer.status() == StatusCode::PERMANENT_REDIRECT,
            target.is_some()
        );
        assert!(answer.headers().get("set-cookie").is_none());
    }
    house.stop.cancel();
    in_time("the plain door's end", serving)
        .await
        .unwrap()
        .unwrap();
    house.close().await;
}
