//! `longhouse session ls`.

use longhouse_domain::{Clock as _, Timestamp};
use serde::Deserialize;

use super::SessionView;
use crate::cli;
use crate::client::{Client, query};
use crate::failure::Failure;
use crate::{output, text};

/// Sessions asked for at once; there may be more pages.
const PAGE: u32 = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<serde_json::Value>,
    next_cursor: Option<String>,
}

pub(super) async fn run(
    arguments: &cli::List,
    client: &Client,
    context: &crate::Context,
) -> Result<(), Failure> {
    let items = all(arguments, client).await?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&items).map_err(anyhow::Error::from)?;
        return Ok(output::print(&format!("{json}\n"))?);
    }
    let sessions: Vec<SessionView> = serde_json::from_value(serde_json::Value::Array(items))
        .map_err(|error| anyhow::anyhow!("the server's answer cannot be used: {error}"))?;
    if sessions.is_empty() {
        output::say("no sessions; create one with `longhouse session new`");
        return Ok(());
    }
    let now = context.clock.now();
    let rows: Vec<Vec<String>> = sessions.iter().map(|session| row(session, now)).collect();
    let head = ["NAME", "STATUS", "AGENT", "ACTIVE", "ID", "DIRECTORY"];
    Ok(output::print(&text::table(&head, &rows))?)
}

async fn all(arguments: &cli::List, client: &Client) -> Result<Vec<serde_json::Value>, Failure> {
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let mut pairs = vec![("limit", PAGE.to_string())];
        let lists = [("status", &arguments.status), ("agent", &arguments.agent)];
        for (name, values) in lists.into_iter().filter(|(_, values)| !values.is_empty()) {
            pairs.push((name, values.join(",")));
        }
        pairs.extend(arguments.text.clone().map(|text| ("q", text)));
        pairs.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let page: Page = client
            .get(&format!("/api/sessions{}", query(&pairs)))
            .await?;
        items.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(items),
        }
    }
}

fn row(session: &SessionView, now: Timestamp) -> Vec<String> {
    let status = match &session.status_reason {
        Some(reason) => format!("{} ({})", session.status.as_str(), shortened(reason)),
        None => session.status.as_str().to_owned(),
    };
    let active = session.last_activity_at.unwrap_or(session.created_at);
    vec![
        session.name.clone(),
        status,
        session.agent.clone(),
        ago(active, now),
        session.id.clone(),
        session.workdir.clone().unwrap_or_default(),
    ]
}

/// A reason as far as it fits beside others; `session logs` shows it whole.
fn shortened(reason: &str) -> String {
    const LIMIT: usize = 40;
    if reason.chars().count() <= LIMIT {
        return reason.to_owned();
    }
    let kept: String = reason.chars().take(LIMIT - 1).collect();
    format!("{}…", kept.trim_end())
}

fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second());
    match seconds {
        ..5 => "now".to_owned(),
        5..60 => format!("{seconds}s ago"),
        60..3600 => format!("{}m ago", seconds / 60),
        3600..86_400 => format!("{}h ago", seconds / 3600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let told: Vec<String> = [0, 30, 150, 7300, 200_000, -60]
            .map(|seconds| ago(at(1_000_000), at(1_000_000 + seconds)))
            .into();
        assert_eq!(
            told,
            ["now", "30s ago", "2m ago", "2h ago", "2d ago", "now"]
        );
    }
}
