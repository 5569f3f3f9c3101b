//! Enumerations as they stand in JSON. The domain's own ones stay free of the API's document.

use longhouse_domain::agent::Mode;
use longhouse_domain::container::Template;
use longhouse_domain::event::{LogLevel, Stage};
use longhouse_domain::session::{Multiplexer, RuntimeKind};
use longhouse_domain::{Permission, ShareAccess, Status};
use longhouse_engine::{Action, AgentActivity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Defines an enumeration of the API that mirrors one of the domain's, with the way from the latter.
macro_rules! mirror {
    ($(#[$meta:meta])* $name:ident as $shown:ident of $domain:ident { $($(#[$doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        #[schema(as = $shown)]
        pub(crate) enum $name {
            $($(#[$doc])* $variant),+
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value {
                    $($domain::$variant => Self::$variant),+
                }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant),+
                }
            }
        }
    };
}

mirror! {
    /// A session's status.
    StatusName as SessionStatus of Status {
        /// Written down, not begun.
        Pending,
        /// Being made.
        Starting,
        /// It runs.
        Running,
        /// Ended as wished, or by its own end.
        Stopped,
        /// Ended by a fault; `statusReason` says which.
        Error,
    }
}

mirror! {
    /// Where a session lives.
    RuntimeName as Runtime of RuntimeKind {
        /// Processes on the server's machine.
        Host,
        /// One container.
        Docker,
        /// One pod.
        Kubernetes,
    }
}

mirror! {
    /// What a host terminal's program is wrapped in.
    MultiplexerName as Multiplexer of Multiplexer {
        /// A tmux session per terminal.
        Tmux,
        /// Nothing.
        None,
    }
}

/// What a container is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Template)]
pub(crate) enum TemplateName {
    /// Claude Code.
    Claude,
    /// An editor in the browser.
    Vscode,
    /// Both of them.
    Both,
    /// A plain shell.
    Shell,
    /// A plain shell whose container may be written to outside the workspace too.
    WritableRoot,
}

impl From<TemplateName> for Template {
    fn from(name: TemplateName) -> Self {
        match name {
            TemplateName::Claude => Self::Claude,
            TemplateName::Vscode => Self::Vscode,
            TemplateName::Both => Self::Both,
            TemplateName::Shell => Self::Shell,
            TemplateName::WritableRoot => Self::WritableRoot,
        }
    }
}

impl From<Template> for TemplateName {
    fn from(template: Template) -> Self {
        match template {
            Template::Claude => Self::Claude,
            Template::Vscode => Self::Vscode,
            Template::Both => Self::Both,
            Template::Shell => Self::Shell,
            Template::WritableRoot => Self::WritableRoot,
        }
    }
}

mirror! {
    /// How an agent works.
    ModeName as Mode of Mode {
        /// A person sits at the terminal.
        Interactive,
        /// One task to its end.
        Autonomous,
    }
}

mirror! {
    /// What an agent is doing.
    AgentStateName as AgentState of AgentActivity {
        /// Nothing tells.
        Unknown,
        /// Nothing.
        Idle,
        /// It works.
        Working,
        /// It waits for a person.
        NeedsInput,
        /// Its program has ended.
        Exited,
    }
}

mirror! {
    /// Something that the caller may do with a session now.
    ActionName as SessionAction of Action {
        /// Start it.
        Start,
        /// Stop it.
        Stop,
        /// Stop and start it.
        Restart,
        /// Delete it.
        Delete,
        /// Share it with others.
        Share,
        /// Change its record.
        Update,
        /// Type into its terminals, open and close them, run commands.
        Drive,
    }
}

mirror! {
    /// What a share lets somebody do.
    ShareName as ShareAccess of ShareAccess {
        /// Look.
        View,
        /// Look, type, start, stop, change.
        Drive,
    }
}

/// The most that the caller may do with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionAccess)]
pub(crate) enum AccessName {
    /// Look.
    View,
    /// Look, type, start, stop, change.
    Drive,
    /// Everything: it is theirs, or they are an admin.
    Own,
}

impl From<Permission> for AccessName {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::Look => Self::View,
            Permission::Drive => Self::Drive,
            Permission::Own => Self::Own,
        }
    }
}

mirror! {
    /// How much a line of a log matters.
    LevelName as LogLevel of LogLevel {
        /// For those who look for a fault.
        Debug,
        /// The ordinary course.
        Info,
        /// Something to look at.
        Warn,
        /// Something went wrong.
        Error,
    }
}

mirror! {
    /// A stage of a creation.
    StageName as Stage of Stage {
        /// The image is fetched.
        Image,
        /// The container, or on the host the working directory and sessiond, is made.
        Container,
        /// The repository is cloned.
        Clone,
        /// A working tree of another session's repository is made.
        Worktree,
        /// Files that git ignores are copied into it.
        Copy,
        /// The set-up script runs.
        Setup,
        /// The agent and the other terminals start.
        Agent,
    }
}
