//! A container whose only way out is the link. The test is the server.

use futures_util::StreamExt;
use longhouse_domain::container::{Network, Template};
use longhouse_link::proto::outbound_refusal::Why;
use longhouse_link::proto::{OutboundAsk, OutboundRefusal, PortBytes, WatchOutboundRequest};
use longhouse_link::{CARRY_QUEUE, Link, carry};
use longhouse_runtime::docker::DockerRuntime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::engine::spec;
use super::inside::sh;
use crate::fixture::{Fixture, within};

/// Lets every program speak with a web server that knows one page, but refuses those who ask for "forbidden".
async fn serve(link: &Link) {
    let mut asks = within(link.client().watch_outbound(WatchOutboundRequest {}))
        .await
        .unwrap()
        .into_inner();
    while let Some(Ok(OutboundAsk { ask, host, .. })) = asks.next().await {
        if host == "forbidden.example" {
            let refusal = OutboundRefusal {
                ask,
                why: Why::NotAllowed.into(),
                text: "it is not on the list".to_owned(),
            };
            link.client().refuse_outbound(refusal).await.unwrap();
            continue;
        }
        let (outgoing, queue) = mpsc::channel(CARRY_QUEUE);
        let first = PortBytes {
            ask,
            ..PortBytes::default()
        };
        outgoing.try_send(first).unwrap();
        let messages = futures_util::stream::unfold(queue, |mut queue| async {
            queue.recv().await.map(|message| (message, queue))
        });
        let incoming = link
            .client()
            .carry_outbound(messages)
            .await
            .unwrap()
            .into_inner();
        let (outside, carried) = tokio::io::duplex(1024);
        tokio::spawn(carry(carried, incoming, outgoing, || ()));
        tokio::spawn(answer(outside, host));
    }
}

async fn answer(mut stream: tokio::io::DuplexStream, host: String) {
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        heard.push(stream.read_u8().await.unwrap());
    }
    let page = format!("this is {host}");
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_is_the_only_way_out_and_a_program_that_does_not_take_it_reaches_nothing() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let mut container = spec(Template::Shell);
    container.network = Network::AllowList;
    fixture.plan.container = Some(container);
    let (_handle, link) = fixture.start().await;
    let programs = async {
        let page = sh(&link, "wget -q -O - http://inside.example/page").await;
        assert_eq!(page, "this is inside.example");
        let refused = sh(&link, "wget -O - http://forbidden.example/").await;
        assert!(refused.contains("403"), "{refused}");
        let joined = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | /opt/longhouse/sessiond connect tunnel.example 22";
        let joined = sh(&link, joined).await;
        assert!(joined.ends_with("this is tunnel.example"), "{joined}");
        let around = "unset http_proxy HTTP_PROXY; wget -T 5 -q -O - http://inside.example/ 2>&1";
        let around = sh(&link, around).await;
        assert!(!around.contains("this is"), "{around}");
        // Not a device but the loopback, and no route.
        let network = sh(&link, "ls /sys/class/net; tail -n +2 /proc/net/route").await;
        assert_eq!(network, "lo");
    };
    tokio::select! {
        () = serve(&link) => panic!("the link broke"),
        () = programs => {}
    }
    fixture.finish().await;
}
