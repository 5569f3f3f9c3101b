//! The sockets that listen, asked of the kernel by sock_diag(7): it goes through these alone, where `/proc/net/tcp` has it go through
//! its whole table of connections, whose size follows the machine's memory (milliseconds a look, on every session's account).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};

use super::table::{MOST, Socket};

/// `SOCK_DIAG_BY_FAMILY` of linux/sock_diag.h.
const BY_FAMILY: u16 = 20;

/// `NLM_F_REQUEST | NLM_F_DUMP` of linux/netlink.h.
const DUMP: u16 = 0x301;

/// `NLMSG_ERROR` and `NLMSG_DONE` of linux/netlink.h.
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// TCP, as IP numbers it.
const TCP: u8 = 6;

/// `TCP_LISTEN` of linux/tcp_states.h, as a bit.
const LISTENS: u32 = 1 << 10;

/// The lengths of `struct nlmsghdr`, `struct inet_diag_req_v2` and `struct inet_diag_msg`.
const HEAD: usize = 16;
const REQUEST: usize = 56;
const ANSWER: usize = 72;

/// What the kernel answers at once at most.
const BUFFER: usize = 32 * 1024;

/// Every socket that listens.
///
/// # Errors
/// Where the kernel does not know the question, or it may not be asked here.
pub(super) fn listening() -> Result<Vec<Socket>, Errno> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    let (mut found, mut buffer) = (Vec::new(), vec![0; BUFFER]);
    for family in [AddressFamily::INET, AddressFamily::INET6] {
        send(&socket, &request(family), SendFlags::empty())?;
        loop {
            let (_, length) = recv(&socket, buffer.as_mut_slice(), RecvFlags::TRUNC)?;
            let messages = buffer.get(..length).ok_or(Errno::MSGSIZE)?;
            if read(messages, &mut found)? == Dump::Whole {
                break;
            }
        }
    }
    found.truncate(MOST);
    Ok(found)
}

/// How far an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dump {
    MoreFollows,
    Whole,
}

/// A question for the listening sockets of one family.
fn request(family: AddressFamily) -> [u8; HEAD + REQUEST] {
    let mut request = [0; HEAD + REQUEST];
    let mut put = |at: usize, bytes: &[u8]| {
        for (to, from) in request.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    };
    #[expect(clippy::cast_possible_truncation, reason = "seventy-two")]
    put(0, &((HEAD + REQUEST) as u32).to_ne_bytes());
    put(4, &BY_FAMILY.to_ne_bytes());
    put(6, &DUMP.to_ne_bytes());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the kernel's own field is that short"
    )]
    put(HEAD, &[family.as_raw() as u8, TCP]);
    put(HEAD + 4, &LISTENS.to_ne_bytes());
    request
}

/// Reads the messages of one answer.
fn read(mut messages: &[u8], found: &mut Vec<Socket>) -> Result<Dump, Errno> {
    while let Some(length) = word(messages, 0) {
        let length = usize::try_from(length).map_err(|_| Errno::BADMSG)?;
        let message = messages.get(..length).ok_or(Errno::BADMSG)?;
        let body = message.get(HEAD..).ok_or(Errno::BADMSG)?;
        match half(message, 4) {
            Some(DONE) => return Ok(Dump::Whole),
            Some(ERROR) => {
                let code = word(body, 0).ok_or(Errno::BADMSG)?;
                return Err(Errno::from_raw_os_error(code.cast_signed().wrapping_neg()));
            }
            Some(BY_FAMILY) => found.extend(parse(body)),
            _ => {}
        }
        // Messages stand at multiples of four.
        messages = messages
            .get(length.next_multiple_of(4)..)
            .unwrap_or_default();
    }
    Ok(Dump::MoreFollows)
}

/// A `struct inet_diag_msg`: its family, the port at 4, the address at 8, the inode at 68.
fn parse(body: &[u8]) -> Option<Socket> {
    let body: &[u8; ANSWER] = body.first_chunk()?;
    let [family, ..] = body;
    let address = body.get(8..24)?;
    let address = match AddressFamily::from_raw((*family).into()) {
        AddressFamily::INET => Ipv4Addr::from(*address.first_chunk::<4>()?).into(),
        // A socket of IPv6 that is bound to an address of IPv4 hears nothing else.
        AddressFamily::INET6 => {
            IpAddr::from(Ipv6Addr::from(*address.first_chunk::<16>()?)).to_canonical()
        }
        _ => return None,
    };
    Some(Socket {
        address,
        port: u16::from_be_bytes(*body.get(4..)?.first_chunk()?),
        inode: word(body, 68)?.into(),
    })
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_names_the_sockets_of_both_families() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = std::net::TcpListener::bind(address) else {
                // A machine without IPv6.
                continue;
            };
            let own = listener.local_addr().unwrap();
            let found = listening().unwrap();
            let found = found.iter().find(|socket| socket.port == own.port());
            assert_eq!(found.unwrap().address, own.ip());
            drop(listener);
            let still = listening().unwrap();
            assert!(!still.iter().any(|socket| socket.port == own.port()));
        }
    }

    #[test]
    fn it_names_the_same_sockets_as_the_lists() {
        let _listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = |sockets: Vec<Socket>| {
            let own: std::collections::HashSet<_> = sockets.into_iter().collect();
            own
        };
        // Other programs come and go between two looks: what both looks of one kind have must be in the other kind's between them.
        let before = own(listening().unwrap());
        let listed = own(super::super::table::listed());
        let after = own(listening().unwrap());
        let steady: Vec<&Socket> = before.intersection(&after).collect();
        assert!(!steady.is_empty());
        assert!(steady.iter().all(|socket| listed.contains(socket)));
    }

    #[test]
    fn what_is_no_answer_is_an_error_and_never_a_panic() {
        let mut found = Vec::new();
        for bytes in [
            &[0_u8; 15][..],
            &[1; 64],
            &[255; 16],
            &[16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(read(bytes, &mut found).is_err(), "{bytes:?}");
        }
        assert!(found.is_empty());
    }
}
