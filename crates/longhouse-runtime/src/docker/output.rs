//! What a container printed, as its engine keeps it: sessiond's own lines, and those of whatever program found the way there.

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::{StreamExt as _, future};
use longhouse_domain::lifecycle::RuntimeHandle;
use longhouse_domain::{SessionId, Timestamp};

use super::Docker;
use super::client::CallError;
use super::observe::{self, Handle};
use crate::output::{OutputError, OutputLine, OutputLines, OutputQuestion};

/// See [`crate::Runtime::output`].
pub(super) async fn output(
    docker: &Docker,
    session: SessionId,
    handle: Option<&RuntimeHandle>,
    question: OutputQuestion,
) -> Result<OutputLines, OutputError> {
    let Some(known) = handle.and_then(Handle::read) else {
        let why =
            "the session has no container at present, and what the last one printed went with it";
        return Err(OutputError::Gone(why.to_owned()));
    };
    let id = &known.container;
    let is_there = observe::is_there(docker, session, id).await;
    if !is_there.map_err(unreadable)? {
        return Err(gone());
    }
    let engine = docker.client.engine().await.map_err(unreadable)?;
    let since = question.since.map_or(0, Timestamp::as_second);
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .timestamps(true)
        .follow(question.follow)
        .since(i32::try_from(since.max(0)).unwrap_or(i32::MAX))
        .tail(&question.last.to_string())
        .build();
    let pieces = engine.docker.logs(id, Some(options));
    let lines = pieces
        .inspect(|piece| {
            if let Err(error) = piece {
                tracing::debug!(%error, "a container's output ended");
            }
        })
        .take_while(|piece| future::ready(piece.is_ok()))
        .filter_map(|piece| future::ready(piece.ok().map(read)));
    Ok(lines.boxed())
}

fn gone() -> OutputError {
    OutputError::Gone("the container is gone, and what it printed went with it".to_owned())
}

fn unreadable(error: CallError) -> OutputError {
    match error {
        CallError::NotFound(_) => gone(),
        other => OutputError::Away(other.to_string()),
    }
}

/// The engine puts the moment before each line.
fn read(piece: LogOutput) -> OutputLine {
    let is_error = matches!(piece, LogOutput::StdErr { .. });
    let printed = piece.into_bytes();
    let end = printed.iter().position(|byte| *byte == b' ');
    let stamp = end.and_then(|end| std::str::from_utf8(&printed[..end]).ok());
    match (end, stamp.and_then(|stamp| stamp.parse().ok())) {
        (Some(end), Some(at)) => OutputLine::new(Some(at), is_error, &printed[end + 1..]),
        _ => OutputLine::new(None, is_error, &printed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_moment_is_told_from_what_was_printed() {
        let err = |text: &'static str| {
            read(LogOutput::StdErr {
                message: text.into(),
            })
        };
        let line = err("2026-11-21T04:00:00.123456789Z oh no\r\n");
        assert_eq!((line.text.as_str(), line.is_error), ("oh no", true));
        assert_eq!(line.at, "2026-11-21T04:00:00.123456789Z".parse().ok());
        let bare = err("no moment here\n");
        assert_eq!((bare.text.as_str(), bare.at), ("no moment here", None));
        assert_eq!(err("2026-11-21T04:00:00Z \n").text, "");
        let long = vec![b'x'; 100_000];
        let long = read(LogOutput::StdOut {
            message: long.into(),
        });
        assert_eq!(long.text.len(), crate::output::LINE_BYTES);
    }
}
