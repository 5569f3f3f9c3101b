//! A record of the audit log as clients see it.

use std::collections::BTreeMap;

use longhouse_domain::Timestamp;
use longhouse_domain::audit::{ActorKind, AuditRecord, Outcome, Severity};
use serde::Serialize;
use utoipa::ToSchema;

/// What kind of being acted.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditActorKind)]
pub(crate) enum ActorKindName {
    /// A person, signed in.
    User,
    /// An API token.
    Token,
    /// The server itself, or whoever owns its process.
    System,
    /// Somebody who did not show who they are.
    Nobody,
}

impl From<ActorKind> for ActorKindName {
    fn from(kind: ActorKind) -> Self {
        match kind {
            ActorKind::User => Self::User,
            ActorKind::Token => Self::Token,
            ActorKind::System => Self::System,
            ActorKind::Nobody => Self::Nobody,
        }
    }
}

/// With what result.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditOutcome)]
pub(crate) enum OutcomeName {
    /// It was done.
    Ok,
    /// They may not, or may not see it.
    Denied,
    /// It was not done, or not wholly, for another reason.
    Failed,
}

impl From<Outcome> for OutcomeName {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::Ok,
            Outcome::Denied => Self::Denied,
            Outcome::Failed => Self::Failed,
        }
    }
}

/// How much it matters.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditSeverity)]
pub(crate) enum SeverityName {
    /// Ordinary.
    Info,
    /// Somebody has to look now.
    Critical,
}

impl From<Severity> for SeverityName {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Critical => Self::Critical,
        }
    }
}

/// Who acted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditActor)]
pub(crate) struct ActorBody {
    kind: ActorKindName,
    id: Option<String>,
    name: String,
}

/// What was acted upon.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditTarget)]
pub(crate) struct TargetBody {
    /// `session`, `terminal`, `user`, ...
    kind: String,
    /// Its identifier, where it was found; a terminal's is its session's.
    id: Option<String>,
    name: String,
}

/// Who did what to which object, from where, with what result.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditRecord)]
pub(crate) struct AuditRecordBody {
    /// Its place in the log, counted from 1 without gaps.
    seq: i64,
    at: Timestamp,
    severity: SeverityName,
    actor: ActorBody,
    /// `object.verb`, such as `session.create`.
    action: String,
    target: Option<TargetBody>,
    outcome: OutcomeName,
    /// The client's address; empty where it came from no network.
    address: String,
    /// The request's identifier; empty where it was none.
    request_id: String,
    /// What else there is to know, such as a problem's `code`.
    detail: BTreeMap<String, String>,
    /// The hash over this record and the hash of the one before.
    hash: String,
}

impl From<AuditRecord> for AuditRecordBody {
    fn from(record: AuditRecord) -> Self {
        let entry = record.entry;
        Self {
            seq: record.seq,
            at: entry.at,
            severity: entry.severity.into(),
            actor: ActorBody {
                kind: entry.actor.kind.into(),
                id: entry.actor.id,
                name: entry.actor.name,
            },
            action: entry.action,
            target: entry.target.map(|target| TargetBody {
                kind: target.kind,
                id: target.id,
                name: target.name,
            }),
            outcome: entry.outcome.into(),
            address: entry.address,
            request_id: entry.request_id,
            detail: entry.detail,
            hash: record.hash,
        }
    }
}
