//! The agents that Longhouse knows, and how a session's settings become a command line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How an agent works: with a person at the terminal, or through one task to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A person sits at the terminal.
    #[default]
    Interactive,
    /// The prompt is handed over and the run ends with the agent's exit code.
    Autonomous,
}

/// An agent that sessions can run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agent {
    /// What people read.
    pub title: String,
    /// The program, then the arguments it always gets. Empty for the login shell.
    #[serde(default)]
    pub command: Vec<String>,
    /// Arguments that go before the prompt of an interactive run.
    #[serde(default)]
    pub prompt_args: Vec<String>,
    /// Arguments that go before the prompt of an autonomous run; without it the agent has no autonomous mode.
    #[serde(default)]
    pub autonomous_args: Option<Vec<String>>,
    /// What to tell a person whose machine lacks the program.
    #[serde(default)]
    pub install_hint: String,
}

/// A program and its arguments, never handed to a shell to take apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandLine {
    /// What is looked up in the session's `PATH`; `None` is the user's login shell.
    pub program: Option<String>,
    /// Its arguments.
    pub args: Vec<String>,
}

/// Why an agent cannot be started as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// No agent of that name.
    #[error("no agent is called \"{0}\"")]
    Unknown(String),
    /// It has no autonomous mode.
    #[error("the agent \"{0}\" has no autonomous mode")]
    NotAutonomous(String),
    /// An autonomous run without a task.
    #[error("an autonomous run needs a prompt")]
    PromptMissing,
}

/// All agents by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agents(BTreeMap<String, Agent>);

impl Agents {
    /// The built-in agents, and those of the configuration, which may replace a built-in one.
    #[must_use]
    pub fn with_configured(configured: BTreeMap<String, Agent>) -> Self {
        let mut agents: BTreeMap<String, Agent> = built_in()
            .into_iter()
            .map(|(name, agent)| (name.to_owned(), agent))
            .collect();
        agents.extend(configured);
        Self(agents)
    }

    /// The agent of that name.
    pub fn get(&self, name: &str) -> Result<&Agent, AgentError> {
        self.0
            .get(name)
            .ok_or_else(|| AgentError::Unknown(name.to_owned()))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Agent)> {
        self.0.iter().map(|(name, agent)| (name.as_str(), agent))
    }

    /// The command line of a session.
    pub fn command_line(
        &self,
        name: &str,
        flags: &[String],
        mode: Mode,
        prompt: Option<&str>,
    ) -> Result<CommandLine, AgentError> {
        let agent = self.get(name)?;
        let mut argv: Vec<String> = agent.command.iter().skip(1).cloned().collect();
        argv.extend(flags.iter().cloned());
        match (mode, prompt) {
            (Mode::Interactive, None) => {}
            (Mode::Interactive, Some(prompt)) => {
                if !agent.command.is_empty() {
                    argv.extend(agent.prompt_args.iter().cloned());
                    argv.push(prompt.to_owned());
                }
            }
            (Mode::Autonomous, None) => return Err(AgentError::PromptMissing),
            (Mode::Autonomous, Some(prompt)) => {
                let args = agent
                    .autonomous_args
                    .as_ref()
                    .ok_or_else(|| AgentError::NotAutonomous(name.to_owned()))?;
                argv.extend(args.iter().cloned());
                argv.push(prompt.to_owned());
            }
        }
        Ok(CommandLine {
            program: agent.command.first().cloned(),
            args: argv,
        })
    }
}

/// The command lines stand in each agent's own documentation (`claude --help`, `codex exec --help`, `opencode run
/// --help`, `droid exec --help`).
fn built_in() -> [(&'static str, Agent); 5] {
    let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let agent =
        |title: &str, command: &[&str], prompt: &[&str], autonomous: &[&str], hint: &str| Agent {
            title: title.to_owned(),
            command: words(command),
            prompt_args: words(prompt),
            autonomous_args: Some(words(autonomous)),
            install_hint: hint.to_owned(),
        };
    [
        (
            "claude",
            agent(
                "Claude Code",
                &["claude"],
                &["--"],
                &["--print", "--"],
                "install it with: npm install -g @anthropic-ai/claude-code",
            ),
        ),
        (
            "codex",
            agent(
                "Codex",
                &["codex"],
                &["--"],
                &["exec", "--"],
                "install it with: npm install -g @openai/codex",
            ),
        ),
        (
            "opencode",
            agent(
                "OpenCode",
                &["opencode"],
                &["--prompt"],
                &["run", "--"],
                "install it with: npm install -g opencode-ai",
            ),
        ),
        (
            "droid",
            agent(
                "Droid",
                &["droid"],
                &["--"],
                &["exec", "--"],
                "install it as https://docs.factory.ai describes",
            ),
        ),
        (
            "shell",
            Agent {
                title: "Shell".to_owned(),
                command: Vec::new(),
                prompt_args: Vec::new(),
                autonomous_args: Some(words(&["-c"])),
                install_hint: String::new(),
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(
        name: &str,
        flags: &[&str],
        mode: Mode,
        prompt: Option<&str>,
    ) -> Result<String, AgentError> {
        let flags: Vec<String> = flags.iter().map(|&f| f.to_owned()).collect();
        let line =
            Agents::with_configured(BTreeMap::new()).command_line(name, &flags, mode, prompt)?;
        let program = line.program.unwrap_or_else(|| "(login shell)".to_owned());
        Ok([vec![program], line.args].concat().join(" "))
    }

    #[test]
    fn flags_come_before_the_prompt_and_a_prompt_is_never_read_as_a_flag() {
        assert_eq!(
            line(
                "claude",
                &["--model", "x"],
                Mode::Interactive,
                Some("--help")
            )
            .unwrap(),
            "claude --model x -- --help"
        );
        assert_eq!(
            line("claude", &[], Mode::Autonomous, Some("fix it")).unwrap(),
            "claude --print -- fix it"
        );
    }

    #[test]
    fn an_autonomous_run_without_a_task_is_refused() {
        assert_eq!(
            line("codex", &[], Mode::Autonomous, None),
            Err(AgentError::PromptMissing)
        );
        assert!(matches!(
            line("vim", &[], Mode::Interactive, None),
            Err(AgentError::Unknown(_))
        ));
    }

    #[test]
    fn the_shell_agent_is_the_login_shell() {
        assert_eq!(
            line("shell", &["-l"], Mode::Interactive, None).unwrap(),
            "(login shell) -l"
        );
        assert_eq!(
            line("shell", &[], Mode::Autonomous, Some("ls")).unwrap(),
            "(login shell) -c ls"
        );
    }
}
