//! An attempt to log in at a provider, between the way there and the way back. All of it is made from one seed, which
//! stands in a cookie that only we can write: whoever comes back with another browser cannot go on, and nothing is kept here.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use longhouse_engine::accounts::{AccountError, Secret};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::auth::derived;
use crate::settings::SigningKey;

/// How long somebody may take at the provider.
pub(in crate::auth) const ATTEMPT_LIFETIME: Duration = Duration::from_secs(600);

/// Most attempts that one browser may have under way. Every one is a cookie that it sends with every request of its kind.
const MOST_UNDER_WAY: usize = 8;

/// Length of the label of an attempt, in characters of its state.
const LABEL_LENGTH: usize = 12;

/// Longest address within the page that somebody is brought back to, in bytes.
const LONGEST_NEXT: usize = 512;

/// Makes attempts and reads them back.
pub(super) struct Attempts {
    key: [u8; 32],
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// Which provider.
    pub(super) provider: String,
    pub(super) purpose: Purpose,
    seed: String,
    /// Seconds since 1970.
    expires: i64,
}

/// What is to come of somebody's login at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// A login here.
    LogIn {
        /// Where in the page to go in the end.
        next: String,
    },
    /// A further way into the account of whoever is logged in.
    Link {
        /// Whose account.
        user: Uuid,
        /// The sign-in that began it: what another one brings back is not theirs to finish.
        sign_in: Uuid,
    },
}

impl Purpose {
    /// A login that leads to that page in the end, where it is one of ours.
    pub(super) fn log_in(next: Option<&str>) -> Self {
        let next = next.filter(|next| is_own_page(next)).unwrap_or("/");
        Self::LogIn {
            next: next.to_owned(),
        }
    }
}

impl Attempts {
    pub(super) fn new(key: &SigningKey) -> Self {
        Self {
            key: derived(key, "oidc attempt"),
        }
    }

    /// Begins one.
    pub(super) fn begin(
        &self,
        provider: &str,
        purpose: Purpose,
        now: i64,
    ) -> Result<Attempt, AccountError> {
        let lifetime = i64::try_from(ATTEMPT_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        Ok(Attempt {
            provider: provider.to_owned(),
            purpose,
            seed: Secret::random()?.reveal().to_owned(),
            expires: now.saturating_add(lifetime),
        })
    }

    /// As it stands in the cookie.
    pub(super) fn seal(&self, attempt: &Attempt) -> Secret {
        let text = serde_json::to_vec(attempt).unwrap_or_default();
        let body = URL_SAFE_NO_PAD.encode(text);
        let seal = URL_SAFE_NO_PAD.encode(self.mac("cookie", &body).finalize().into_bytes());
        Secret::new(format!("{body}.{seal}"))
    }

    /// What stands in the cookie, if it is ours and in its time.
    pub(super) fn open(&self, cookie: &Secret, now: i64) -> Option<Attempt> {
        let (body, seal) = cookie.reveal().split_once('.')?;
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        self.mac("cookie", body).verify_slice(&seal).ok()?;
        let text = URL_SAFE_NO_PAD.decode(body).ok()?;
        let attempt: Attempt = serde_json::from_slice(&text).ok()?;
        (attempt.expires > now).then_some(attempt)
    }

    /// Which of the attempts under way, by label and cookie, have to end before another one may begin: those that have ended
    /// already, and of the others the oldest.
    pub(super) fn superfluous<'a>(
        &self,
        under_way: impl Iterator<Item = (&'a str, Secret)>,
        now: i64,
    ) -> Vec<&'a str> {
        let expiry = |cookie: &Secret| self.open(cookie, now).map(|attempt| attempt.expires);
        let mut aged: Vec<(Option<i64>, &str)> = under_way
            .map(|(label, cookie)| (expiry(&cookie), label))
            .collect();
        aged.sort_unstable();
        let ended = aged.iter().filter(|(expiry, _)| expiry.is_none()).count();
        let too_many = (aged.len() + 1).saturating_sub(MOST_UNDER_WAY);
        aged.truncate(ended.max(too_many));
        aged.into_iter().map(|(_, label)| label).collect()
    }

    /// What the provider must bring back.
    pub(super) fn state(&self, attempt: &Attempt) -> String {
        self.made("state", attempt)
    }

    /// Whether what came back is that.
    pub(super) fn is_state(&self, attempt: &Attempt, given: &str) -> bool {
        URL_SAFE_NO_PAD.decode(given).is_ok_and(|given| {
            self.mac("state", &attempt.seed)
                .verify_slice(&given)
                .is_ok()
        })
    }

    /// What the ID token must contain.
    pub(super) fn nonce(&self, attempt: &Attempt) -> String {
        self.made("nonce", attempt)
    }

    /// What shows at the token endpoint that the code was asked for here.
    pub(super) fn verifier(&self, attempt: &Attempt) -> String {
        self.made("verifier", attempt)
    }

    /// The verifier's digest, which the provider keeps meanwhile.
    pub(super) fn challenge(&self, attempt: &Attempt) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier(attempt)))
    }

    fn made(&self, what: &str, attempt: &Attempt) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(what, &attempt.seed).finalize().into_bytes())
    }

    fn mac(&self, what: &str, of: &str) -> Hmac<Sha256> {
        // HMAC fills its block up with zeros; doing so here makes the key one that cannot be refused.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.key);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        for part in [what, "\0", of] {
            mac.update(part.as_bytes());
        }
        mac
    }
}

/// What tells an attempt from the others of the same browser: how its state begins. `None` where it cannot be a state of ours.
pub(super) fn label_of(state: &str) -> Option<&str> {
    let ours = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    state
        .get(..LABEL_LENGTH)
        .filter(|label| label.bytes().all(ours))
}

/// Whether an address leads to a page of ours, and nowhere else: browsers read `//` and `/\` as another host, and pass over
/// tabs and line ends.
fn is_own_page(next: &str) -> bool {
    next.len() <= LONGEST_NEXT
        && next.starts_with('/')
        && !next.starts_with("//")
        && !next.starts_with("/api")
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn attempts() -> Attempts {
        Attempts::new(&SigningKey([3; 32]))
    }

    #[test]
    fn an_attempt_is_read_back_in_its_time_and_only_as_it_was_written() {
        let attempts = attempts();
        let attempt = attempts
            .begin("corp", Purpose::log_in(Some("/sessions/a")), NOW)
            .unwrap();
        let cookie = attempts.seal(&attempt);
        assert_eq!(attempts.open(&cookie, NOW), Some(attempt.clone()));
        assert_eq!(attempts.open(&cookie, NOW + 600), None);
        let text = cookie.reveal();
        for forged in [
            format!("x{text}"),
            format!("{text}x"),
            text.replace('.', ""),
            String::new(),
        ] {
            assert_eq!(attempts.open(&Secret::new(forged), NOW), None);
        }
        let elsewhere = Attempts::new(&SigningKey([4; 32]));
        assert_eq!(elsewhere.open(&cookie, NOW), None);
        assert!(attempts.is_state(&attempt, &attempts.state(&attempt)));
        for wrong in [
            "",
            "x",
            &attempts.nonce(&attempt),
            &attempts.verifier(&attempt),
        ] {
            assert!(!attempts.is_state(&attempt, wrong), "{wrong}");
        }
    }

    #[test]
    fn a_further_attempt_ends_what_is_over_and_else_the_oldest() {
        let attempts = attempts();
        let begun =
            |at: i64| attempts.seal(&attempts.begin("corp", Purpose::log_in(None), at).unwrap());
        let superfluous = |cookies: &[(&'static str, Secret)]| {
            attempts.superfluous(cookies.iter().map(|(l, c)| (*l, c.clone())), NOW)
        };
        let mut under_way = vec![("b", begun(NOW - 2)), ("a", begun(NOW - 3))];
        assert!(superfluous(&under_way).is_empty());
        under_way.extend(["c", "d", "e", "f", "g"].map(|label| (label, begun(NOW))));
        assert!(superfluous(&under_way).is_empty(), "the eighth still fits");
        under_way.push(("h", begun(NOW)));
        assert_eq!(superfluous(&under_way), ["a"]);
        under_way.push(("over", begun(NOW - 600)));
        under_way.push(("forged", Secret::new("x.y")));
        assert_eq!(superfluous(&under_way), ["forged", "over", "a"]);
    }

    #[test]
    fn a_label_is_nothing_but_the_beginning_of_a_state() {
        assert_eq!(label_of("abcdef-_0123rest"), Some("abcdef-_0123"));
        for not_ours in ["", "short", "abc=;def-_0123", "abcdefghijk\u{e9}lm"] {
            assert_eq!(label_of(not_ours), None, "{not_ours}");
        }
    }

    #[test]
    fn the_way_back_stays_on_this_server() {
        let next = |next: &str| match Purpose::log_in(Some(next)) {
            Purpose::LogIn { next } => next,
            Purpose::Link { .. } => unreachable!(),
        };
        assert_eq!(next("/sessions/a?tab=1#x"), "/sessions/a?tab=1#x");
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "https://evil.example",
            "javascript:alert(1)",
            "evil",
            "/\t/evil.example",
            "/a\r\nset-cookie: x",
            "/api/auth/oidc/corp/login",
            &format!("/{}", "a".repeat(600)),
        ] {
            assert_eq!(next(bad), "/", "{bad:?}");
        }
    }
}
