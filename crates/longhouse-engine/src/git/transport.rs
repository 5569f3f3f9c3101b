//! Which addresses of repositories this server connects to.

use longhouse_domain::git::{RepositoryUrl, Transports};

use crate::error::EngineError;

/// Whether repositories are fetched in this way, where one was named, in the field that it was named in.
pub(crate) fn check_transport(
    allowed: &Transports,
    url: Option<&RepositoryUrl>,
    field: &str,
) -> Result<(), EngineError> {
    let transport = url.map(RepositoryUrl::transport);
    match transport.filter(|transport| !allowed.allow(*transport)) {
        None => Ok(()),
        Some(transport) => Err(EngineError::invalid(
            field,
            format!(
                "must begin with https:// or ssh://, or have the form git@host:path: {} is not allowed on this server",
                transport.as_str()
            ),
        )),
    }
}
