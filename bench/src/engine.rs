//! The container engine itself, asked over its own socket: the limit for sessions in containers.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;

/// An image that holds nothing but busybox; `cargo xtask bench` sees that it is there.
pub(crate) const IMAGE: &str = "longhouse-test/busybox:1";

/// What a container may use, here and there.
pub(crate) const MEMORY_MB: u64 = 256;
pub(crate) const PIDS: u64 = 128;

/// Where the engine listens.
pub(crate) fn socket() -> Result<PathBuf> {
    let told = std::env::var_os("LONGHOUSE_TEST_ENGINE");
    told.map(PathBuf::from)
        .context("no container engine: run this as `cargo xtask bench`")
}

async fn ask(method: &str, path: &str, body: Option<Value>) -> Result<hyper::Response<Incoming>> {
    let stream = UnixStream::connect(socket()?).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "engine")
        .header("content-type", "application/json");
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let request = request.body(Full::new(Bytes::from(body)))?;
    let answer = sender.send_request(request).await?;
    if answer.status().is_client_error() || answer.status().is_server_error() {
        let status = answer.status();
        let said = answer.into_body().collect().await?.to_bytes();
        bail!(
            "{method} {path}: {status} {}",
            String::from_utf8_lossy(&said)
        );
    }
    Ok(answer)
}

async fn id_from(path: &str, body: Value) -> Result<String> {
    let answer = ask("POST", path, Some(body)).await?;
    let answer: Value = serde_json::from_slice(&answer.into_body().collect().await?.to_bytes())?;
    Ok(answer["Id"].as_str().context("no identifier")?.to_owned())
}

/// A container like a session's, from its creation to the first byte of a shell in it: create, start, exec.
pub(crate) async fn first_byte(name: &str) -> Result<()> {
    let volume = |what: &str, target: &str| json!({"Type": "volume", "Source": format!("{name}-{what}"), "Target": target});
    let body = json!({
        "Image": IMAGE, "Entrypoint": ["sleep", "600"],
        "HostConfig": {
            "Init": true, "NetworkMode": "none", "Memory": MEMORY_MB << 20, "PidsLimit": PIDS, "ReadonlyRootfs": true,
            "CapDrop": ["ALL"], "Mounts": [volume("workspace", "/workspace"), volume("home", "/home/agent")],
        },
    });
    let container = id_from(&format!("/containers/create?name={name}"), body).await?;
    ask("POST", &format!("/containers/{container}/start"), None).await?;
    let body = json!({"Cmd": ["sh"], "Tty": true, "AttachStdin": true, "AttachStdout": true});
    let exec = id_from(&format!("/containers/{container}/exec"), body).await?;
    let body = json!({"Detach": false, "Tty": true});
    let mut answer = ask("POST", &format!("/exec/{exec}/start"), Some(body)).await?;
    let first = answer
        .body_mut()
        .frame()
        .await
        .context("the shell ended")??;
    match first.is_data() {
        true => Ok(()),
        false => bail!("the shell said nothing"),
    }
}

/// Removes what [`first_byte`] made.
pub(crate) async fn remove(name: &str) -> Result<()> {
    ask("DELETE", &format!("/containers/{name}?force=true"), None).await?;
    for what in ["workspace", "home"] {
        ask("DELETE", &format!("/volumes/{name}-{what}"), None).await?;
    }
    Ok(())
}
