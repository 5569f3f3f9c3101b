//! `[oidc.ID]`: an identity provider to log in through.

use std::path::PathBuf;

use longhouse_domain::Role;
use serde::Deserialize;

use super::error::ConfigError;
use super::settings::Settings;

/// One provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OidcSettings {
    /// What people read on the button; the table's name where absent.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// The issuer.
    pub(crate) issuer: String,
    /// What the provider calls this server.
    pub(crate) client_id: String,
    /// The file with the secret that goes with it.
    #[serde(default)]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The variable with that secret.
    #[serde(default)]
    pub(crate) client_secret_env: Option<String>,
    /// What is asked for beside `openid`.
    #[serde(default = "usual_scopes")]
    pub(crate) scopes: Vec<String>,
    /// The claim that lists somebody's groups.
    #[serde(default = "usual_claim")]
    pub(crate) groups_claim: String,
    /// Groups that make an admin.
    #[serde(default)]
    pub(crate) admin_groups: Vec<String>,
    /// Groups that make a member.
    #[serde(default)]
    pub(crate) member_groups: Vec<String>,
    /// Groups that make a viewer.
    #[serde(default)]
    pub(crate) viewer_groups: Vec<String>,
    /// Groups that give the `host` permission.
    #[serde(default)]
    pub(crate) host_groups: Vec<String>,
    /// The role of those in none of these groups.
    #[serde(default)]
    pub(crate) default_role: Option<Role>,
    /// Whether somebody who comes for the first time gets an account.
    #[serde(default = "yes")]
    pub(crate) create_accounts: bool,
    /// Only people with a verified address of mail in one of these domains.
    #[serde(default)]
    pub(crate) allowed_domains: Vec<String>,
    /// Only people in one of these groups.
    #[serde(default)]
    pub(crate) allowed_groups: Vec<String>,
}

fn usual_scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).to_vec()
}

fn usual_claim() -> String {
    "groups".to_owned()
}

fn yes() -> bool {
    true
}

/// Refuses providers that cannot work, and a server that nobody could log in to.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    if !settings.password_login && settings.oidc.is_empty() {
        return Err(ConfigError::Inconsistent(
            "password_login is false, but there is no [oidc.NAME] to log in through".to_owned(),
        ));
    }
    for (id, provider) in &settings.oidc {
        let wrong = |what: &str| ConfigError::Inconsistent(format!("oidc.{id}: {what}"));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !(1..=64).contains(&id.len()) || !id.bytes().all(plain) {
            return Err(wrong(
                "its name must have 1 to 64 letters, digits, '-' or '_'",
            ));
        }
        if !provider.issuer.starts_with("https://") && !is_on_this_machine(&provider.issuer) {
            return Err(wrong("the issuer must be an address with https://"));
        }
        if provider.client_secret_file.is_some() && provider.client_secret_env.is_some() {
            return Err(wrong(
                "only one of client_secret_file and client_secret_env can hold",
            ));
        }
    }
    Ok(())
}

/// A name before an `@` would look like a host and be none.
fn is_on_this_machine(issuer: &str) -> bool {
    let starts = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    !issuer.contains('@')
        && starts
            .iter()
            .filter_map(|start| issuer.strip_prefix(start))
            .any(|rest| rest.is_empty() || rest.starts_with([':', '/']))
}

#[cfg(test)]
mod tests {
    use crate::config::Flags;
    use crate::config::tests::{load_with, message};

    fn file(issuer: &str) -> String {
        format!("[oidc.corp]\nissuer = \"{issuer}\"\nclient_id = \"longhouse\"")
    }

    #[test]
    fn plain_http_is_for_providers_on_this_machine() {
        for good in [
            "https://id.example.com/a",
            "http://127.0.0.1:9/a",
            "http://localhost",
            "http://[::1]:9",
        ] {
            assert!(
                load_with(&file(good), &[], &Flags::default()).is_ok(),
                "{good}"
            );
        }
        for bad in [
            "http://id.example.com",
            "http://10.0.0.1:9",
            "http://localhost.evil.example",
            "http://127.0.0.1:9@evil.example",
            "id.example.com",
        ] {
            assert!(message(&file(bad), &[]).contains("https://"), "{bad}");
        }
    }

    #[test]
    fn there_is_always_a_way_in() {
        assert!(message("password_login = false", &[]).contains("no [oidc.NAME]"));
    }
}
