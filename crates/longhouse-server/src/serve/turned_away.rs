//! What those are told for whom there is no room: a whole answer, written without asking what they wanted.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::berths::Full;

/// How many are told at once. Beyond that a connection is closed without a word.
pub(super) const AT_ONCE: usize = 64;

/// How long that may take, and how much of the request is read meanwhile. An answer that is sent while bytes lie unread is
/// lost: the connection is then reset.
pub(super) const TIME: Duration = Duration::from_secs(1);
const READ: u64 = 64 * 1024;

/// The same where the last descriptor goes from one to the next: the others wait for it.
pub(super) const SHORT_TIME: Duration = Duration::from_millis(100);

/// Answers and closes, within that time.
pub(super) async fn turn_away<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    why: Full,
    within: Duration,
) {
    let told = async {
        stream.write_all(answer(why).as_bytes()).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut (&mut stream).take(READ), &mut tokio::io::sink()).await
    };
    // Whoever does not listen is not told twice.
    let _ = tokio::time::timeout(within, told).await;
}

fn answer(why: Full) -> String {
    let (status, title, code, detail) = match why {
        Full::FromThere => (
            429,
            "Too Many Requests",
            "connection.too_many",
            "too many connections from your address",
        ),
        Full::Everywhere => (
            503,
            "Service Unavailable",
            "connection.no_room",
            "this server has as many connections as it can hold: try again shortly",
        ),
    };
    let body = serde_json::json!({
        "type": format!("urn:longhouse:{code}"),
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    })
    .to_string();
    format!(
        "HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\
         retry-after: 5\r\ncache-control: no-store\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
