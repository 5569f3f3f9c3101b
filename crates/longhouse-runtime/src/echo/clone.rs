//! Repositories of the echo runtime: nothing is fetched, and it is told as git would tell it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use longhouse_link::proto::CloneNews;
use longhouse_link::proto::clone_news::{Cloned, Failed, Progress, What, Why};
use tokio_util::sync::CancellationToken;

use super::sessiond::Answers;
use super::{EchoRuntime, Manner};

/// The clones of all sessions; each is under way as long as somebody is told of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Clones(Arc<AtomicUsize>);

/// One of them.
struct UnderWay(Clones);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl EchoRuntime {
    /// How many clones are being told of at this moment.
    #[must_use]
    pub fn clones(&self) -> usize {
        self.clones.0.load(Ordering::Relaxed)
    }
}

impl Clones {
    pub(super) fn news(
        &self,
        url: &str,
        manner: Manner,
        dead: CancellationToken,
    ) -> Answers<CloneNews> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let under_way = UnderWay(self.clone());
        let progress = What::Progress(Progress {
            step: "Receiving objects".to_owned(),
            percent: Some(50),
        });
        let end = match manner {
            Manner::CannotClone => What::Failed(Failed {
                why: Why::NoSuchBranch.into(),
                said: format!("fatal: there is no such branch in {url}"),
            }),
            _ => What::Cloned(Cloned { found: false }),
        };
        let first = stream::iter([progress]);
        let all = match manner {
            Manner::ClonesForEver => first.chain(stream::pending()).boxed(),
            _ => first.chain(stream::iter([end])).boxed(),
        };
        let told = all.map(move |what| {
            let _as_long_as_it_is_told = &under_way;
            Ok(CloneNews { what: Some(what) })
        });
        told.take_until(dead.cancelled_owned()).boxed()
    }
}
