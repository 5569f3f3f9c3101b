//! What a runtime tells of the use that its sessions make of the machine.

use futures_util::stream::BoxStream;
use longhouse_domain::metrics::Reading;

/// How often to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One time, at once.
    Once,
    /// Once a second, until nobody listens or the place has ended.
    Steady,
}

/// Why nothing can be read at the moment. In words; what is away comes back by itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MeasureError(pub String);

/// Readings as they come. After an error there are no more.
pub type Readings = BoxStream<'static, Result<Reading, MeasureError>>;
