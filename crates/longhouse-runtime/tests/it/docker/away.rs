//! An engine that is away, mute, or comes back.

use std::time::Duration;

use longhouse_domain::lifecycle::Observed;
use longhouse_runtime::docker::{DockerRuntime, EngineAddress};
use longhouse_runtime::{ProvisionError, Runtime, RuntimeHealth};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use super::engine::{settings, socket};
use crate::fixture::{Fixture, within};

/// Longer than any call to an engine that is away may take; the bound itself is not measured to the millisecond on a busy machine.
const AT_MOST: Duration = Duration::from_secs(10);

/// A runtime whose engine is at a socket of the test's own.
fn elsewhere() -> Fixture<DockerRuntime> {
    let root = tempfile::Builder::new().prefix("lh-").tempdir().unwrap();
    let mut settings = settings(root.path());
    settings.engine = EngineAddress::Socket(root.path().join("engine.sock"));
    let runtime = DockerRuntime::new(settings).unwrap();
    Fixture::with(root, runtime)
}

async fn assert_away(fixture: &Fixture<DockerRuntime>) {
    let asked = async {
        let answer = fixture.runtime.check(&fixture.plan).await;
        assert!(
            matches!(answer, Err(ProvisionError::Unavailable(_))),
            "{answer:?}"
        );
        let answer = fixture.runtime.provision(&fixture.plan).await;
        assert!(
            matches!(answer, Err(ProvisionError::Unavailable(_))),
            "{answer:?}"
        );
        let seen = fixture.runtime.observe(fixture.session(), None).await;
        assert!(matches!(seen, Observed::Unknown { .. }), "{seen:?}");
        assert!(!fixture.runtime.is_ready().await);
        fixture
            .runtime
            .end(fixture.session(), None)
            .await
            .unwrap_err();
    };
    tokio::time::timeout(AT_MOST, asked)
        .await
        .expect("a call hangs");
    let health = fixture.runtime.health();
    assert!(matches!(health, RuntimeHealth::Away { .. }), "{health:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_not_there_or_never_answers_holds_nobody_up() {
    let fixture = elsewhere();
    assert_away(&fixture).await;
    // It takes calls and says nothing.
    let _mute = UnixListener::bind(fixture.root.path().join("engine.sock")).unwrap();
    assert_away(&fixture).await;
}

/// Answers as an engine of that kind does when it is asked who it is.
async fn introduce(listener: UnixListener, version: serde_json::Value, info: serde_json::Value) {
    while let Ok((mut caller, _)) = listener.accept().await {
        let (version, info) = (version.to_string(), info.to_string());
        tokio::spawn(async move {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(caller.read_u8().await?);
            }
            let asked = String::from_utf8_lossy(&asked);
            let answer = match asked.split_whitespace().nth(1) {
                Some(path) if path.ends_with("/info") => info,
                _ => version,
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            caller.write_all((head + &answer).as_bytes()).await
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_cannot_hold_sessions_is_refused_with_the_reason() {
    let docker = json!({"ApiVersion": "1.41", "Version": "20.10.1", "Components": [{"Name": "Engine", "Version": "20.10.1"}]});
    let podman = json!({"ApiVersion": "1.41", "Version": "4.3.1", "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}]});
    let plain = json!({"OSType": "linux", "SecurityOptions": ["name=seccomp,profile=default"]});
    let mapped = json!({"OSType": "linux", "SecurityOptions": ["name=rootless"]});
    let windows = json!({"OSType": "windows"});
    for (version, info, said) in [
        (&podman, &plain, "it is Podman"),
        (&docker, &mapped, "it maps users"),
        (&docker, &windows, "no Linux containers"),
    ] {
        let fixture = elsewhere();
        let listener = UnixListener::bind(fixture.root.path().join("engine.sock")).unwrap();
        let answering = tokio::spawn(introduce(listener, version.clone(), info.clone()));
        assert_away(&fixture).await;
        let RuntimeHealth::Away { detail } = fixture.runtime.health() else {
            panic!("it is away");
        };
        assert!(detail.contains(said), "{detail}");
        answering.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_comes_back_is_found_by_itself() {
    let mut fixture = elsewhere();
    let (sender, _news) = mpsc::channel(16);
    let runtime = fixture.runtime.clone();
    let watching = tokio::spawn(async move { runtime.watch(sender).await });
    assert_away(&fixture).await;
    std::os::unix::fs::symlink(socket(), fixture.root.path().join("engine.sock")).unwrap();
    let well = async {
        while !matches!(
            fixture.runtime.health(),
            RuntimeHealth::Well { version: Some(_) }
        ) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within(well).await;
    let (handle, _link) = fixture.start().await;
    assert!(matches!(
        fixture.observe(Some(&handle)).await,
        Observed::Alive(_)
    ));
    watching.abort();
    fixture.finish().await;
}
