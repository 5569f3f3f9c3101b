//! The command line: what can be said, and what it is called. What is done about it stands in the other modules.

mod people;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use people::{ChangeRole, NewToken, NewUser, RemoveUser, Token, User};

/// What the exit codes mean; the help shows it.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed; the text on standard error says why
  2  the command line or the configuration is wrong
  3  no server answers
  4  not logged in, or not allowed
  5  no such session, terminal, account or token
  6  it cannot be done now (wrong state, name taken, limit reached)
`exec` and `attach` end with the program's own exit code; 125 stands for a failure of Longhouse itself.";

/// One roof for coding agents.
#[derive(Debug, Parser)]
#[command(
    name = "longhouse",
    version,
    about = "One roof for coding agents: sessions that outlive browser, network and server.",
    after_help = EXIT_CODES,
    disable_help_subcommand = true,
    propagate_version = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which server, or which data directory, is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The configuration file [default: longhouse.toml in the data directory, ~/.config/longhouse or /etc/longhouse]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data directory [default: ~/.local/share/longhouse]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A server elsewhere, with its API token in LONGHOUSE_TOKEN, or in the file LONGHOUSE_TOKEN_FILE [default: this machine's, over its local socket]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// An authority that vouches for that server's certificate, in PEM [default: those the system trusts; LONGHOUSE_CA]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(Serve),
    /// Open a session's terminal here; ctrl-\ ctrl-\ leaves it running
    #[command(after_help = EXIT_CODES)]
    Attach(Attach),
    /// Work with sessions
    #[command(subcommand, visible_alias = "sessions", after_help = EXIT_CODES)]
    Session(Session),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(Config),
    /// Look for what keeps Longhouse from working here, and say how to mend it
    Doctor(Doctor),
    /// Print the OpenAPI document of the HTTP interface
    Openapi,
    /// Make, list, change and delete accounts, while the server runs or not
    #[command(subcommand, visible_alias = "users", after_help = EXIT_CODES)]
    User(User),
    /// Make, list and delete API tokens
    #[command(subcommand, visible_alias = "tokens", after_help = EXIT_CODES)]
    Token(Token),
    /// Check or export the log of who did what
    #[command(subcommand)]
    Audit(Audit),
    /// See to the keys that secrets are sealed with
    #[command(subcommand)]
    Secrets(Secrets),
    /// Copy everything that is remembered into one file, while the server runs or not
    Backup(Backup),
    /// Put a backup into the data directory; the server must not run
    Restore(Restore),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:7070]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Serve HTTPS with this certificate chain (PEM); it is read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<String>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<String>,
    /// Also listen here without encryption, and send browsers on to HTTPS
    #[arg(long, value_name = "ADDR")]
    pub(crate) redirect_listen: Option<String>,
    /// Serve other machines without encryption
    #[arg(long)]
    pub(crate) insecure: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Attach {
    /// A session's name or id, and one of its terminals [default: its agent's]
    #[arg(value_name = "SESSION[/TERMINAL]")]
    pub(crate) target: String,
    /// Only watch
    #[arg(long)]
    pub(crate) read_only: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// List sessions
    #[command(visible_alias = "list")]
    Ls(List),
    /// Create a session
    #[command(visible_alias = "create")]
    New(Box<New>),
    /// Start sessions that are stopped
    Start(Sessions),
    /// Stop sessions; they keep their directory and settings
    Stop(Sessions),
    /// Stop sessions and start them again
    Restart(Sessions),
    /// Delete sessions, with what Longhouse made for them
    #[command(visible_alias = "delete")]
    Rm(Remove),
    /// Show a session's log
    Logs(Logs),
    /// Run a program in a session, beside its terminals
    Exec(Exec),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those with one of these statuses
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = ["pending", "starting", "running", "stopped", "error"])]
    pub(crate) status: Vec<String>,
    /// Only those with one of these agents
    #[arg(long, value_name = "AGENT", value_delimiter = ',')]
    pub(crate) agent: Vec<String>,
    /// Only those in whose name, description or directory this text occurs
    #[arg(long = "search", short = 'q', value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// Its name [default: the agent's, and a few letters]
    #[arg(value_name = "NAME")]
    pub(crate) positional_name: Option<String>,
    /// Its name
    #[arg(long, value_name = "NAME", conflicts_with = "positional_name")]
    pub(crate) name: Option<String>,
    /// The agent: claude, codex, opencode, droid, shell or a configured one
    #[arg(long, short, default_value = "shell")]
    pub(crate) agent: String,
    /// The directory to work in [default: a new one of the session's own]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) workdir: Option<PathBuf>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// An argument for the agent; may be repeated
    #[arg(long = "flag", value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) flags: Vec<String>,
    /// An environment variable; may be repeated. NAME alone takes the value from here
    #[arg(long = "env", short, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<String>,
    /// A secret, which programs read from $LONGHOUSE_SECRETS_DIR/NAME; may be repeated. NAME alone takes the value of the variable here
    #[arg(long = "secret", value_name = "NAME[=FILE]")]
    pub(crate) secrets: Vec<String>,
    /// What to tell the agent first
    #[arg(long, short, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) prompt: Option<String>,
    /// Hand the prompt over as a task that the agent carries out by itself
    #[arg(long, requires = "prompt")]
    pub(crate) autonomous: bool,
    /// What its terminals are wrapped in
    #[arg(long, value_parser = ["tmux", "none"])]
    pub(crate) multiplexer: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Open its agent's terminal here
    #[arg(long, conflicts_with = "json")]
    pub(crate) attach: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sessions {
    /// Names or ids
    #[arg(value_name = "SESSION", required = true)]
    pub(crate) sessions: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// Names or ids
    #[arg(value_name = "SESSION", required = true)]
    pub(crate) sessions: Vec<String>,
    /// Also with work that is neither committed nor pushed
    #[arg(long, short)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// A session's name or id
    #[arg(value_name = "SESSION")]
    pub(crate) session: String,
    /// Go on as lines come
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only the last lines
    #[arg(long, value_name = "LINES")]
    pub(crate) tail: Option<u32>,
    /// Only from this level on
    #[arg(long, value_parser = ["debug", "info", "warn", "error"])]
    pub(crate) level: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// Seconds after which the program is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u32,
    /// A session's name or id
    #[arg(value_name = "SESSION")]
    pub(crate) session: String,
    /// The program and its arguments
    #[arg(value_name = "COMMAND", required = true, last = true)]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Say whether the configuration can be used
    Check,
    /// Print the settings in force and where each comes from
    Show,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check that nothing in the log was changed, removed or added; fails with the first record that does not hold
    Verify,
    /// Print the log, oldest record first, one JSON object a line
    Export(AuditFilters),
}

#[derive(Debug, Args)]
pub(crate) struct AuditFilters {
    /// Only what this one did (a user's or token's name or id)
    #[arg(long, value_name = "WHO")]
    pub(crate) actor: Option<String>,
    /// Only this action (session.create) or group of actions (session)
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// Only what was done to this object (its name or id)
    #[arg(long, value_name = "WHAT")]
    pub(crate) target: Option<String>,
    /// Only with this result
    #[arg(long, value_parser = ["ok", "denied", "failed"])]
    pub(crate) outcome: Option<String>,
    /// Only from this moment on, such as 2026-11-20T18:30:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only before this moment
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secrets {
    /// Show which keys are in use
    Status,
    /// Seal all secrets with a new data key
    Rotate,
    /// Put the data keys under a new master key
    RotateMaster {
        /// Read the new key from standard input, 32 bytes in base64 [default: a new one is made, or the command is asked again]
        #[arg(long)]
        stdin: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to make
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Put the master key in, locked under a passphrase that is read from standard input
    #[arg(long)]
    pub(crate) with_key: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A file that `longhouse backup` made
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Also where there is a database already; it is kept aside
    #[arg(long)]
    pub(crate) force: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
