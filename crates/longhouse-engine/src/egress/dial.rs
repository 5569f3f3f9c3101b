//! Opening a connection for a session: the list is asked, the name is resolved once, each address is judged, and one of those
//! very addresses is connected to. Nothing resolves the name a second time, so nobody can answer differently in between.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use longhouse_domain::egress::{AllowList, EgressError, Host};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the resolver may take. Its own retries end after five seconds commonly.
const RESOLVE_WAIT: Duration = Duration::from_secs(10);

/// How long one address may take to accept.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// The most addresses of one name that are tried.
const ADDRESSES: usize = 8;

/// What `localhost` means, whatever a resolver says of it.
const LOOPBACK: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// Whoever knows the addresses of names.
pub(crate) trait Resolve {
    fn resolve(&self, name: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;
}

/// The machine's own resolver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // Without a final dot, which would hide what /etc/hosts has. A search domain may answer for a name that is unknown
        // otherwise: its addresses are judged like all others.
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Why a session's connection was not opened; the text is for whoever reads what the program printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// It names no host.
    #[error("the host {0}")]
    NoHost(EgressError),
    /// The list does not have it.
    #[error("{0} is not on this session's list of allowed hosts")]
    NotAllowed(String),
    /// It is, and leads where no list leads by a name alone.
    #[error(
        "{host} leads to {address}, which is not on the public internet and not on this session's list itself"
    )]
    NotPublic { host: String, address: IpAddr },
    /// Nobody knows its address.
    #[error("the address of {host} was not found: {why}")]
    Unknown { host: String, why: String },
    /// It does not answer.
    #[error("{host} does not accept the connection: {why}")]
    Unreachable { host: String, why: String },
}

/// A connection to the destination, if the session may have it.
pub(crate) async fn dial(
    list: &AllowList,
    resolver: &impl Resolve,
    host: &Host,
    port: u16,
) -> Result<TcpStream, DialError> {
    let named = || format!("{host}:{port}");
    if !list.allows(host, port) {
        return Err(DialError::NotAllowed(named()));
    }
    let addresses = match host {
        Host::Address(address) => vec![*address],
        Host::Name(_) if host.is_this_machine() => LOOPBACK.to_vec(),
        Host::Name(name) => resolved(resolver, name).await?,
    };
    let mut last = None;
    for address in addresses.into_iter().take(ADDRESSES) {
        if !list.allows_address(host, address, port) {
            last = Some(DialError::NotPublic {
                host: named(),
                address,
            });
            continue;
        }
        match timeout(
            CONNECT_WAIT,
            TcpStream::connect(SocketAddr::new(address, port)),
        )
        .await
        {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = Some(unreachable(named(), error.to_string())),
            Err(_) => last = Some(unreachable(named(), "no answer in time".to_owned())),
        }
    }
    Err(last.unwrap_or_else(|| unknown(host, "the name has no address")))
}

async fn resolved(resolver: &impl Resolve, name: &str) -> Result<Vec<IpAddr>, DialError> {
    let host = Host::Name(name.to_owned());
    match timeout(RESOLVE_WAIT, resolver.resolve(name)).await {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(unknown(&host, &error.to_string())),
        Err(_) => Err(unknown(&host, "no answer in time")),
    }
}

fn unknown(host: &Host, why: &str) -> DialError {
    DialError::Unknown {
        host: host.to_string(),
        why: why.to_owned(),
    }
}

fn unreachable(host: String, why: String) -> DialError {
    DialError::Unreachable { host, why }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;

    use super::*;

    /// Knows one name, and answers it from a list: the first question with the first entry, and so on.
    struct Table {
        answers: Vec<Vec<IpAddr>>,
        asked: AtomicUsize,
    }

    impl Table {
        fn new(answers: &[&[&str]]) -> Self {
            let answer =
                |addresses: &&[&str]| addresses.iter().map(|a| a.parse().unwrap()).collect();
            Self {
                answers: answers.iter().map(answer).collect(),
                asked: AtomicUsize::new(0),
            }
        }
    }

    impl Resolve for Table {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            let nth = self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(self.answers[nth.min(self.answers.len() - 1)].clone())
        }
    }

    fn list(entries: &[&str]) -> AllowList {
        AllowList::new(entries.iter().map(|entry| entry.parse().unwrap()).collect()).unwrap()
    }

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_name_that_leads_into_the_servers_own_network_is_refused_before_anything_is_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let resolver = Table::new(&[&["127.0.0.1", "169.254.169.254"]]);
        let refused = dial(
            &list(&["*.example.org"]),
            &resolver,
            &host("a.example.org"),
            port,
        )
        .await;
        assert!(
            matches!(refused, Err(DialError::NotPublic { .. })),
            "{refused:?}"
        );
        let nobody = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
        assert!(nobody.is_err());
    }

    #[tokio::test]
    async fn a_name_is_resolved_once_and_the_address_that_was_judged_is_the_one_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let resolver = Table::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
        let list = list(&["a.example.org", "127.0.0.0/31"]);
        let stream = dial(&list, &resolver, &host("a.example.org"), address.port())
            .await
            .unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        assert_eq!(resolver.asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_is_not_on_the_list_is_not_even_resolved() {
        let resolver = Table::new(&[&["127.0.0.1"]]);
        let refused = dial(
            &list(&["example.org"]),
            &resolver,
            &host("example.net"),
            443,
        )
        .await;
        assert!(
            matches!(refused, Err(DialError::NotAllowed(_))),
            "{refused:?}"
        );
        let refused = dial(&list(&["10.0.0.0/8"]), &resolver, &host("127.0.0.1"), 443).await;
        assert!(
            matches!(refused, Err(DialError::NotAllowed(_))),
            "{refused:?}"
        );
        assert_eq!(resolver.asked.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_dead_address_does_not_hide_a_living_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // Nothing listens on the first one's port.
        let resolver = Table::new(&[&["127.0.0.3", "127.0.0.1"]]);
        let list = list(&["a.example.org", "127.0.0.0/8"]);
        let stream = dial(&list, &resolver, &host("a.example.org"), port)
            .await
            .unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
    }
}
