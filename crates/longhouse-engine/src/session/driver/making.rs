//! What sessiond makes at a session's first start and takes its time for: it is followed to its end, and people are heard meanwhile.
//!
//! Who stops or deletes the session, or restarts the server, drops the request, and what was begun ends with it.

use std::time::Duration;

use longhouse_domain::event::{EventKind, Stage};
use longhouse_link::limits::CLONE_PROGRESS;
use tokio::time::Instant;
use tonic::{Code, Status, Streaming};

use super::furnish::Furnishing;
use super::way_out::{WayOut, served};
use super::{Driver, Heard};
use crate::error::plain;
use crate::session::connection::Connection;

/// How much longer than its own time limit the last answer may take.
pub(super) const LAST_ANSWER: Duration = Duration::from_secs(30);

/// One piece of news.
pub(super) enum Told<D, F> {
    /// How far it has got.
    Progress {
        stage: Stage,
        step: String,
        percent: Option<u32>,
    },
    /// It is made.
    Done(D),
    /// It cannot be.
    Failed(F),
}

/// How it ended.
pub(super) enum Ended<D, F> {
    /// It is made.
    Done(D),
    /// It cannot be; and what the session's way out refused meanwhile.
    Failed(F, Option<String>),
}

/// What is made.
pub(super) struct Making<'a> {
    /// In words, after "the".
    pub(super) what: &'a str,
    /// How long it may take.
    pub(super) limit: Duration,
}

impl Driver {
    /// Takes what is told of it until its end.
    pub(super) async fn follow<N, D, F>(
        &mut self,
        connection: &Connection,
        way_out: &mut WayOut,
        making: &Making<'_>,
        mut news: Streaming<N>,
        read: impl Fn(N) -> Option<Told<D, F>>,
    ) -> Result<Ended<D, F>, Furnishing> {
        let stop = self.context.stop.clone();
        let over = tokio::time::sleep(making.limit + LAST_ANSWER);
        tokio::pin!(over);
        let lost = || Furnishing::Broken(Status::unavailable("the connection was lost"));
        let mut told_at = None;
        let mut refused = None;
        loop {
            tokio::select! {
                told = news.message() => match told {
                    Ok(Some(told)) => match read(told) {
                        Some(Told::Progress { stage, step, percent }) => {
                            self.tell_progress(stage, &step, percent, &mut told_at).await;
                        }
                        Some(Told::Failed(failed)) => {
                            // What the way out said first may still wait.
                            while let Ok(passage) = way_out.passages.try_recv() {
                                refused = passage.refusal().map(str::to_owned).or(refused);
                                self.note_passage(passage).await;
                            }
                            return Ok(Ended::Failed(failed, refused));
                        }
                        Some(Told::Done(done)) => return Ok(Ended::Done(done)),
                        None => {}
                    },
                    Ok(None) => return Err(lost()),
                    Err(status) => return Err(impossible(status, making)),
                },
                () = served(&mut way_out.service) => return Err(lost()),
                Some(passage) = way_out.passages.recv() => {
                    refused = passage.refusal().map(str::to_owned).or(refused);
                    self.note_passage(passage).await;
                }
                () = connection.closed() => return Err(lost()),
                command = self.commands.recv() => match command {
                    Some(command) => if self.hear(command).await == Heard::NewWish {
                        return Err(Furnishing::Unwanted);
                    },
                    None => return Err(Furnishing::Unwanted),
                },
                () = &mut over => return Err(Furnishing::Impossible(format!(
                    "the {} did not end in its time, and sessiond did not say why: start the session again", making.what
                ))),
                () = stop.cancelled() => return Err(Furnishing::Unwanted),
            }
        }
    }

    /// Each report is an event for everybody: one that says too many is not believed that it has more to tell.
    async fn tell_progress(
        &mut self,
        stage: Stage,
        step: &str,
        percent: Option<u32>,
        told_at: &mut Option<(Stage, Instant)>,
    ) {
        // Half of what sessiond keeps to, so that none of an honest one's is lost to a clock.
        let too_soon =
            |(last, at): &(Stage, Instant)| *last == stage && at.elapsed() < CLONE_PROGRESS / 2;
        if told_at.as_ref().is_some_and(too_soon) {
            return;
        }
        *told_at = Some((stage, Instant::now()));
        let percent = percent.map(|percent| percent.min(100));
        self.append(&[EventKind::Progress {
            stage,
            percent: percent.and_then(|percent| u8::try_from(percent).ok()),
            detail: plain(step),
        }])
        .await;
    }

    /// Writes down that what the session begins with is there: it is not made again.
    pub(super) async fn note_made(&mut self) -> Result<(), Furnishing> {
        let now = self.context.now();
        let noted = self.change(Box::new(move |session| {
            session.cloned_at = Some(now);
            vec![EventKind::Updated]
        }));
        noted.await.map_err(Furnishing::Unsaved)
    }
}

/// What a refused request means.
pub(super) fn impossible(status: Status, making: &Making<'_>) -> Furnishing {
    match status.code() {
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown => {
            Furnishing::Broken(status)
        }
        _ => Furnishing::Impossible(format!(
            "the {} was not made: {}",
            making.what,
            plain(status.message())
        )),
    }
}
