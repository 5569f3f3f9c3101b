//! A server without a descriptor left: what is open goes on, who knocks is told, and afterwards everything is as before.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::terminal::Viewer;
use crate::support::{House, PATIENCE, running_shell, wait_for, with_processes};

/// How many descriptors the server may still open.
const LEFT: usize = 3;

/// How many knock and say nothing.
const SILENT: usize = 12;

/// The limit under which this process can open so many more.
fn limit_that_leaves(pid: u32, left: usize) -> u64 {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let open: BTreeSet<usize> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    let free = (0..).filter(|number| !open.contains(number));
    u64::try_from(free.take(left).last().unwrap() + 1).unwrap()
}

/// Sets the limit of another process, and gives the one before.
fn set_limit(pid: u32, current: Option<u64>) -> Option<u64> {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap());
    let before = rustix::process::getrlimit(Resource::Nofile);
    let limit = Rlimit {
        current,
        maximum: before.maximum,
    };
    prlimit(pid, Resource::Nofile, limit).unwrap().current
}

fn knock(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The beginning of the answer, or why there is none.
fn ask(stream: &mut TcpStream, address: &str) -> String {
    let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut head = [0; 12];
    let asked = stream.write_all(request.as_bytes());
    match asked.and_then(|()| stream.read_exact(&mut head)) {
        Ok(()) => String::from_utf8_lossy(&head).into_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_descriptors_what_is_open_goes_on_and_who_knocks_is_told() {
    let house = House::started();
    let client = house.client().await;
    let session = running_shell(&client, "works", "none").await;
    let id = session["id"].as_str().unwrap().to_owned();
    let mut viewer = Viewer::join(&client, &id, "agent", "").await;
    viewer.send_input("echo $((6*7))-before\n").await;
    let echoed =
        |text: &'static str| move |read: &[u8]| String::from_utf8_lossy(read).contains(text);
    viewer.read_until(None, echoed("42-before")).await;

    let before = set_limit(house.pid(), Some(limit_that_leaves(house.pid(), LEFT)));
    let silent: Vec<_> = (0..SILENT).map(|_| knock(&client.address)).collect();
    let mut late = knock(&client.address);
    assert_eq!(ask(&mut late, &client.address), "HTTP/1.1 503");
    viewer.send_input("echo $((6*8))-meanwhile\n").await;
    viewer.read_until(None, echoed("48-meanwhile")).await;
    assert!(house.log().contains("no descriptor is left"));

    set_limit(house.pid(), before);
    drop(silent);
    wait_for("there is room again", async || {
        let answer = client.try_send(http::Method::GET, "/readyz", None).await;
        answer.ok().filter(|answer| answer.status.is_success())
    })
    .await;
    let after = with_processes(&client, &id).await;
    assert_eq!(after["pid"], session["pid"]);
    viewer.send_input("echo $((6*9))-after\n").await;
    viewer.read_until(None, echoed("54-after")).await;
    // The log says so once, not at every knock.
    let said = house.log().matches("no descriptor is left").count();
    let failed = house.log().matches("could not be accepted").count();
    assert!(said + failed <= 2, "{said} {failed}");
}
