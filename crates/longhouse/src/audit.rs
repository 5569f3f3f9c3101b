//! `longhouse audit ...`: the log of who did what, verified and exported. With a server that runs it asks the server; without
//! one it opens the database itself, so that the log can be checked where nothing else is trusted to run.

use http::Method;
use http_body_util::BodyExt as _;
use longhouse_engine::AuditQuery;
use longhouse_store::Store;
use serde::Deserialize;

use crate::client::{Client, ClientError, query};
use crate::failure::{Code, Failure};
use crate::reach::Reach;
use crate::{Context, cli, output, text};

/// How many records are read from the database at once.
const PIECE: u32 = 500;

/// What a verification found, as the server says it.
#[derive(Deserialize)]
struct Report {
    checked: u64,
    cut: i64,
    head: i64,
    hash: String,
    fault: Option<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    seq: i64,
    what: String,
}

/// Carries out a subcommand.
pub(crate) async fn run(
    command: &cli::Audit,
    place: &cli::Place,
    context: &Context,
) -> Result<u8, Failure> {
    match Reach::open(place, context).await? {
        Reach::Served(client) => match command {
            cli::Audit::Verify => judge(&client.get("/api/audit/verification").await?),
            cli::Audit::Export(filters) => export_served(filters, &client).await,
        },
        Reach::Ours { store, _lock, .. } => {
            let done = match command {
                cli::Audit::Verify => verify_ours(&store).await,
                cli::Audit::Export(filters) => export_ours(filters, &store).await,
            };
            store.close().await;
            done
        }
    }
}

async fn verify_ours(store: &Store) -> Result<u8, Failure> {
    let report = store.verify_audit().await.map_err(anyhow::Error::from)?;
    judge(&Report {
        checked: report.checked,
        cut: report.cut,
        head: report.head,
        hash: report.hash,
        fault: report.fault.map(|fault| Fault {
            seq: fault.seq,
            what: fault.what,
        }),
    })
}

/// Says what was found; a fault is a failure.
fn judge(report: &Report) -> Result<u8, Failure> {
    if let Some(fault) = &report.fault {
        let what = text::line(&fault.what);
        let error = anyhow::anyhow!(
            "the audit log does not hold at record {}: {what} ({} records before it do)",
            fault.seq,
            report.checked
        );
        return Err(Failure::new(Code::Failed, error));
    }
    let cut = match report.cut {
        0 => String::new(),
        cut => format!("; those up to {cut} were exported and cut off"),
    };
    output::print(&format!(
        "the audit log holds: {} records, the latest is {}{cut}\nhash of the latest: {}\n",
        report.checked, report.head, report.hash
    ))?;
    Ok(0)
}

fn pairs(filters: &cli::AuditFilters) -> Vec<(&'static str, String)> {
    let named = [
        ("actor", &filters.actor),
        ("action", &filters.action),
        ("target", &filters.target),
        ("outcome", &filters.outcome),
        ("since", &filters.since),
        ("until", &filters.until),
    ];
    let given = named.into_iter();
    given
        .filter_map(|(name, value)| value.clone().map(|value| (name, value)))
        .collect()
}

async fn export_served(filters: &cli::AuditFilters, client: &Client) -> Result<u8, Failure> {
    let path = format!("/api/audit/export{}", query(&pairs(filters)));
    let response = client.send(Method::GET, &path, None::<&()>).await?;
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ClientError::Protocol(error.to_string()))?;
        if let Ok(data) = frame.into_data() {
            output::print_bytes(&data)?;
        }
    }
    Ok(0)
}

async fn export_ours(filters: &cli::AuditFilters, store: &Store) -> Result<u8, Failure> {
    let query = own_query(filters).map_err(|error| Failure::new(Code::Usage, error))?;
    let mut after = 0;
    loop {
        let records = store.audit_after(&query, after, PIECE).await;
        let records = records.map_err(anyhow::Error::from)?;
        let Some(last) = records.last() else {
            return Ok(0);
        };
        after = last.seq;
        for record in &records {
            let mut line = serde_json::to_vec(record).map_err(anyhow::Error::from)?;
            line.push(b'\n');
            output::print_bytes(&line)?;
        }
    }
}

fn own_query(filters: &cli::AuditFilters) -> anyhow::Result<AuditQuery> {
    use anyhow::Context as _;
    use longhouse_domain::audit::Outcome;
    let moment = |name: &'static str, text: &Option<String>| {
        let parsed = text.as_deref().map(str::parse).transpose();
        parsed.with_context(|| format!("--{name} must be a moment such as 2026-11-20T18:30:00Z"))
    };
    Ok(AuditQuery {
        actor: filters.actor.clone(),
        action: filters.action.clone(),
        target: filters.target.clone(),
        outcome: filters.outcome.as_deref().and_then(Outcome::parse),
        since: moment("since", &filters.since)?,
        until: moment("until", &filters.until)?,
    })
}
