//! What a session's place printed: lines with their moments. What they mean is not decided here.

use futures_util::stream::BoxStream;
use longhouse_domain::Timestamp;

/// The most of one line that is handed on, bytes. Engines hand longer ones over in pieces of their own.
pub(crate) const LINE_BYTES: usize = 4 * 1024;

/// Lines as they come. Nothing is read ahead of whoever listens.
pub type OutputLines = BoxStream<'static, OutputLine>;

/// A line that was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLine {
    /// When, where that is known without reading the line.
    pub at: Option<Timestamp>,
    /// Whether it was printed as a complaint.
    pub is_error: bool,
    /// What; foreign words, not cleaned, of at most a few kilobytes.
    pub text: String,
}

impl OutputLine {
    /// Of what was printed, as much as is handed on.
    pub(crate) fn new(at: Option<Timestamp>, is_error: bool, printed: &[u8]) -> Self {
        let printed = &printed[..printed.len().min(LINE_BYTES)];
        let text = String::from_utf8_lossy(printed);
        Self {
            at,
            is_error,
            text: text.trim_end_matches(['\n', '\r']).to_owned(),
        }
    }
}

/// Which lines are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputQuestion {
    /// Of those that are there already, only the last so many.
    pub last: u32,
    /// Only those of about this moment and later: an engine that counts in whole seconds gives a few more.
    pub since: Option<Timestamp>,
    /// Go on with what comes, until the place is gone.
    pub follow: bool,
}

/// Why there is nothing to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// The place is not there, and what it printed went with it.
    #[error("{0}")]
    Gone(String),
    /// What keeps it does not answer at present.
    #[error("{0}")]
    Away(String),
}
