//! What programs in a container can and cannot do.

use longhouse_domain::container::Template;
use longhouse_link::Link;
use longhouse_link::proto::ExecRequest;
use longhouse_runtime::docker::DockerRuntime;

use super::engine::spec;
use crate::fixture::{Fixture, create_terminal, type_and_read, within};

/// What a script says and complains, however it ends.
pub(super) async fn sh(link: &Link, script: &str) -> String {
    let request = ExecRequest {
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        timeout_seconds: 20,
        output_limit: 64 * 1024,
        ..ExecRequest::default()
    };
    let reply = within(link.client().exec(request)).await.unwrap();
    let reply = reply.into_inner();
    let said = [reply.stdout, reply.stderr].concat();
    String::from_utf8(said).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_has_no_privilege_and_writes_only_where_it_may() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let (_handle, link) = fixture.start().await;
    assert_eq!(
        sh(&link, "id -u; id -g; pwd; echo $HOME").await,
        "1000\n1000\n/workspace\n/home/agent"
    );
    let status = sh(
        &link,
        "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status",
    )
    .await;
    for line in status.lines() {
        let (name, value) = line.split_once(":\t").unwrap();
        let expected = match name {
            "NoNewPrivs" => "1",
            "Seccomp" => "2",
            _ => "0000000000000000",
        };
        assert_eq!(value, expected, "{name}");
    }
    for place in ["/workspace", "/home/agent", "/tmp"] {
        assert_eq!(
            sh(
                &link,
                &format!("echo well > {place}/file && cat {place}/file")
            )
            .await,
            "well"
        );
    }
    for place in [
        "/",
        "/etc",
        "/bin",
        "/opt/longhouse",
        "/run/longhouse",
        "/run/secrets",
    ] {
        let said = sh(&link, &format!("echo bad > {place}/file")).await;
        assert!(
            said.contains("Read-only") || said.contains("denied"),
            "{place}: {said}"
        );
    }
    let said = sh(
        &link,
        "mount -t tmpfs none /tmp; unshare -r true; chroot / true; nsenter -t 1 -m true",
    )
    .await;
    let refusals = said.matches("not permitted").count() + said.matches("denied").count();
    assert_eq!(refusals, 4, "{said}");
    // The specification holds the environment alone, and the server's directory cannot be left by it.
    assert_eq!(sh(&link, "ls /run/longhouse").await, "link.sock\nspec.json");
    assert_eq!(
        sh(&link, "ls /sys/class/net; cat /proc/1/comm").await,
        "lo\ndocker-init"
    );
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_loosens_the_point_that_it_is_named_for_and_no_other() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    fixture.plan.container = Some(spec(Template::WritableRoot));
    let (_handle, link) = fixture.start().await;
    let said = sh(&link, "id -u; echo bad > /etc/file; mkdir /opt/longhouse/x").await;
    assert!(
        said.starts_with("1000\n") && said.contains("denied") && !said.contains("Read-only"),
        "{said}"
    );
    fixture.finish().await;
}

/// A flood and a fork bomb hurt the session that they are in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_for_open_files_file_systems_in_memory_and_processes() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let (_handle, link) = fixture.start().await;
    assert_eq!(sh(&link, "ulimit -n; ulimit -c").await, "4096\n0");
    let said = sh(
        &link,
        "dd if=/dev/zero of=/run/fill bs=1M count=64; rm /run/fill",
    )
    .await;
    assert!(said.contains("No space left"), "{said}");
    let bomb = "while true; do sleep 600 & done";
    let said = sh(&link, bomb).await;
    assert!(said.contains("can't fork"), "{said}");
    // What is full is full, and ends with the session.
    fixture.finish().await;
}

/// The workspace and the home outlive the container; nothing else does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_worked_on_is_there_after_a_new_start() {
    let mut fixture = Fixture::<DockerRuntime>::new();
    let (_handle, link) = fixture.start().await;
    sh(
        &link,
        "echo work > file; echo home > ~/file; echo gone > /tmp/file",
    )
    .await;
    create_terminal(&link, "cat", false).await;
    type_and_read(&link, 0, "a word", "a word").await;
    let (_handle, link) = fixture.start().await;
    assert_eq!(sh(&link, "cat file ~/file; ls /tmp").await, "work\nhome");
    fixture.finish().await;
}
