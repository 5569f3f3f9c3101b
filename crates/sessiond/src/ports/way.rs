//! Which ports belong to the session, and by which address each is reached, decided from who listens where. Pure.
//!
//! A connection goes to the socket that is bound most closely: to the address itself before any address, to its own family before both.
//! Where somebody else's socket would take it, there is no way, whatever the session's own socket says.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::table::Socket;

const LOOPBACK_4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LOOPBACK_6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const ANY_4: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const ANY_6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// The addresses by which the session's program on `port` is reached, the likeliest first; none where there is no such program.
pub(super) fn ways(sockets: &[Socket], port: u16, is_own: impl Fn(&Socket) -> bool) -> Vec<IpAddr> {
    // Who takes what is sent to the first of these addresses at which somebody listens. Sockets may share an address.
    let own = |addresses: &[IpAddr]| {
        addresses.iter().find_map(|address| {
            let mut there = sockets
                .iter()
                .filter(|socket| socket.port == port && socket.address == *address)
                .peekable();
            there.peek()?;
            Some(there.all(&is_own))
        }) == Some(true)
    };
    let by_4 = own(&[LOOPBACK_4, ANY_4, ANY_6]);
    let surely_4 = by_4 && own(&[LOOPBACK_4, ANY_4]);
    let by_6 = own(&[LOOPBACK_6, ANY_6]);
    [
        (LOOPBACK_4, surely_4),
        (LOOPBACK_6, by_6),
        // A socket for any address of IPv6 commonly hears IPv4 too, and there are machines without the former.
        (LOOPBACK_4, by_4 && !surely_4),
    ]
    .into_iter()
    .filter_map(|(address, open)| open.then_some(address))
    .collect()
}

/// The ports that can be reached, ascending, each with the socket that stands for it.
pub(super) fn ports(sockets: &[Socket], is_own: impl Fn(&Socket) -> bool) -> Vec<Socket> {
    let numbers: BTreeSet<u16> = sockets
        .iter()
        .filter(|socket| is_own(socket))
        .map(|socket| socket.port)
        .collect();
    numbers
        .into_iter()
        .filter(|port| !ways(sockets, *port, &is_own).is_empty())
        .filter_map(|port| {
            let mut here = sockets.iter().filter(|socket| socket.port == port);
            here.find(|socket| is_own(socket)).copied()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sockets on port 3000, those of the session with odd inodes.
    fn reached(listening: &[(&str, u64)]) -> Vec<String> {
        let sockets: Vec<Socket> = listening
            .iter()
            .map(|(address, inode)| Socket {
                address: address.parse().unwrap(),
                port: 3000,
                inode: *inode,
            })
            .collect();
        let is_own = |socket: &Socket| socket.inode % 2 == 1;
        let ways = ways(&sockets, 3000, is_own);
        assert_eq!(ports(&sockets, is_own).len(), usize::from(!ways.is_empty()));
        ways.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn a_port_is_reached_where_its_socket_listens() {
        assert_eq!(reached(&[("127.0.0.1", 1)]), ["127.0.0.1"]);
        assert_eq!(reached(&[("0.0.0.0", 1)]), ["127.0.0.1"]);
        assert_eq!(reached(&[("::1", 1)]), ["::1"]);
        assert_eq!(reached(&[("::", 1)]), ["::1", "127.0.0.1"]);
        assert_eq!(reached(&[("0.0.0.0", 1), ("::", 3)]), ["127.0.0.1", "::1"]);
    }

    #[test]
    fn what_would_reach_somebody_else_is_no_way() {
        assert!(reached(&[("127.0.0.1", 2)]).is_empty());
        // Somebody else is bound more closely.
        assert!(reached(&[("0.0.0.0", 1), ("127.0.0.1", 2)]).is_empty());
        assert_eq!(reached(&[("::", 1), ("127.0.0.1", 2)]), ["::1"]);
        assert_eq!(reached(&[("::", 1), ("0.0.0.0", 2)]), ["::1"]);
        assert_eq!(reached(&[("::", 1), ("::1", 2)]), ["127.0.0.1"]);
        // Two share an address, and the kernel chooses.
        assert!(reached(&[("127.0.0.1", 1), ("127.0.0.1", 2)]).is_empty());
    }

    #[test]
    fn what_does_not_listen_on_loopback_is_not_told_of() {
        assert!(reached(&[("192.0.2.1", 1)]).is_empty());
        assert!(reached(&[("127.0.0.2", 1)]).is_empty());
        assert!(reached(&[]).is_empty());
    }
}
