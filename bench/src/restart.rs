//! How soon Longhouse is there again after a kill, with many sessions that run on.

use anyhow::Result;

use crate::report::{OURS, Report};
use crate::samples::Samples;
use crate::server::Server;

const SESSIONS: usize = 100;
const TIMES: usize = 5;

pub(crate) async fn measure(mut server: Server, report: &mut Report) -> Result<Server> {
    for number in 0..SESSIONS {
        server.api.create(&format!("kept {number}"), "none").await?;
    }
    let mut taken = Vec::new();
    for _ in 0..TIMES {
        server = server.restart().await?;
        taken.push(server.answered_after);
    }
    let what =
        format!("killed and started again with {SESSIONS} running sessions, to the first answer");
    report.row(&what, OURS, "ms", Samples::new(taken), None);
    server.api.delete_all().await?;
    Ok(server)
}
