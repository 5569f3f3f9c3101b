//! How much is sent to whom, and when: windows, viewers that lag, viewers that never read.

use std::time::Duration;

use serde_json::json;

use crate::house::{House, in_time};
use crate::terminal_client::{Client, Got};
use crate::terminal_socket::{other_error, path};

#[tokio::test]
async fn no_more_than_the_window_is_sent_before_it_is_acknowledged() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut slow = house
        .open(&admin, &format!("{}?window=1000&mode=read", path(&id)))
        .await;
    let start = slow.snapshot().await;
    let mut fast = house.open(&admin, &path(&id)).await;
    fast.snapshot().await;
    let data: Vec<u8> = (0..5000_u32)
        .map(|n| b'a' + u8::try_from(n % 26).unwrap())
        .collect();
    fast.type_in(&data).await;
    // The other viewer does not wait for the slow one.
    assert_eq!(fast.output(5000).await.1, data);

    let mut got = slow.output(1000).await.1;
    assert_eq!(got.len(), 1000);
    // Everything that was sent before the pong would have come before it.
    slow.say(json!({"type": "ping"})).await;
    slow.message("pong").await;
    while got.len() < 5000 {
        slow.say(json!({"type": "ack", "offset": start + got.len() as u64}))
            .await;
        let more = slow.output(1).await.1;
        assert!(more.len() <= 1000);
        got.extend(more);
    }
    assert_eq!(got, data);
    house.close().await;
}

#[tokio::test]
async fn a_page_that_is_far_behind_sees_at_once_what_its_interrupt_has_led_to() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut page = house
        .open(&admin, &format!("{}?window=1000", path(&id)))
        .await;
    let mut at = page.snapshot().await;
    let mut fast = house.open(&admin, &path(&id)).await;
    fast.snapshot().await;
    let flood = vec![b'x'; 600_000];
    fast.type_in(&flood).await;
    fast.output(flood.len()).await;
    let end = at + flood.len() as u64;

    // Whatever else is typed, every byte comes.
    page.type_in(b"y").await;
    fast.output(1).await;
    for _ in 0..3 {
        at += page.output(1000).await.1.len() as u64;
        page.say(json!({"type": "ack", "offset": at})).await;
    }
    page.type_in(b"\x03").await;
    let shown = loop {
        match page.next().await {
            Got::Output(offset, data) => {
                assert_eq!(offset, at, "a byte is missing");
                at += data.len() as u64;
                assert!(at < end / 2, "it is given what it does not want to see");
                page.say(json!({"type": "ack", "offset": at})).await;
            }
            Got::Text(message) if message["type"] == "snapshot" => {
                break message["offset"].as_u64().unwrap();
            }
            Got::Text(_) => {}
            Got::Closed(code) => panic!("closed with {code}"),
        }
    };
    assert!(shown > end);
    house.close().await;
}

#[tokio::test]
async fn a_viewer_that_never_reads_holds_up_nobody_and_is_sent_away() {
    let house =
        House::without_people(|settings| settings.limits.viewer_stall = Duration::from_millis(500))
            .await;
    house.make_admin("admin").await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut stuck = house.open(&admin, &path(&id)).await;
    let mut lively = house.open(&admin, &path(&id)).await;
    lively.snapshot().await;
    let piece = vec![b'x'; 256 * 1024];
    // More than the system buffers for a connection; it all passes the lively viewer while the other takes nothing.
    for _ in 0..64 {
        lively.type_in(&piece).await;
        let mut seen = 0;
        while seen < piece.len() {
            match lively.next().await {
                Got::Output(_, data) => seen += data.len(),
                Got::Text(message) if message["type"] == "snapshot" => {
                    panic!("the lively viewer fell behind")
                }
                Got::Text(_) => {}
                Got::Closed(code) => panic!("closed with {code}"),
            }
        }
    }
    // The stuck one is gone from the list of those who look.
    loop {
        let (_, stats) = house
            .get(&admin, &format!("/api/sessions/{id}/stats"))
            .await;
        if stats["viewers"] == 1 {
            break;
        }
        lively.say(json!({"type": "ping"})).await;
        in_time("the stuck viewer to be sent away", lively.next()).await;
    }
    // It reads at last: what lay in the pipe, and then why it was sent away.
    assert_eq!(other_error(&mut stuck).await, "viewer.too_slow");
    assert_eq!(stuck.close_code().await, 4408);
    house.close().await;
}

#[tokio::test]
async fn a_viewer_that_offers_to_compress_is_served_without() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let headers = [
        ("authorization", format!("Bearer {}", admin.token)),
        ("sec-websocket-protocol", "longhouse.terminal.v1".to_owned()),
        ("sec-websocket-extensions", "permessage-deflate".to_owned()),
    ];
    let (socket, protocol) = house.upgrade(&path(&id), &headers).await.unwrap();
    assert_eq!(protocol, "longhouse.terminal.v1");
    let mut client = Client::over(socket);
    client.snapshot().await;
    let same = "the same again and again ".repeat(200);
    client.type_in(same.as_bytes()).await;
    assert_eq!(client.output(same.len()).await.1, same.as_bytes());
    house.close().await;
}

#[tokio::test]
async fn what_is_typed_right_before_the_connection_ends_is_typed() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut other = house.open(&admin, &path(&id)).await;
    other.snapshot().await;
    for last in b'a'..=b'z' {
        let mut brief = house.open(&admin, &path(&id)).await;
        brief.snapshot().await;
        // With every second one there is output that it has not read: then its end is a reset.
        if last % 2 == 0 {
            brief.type_in(&[b'.'; 1000]).await;
            other.output(1000).await;
        }
        brief.type_in(&[last; 100]).await;
        drop(brief);
        assert_eq!(other.output(100).await.1, [last; 100]);
    }
    house.close().await;
}

#[tokio::test]
async fn the_last_one_who_types_and_leaves_has_typed() {
    let house = House::new().await;
    let admin = house.log_in("admin").await;
    let id = house.running(&admin, "one").await;
    let mut from = None;
    for last in b'a'..=b'z' {
        let mut alone = house.open(&admin, &path(&id)).await;
        let start = alone.snapshot().await;
        from.get_or_insert(start);
        alone.type_in(&[last; 100]).await;
        drop(alone);
        // Nobody looks now, until somebody asks what came of it.
        let typed = u64::from(last - b'a' + 1) * 100;
        let question = format!("{}?from={}", path(&id), from.unwrap() + typed - 100);
        let mut later = house.open(&admin, &question).await;
        assert_eq!(later.output(100).await.1, [last; 100]);
    }
    house.close().await;
}
