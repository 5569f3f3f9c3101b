//! The sockets that listen in this network namespace: asked of the kernel, or read from `/proc/net/tcp` and `tcp6` where it cannot be asked.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::diag;

/// The lists, by the path from which they are read.
const LISTS: [&str; 2] = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

/// How the kernel writes "listens".
const LISTENS: &str = "0A";

/// The most listening sockets of the machine that are looked at.
pub(super) const MOST: usize = 16 * 1024;

/// What is read of a list at once: listening sockets come first, so this mostly is all of them.
const READ: usize = 4096;

/// A socket that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Socket {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    /// Names the socket, among all that are open.
    pub(crate) inode: u64,
}

/// Every socket that listens. Nothing where the kernel answers neither way.
pub(crate) fn listening() -> Vec<Socket> {
    diag::listening().unwrap_or_else(|_| listed())
}

/// The same from the lists.
pub(super) fn listed() -> Vec<Socket> {
    LISTS
        .iter()
        .filter_map(|path| File::open(path).ok())
        .flat_map(|list| read(BufReader::with_capacity(READ, list)))
        .collect()
}

/// Reads a list as far as its listening sockets go.
fn read(list: impl BufRead) -> Vec<Socket> {
    list.lines()
        .skip(1)
        .map_while(|line| parse(&line.ok()?))
        .take(MOST)
        .collect()
}

/// One line, if it is of a socket that listens.
fn parse(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_ascii_whitespace().take(10).collect();
    if *fields.get(3)? != LISTENS {
        return None;
    }
    let (address, port) = fields.get(1)?.split_once(':')?;
    Some(Socket {
        address: parse_address(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// An address as its 32-bit words, each printed as this machine would print such a number.
fn parse_address(text: &str) -> Option<IpAddr> {
    let word = |n: usize| {
        let digits = text.get(n * 8..n * 8 + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for n in 0..4 {
                bytes[n * 4..n * 4 + 4].copy_from_slice(&word(n)?);
            }
            // A socket of IPv6 that is bound to an address of IPv4 hears nothing else.
            Some(IpAddr::from(Ipv6Addr::from(bytes)).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    #[cfg(target_endian = "little")]
    #[test]
    fn what_listens_is_read_and_the_rest_is_not_looked_at() {
        let list = format!(
            "{HEAD}   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0\n   \
             1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0\n   \
             2: 0100007F:0BB8 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0\n   \
             3: 0100007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0\n"
        );
        let found = read(list.as_bytes());
        let socket = |address: &str, port, inode| Socket {
            address: address.parse().unwrap(),
            port,
            inode,
        };
        assert_eq!(
            found,
            [socket("127.0.0.1", 3000, 4711), socket("0.0.0.0", 22, 12)]
        );
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn addresses_of_both_families_are_read() {
        for (text, address) in [
            ("0100007F", "127.0.0.1"),
            ("00000000000000000000000001000000", "::1"),
            ("00000000000000000000000000000000", "::"),
            ("B80D0120000000000000000001000000", "2001:db8::1"),
            ("0000000000000000FFFF00000100007F", "127.0.0.1"),
        ] {
            assert_eq!(
                parse_address(text),
                Some(address.parse().unwrap()),
                "{text}"
            );
        }
        for bad in ["", "0100007", "0100007G", "01000070F", "äääääääääääääääää"] {
            assert_eq!(parse_address(bad), None, "{bad}");
        }
    }

    #[test]
    fn ones_own_socket_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(listening().iter().any(|socket| socket.port == port));
        drop(listener);
        assert!(!listening().iter().any(|socket| socket.port == port));
    }
}
