//! API tokens: `lh_<43 letters and digits>_<6 more>`. The prefix is what scanners for leaked secrets look for, and the checksum
//! at the end lets them, and us, tell a token from something that only looks like one.

use std::time::Duration;

use longhouse_domain::audit::AuditTarget;
use longhouse_domain::{Role, Scopes, Timestamp};
use longhouse_store::{ApiToken, Deed, NewApiToken, StoreError};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Accounts;
use super::error::AccountError;
use super::identity::{Credential, Identity, Revoked, TokenGrant};
use super::secret::Secret;
use super::sign_in::later;
use crate::error::FieldProblem;

/// What every token begins with.
const PREFIX: &str = "lh_";

/// Letters and digits of chance: 256 bits.
const BODY: usize = 43;

/// Letters and digits of the checksum: 32 bits.
const CHECKSUM: usize = 6;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How much of a token its owner is shown later on, to tell it from others.
const HINT: usize = PREFIX.len() + 4;

/// How many tokens a user may have.
const MOST_TOKENS: u32 = 50;

/// Longest name, in characters.
const LONGEST_NAME: usize = 64;

/// Longest life that may be asked for, in days.
const LONGEST_LIFE: u32 = 3650;

/// How often at most the use of a token is written down.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// How long an expired token stays listed, so that its owner sees why a program stopped working.
pub(crate) const LISTED_AFTER_EXPIRY: Duration = Duration::from_secs(7 * 24 * 3600);

/// A token to be made.
#[derive(Clone, Debug)]
pub struct TokenWish {
    /// 1 to 64 characters; unique among its owner's.
    pub name: String,
    /// At least one.
    pub scopes: Scopes,
    /// After how many days it stops being good; `None` for never.
    pub expires_in_days: Option<u32>,
}

impl TokenWish {
    fn check(&self, role: Role) -> Result<(), AccountError> {
        let mut problems = Vec::new();
        let name = self.name.trim();
        if !(1..=LONGEST_NAME).contains(&name.chars().count())
            || name.chars().any(char::is_control)
            // A token is deleted by its identifier or its name, so no name may look like the other.
            || Uuid::try_parse(name).is_ok()
        {
            problems.push(FieldProblem::new("name", "must have 1 to 64 characters"));
        }
        if self.scopes.is_empty() {
            problems.push(FieldProblem::new("scopes", "must have at least one"));
        }
        if let Some(scope) = self.scopes.iter().find(|scope| scope.is_admins())
            && role != Role::Admin
        {
            problems.push(FieldProblem::new(
                "scopes",
                format!("\"{}\" is for admins' tokens alone", scope.as_str()),
            ));
        }
        if self
            .expires_in_days
            .is_some_and(|days| !(1..=LONGEST_LIFE).contains(&days))
        {
            problems.push(FieldProblem::new(
                "expiresInDays",
                format!("must be 1 to {LONGEST_LIFE}"),
            ));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(AccountError::Invalid(problems))
        }
    }
}

impl Accounts {
    /// Makes a token. The secret is shown this once; only its hash is kept.
    ///
    /// # Errors
    /// [`AccountError::Invalid`], [`AccountError::TokenNameTaken`], [`AccountError::TooManyTokens`].
    pub async fn create_api_token(
        &self,
        identity: &Identity,
        wish: TokenWish,
        deed: &Deed,
    ) -> Result<(ApiToken, Secret), AccountError> {
        wish.check(identity.user.role)?;
        let (now, secret) = (self.clock.now(), random_token()?);
        let new = NewApiToken {
            id: Uuid::now_v7(),
            user: identity.user.id,
            name: wish.name.trim().to_owned(),
            hash: secret.hash(),
            hint: secret.reveal().chars().take(HINT).collect(),
            scopes: wish.scopes,
            expires_at: wish.expires_in_days.map(|days| after_days(now, days)),
        };
        let deed = deed
            .clone()
            .about(AuditTarget::new(
                "token",
                Some(new.id.to_string()),
                &new.name,
            ))
            .with("scopes", new.scopes.to_string());
        let made = self.store.create_api_token(&new, MOST_TOKENS, &deed, now);
        match made.await {
            Ok(Some(token)) => Ok((token, secret)),
            Ok(None) => Err(AccountError::TooManyTokens { most: MOST_TOKENS }),
            Err(StoreError::NameTaken) => Err(AccountError::TokenNameTaken),
            Err(other) => Err(other.into()),
        }
    }

    /// A user's tokens, the newest first.
    pub async fn api_tokens(&self, identity: &Identity) -> Result<Vec<ApiToken>, AccountError> {
        Ok(self.store.api_tokens(identity.user.id).await?)
    }

    /// Deletes one of a user's own tokens, by identifier or name. Connections that it opened close.
    ///
    /// # Errors
    /// [`AccountError::TokenNotFound`].
    pub async fn delete_api_token(
        &self,
        identity: &Identity,
        id_or_name: &str,
        deed: &Deed,
    ) -> Result<(), AccountError> {
        let user = identity.user.id;
        let found = self.store.api_token_of(user, id_or_name).await?;
        let token = found.ok_or(AccountError::TokenNotFound)?;
        let target = AuditTarget::new("token", Some(token.id.to_string()), &token.name);
        let deed = deed.clone().about(target);
        if !self.store.delete_api_token(user, token.id, &deed).await? {
            return Err(AccountError::TokenNotFound);
        }
        self.revoke(user, Revoked::ApiToken(token.id));
        Ok(())
    }

    /// Whether a text is an API token, as far as can be told without looking it up.
    #[must_use]
    pub fn is_api_token(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Who a token speaks for, with what scopes.
    ///
    /// # Errors
    /// [`AccountError::NotSignedIn`] where it is unknown or expired, or its owner is disabled.
    pub async fn identify_api_token(&self, token: &Secret) -> Result<Identity, AccountError> {
        if !is_well_formed(token.reveal()) {
            return Err(AccountError::NotSignedIn);
        }
        let found = self.store.api_token_by_hash(&token.hash()).await?;
        let identity = self.holder(found).await?;
        let Credential::ApiToken(grant) = &identity.by else {
            return Ok(identity);
        };
        // That it cannot be noted is no reason to turn its owner away.
        let noted = self
            .store
            .touch_api_token(grant.id, self.clock.now(), NOTED_EVERY);
        if let Err(error) = noted.await {
            tracing::warn!(%error, token = %grant.id, "the use of an API token could not be noted");
        }
        Ok(identity)
    }

    pub(super) async fn identify_token(&self, id: Uuid) -> Result<Identity, AccountError> {
        let found = self.store.api_token(id).await?;
        self.holder(found).await
    }

    async fn holder(&self, token: Option<ApiToken>) -> Result<Identity, AccountError> {
        let token = token.ok_or(AccountError::NotSignedIn)?;
        if token.expires_at.is_some_and(|end| end <= self.clock.now()) {
            return Err(AccountError::NotSignedIn);
        }
        Ok(Identity {
            user: self.enabled_user(token.user).await?,
            by: Credential::ApiToken(TokenGrant {
                id: token.id,
                name: token.name,
                scopes: token.scopes,
                expires_at: token.expires_at,
            }),
        })
    }
}

fn after_days(now: Timestamp, days: u32) -> Timestamp {
    later(now, Duration::from_secs(u64::from(days) * 24 * 3600))
}

fn random_token() -> Result<Secret, AccountError> {
    let mut body = String::with_capacity(BODY);
    while body.len() < BODY {
        // Bytes from 248 on would make some letters likelier than others.
        let fair = Secret::random_bytes()?
            .into_iter()
            .filter(|byte| *byte < 248);
        let letters = fair.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        body.extend(letters.take(BODY - body.len()));
    }
    Ok(Secret::new(format!("{PREFIX}{body}_{}", checksum(&body))))
}

pub(super) fn is_well_formed(token: &str) -> bool {
    token
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('_'))
        .is_some_and(|(body, sum)| {
            body.len() == BODY
                && body.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && sum == checksum(body)
        })
}

/// The first 32 bits of the body's SHA-256, most significant digit first.
fn checksum(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    let mut rest = digest
        .iter()
        .take(4)
        .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[rest % ALPHABET.len()];
        rest /= ALPHABET.len();
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_prefix_chance_and_a_checksum_that_fits() {
        let token = random_token().unwrap();
        let text = token.reveal();
        assert!(is_well_formed(text), "{text}");
        assert_eq!(text.len(), PREFIX.len() + BODY + 1 + CHECKSUM);
        assert_ne!(random_token().unwrap(), token);
        let last = if text.ends_with('0') { '1' } else { '0' };
        let changed = format!("{}{last}", &text[..text.len() - 1]);
        for bad in [
            changed.as_str(),
            "",
            "lh_",
            "lh_a_b",
            &text[3..],
            &text.replace('_', "-"),
        ] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn the_checksum_can_be_computed_by_others() {
        // `printf abc | sha256sum` begins with ba7816bf.
        assert_eq!(checksum("abc"), "3Pia9n");
    }
}
