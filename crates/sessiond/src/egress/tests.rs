//! Programs that use the proxy, with a way out that leads to a listener of the test.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Leads to one listener, whatever host is named, except to "forbidden".
struct Lead(SocketAddr);

impl WayOut for Lead {
    type Tunnel = TcpStream;

    async fn open(&self, host: &str, port: u16) -> Result<TcpStream, Refusal> {
        if host == "forbidden" {
            return Err(Refusal {
                status: StatusCode::FORBIDDEN,
                text: format!("{host}:{port} is not allowed"),
            });
        }
        Ok(TcpStream::connect(self.0).await.unwrap())
    }
}

struct Bed {
    proxy: SocketAddr,
    outside: TcpListener,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Bed {
    async fn new() -> Self {
        let outside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::bind(0).await.unwrap();
        let address = proxy.listener.local_addr().unwrap();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let way_out = Arc::new(Lead(outside.local_addr().unwrap()));
        tasks.spawn(proxy.run(way_out, tasks.clone(), stop.clone()));
        Self {
            proxy: address,
            outside,
            tasks,
            stop,
        }
    }

    async fn say(&self, request: &str) -> TcpStream {
        let mut program = TcpStream::connect(self.proxy).await.unwrap();
        program.write_all(request.as_bytes()).await.unwrap();
        program
    }

    async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn rest(mut stream: TcpStream) -> String {
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    rest
}

#[tokio::test]
async fn a_tunnel_carries_every_byte_both_ways_and_each_end_by_itself() {
    let bed = Bed::new().await;
    let mut program = bed
        .say("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n")
        .await;
    let (mut outside, _) = bed.outside.accept().await.unwrap();
    assert!(head(&mut program).await.starts_with("HTTP/1.1 200"));
    let sent: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let (mut reading, mut writing) = program.split();
    let ((), got, ()) = tokio::join!(
        async {
            writing.write_all(&sent).await.unwrap();
            writing.shutdown().await.unwrap();
        },
        async {
            let mut got = Vec::new();
            reading.read_to_end(&mut got).await.unwrap();
            got
        },
        async {
            let mut heard = Vec::new();
            outside.read_to_end(&mut heard).await.unwrap();
            // The program has hung up its side; the answer still comes.
            outside.write_all(&heard).await.unwrap();
            outside.shutdown().await.unwrap();
        }
    );
    assert!(got == sent);
    bed.end().await;
}

#[tokio::test]
async fn a_request_for_a_whole_address_is_passed_on_without_what_was_meant_for_the_proxy() {
    let bed = Bed::new().await;
    let program = bed
        .say(concat!(
            "GET http://example.org:8080/a?b=c HTTP/1.1\r\nHost: elsewhere\r\nProxy-Authorization: Basic c2VjcmV0\r\n",
            "Proxy-Connection: keep-alive\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nX-Theirs: 2\r\n\r\n"
        ))
        .await;
    let (mut outside, _) = bed.outside.accept().await.unwrap();
    let asked = head(&mut outside).await.to_ascii_lowercase();
    assert!(asked.starts_with("get /a?b=c http/1.1\r\n"), "{asked}");
    assert!(
        asked.contains("host: example.org:8080\r\n") && asked.contains("x-theirs: 2"),
        "{asked}"
    );
    for kept_back in ["secret", "proxy-", "x-mine", "elsewhere"] {
        assert!(!asked.contains(kept_back), "{asked}");
    }
    outside
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        .await
        .unwrap();
    assert!(rest(program).await.ends_with("hello"));
    bed.end().await;
}

#[tokio::test]
async fn a_refusal_says_why() {
    let bed = Bed::new().await;
    for request in [
        "CONNECT forbidden:443 HTTP/1.1\r\nHost: forbidden:443\r\nConnection: close\r\n\r\n",
        "GET http://forbidden:443/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        let said = rest(bed.say(request).await).await;
        assert!(said.starts_with("HTTP/1.1 403"), "{said}");
        assert!(said.ends_with("forbidden:443 is not allowed\n"), "{said}");
    }
    bed.end().await;
}

#[tokio::test]
async fn what_is_no_request_to_a_proxy_is_refused() {
    let bed = Bed::new().await;
    for request in [
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        "GET https://example.org/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "CONNECT example.org HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
    ] {
        let said = rest(bed.say(request).await).await;
        assert!(said.starts_with("HTTP/1.1 400"), "{request:?}: {said:?}");
    }
    bed.end().await;
}
