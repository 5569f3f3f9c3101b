//! The policy: what admins decide while the server runs; and what the server was started with, for them to read.

use axum::Json;
use axum::extract::State;
use longhouse_engine::{Policy, PolicyPatch};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::audit::Note;
use crate::extract::Body;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// The policy in force, and what the server was started with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Settings)]
pub(crate) struct SettingsBody {
    /// Whether the lines that people type into terminals are recorded in the audit log.
    audit_command_lines: bool,
    /// After how many days records of the audit log are moved into an archive file; null keeps them for ever.
    audit_retention_days: Option<u32>,
    effective: Effective,
}

/// What the server was started with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveSettings)]
pub(crate) struct Effective {
    version: String,
    /// The address that it listens on.
    listen: String,
    /// `https` where browsers reach it over TLS.
    scheme: String,
    public_url: Option<String>,
    trusted_proxies: Vec<String>,
    /// The database's kind and version, or what is wrong with it.
    database: String,
    /// Where old records of the audit log go.
    audit_archive: Option<String>,
}

/// What of the policy is to be changed. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SettingsPatch {
    audit_command_lines: Option<bool>,
    /// 1 to 36500, or null for ever.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>)]
    audit_retention_days: Option<Option<u32>>,
}

/// Tells null from absence.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Shows the policy.
#[utoipa::path(get, path = "/api/settings", tag = "admin", responses(
    (status = 200, body = SettingsBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn get_settings(state: State<AppState>) -> Json<SettingsBody> {
    let policy = state.engine().policy();
    Json(body(&state, policy).await)
}

/// Changes the policy. It holds at once.
#[utoipa::path(patch, path = "/api/settings", tag = "admin", request_body = SettingsPatch, responses(
    (status = 200, body = SettingsBody), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn update_settings(
    state: State<AppState>,
    note: Note,
    patch: Body<SettingsPatch>,
) -> Result<Json<SettingsBody>, Problem> {
    let patch = PolicyPatch {
        audit_command_lines: patch.0.audit_command_lines,
        audit_retention_days: patch.0.audit_retention_days,
    };
    if let Some(on) = patch.audit_command_lines {
        note.detail("auditCommandLines", on.to_string());
    }
    if let Some(days) = patch.audit_retention_days {
        let days = days.map_or_else(|| "for ever".to_owned(), |days| days.to_string());
        note.detail("auditRetentionDays", days);
    }
    let policy = state.engine().change_policy(patch, &note.deed()?).await?;
    Ok(Json(body(&state, policy).await))
}

async fn body(app: &AppState, policy: Policy) -> SettingsBody {
    let (settings, engine) = (app.settings(), app.engine());
    let archive = engine.settings().audit_archive.as_ref();
    SettingsBody {
        audit_command_lines: policy.audit_command_lines,
        audit_retention_days: policy.audit_retention_days,
        effective: Effective {
            version: settings.version.to_owned(),
            listen: settings.listen.to_string(),
            scheme: settings.scheme.as_str().to_owned(),
            public_url: settings.public_url.clone(),
            trusted_proxies: settings
                .trusted_proxies
                .iter()
                .map(ToString::to_string)
                .collect(),
            database: engine.health().await.database.unwrap_or_else(|error| error),
            audit_archive: archive.map(|dir| dir.display().to_string()),
        },
    }
}
