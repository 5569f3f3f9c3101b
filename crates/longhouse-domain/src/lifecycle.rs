//! A session's life: what is wanted, how far it has got, and the one step to take next.
//!
//! ```text
//!              provision          link up
//!   Pending ──────────► Starting ─────────► Running ──► Stopping ──► Stopped
//!                          │                   │  sessiond gone         │
//!                          │ failed            ▼                        │ start
//!                          └────────────────► Error ◄───────┐           │
//!                                              │ start      │           ▼
//!                                              └──────► Starting ◄──────┘
//! ```
//!
//! The wish is stored first; [`next_step`] compares it with what is there and names one step. Start, crash and the normal
//! way use the same function, and taking a step twice changes nothing.

use serde::{Deserialize, Serialize};

/// What is wanted of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// It should run.
    Running,
    /// It should be stopped, with its record and directory kept.
    Stopped,
    /// It should be gone.
    Deleted,
}

/// The status that people and programs see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Written down, not begun.
    Pending,
    /// Being made.
    Starting,
    /// Its sessiond lives.
    Running,
    /// Ended as wished, or by its own end.
    Stopped,
    /// Ended by a fault; the reason stands beside it.
    Error,
}

impl Status {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Error => "error",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Starting,
            Self::Running,
            Self::Stopped,
            Self::Error,
        ]
        .into_iter()
        .find(|status| status.as_str() == name)
    }
}

/// What the runtime needs to find a living session again: which process or container it is. Opaque to all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuntimeHandle(pub serde_json::Value);

/// How far a session has got. Only phases in which something may live carry a handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "phase")]
pub enum Phase {
    /// Written down, nothing done yet.
    Pending,
    /// Being made; something may already be there.
    Starting,
    /// Its sessiond was up when last seen.
    Running {
        /// How to find it.
        handle: RuntimeHandle,
    },
    /// Its programs have been asked to end.
    Stopping {
        /// How to find it.
        handle: RuntimeHandle,
    },
    /// Its programs have been asked to end, to be started again at once.
    Restarting {
        /// How to find it.
        handle: RuntimeHandle,
    },
    /// At rest.
    Stopped {
        /// Why, where it was not a person's wish.
        reason: Option<String>,
    },
    /// At rest after a fault.
    Error {
        /// What happened, and what to do.
        reason: String,
    },
}

impl Phase {
    /// The status that people see. A session that is being stopped still runs.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Pending => Status::Pending,
            Self::Starting | Self::Restarting { .. } => Status::Starting,
            Self::Running { .. } | Self::Stopping { .. } => Status::Running,
            Self::Stopped { .. } => Status::Stopped,
            Self::Error { .. } => Status::Error,
        }
    }

    /// The reason that stands beside the status.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Stopping { .. } => Some("stopping"),
            Self::Stopped { reason } => reason.as_deref(),
            Self::Error { reason } => Some(reason),
            Self::Restarting { .. } => Some("restarting"),
            Self::Pending | Self::Starting | Self::Running { .. } => None,
        }
    }

    /// The handle of what may live.
    #[must_use]
    pub fn handle(&self) -> Option<&RuntimeHandle> {
        match self {
            Self::Running { handle } | Self::Stopping { handle } | Self::Restarting { handle } => {
                Some(handle)
            }
            Self::Pending | Self::Starting | Self::Stopped { .. } | Self::Error { .. } => None,
        }
    }
}

/// Why nothing lives any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Something ended in the session, or was ended there.
    Fault,
    /// What it stood on went away and took it along: the machine was restarted, or the container engine. The session comes to rest, and is
    /// none the worse for it.
    Outage,
}

/// What the runtime found when it looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// It lives.
    Alive(RuntimeHandle),
    /// Nothing lives.
    Gone {
        /// What is known of its end.
        reason: String,
        /// Whether it was its own.
        cause: Cause,
    },
    /// It cannot be seen at present: what it stands on does not answer. It may live.
    Unknown {
        /// Why not.
        reason: String,
    },
}

/// The one step to take next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing to do.
    Rest,
    /// Make it, from the beginning; what an earlier attempt left is cleared first.
    Provision,
    /// It lives: connect to it, and see that its terminals are there.
    Attach(RuntimeHandle),
    /// Ask its programs to end, then end them.
    Stop(RuntimeHandle),
    /// It has ended: write that down, and wish it stopped so that nobody starts it unasked.
    Settle(Phase),
    /// Remove everything of it, then the record.
    Destroy,
    /// Nothing can be done until it can be seen again.
    Wait {
        /// What is waited for.
        reason: String,
    },
}

/// The step that brings a session nearer to the wish.
#[must_use]
pub fn next_step(wish: Wish, phase: &Phase, observed: &Observed) -> Step {
    match (wish, phase, observed) {
        (Wish::Deleted, _, _) => Step::Destroy,

        // What had a handle when it was last seen is taken to live: its link tells, and its end can be asked for.
        (_, _, Observed::Unknown { reason }) => match (wish, phase, phase.handle()) {
            (_, _, Some(handle)) => next_step(wish, phase, &Observed::Alive(handle.clone())),
            (Wish::Stopped, Phase::Stopped { .. } | Phase::Error { .. }, None) => Step::Rest,
            (_, _, None) => Step::Wait {
                reason: reason.clone(),
            },
        },

        (Wish::Running, Phase::Pending, Observed::Gone { .. }) => Step::Provision,
        // A half-made session: what lives is finished, what does not is made again.
        (Wish::Running, Phase::Pending | Phase::Starting, Observed::Alive(handle)) => {
            Step::Attach(handle.clone())
        }
        (Wish::Running, Phase::Starting, Observed::Gone { .. }) => Step::Provision,
        (
            Wish::Running,
            Phase::Running { .. } | Phase::Stopping { .. },
            Observed::Alive(handle),
        ) => Step::Attach(handle.clone()),
        (Wish::Running, Phase::Running { .. }, Observed::Gone { reason, cause }) => {
            let reason = reason.clone();
            Step::Settle(match cause {
                Cause::Fault => Phase::Error { reason },
                Cause::Outage => Phase::Stopped {
                    reason: Some(reason),
                },
            })
        }
        (
            Wish::Running,
            Phase::Stopping { .. } | Phase::Restarting { .. },
            Observed::Gone { .. },
        ) => Step::Provision,
        (Wish::Running, Phase::Restarting { .. }, Observed::Alive(handle)) => {
            Step::Stop(handle.clone())
        }
        // Started again by a person.
        (Wish::Running, Phase::Stopped { .. } | Phase::Error { .. }, Observed::Gone { .. }) => {
            Step::Provision
        }
        (Wish::Running, Phase::Stopped { .. } | Phase::Error { .. }, Observed::Alive(handle)) => {
            Step::Attach(handle.clone())
        }

        // At rest on paper, but something lives: the paper is wrong, end it.
        (Wish::Stopped, _, Observed::Alive(handle)) => Step::Stop(handle.clone()),
        (Wish::Stopped, Phase::Stopped { .. } | Phase::Error { .. }, Observed::Gone { .. }) => {
            Step::Rest
        }
        (Wish::Stopped, _, Observed::Gone { .. }) => Step::Settle(Phase::Stopped { reason: None }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn handle() -> RuntimeHandle {
        RuntimeHandle(serde_json::json!(1))
    }

    fn phases() -> impl Strategy<Value = Phase> {
        prop_oneof![
            Just(Phase::Pending),
            Just(Phase::Starting),
            Just(Phase::Running { handle: handle() }),
            Just(Phase::Stopping { handle: handle() }),
            Just(Phase::Restarting { handle: handle() }),
            Just(Phase::Stopped { reason: None }),
            Just(Phase::Error {
                reason: "x".to_owned()
            }),
        ]
    }

    fn wishes() -> impl Strategy<Value = Wish> {
        prop_oneof![Just(Wish::Running), Just(Wish::Stopped)]
    }

    /// A world in which every step works.
    fn carry_out(
        step: &Step,
        wish: Wish,
        phase: Phase,
        observed: Observed,
    ) -> (Wish, Phase, Observed) {
        match step {
            Step::Rest | Step::Destroy | Step::Wait { .. } => (wish, phase, observed),
            Step::Provision => (wish, Phase::Starting, Observed::Alive(handle())),
            Step::Attach(handle) => (
                wish,
                Phase::Running {
                    handle: handle.clone(),
                },
                observed,
            ),
            Step::Stop(handle) => (
                wish,
                Phase::Stopping {
                    handle: handle.clone(),
                },
                Observed::Gone {
                    reason: "stopped".to_owned(),
                    cause: Cause::Fault,
                },
            ),
            Step::Settle(phase) => (Wish::Stopped, phase.clone(), observed),
        }
    }

    proptest! {
        #[test]
        fn every_session_comes_to_a_state_in_which_nothing_changes_any_more(
            wish in wishes(), phase in phases(), alive in any::<bool>(), fault in any::<bool>()
        ) {
            let cause = if fault { Cause::Fault } else { Cause::Outage };
            let seen = if alive { Observed::Alive(handle()) } else { Observed::Gone { reason: "gone".to_owned(), cause } };
            let mut world = (wish, phase, seen);
            for _ in 0..4 {
                let step = next_step(world.0, &world.1, &world.2);
                world = carry_out(&step, world.0, world.1, world.2);
            }
            let again = next_step(world.0, &world.1, &world.2);
            let after = carry_out(&again, world.0, world.1.clone(), world.2.clone());
            prop_assert_eq!(&world, &after);
            // The paper and the world agree.
            prop_assert_eq!(world.1.handle().is_some(), matches!(world.2, Observed::Alive(_)));
        }

        #[test]
        fn a_deleted_session_is_only_ever_destroyed(phase in phases()) {
            let gone = Observed::Gone { reason: String::new(), cause: Cause::Fault };
            prop_assert_eq!(next_step(Wish::Deleted, &phase, &gone), Step::Destroy);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_neither_made_anew_nor_called_ended() {
        let unknown = Observed::Unknown {
            reason: "the engine is away".to_owned(),
        };
        let step = |wish, phase| next_step(wish, &phase, &unknown);
        let running = Phase::Running { handle: handle() };
        assert_eq!(step(Wish::Running, running.clone()), Step::Attach(handle()));
        assert_eq!(step(Wish::Stopped, running), Step::Stop(handle()));
        let stopped = Phase::Stopped { reason: None };
        assert_eq!(step(Wish::Stopped, stopped.clone()), Step::Rest);
        for phase in [Phase::Pending, Phase::Starting, stopped] {
            assert!(matches!(step(Wish::Running, phase), Step::Wait { .. }));
        }
        assert!(matches!(
            step(Wish::Stopped, Phase::Starting),
            Step::Wait { .. }
        ));
    }

    #[test]
    fn the_end_of_sessiond_is_an_error_with_its_reason_and_is_not_undone_unasked() {
        let gone = Observed::Gone {
            reason: "sessiond was killed by signal 9".to_owned(),
            cause: Cause::Fault,
        };
        let step = next_step(Wish::Running, &Phase::Running { handle: handle() }, &gone);
        let Step::Settle(Phase::Error { reason }) = step else {
            panic!("{step:?}")
        };
        assert!(reason.contains("signal 9"));
    }

    #[test]
    fn a_session_that_went_with_its_engine_is_at_rest_and_not_at_fault() {
        let gone = Observed::Gone {
            reason: "the engine was restarted".to_owned(),
            cause: Cause::Outage,
        };
        let running = Phase::Running { handle: handle() };
        let stopped = Phase::Stopped {
            reason: Some("the engine was restarted".to_owned()),
        };
        let step = |wish, phase| next_step(wish, phase, &gone);
        assert_eq!(step(Wish::Running, &running), Step::Settle(stopped));
        // One that was on its way goes on by itself.
        assert_eq!(step(Wish::Running, &Phase::Starting), Step::Provision);
    }
}
