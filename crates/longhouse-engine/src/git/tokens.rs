//! What people's sessions log in with at repositories over HTTPS: kept sealed, and given to a session's git where it asks for its own
//! repository's host.
//!
//! Git has to hold such a token to use it, unlike an SSH key. So a session gets the one for its repository's host, and never another.

use std::time::Duration;

use longhouse_domain::audit::{AuditTarget, Outcome};
use longhouse_domain::clock::{from_millis, to_millis};
use longhouse_domain::event::LogLevel;
use longhouse_domain::git::RepositoryUrl;
use longhouse_domain::session::Session;
use longhouse_domain::ssh::agent::{CredentialQuestion, ExtensionAnswer};
use longhouse_domain::{SecretText, UserId};
use longhouse_store::{Deed, GitToken, SecretScope, StoreError};
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};
use crate::ssh::{AgentNews, SshAgent};

/// How many tokens a user may keep.
const MOST_TOKENS: u32 = 50;

/// The most bytes of a token, of a path and of a user's name.
const TOKEN_BYTES: usize = 4 * 1024;
const PATH_BYTES: usize = 500;
const USERNAME_BYTES: usize = 100;

/// The name that goes with a token where none was said: most forges look at the token alone.
const USUAL_USERNAME: &str = "git";

/// The name under which a token stands among the secrets.
const TOKEN: &str = "token";

/// How often at most the use of a token is noted with it; each stands in the audit log.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// A token to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitTokenWish {
    /// `host`, or `host:port`.
    pub host: String,
    /// The beginning of the paths of the repositories that it is for; empty for all of the host's.
    pub path: String,
    /// The name that goes with it, where it matters.
    pub username: Option<String>,
    /// The token.
    pub token: SecretText,
}

impl Engine {
    /// The tokens that a user keeps, by the places that they are for.
    pub async fn git_tokens(&self, user: UserId) -> Result<Vec<GitToken>, EngineError> {
        Ok(self.context().store.git_tokens(user).await?)
    }

    /// Keeps a token.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] with what is wrong with it; [`EngineError::Conflict`] where there is one for that place, or no room.
    pub async fn add_git_token(
        &self,
        user: UserId,
        wish: GitTokenWish,
        deed: &Deed,
    ) -> Result<GitToken, EngineError> {
        let (host, path) = check(&wish)?;
        let context = self.context();
        let token = GitToken {
            id: context.new_id(),
            user,
            host,
            path,
            username: wish.username.unwrap_or_else(|| USUAL_USERNAME.to_owned()),
            created_at: from_millis(to_millis(context.now())),
            last_used_at: None,
        };
        let scope = SecretScope::GitToken(token.id);
        let sealed = context
            .secrets
            .seal(scope, TOKEN, 1, wish.token.reveal().as_bytes())?;
        let deed = deed.clone().about(target(&token));
        match context
            .store
            .add_git_token(&token, &sealed, MOST_TOKENS, &deed)
            .await
        {
            Ok(true) => Ok(token),
            Ok(false) => Err(EngineError::conflict(
                "git_token.limit_reached",
                format!("there are {MOST_TOKENS} git tokens, which is the most: delete one first"),
            )),
            Err(StoreError::NameTaken) => Err(EngineError::conflict(
                "git_token.place_taken",
                "there is a git token for that host and path: delete it first",
            )),
            Err(other) => Err(other.into()),
        }
    }

    /// Forgets one of the tokens that a user keeps.
    ///
    /// # Errors
    /// [`EngineError::GitTokenNotFound`].
    pub async fn delete_git_token(
        &self,
        user: UserId,
        id: Uuid,
        deed: &Deed,
    ) -> Result<(), EngineError> {
        let store = &self.context().store;
        let tokens = store.git_tokens(user).await?;
        let token = tokens.into_iter().find(|token| token.id == id);
        let token = token.ok_or(EngineError::GitTokenNotFound)?;
        let deed = deed.clone().about(target(&token));
        match store.delete_git_token(user, id, &deed).await? {
            true => Ok(()),
            false => Err(EngineError::GitTokenNotFound),
        }
    }
}

/// Host and path as they are compared, or what is wrong.
fn check(wish: &GitTokenWish) -> Result<(String, String), EngineError> {
    let mut problems = Vec::new();
    let path = wish.path.trim_matches('/');
    let place = format!(
        "https://{}/{}",
        wish.host,
        if path.is_empty() { "a" } else { path }
    );
    let host = format!("https://{}/a", wish.host)
        .parse()
        .ok()
        .and_then(|url| host_of(&url));
    if host.is_none() || wish.host.contains(['/', '@']) {
        let text = "must be a host name or an address, with an optional :port";
        problems.push(FieldProblem::new("host", text));
    } else if path.len() > PATH_BYTES || place.parse::<RepositoryUrl>().is_err() {
        let text =
            "must be the beginning of a repository's path, in whole names: team, or team/app.git";
        problems.push(FieldProblem::new("path", text));
    }
    let is_word = |text: &str, most| {
        !text.is_empty() && text.len() <= most && !text.chars().any(char::is_control)
    };
    if wish
        .username
        .as_ref()
        .is_some_and(|name| !is_word(name, USERNAME_BYTES))
    {
        let text = "must have 1 to 100 characters, and none for control";
        problems.push(FieldProblem::new("username", text));
    }
    if !is_word(wish.token.reveal(), TOKEN_BYTES) {
        let text = "must be one line of at most 4096 bytes";
        problems.push(FieldProblem::new("token", text));
    }
    match host {
        Some(host) if problems.is_empty() => Ok((host, path.to_owned())),
        _ => Err(EngineError::Invalid(problems)),
    }
}

/// `host`, or `host:port` where the port is not the usual one.
fn host_of(url: &RepositoryUrl) -> Option<String> {
    let (host, port) = url.destination()?;
    match url.transport().default_port() == Some(port) {
        true => Some(host.to_string()),
        false => Some(format!("{host}:{port}")),
    }
}

fn target(token: &GitToken) -> AuditTarget {
    AuditTarget::new("git_token", Some(token.id.to_string()), &place(token))
}

/// `host`, or `host/path`.
fn place(token: &GitToken) -> String {
    match token.path.as_str() {
        "" => token.host.clone(),
        path => format!("{}/{path}", token.host),
    }
}

/// Whether a repository lies below a path, in whole names.
fn is_below(repository: &str, path: &str) -> bool {
    let rest = repository.trim_matches('/').strip_prefix(path);
    path.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl SshAgent {
    /// What git logs in with, as git reads it; nothing where there is no token for it.
    pub(crate) async fn credential(
        &self,
        session: &Session,
        question: &CredentialQuestion<'_>,
    ) -> Result<ExtensionAnswer, EngineError> {
        let nothing = || Ok(ExtensionAnswer::Given(String::new()));
        let Some(repository) = session.spec.repository.as_ref().map(|known| &known.url) else {
            return nothing();
        };
        // Who does not say which repository it is means the session's.
        let path = question.path.filter(|path| !path.is_empty());
        let path = path.unwrap_or(repository.path());
        let asked = format!(
            "{}://{}/{}",
            question.protocol,
            question.host,
            path.trim_start_matches('/')
        );
        let Ok(asked) = asked.parse::<RepositoryUrl>() else {
            return nothing();
        };
        let allowed = self
            .context
            .settings
            .git_transports
            .allow(asked.transport());
        let is_own = asked.transport() == repository.transport()
            && asked.destination() == repository.destination();
        let (Some(host), true) = (
            host_of(&asked),
            allowed && is_own && asked.transport().is_http(),
        ) else {
            return nothing();
        };
        let tokens = self.context.store.git_tokens(session.owner).await?;
        let fitting = tokens
            .into_iter()
            .filter(|token| token.host == host && is_below(asked.path(), &token.path));
        match fitting.max_by_key(|token| token.path.len()) {
            Some(token) => self.give(session, &token).await,
            None => nothing(),
        }
    }

    async fn give(
        &self,
        session: &Session,
        token: &GitToken,
    ) -> Result<ExtensionAnswer, EngineError> {
        let unwritten = |error: &dyn std::fmt::Display| EngineError::Internal(error.to_string());
        // Nothing is given that cannot be written down.
        let slot = self
            .context
            .audit
            .reserve()
            .await
            .map_err(|error| unwritten(&error))?;
        let scope = SecretScope::GitToken(token.id);
        let secret = self.context.secrets.get(scope, TOKEN).await?;
        let place = place(token);
        let mut entry = self
            .entry(session, "git_token.use")
            .await?
            .with("place", &place);
        if secret.is_none() {
            entry.outcome = Outcome::Failed;
        }
        slot.record(entry)
            .await
            .map_err(|error| unwritten(&error))?;
        let Some(secret) = secret else {
            return Ok(ExtensionAnswer::Given(String::new()));
        };
        let (store, now) = (&self.context.store, self.context.now());
        store.touch_git_token(token.id, now, NOTED_EVERY).await?;
        self.tell(AgentNews {
            host: token.host.clone(),
            level: LogLevel::Info,
            text: format!("git was given the token for {place}"),
            is_alert: false,
            event: None,
        })
        .await;
        let secret = String::from_utf8_lossy(&secret);
        let lines = format!("username={}\npassword={}\n", token.username, &*secret);
        Ok(ExtensionAnswer::Given(lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_beginning_of_others_in_whole_names() {
        for (repository, path, below) in [
            ("/team/app.git", "", true),
            ("/team/app.git", "team", true),
            ("/team/app.git", "team/app.git", true),
            ("/team/app.git", "tea", false),
            ("/team/app.git", "team/app", false),
            ("/other/team/app.git", "team", false),
        ] {
            assert_eq!(is_below(repository, path), below, "{repository} {path}");
        }
    }
}
