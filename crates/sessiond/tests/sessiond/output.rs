//! Output: every byte, once, in order, for every reader, whatever happens to the link.

use std::time::Duration;

use futures_util::StreamExt;
use longhouse_link::proto::*;
use tonic::Code;

use crate::house::{House, terminal, wait_for, within, writes};

/// Prints the numbers from 1 to `n`, one a line.
fn numbers(n: u32) -> Vec<String> {
    vec!["seq".to_owned(), n.to_string()]
}

fn expected_numbers(n: u32) -> Vec<u8> {
    (1..=n)
        .flat_map(|i| format!("{i}\r\n").into_bytes())
        .collect()
}

fn numbers_terminal(name: &str, n: u32) -> CreateTerminalRequest {
    let argv = numbers(n);
    terminal(name, &argv.iter().map(String::as_str).collect::<Vec<_>>())
}

#[tokio::test]
async fn output_is_exact_across_reconnects_of_the_link() {
    let mut house = House::new().await;
    house.create(numbers_terminal("t", 300_000)).await.unwrap();
    let expected = expected_numbers(300_000);
    let mut seen = Vec::new();
    let mut offset = 0;
    for _ in 0..5 {
        let mut output = house.output("t", offset).await.unwrap();
        while output.seen.len() < 200_000 {
            output.next().await;
        }
        seen.append(&mut output.seen);
        offset = output.offset;
        house.reconnect().await;
    }
    let mut output = house.output("t", offset).await.unwrap();
    assert_eq!(output.until_exit().await, 0);
    seen.append(&mut output.seen);
    assert!(
        seen == expected,
        "{} bytes for {}",
        seen.len(),
        expected.len()
    );
}

/// A person waits for the first bytes of the terminal that began first.
#[tokio::test]
async fn a_terminal_that_stands_back_begins_after_the_first_has_spoken_but_does_not_wait_for_a_silent_one()
 {
    let house = House::new().await;
    // Like a login shell, it takes a moment before it says anything.
    let slowly = "sleep 0.02; echo spoken; cat";
    house.run("first", &["sh", "-c", slowly]).await;
    let behind = |name: &str| CreateTerminalRequest {
        stands_back: true,
        ..terminal(name, &["cat"])
    };
    let begun = std::time::Instant::now();
    let second = house.create(behind("second")).await.unwrap();
    assert!(second.running);
    // On a machine so busy that the wait came to its end, nothing can be said.
    let in_vain = begun.elapsed() >= Duration::from_millis(50);
    assert!(in_vain || house.terminal("first").await.offset > 0);
    assert_eq!(house.terminal("second").await.offset, 0);
    let third = within(house.create(behind("third"))).await.unwrap();
    assert!(third.running);
}

#[tokio::test]
async fn two_readers_get_the_same_and_a_third_that_never_reads_disturbs_neither() {
    let house = House::new().await;
    house.shell("t").await;
    let _never_read = house.output("t", 0).await.unwrap();
    house
        .type_in("t", "stty -echo; PS1=; clear; seq 400000; exit 7\n")
        .await;
    let (mut a, mut b) = (
        house.output("t", 0).await.unwrap(),
        house.output("t", 0).await.unwrap(),
    );
    let (code_a, code_b) = tokio::join!(a.until_exit(), b.until_exit());
    assert_eq!((code_a, code_b), (7, 7));
    assert!(a.seen == b.seen);
    let expected = expected_numbers(400_000);
    assert!(memchr::memmem::find(&a.seen, &expected).is_some());
}

#[tokio::test]
async fn a_reader_that_fell_behind_what_is_kept_is_told_of_the_gap() {
    let house = House::with(|spec| spec.ring_bytes = 1024 * 1024).await;
    house.create(numbers_terminal("t", 500_000)).await.unwrap();
    let mut output = house.output("t", 0).await.unwrap();
    output.next().await;
    // The program goes on while this reader does not; its stream holds a window's worth at most.
    wait_for("the end of the program", async || {
        (!house.terminal("t").await.running).then_some(())
    })
    .await;
    assert_eq!(output.until_exit().await, 0);
    assert_eq!(output.gaps, 1);
    let expected = expected_numbers(500_000);
    let tail = &output.seen[output.seen.len() - 500_000..];
    assert!(expected.ends_with(tail));
    let described = house.terminal("t").await;
    assert_eq!(described.offset, expected.len() as u64);
    assert!(described.offset - described.oldest <= 1024 * 1024 + 64 * 1024);
}

#[tokio::test]
async fn an_offset_beyond_the_end_is_out_of_range() {
    let house = House::new().await;
    house.run("t", &["true"]).await;
    let beyond = house.output("t", 1_000_000).await.err().unwrap();
    assert_eq!(beyond.code(), Code::OutOfRange);
    let nobody = house.output("nobody", 0).await.err().unwrap();
    assert_eq!(nobody.code(), Code::NotFound);
}

#[tokio::test]
async fn ten_megabytes_of_input_arrive_whole_and_in_order() {
    let house = House::new().await;
    let program = "stty raw -echo; printf ready; head -c 10000000 | sha256sum; printf done";
    house.run("t", &["bash", "-c", program]).await;
    let mut output = house.output("t", 0).await.unwrap();
    output.until("ready").await;
    let data: Vec<u8> = (0..10_000_000_u32).map(|i| (i % 253) as u8).collect();
    std::fs::write(house.work().join("expected"), &data).unwrap();
    house.type_in("t", data).await;
    output.until("done").await;
    let expected = house.exec(&["sha256sum", "expected"]).await;
    let sum = String::from_utf8_lossy(&expected.stdout[..64]).into_owned();
    assert!(output.text().contains(&sum), "{}", output.text());
}

#[tokio::test]
async fn a_program_that_does_not_read_holds_up_nobody_else() {
    let house = House::new().await;
    house.run("deaf", &["sleep", "1000"]).await;
    house.shell("other").await;
    // An endless writer: it gets stuck, and must.
    let endless = futures_util::stream::repeat_with(|| WriteRequest {
        name: "deaf".to_owned(),
        data: vec![b'x'; 60_000].into(),
    });
    let mut client = house.client();
    let stuck = tokio::spawn(async move { client.write(endless).await });
    let mut output = house.output("other", 0).await.unwrap();
    for round in 0..20 {
        house
            .type_in("other", format!("echo \"<$((1000+{round}))>\"\n"))
            .await;
        output.until(&format!("<{}>", 1000 + round)).await;
    }
    assert!(!stuck.is_finished());
    let taken = house.terminal("deaf").await.input_bytes;
    assert!(
        taken < 4 * 1024 * 1024,
        "{taken} bytes were taken for a program that does not read"
    );
    stuck.abort();
}

#[tokio::test]
async fn a_thousand_resizes_a_second_are_harmless() {
    let house = House::new().await;
    let count = "n=0; trap 'n=$((n+1))' WINCH; echo ready; while [ ! -e stop ]; do sleep 0.02; done; \
                 echo \"winch=$n size=$(stty size)\"";
    house.run("t", &["bash", "-c", count]).await;
    let mut output = house.output("t", 0).await.unwrap();
    output.until("ready").await;
    let mut client = house.client();
    for n in 0..2000_u32 {
        let (cols, rows) = (20 + n % 200, 5 + n % 50);
        let request = ResizeTerminalRequest {
            name: "t".to_owned(),
            cols,
            rows,
        };
        client.resize_terminal(request).await.unwrap();
    }
    for (cols, rows, expected) in [
        (0, 7, (1, 7)),
        (65_535, 65_535, (1000, 1000)),
        (91, 33, (91, 33)),
    ] {
        let request = ResizeTerminalRequest {
            name: "t".to_owned(),
            cols,
            rows,
        };
        let terminal = client.resize_terminal(request).await.unwrap().into_inner();
        assert_eq!((terminal.cols, terminal.rows), expected);
    }
    while output.sizes.last() != Some(&(91, 33)) {
        output.next().await;
    }
    assert!(
        output.sizes.len() < 1000,
        "{} sizes were told",
        output.sizes.len()
    );
    std::fs::write(house.work().join("stop"), "").unwrap();
    output.until("size=33 91").await;
}

#[tokio::test]
async fn a_flood_without_newlines_keeps_memory_flat_and_others_quick() {
    let house = House::new().await;
    house
        .run(
            "flood",
            &["bash", "-c", "head -c 80000000 /dev/zero | tr '\\0' x"],
        )
        .await;
    house.shell("other").await;
    let mut output = house.output("other", 0).await.unwrap();
    let mut round = 0;
    let mut peak = 0;
    while house.terminal("flood").await.running {
        round += 1;
        house
            .type_in("other", format!("echo \"<$((1000+{round}))>\"\n"))
            .await;
        output.until(&format!("<{}>", 1000 + round)).await;
        house.exec(&["true"]).await;
        let stats = within(house.client().stats(StatsRequest {}))
            .await
            .unwrap()
            .into_inner();
        peak = peak.max(stats.sessiond_memory_bytes);
    }
    assert!(round > 10, "only {round} rounds beside the flood");
    assert_eq!(house.terminal("flood").await.offset, 80_000_000);
    // Ring 8 MiB, screen, the program itself: far below what was written.
    assert!(peak < 48 << 20, "{} MB resident", peak >> 20);
}

#[tokio::test]
async fn input_of_one_stream_stays_in_order_across_messages() {
    let house = House::new().await;
    house
        .run("t", &["bash", "-c", "stty -echo; echo ready; exec cat"])
        .await;
    let mut output = house.output("t", 0).await.unwrap();
    output.until("ready\r\n").await;
    let lines: Vec<String> = (0..2000).map(|n| format!("line {n}\n")).collect();
    let expected = lines.concat().replace('\n', "\r\n");
    let requests = futures_util::stream::iter(lines).map(|line| WriteRequest {
        name: "t".to_owned(),
        data: line.into(),
    });
    within(house.client().write(requests)).await.unwrap();
    output.until("line 1999\r\n").await;
    assert_eq!(output.text(), format!("ready\r\n{expected}"));
}

#[tokio::test]
async fn too_large_a_message_is_refused() {
    let house = House::new().await;
    house.run("t", &["cat"]).await;
    let large = WriteRequest {
        name: "t".to_owned(),
        data: vec![b'x'; 64 * 1024 + 1].into(),
    };
    let requests = futures_util::stream::iter([large]);
    let refused = within(house.client().write(requests)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let nobody = within(house.client().write(writes("nobody", "x".into())))
        .await
        .unwrap_err();
    assert_eq!(nobody.code(), Code::NotFound);
    tokio::time::timeout(Duration::from_secs(20), house.type_in("t", "still here\n"))
        .await
        .unwrap();
    house.wait_for_screen("t", "still here").await;
}

/// The nice value of the group of processes that `pid` belongs to; nothing where the kernel has no such groups.
fn group_nice(pid: u32) -> Option<i32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/autogroup")).ok()?;
    text.trim().rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test]
async fn a_program_that_floods_gives_way_for_as_long_as_it_does() {
    let house = House::new().await;
    house.shell("flood").await;
    house.shell("calm").await;
    let [flood, calm] = ["flood", "calm"].map(async |name| house.terminal(name).await.pid);
    let (flood, calm) = (flood.await.unwrap(), calm.await.unwrap());
    let at_first = group_nice(flood);
    house.type_in("flood", "yes\n").await;
    let gives_way = at_first.map(|_| 7);
    wait_for("the flood to give way", async || {
        (group_nice(flood) == gives_way).then_some(())
    })
    .await;
    assert_eq!(group_nice(calm), at_first);
    // It goes on, slower where others want the processor.
    let before = house.terminal("flood").await.offset;
    wait_for("more of the flood", async || {
        (house.terminal("flood").await.offset > before + 1_000_000).then_some(())
    })
    .await;
    house.type_in("flood", "\x03").await;
    wait_for("what it had", async || {
        (group_nice(flood) == at_first).then_some(())
    })
    .await;
}
