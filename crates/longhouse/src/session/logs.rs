//! `longhouse session logs`: lines as the server sends them, made safe for a terminal.

use http::Method;
use http_body_util::BodyExt as _;

use super::path;
use crate::cli;
use crate::client::{Client, ClientError, query};
use crate::failure::Failure;
use crate::{output, text};

/// A line longer than this is shown in pieces.
const LINE_LIMIT: usize = 64 << 10;

pub(super) async fn run(arguments: &cli::Logs, client: &Client) -> Result<(), Failure> {
    let mut pairs = vec![("format", "text".to_owned())];
    pairs.extend(arguments.tail.map(|tail| ("tail", tail.to_string())));
    pairs.extend(arguments.level.clone().map(|level| ("level", level)));
    if arguments.follow {
        pairs.push(("follow", "true".to_owned()));
    }
    let path = format!("{}/logs{}", path(&arguments.session), query(&pairs));
    let response = client.send(Method::GET, &path, None::<&()>).await?;
    let mut body = response.into_body();
    let mut pending: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ClientError::Protocol(error.to_string()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        pending.extend_from_slice(&data);
        let whole = match pending.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if pending.len() > LINE_LIMIT => pending.len(),
            None => continue,
        };
        let rest = pending.split_off(whole);
        show(&std::mem::replace(&mut pending, rest))?;
    }
    Ok(show(&pending)?)
}

fn show(bytes: &[u8]) -> anyhow::Result<()> {
    output::print(&text::lines(&String::from_utf8_lossy(bytes)))
}
