//! Ports of the session: found, told of, connected to; and nobody else's.

use bytes::Bytes;
use longhouse_link::limits::{PORT_STREAMS, PORT_WINDOW_BYTES};
use longhouse_link::proto::session_event::{Port, What};
use longhouse_link::proto::{PortBytes, SessionEvent, WatchRequest};
use longhouse_link::{CARRY_QUEUE, carry};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tonic::{Code, Status, Streaming};

use crate::house::{House, within};

/// A server that says its port, and to each who connects, once they have said everything, the same in capitals.
const SHOUTS: &str = r#"
    use IO::Socket::INET; $| = 1;
    my $server = IO::Socket::INET->new(Listen => 100, LocalAddr => $ARGV[0]) or die $!;
    print "at ", $server->sockport, "\n";
    while (my $client = $server->accept) {
        next if fork;
        local $/; my $said = <$client>; print $client uc $said; exit;
    }"#;

async fn shouts(house: &House, name: &str, address: &str) -> u16 {
    house.run(name, &["perl", "-e", SHOUTS, address]).await;
    let mut output = house.output(name, 0).await.unwrap();
    output.until("\n").await;
    let said = output.text();
    said.trim().strip_prefix("at ").unwrap().parse().unwrap()
}

async fn news(house: &House) -> Streaming<SessionEvent> {
    let news = within(house.client().watch(WatchRequest {})).await;
    news.unwrap().into_inner()
}

/// Reads the news until the ports are as wanted.
async fn ports(news: &mut Streaming<SessionEvent>, wanted: impl Fn(&[Port]) -> bool) -> Vec<Port> {
    loop {
        let event = within(news.message()).await.unwrap().unwrap();
        if let Some(What::Ports(told)) = event.what
            && wanted(&told.ports)
        {
            return told.ports;
        }
    }
}

fn has(ports: &[Port], port: u16) -> bool {
    ports.iter().any(|one| one.port == u32::from(port))
}

/// A connection to a port, which lasts as long as both are held.
async fn connect(house: &House, port: u32) -> Result<DuplexStream, Status> {
    let (outgoing, queue) = mpsc::channel(CARRY_QUEUE);
    let first = PortBytes {
        port,
        ..PortBytes::default()
    };
    outgoing.send(first).await.unwrap();
    let messages = futures_util::stream::unfold(queue, |mut queue| async {
        queue.recv().await.map(|message| (message, queue))
    });
    let incoming = within(house.client().connect_port(messages)).await?;
    let (ours, theirs) = tokio::io::duplex(4096);
    tokio::spawn(carry(theirs, incoming.into_inner(), outgoing, || ()));
    Ok(ours)
}

#[tokio::test]
async fn a_port_is_told_of_while_a_program_listens_there() {
    let house = House::new().await;
    let mut early = news(&house).await;
    ports(&mut early, <[Port]>::is_empty).await;
    let port = shouts(&house, "server", "127.0.0.1:0").await;
    let told = ports(&mut early, |ports| has(ports, port)).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].process, "perl");
    // Who comes later is told what there is.
    let mut late = news(&house).await;
    assert_eq!(ports(&mut late, |_| true).await, told);
    house.type_in("server", "\x03").await;
    ports(&mut early, <[Port]>::is_empty).await;
    ports(&mut late, <[Port]>::is_empty).await;
}

#[tokio::test]
async fn a_server_that_left_its_terminal_is_still_the_sessions() {
    let house = House::new().await;
    let away = format!(
        "setsid perl -e '{SHOUTS}' 127.0.0.1:0 > port & until [ -s port ]; do sleep 0.1; done"
    );
    house.run("t", &["bash", "-c", &away]).await;
    let mut news = news(&house).await;
    let told = ports(&mut news, |ports| !ports.is_empty()).await;
    let said = std::fs::read_to_string(house.work().join("port")).unwrap();
    assert_eq!(said.trim(), format!("at {}", told[0].port));
}

#[tokio::test]
async fn bytes_go_both_ways_and_each_direction_ends_by_itself() {
    let house = House::new().await;
    for address in ["127.0.0.1:0", "0.0.0.0:0"] {
        let port = shouts(&house, &address.replace(['.', ':'], "_"), address).await;
        let stream = connect(&house, port.into()).await.unwrap();
        let (mut reader, mut writer) = tokio::io::split(stream);
        let said = vec![b'a'; 5 * PORT_WINDOW_BYTES as usize];
        let expected = vec![b'A'; said.len()];
        let saying = tokio::spawn(async move {
            writer.write_all(&said).await.unwrap();
            writer.shutdown().await.unwrap();
            writer
        });
        let mut answer = Vec::new();
        within(reader.read_to_end(&mut answer)).await.unwrap();
        assert!(answer == expected);
        within(saying).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_the_sessions_cannot_be_reached() {
    let house = House::new().await;
    let port = shouts(&house, "server", "127.0.0.1:0").await;
    let foreign = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let theirs = foreign.local_addr().unwrap().port();
    for (port, code) in [
        (u32::from(theirs), Code::NotFound),
        (0, Code::InvalidArgument),
        (u32::from(port) + 65_536, Code::InvalidArgument),
        (u32::MAX, Code::InvalidArgument),
    ] {
        let refused = connect(&house, port).await.unwrap_err();
        assert_eq!(refused.code(), code, "{port}: {refused}");
    }
    let mut news = news(&house).await;
    let told = ports(&mut news, |ports| has(ports, port)).await;
    assert!(!has(&told, theirs));
    // Nor once the session's program has gone and somebody else took its place.
    house.type_in("server", "\x03").await;
    ports(&mut news, <[Port]>::is_empty).await;
    let taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let refused = connect(&house, port.into()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    drop((foreign, taken));
}

#[tokio::test]
async fn connections_are_counted_and_those_that_stall_hold_up_nobody() {
    let house = House::new().await;
    let port = shouts(&house, "server", "127.0.0.1:0").await;
    let mut held = Vec::new();
    for _ in 0..PORT_STREAMS {
        held.push(connect(&house, port.into()).await.unwrap());
    }
    let refused = connect(&house, port.into()).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    // All of them say much, and read none of the answers.
    for stream in &mut held {
        within(stream.write_all(&vec![b'a'; 3 * PORT_WINDOW_BYTES as usize]))
            .await
            .unwrap();
        stream.shutdown().await.unwrap();
    }
    house.shell("t").await;
    house
        .type_in("t", Bytes::from_static(b"echo st''ill\n"))
        .await;
    house.wait_for_screen("t", "still").await;
    held.pop();
    crate::house::wait_for("there is room again", async || {
        connect(&house, port.into()).await.ok()
    })
    .await;
}
