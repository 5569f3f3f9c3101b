//! What a session prints that has no program: what a test lets it print.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::output::{OutputLine, OutputLines, OutputQuestion};

/// The lines of one place.
#[derive(Clone, Debug)]
pub(super) struct Printed(Arc<watch::Sender<Vec<OutputLine>>>);

impl Default for Printed {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }
}

impl Printed {
    pub(super) fn print(&self, line: OutputLine) {
        self.0.send_modify(|lines| lines.push(line));
    }

    /// As many as are wanted, and with `follow` what comes until the place is dead.
    pub(super) fn lines(&self, question: OutputQuestion, dead: CancellationToken) -> OutputLines {
        let mut watched = self.0.subscribe();
        let past = watched.borrow_and_update().clone();
        let begin = past.len() - past.len().min(question.last as usize);
        let seen = past.len();
        let past = stream::iter(past.into_iter().skip(begin));
        if !question.follow {
            return past.boxed();
        }
        let coming = stream::unfold((watched, seen), |(mut watched, seen)| async move {
            watched.wait_for(|lines| lines.len() > seen).await.ok()?;
            let line = watched.borrow().get(seen).cloned()?;
            Some((line, (watched, seen + 1)))
        });
        past.chain(coming)
            .take_until(dead.cancelled_owned())
            .boxed()
    }
}
