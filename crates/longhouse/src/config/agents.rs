//! The agents that are configured beside the built-in ones.

use std::collections::BTreeMap;

use longhouse_domain::agent::{Agent, Agents};
use serde::Deserialize;

use super::error::ConfigError;
use super::settings::Settings;

/// `[agents.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentSettings {
    /// What people read; the agent's name where absent.
    #[serde(default)]
    pub(crate) title: Option<String>,
    /// The program, then the arguments it always gets.
    pub(crate) command: Vec<String>,
    /// Arguments before the prompt of an interactive run.
    #[serde(default)]
    pub(crate) prompt_args: Vec<String>,
    /// Arguments before the prompt of an autonomous run; absent: it has none.
    #[serde(default)]
    pub(crate) autonomous_args: Option<Vec<String>>,
    /// What to tell a person whose machine lacks the program.
    #[serde(default)]
    pub(crate) install_hint: String,
}

impl Settings {
    /// The built-in agents and the configured ones.
    pub(crate) fn agents(&self) -> Agents {
        let configured = self.agents.iter().map(|(name, agent)| {
            let agent = Agent {
                title: agent.title.clone().unwrap_or_else(|| name.clone()),
                command: agent.command.clone(),
                prompt_args: agent.prompt_args.clone(),
                autonomous_args: agent.autonomous_args.clone(),
                install_hint: agent.install_hint.clone(),
            };
            (name.clone(), agent)
        });
        Agents::with_configured(configured.collect())
    }
}

/// Refuses names that are none, and agents without a program.
pub(super) fn check(agents: &BTreeMap<String, AgentSettings>) -> Result<(), ConfigError> {
    agents
        .iter()
        .try_for_each(|(name, agent)| check_agent(name, agent))
}

fn check_agent(name: &str, agent: &AgentSettings) -> Result<(), ConfigError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        return Err(ConfigError::Inconsistent(format!(
            "agents: \"{}\" cannot be an agent's name; letters, digits, '_' and '-' can",
            name.escape_debug()
        )));
    }
    if agent.command.first().is_none_or(String::is_empty) {
        return Err(ConfigError::Inconsistent(format!(
            "agents.{name}.command must name a program"
        )));
    }
    Ok(())
}
