//! The control socket, over which the command line asks.

use std::os::unix::fs::PermissionsExt as _;

use longhouse_server::{LocalSocket, serve_local};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::house::{House, in_time};

async fn ask(path: &std::path::Path, request: &str) -> String {
    let mut stream = UnixStream::connect(path).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    in_time("the answer", stream.read_to_string(&mut answer))
        .await
        .unwrap();
    answer
}

#[tokio::test]
async fn whoever_owns_the_server_acts_as_its_admin() {
    let house = House::without_people(|_| {}).await;
    let path = house.dir.path().join("control.sock");
    // What a server that was killed has left.
    std::fs::write(&path, "").unwrap();
    let app = house.app.clone();
    let socket = LocalSocket::bind(path.clone()).unwrap();
    let serving = tokio::spawn(serve_local(socket, app));
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let request = "GET /api/auth/me HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n";
    let early = ask(&path, request).await;
    assert!(early.starts_with("HTTP/1.1 401"), "{early}");
    house.make_admin("root").await;
    let answer = ask(&path, request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"username\":\"root\""), "{answer}");
    house.stop.cancel();
    in_time("the control socket's end", serving)
        .await
        .unwrap()
        .unwrap();
    assert!(!path.exists());
    house.close().await;
}
