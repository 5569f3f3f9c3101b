//! `sessiond connect HOST PORT`: standard input and output joined to a connection through the session's proxy, for programs that
//! take a command in place of a proxy, as `ssh` does with its `ProxyCommand`.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};

use longhouse_link::spec::WAY_OUT_PORT;

/// The most bytes of the proxy's answer before the connection itself begins.
const HEAD_BYTES: usize = 16 * 1024;

/// The header in which the proxy says why it opens nothing.
pub(crate) const REFUSED_HEADER: &str = "x-longhouse-refused";

/// Why nothing was joined.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is no proxy, or it broke off.
    #[error("the session's proxy does not answer: {0}")]
    Proxy(#[from] io::Error),
    /// The proxy opens no connection there.
    #[error("{0}")]
    Refused(String),
}

/// Joins them until the destination has hung up.
///
/// # Errors
/// When there is no connection.
pub fn connect(host: &str, port: &str) -> Result<(), ConnectError> {
    let proxy = SocketAddr::from((Ipv4Addr::LOCALHOST, WAY_OUT_PORT));
    join(proxy, host, port, io::stdin(), &mut io::stdout())
}

fn join(
    proxy: SocketAddr,
    host: &str,
    port: &str,
    mut input: impl Read + Send + 'static,
    output: &mut impl Write,
) -> Result<(), ConnectError> {
    let mut stream = TcpStream::connect(proxy)?;
    // A colon in a host is IPv6, which stands in brackets.
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let head = read_head(&mut stream)?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(ConnectError::Refused(reason(&head)));
    }
    let mut upstream = stream.try_clone()?;
    // It ends with the process: nobody can wait for a person's input.
    std::thread::spawn(move || {
        // Where the destination no longer reads, the other direction says how it ends.
        let _copied = io::copy(&mut input, &mut upstream);
        let _ = upstream.shutdown(Shutdown::Write);
    });
    let mut buffer = [0; 32 * 1024];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => output.write_all(&buffer[..read])?,
        }
        output.flush()?;
    }
}

/// The answer up to the empty line, and not a byte more.
fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while head.len() < HEAD_BYTES {
        stream.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
        if head.ends_with(b"\r\n\r\n") {
            return Ok(String::from_utf8_lossy(&head).into_owned());
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

fn reason(head: &str) -> String {
    let said = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(REFUSED_HEADER)
            .then(|| value.trim())
    });
    let first = || head.lines().next().unwrap_or_default();
    said.unwrap_or_else(first).to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A proxy that gives this answer to its one visitor, then sends back what it hears.
    fn proxy(answer: &'static str) -> (SocketAddr, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = read_head(&mut stream).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).unwrap();
            stream.write_all(&heard).unwrap();
            asked
        });
        (address, served)
    }

    #[test]
    fn what_is_joined_carries_every_byte_after_the_answer() {
        let (address, served) = proxy("HTTP/1.1 200 OK\r\n\r\nSSH-2.0-there\r\n");
        let mut output = Vec::new();
        join(
            address,
            "2001:db8::1",
            "22",
            &b"SSH-2.0-here\r\n"[..],
            &mut output,
        )
        .unwrap();
        assert_eq!(output, b"SSH-2.0-there\r\nSSH-2.0-here\r\n");
        assert!(
            served
                .join()
                .unwrap()
                .starts_with("CONNECT [2001:db8::1]:22 HTTP/1.1\r\n")
        );
    }

    #[test]
    fn a_refusal_is_told_in_the_proxys_words() {
        let (address, served) =
            proxy("HTTP/1.1 403 Forbidden\r\nX-Longhouse-Refused: not on the list\r\n\r\n");
        let refused = join(address, "example.org", "22", io::empty(), &mut Vec::new());
        assert_eq!(refused.unwrap_err().to_string(), "not on the list");
        served.join().unwrap();
    }
}
