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
    /// It works, but what stands back behind other terminals waits for their first output for as long as it takes.
    StandsBack,
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
    /// What stands back waits until it may begin.
    StandsBack,
}
