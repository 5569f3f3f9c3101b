//! Working trees of the echo runtime: nothing is made, and it is told as sessiond would tell it.

use futures_util::{StreamExt, stream};
use longhouse_link::proto::worktree_news::{Failed, Made, Progress, Stage, What, Why};
use longhouse_link::proto::{LeaveReply, WorktreeNews, WorktreeRequest};
use tokio_util::sync::CancellationToken;

use super::Manner;
use super::sessiond::Answers;

pub(super) fn news(
    request: &WorktreeRequest,
    manner: Manner,
    dead: CancellationToken,
) -> Answers<WorktreeNews> {
    let progress = |stage: Stage, step: &str| {
        What::Progress(Progress {
            stage: stage.into(),
            step: step.to_owned(),
            percent: Some(50),
        })
    };
    let end = match manner {
        Manner::CannotClone => What::Failed(Failed {
            why: Why::NoSuchCommit.into(),
            said: request.from.clone(),
        }),
        _ => What::Made(Made {
            files: request.copy.len() as u64,
            ..Made::default()
        }),
    };
    let told = [
        progress(Stage::Tree, "Updating files"),
        progress(Stage::Copy, "copying ignored files"),
        end,
    ];
    let told = stream::iter(told.map(|what| Ok(WorktreeNews { what: Some(what) })));
    told.take_until(dead.cancelled_owned()).boxed()
}

pub(super) fn left() -> LeaveReply {
    LeaveReply {
        kept: String::new(),
        left: true,
    }
}
