//! `longhouse doctor`: looks at everything that Longhouse needs here, and says of each thing how it is and how to mend it.
//!
//! It changes nothing but what a start of the server would change as well.

mod container;
mod machine;
mod report;
mod safety;
mod storage;
mod tools;

use crate::config::Configuration;
use crate::failure::Failure;
use crate::places::Places;
use crate::serve::lock;
use crate::{Context, cli, output};

use report::State;

/// What every check may look at.
struct Patient<'a> {
    configuration: &'a Configuration,
    context: &'a Context,
    places: Places,
    /// The server that runs on this data directory.
    server: Option<lock::Holder>,
}

/// Runs every check. The exit code is 1 where something has failed.
pub(crate) async fn run(
    arguments: &cli::Doctor,
    configuration: &Configuration,
    context: &Context,
) -> Result<u8, Failure> {
    let places = Places::new(&configuration.settings);
    let patient = Patient {
        configuration,
        context,
        server: lock::holder(&places.lock_file()),
        places,
    };
    let mut findings = vec![
        storage::configuration(&patient),
        storage::data_directory(&patient),
        storage::disk(&patient),
        storage::sockets(&patient),
        storage::database(&patient).await,
        safety::master_key(&patient),
        safety::audit_log(&patient).await,
        safety::certificate(&patient),
        safety::links(),
        tools::sessiond(&patient).await,
        tools::tmux(&patient).await,
        tools::git(&patient).await,
    ];
    findings.extend(tools::agents(&patient));
    findings.extend([
        machine::base_directories(&patient),
        machine::detachment(&patient),
        machine::open_files(),
        machine::port(&patient),
        machine::clock(&patient),
    ]);
    findings.extend(container::findings(&patient).await);
    let text = if arguments.json {
        report::json(&findings)?
    } else {
        report::text(&findings)
    };
    output::print(&text)?;
    Ok(u8::from(
        findings.iter().any(|finding| finding.state == State::Fail),
    ))
}
