//! What the product does: every session driven to its wish, every terminal fanned out, every event handed on.
//!
//! The engine knows no HTTP, no SQL text and no container: it asks the store, the runtimes and the link, and decides by the
//! domain's rules. Whoever asks brings an [`longhouse_domain::Actor`], and what they may not see does not exist for them.

pub mod accounts;
mod audit;
pub mod backup;
mod context;
mod egress;
mod engine;
mod error;
mod events;
mod files;
mod git;
mod metrics;
mod people;
mod policy;
mod publish;
mod recording;
mod repositories;
mod runtimes;
pub mod secrets;
mod session;
mod settings;
mod ssh;
mod terminal;
mod volumes;

pub use audit::{Audit, AuditSlot, AuditUnavailable};
pub use engine::{Engine, Health};
pub use error::{EngineError, FieldProblem};
pub use events::Notice;
pub use files::{
    FileBytes, FileChange, FileContent, FileError, FileKind, FilePage, FilePlace, FileRange,
    FileView, SaveCondition, Saved, UploadError,
};
pub use git::{
    CommitPage, GitOutcome, GitTokenWish, NewCommit, RepositoryAt, RepositoryStatus, UnsavedWork,
};
pub use longhouse_runtime::host::user_name;
pub use longhouse_runtime::{Container, RuntimeHealth};
pub use longhouse_store::{
    Account, AuditFault, AuditPage, AuditQuery, AuditReport, CatchUp, Deed, GitToken, KnownHost,
    Person, Share, SshKey,
};
pub use metrics::{MetricsHistory, MetricsNews, MetricsTotals};
pub use people::{Inheritance, UserPatch};
pub use policy::{Policy, PolicyPatch, RETENTION_DAYS};
pub use recording::{Playing, RecordingPolicy, RecordingSettings};
pub use repositories::{
    NewPlace, NewRepository, RepositoryFiles, RepositoryPage, RepositoryPatch, RepositoryQuestion,
    RepositoryView,
};
pub use session::inside::Join;
pub use session::kept::{
    AutoCommitPatch, AutoCommitView, CheckpointView, CheckpointWish, Checkpoints,
};
pub use session::logs::{
    FollowedLog, LogQuestion, LogSources, MOST_LOG_LINES, SessionLog, SessionLogLine,
};
pub use session::place::ContainerLimits;
pub use session::ports::{PortAccess, PortError, PortStream};
pub use session::request::{
    CaptureFormat, ExecCommand, ExecOutcome, HealthCheck, NewContainer, NewSession, NewSessionKey,
    NewTerminal, SecretsPatch, SessionHealth, SessionPatch, SessionStats, SessionsStats,
};
pub use session::right::Right;
pub use session::share::ShareWith;
pub use session::view::{
    Action, AgentActivity, AgentState, PortView, PublishedView, SessionView, TerminalView,
};
pub use session::worktree::{NewWorktree, WorktreeOf};
pub use settings::{EngineSettings, PublishSettings};
pub use ssh::{SshKeySource, SshKeyWish, UnusableKey};
pub use terminal::{Access, Closed, Hello, PresentViewer, Viewer, ViewerEvent, ViewerInput};
pub use volumes::OrphanedVolume;
