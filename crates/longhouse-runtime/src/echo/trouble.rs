//! What can be made to go wrong in this runtime.

use std::time::Duration;

/// What is to go wrong with a coming [`Runtime::provision`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It fails, with this text.
    Fails(String),
    /// It takes this long.
    Takes(Duration),
    /// It works, but its sessiond dies when it is asked for the first terminal.
    DiesOnceAttached,
    /// It works, but its sessiond is older than the calls that came last: files, and what it uses.
    KnowsNoFiles,
    /// It works, but it finds no such branch in any repository.
    CannotClone,
    /// It works, but a clone comes to no end.
    ClonesForEver,
    /// It works, but it ends only when its sessiond was greeted.
    AwaitsHello,
    /// It works, but what stands back behind other terminals waits for their first output for as long as it takes.
    StandsBack,
}

impl Trouble {
    /// How the sessiond behaves that comes of it.
    pub(super) fn manner(&self) -> Manner {
        match self {
            Self::Fails(_) | Self::Takes(_) => Manner::Well,
            Self::DiesOnceAttached => Manner::DiesOnceAttached,
            Self::KnowsNoFiles => Manner::KnowsNoFiles,
            Self::CannotClone => Manner::CannotClone,
            Self::ClonesForEver => Manner::ClonesForEver,
            Self::AwaitsHello => Manner::AwaitsHello,
            Self::StandsBack => Manner::StandsBack,
        }
    }
}

/// How a session's sessiond behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As it should.
    Well,
    /// It dies when it is asked for the first terminal.
    DiesOnceAttached,
    /// Like one that is older than the calls that came last.
    KnowsNoFiles,
    /// It finds no such branch.
    CannotClone,
    /// It clones for ever.
    ClonesForEver,
    /// It counts as made only when it was greeted.
    AwaitsHello,
    /// What stands back waits until it may begin.
    StandsBack,
}
