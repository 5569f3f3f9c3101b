//! `longhouse config show`: the settings in force as a file that could be used as it stands, with the origin of each.

use std::fmt::Write as _;

use toml::Value;

use super::Configuration;
use super::keys::{self, Visibility};
use super::layers::flatten;

/// The settings in force, as TOML with comments. Secrets are masked.
pub(crate) fn show(configuration: &Configuration) -> String {
    let mut text = String::new();
    match &configuration.file {
        Some(file) => _ = writeln!(text, "# read from {}", file.display()),
        None => text.push_str("# no longhouse.toml was found\n"),
    }
    let settings = flatten(&configuration.merged);
    let (tables, top): (Vec<_>, Vec<_>) = settings
        .into_iter()
        .partition(|(path, value)| path.contains('.') || value.is_table());
    for (path, value) in &top {
        line(&mut text, configuration, path, path, value);
    }
    let mut open_table = "";
    for (path, value) in &tables {
        if let Value::Table(agents) = value {
            for (name, agent) in agents {
                _ = write!(
                    text,
                    "\n[{path}.{name}]\n{agent_text}",
                    agent_text = table_body(agent)
                );
            }
            continue;
        }
        let (table, name) = path.rsplit_once('.').unwrap_or(("", path));
        if table != open_table {
            _ = writeln!(text, "\n[{table}]");
            open_table = table;
        }
        line(&mut text, configuration, path, name, value);
    }
    text
}

fn table_body(agent: &Value) -> String {
    let body = agent.as_table().map(toml::to_string);
    body.and_then(Result::ok).unwrap_or_default()
}

fn line(text: &mut String, configuration: &Configuration, path: &str, name: &str, value: &Value) {
    let secret = keys::find(path).is_some_and(|key| key.visibility == Visibility::Secret);
    let shown = if secret {
        "\"********\"".to_owned()
    } else {
        value.to_string()
    };
    let origin = configuration
        .origins
        .iter()
        .find(|(known, _)| known == path)
        .map_or_else(|| "default".to_owned(), |(_, origin)| origin.to_string());
    _ = writeln!(text, "{name} = {shown}  # {origin}");
}
