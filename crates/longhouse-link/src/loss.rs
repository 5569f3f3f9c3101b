//! How a call that failed because of the connection, or because the session ended, is told from one that sessiond refused.

use std::error::Error;
use std::io;

use tonic::Status;
use tonic::metadata::MetadataValue;

/// Says in a status's metadata that the session ended, and whether the call had begun.
const ENDED: &str = "longhouse-session-ended";

/// Whether the status tells of the connection, and is not sessiond's own word.
#[must_use]
pub fn was_lost(status: &Status) -> bool {
    // What came over the wire has no cause on this side.
    status.source().is_some()
}

/// Whether the call found no connection, so that it certainly was not carried out.
#[must_use]
pub fn never_sent(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::NotConnected
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What became of a call when its session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtTheEnd {
    /// It was not begun, so that it may be made again.
    NotBegun,
    /// It was left where it stood, and may have been carried out.
    CutShort,
}

impl AtTheEnd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NotBegun => "not-begun",
            Self::CutShort => "cut-short",
        }
    }

    /// What the status of a failed call says of its session's end, if anything.
    #[must_use]
    pub fn of(status: &Status) -> Option<Self> {
        let said = status.metadata().get(ENDED)?.to_str().ok()?;
        let all = [Self::NotBegun, Self::CutShort];
        all.into_iter().find(|it| it.as_str() == said)
    }
}

impl From<AtTheEnd> for Status {
    fn from(end: AtTheEnd) -> Self {
        let mut status = Self::unavailable("the session is ending");
        let said = MetadataValue::from_static(end.as_str());
        status.metadata_mut().insert(ENDED, said);
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_call_is_read_as_it_was_written() {
        for end in [AtTheEnd::NotBegun, AtTheEnd::CutShort] {
            assert_eq!(AtTheEnd::of(&end.into()), Some(end));
        }
        assert_eq!(AtTheEnd::of(&Status::unavailable("not that")), None);
    }
}
