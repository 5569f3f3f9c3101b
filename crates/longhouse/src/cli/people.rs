//! What can be said about accounts and API tokens. No password is ever an argument: other users of the machine see those.

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token; it is printed once
    Create(NewToken),
    /// List tokens
    #[command(visible_alias = "list")]
    Ls,
    /// Delete tokens; what they opened closes
    #[command(visible_alias = "delete")]
    Rm {
        /// Names or ids
        #[arg(value_name = "TOKEN", required = true)]
        tokens: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewToken {
    /// What to call it
    pub(crate) name: String,
    /// What it may be used for; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = ["sessions:read", "sessions:write", "files:read", "files:write", "metrics", "admin"])]
    pub(crate) scopes: Vec<String>,
    /// After how many days it stops being good [default: never]
    #[arg(long, value_name = "DAYS")]
    pub(crate) expires_in_days: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Make an account; its password is asked for, or read from standard input
    #[command(visible_alias = "create")]
    Add(NewUser),
    /// List accounts
    #[command(visible_alias = "list")]
    Ls,
    /// Delete an account; every login of theirs ends
    #[command(visible_alias = "delete")]
    Rm(RemoveUser),
    /// Change what an account may; every login of theirs ends
    Role(ChangeRole),
    /// Give an account a new password, which is asked for, or read from standard input; every login of theirs ends
    Passwd {
        /// The account's name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewUser {
    /// What to call it: letters, digits, '.', '_', '@' and '-'
    pub(crate) name: String,
    /// What it may
    #[arg(long, default_value = "member", value_parser = ROLES)]
    pub(crate) role: String,
    /// A member's sessions may run on the machine itself, with the server's own rights
    #[arg(long)]
    pub(crate) host: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveUser {
    /// The account's name
    pub(crate) name: String,
    /// Who gets their sessions
    #[arg(long, value_name = "USER")]
    pub(crate) hand_over_to: Option<String>,
    /// Delete their sessions too
    #[arg(long, conflicts_with = "hand_over_to")]
    pub(crate) remove_sessions: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ChangeRole {
    /// The account's name
    pub(crate) name: String,
    /// What it may from now on
    #[arg(value_parser = ROLES)]
    pub(crate) role: String,
    /// Whether a member's sessions may run on the machine itself, with the server's own rights [default: as before]
    #[arg(long, value_name = "YES|NO", value_parser = BoolishValueParser::new())]
    pub(crate) host: Option<bool>,
}

const ROLES: [&str; 3] = ["admin", "member", "viewer"];
