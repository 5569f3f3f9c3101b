//! Access tokens: JSON web tokens, HMAC-SHA-256, fifteen minutes. One algorithm, one key, nothing taken from the header.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use longhouse_domain::{Clock, UserId};
use longhouse_engine::accounts::{Accounts, SignedIn};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::settings::SigningKey;

/// How long an access token is good.
pub(crate) const ACCESS_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How far two clocks may be apart, in seconds.
const LEEWAY_SECONDS: i64 = 30;

const AUDIENCE: &str = "longhouse";
const KIND: &str = "access";

/// What a token says. Times are seconds since 1970, as numbers: a text is refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    typ: String,
    sub: Uuid,
    /// The sign-in.
    sid: Uuid,
    /// The user's token version.
    ver: i64,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// What a good token speaks for; whether it still holds is for the accounts to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) user: UserId,
    pub(crate) sign_in: Uuid,
    pub(crate) version: i64,
}

/// Makes access tokens and reads them.
pub(crate) struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    clock: Arc<dyn Clock>,
}

impl AccessTokens {
    pub(crate) fn new(key: &SigningKey, clock: Arc<dyn Clock>) -> Self {
        let secret = derived(key, "access token");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "sub"]);
        // Times are compared below, with the clock that was handed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            encoding: EncodingKey::from_secret(&secret),
            decoding: DecodingKey::from_secret(&secret),
            validation,
            clock,
        }
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// A token for a sign-in.
    pub(crate) fn issue(&self, signed: &SignedIn) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.now();
        let lifetime = i64::try_from(ACCESS_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            typ: KIND.to_owned(),
            sub: signed.user.id.0,
            sid: signed.sign_in,
            ver: signed.user.token_version,
            iat: now,
            nbf: now,
            exp: now.saturating_add(lifetime),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    /// Whether a token was made here, be it good or not any more.
    pub(crate) fn is_ours(&self, token: &str) -> bool {
        Accounts::is_api_token(token)
            || jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).is_ok()
    }

    /// What a token speaks for; `None` for anything but a token of ours that is in its time.
    pub(crate) fn read(&self, token: &str) -> Option<Spoken> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .ok()?
            .claims;
        let now = self.now();
        let in_time = claims.exp.saturating_add(LEEWAY_SECONDS) > now
            && claims.nbf <= now.saturating_add(LEEWAY_SECONDS)
            && claims.iat <= now.saturating_add(LEEWAY_SECONDS);
        (claims.typ == KIND && in_time).then_some(Spoken {
            user: UserId(claims.sub),
            sign_in: claims.sid,
            version: claims.ver,
        })
    }
}

/// A key for one purpose, so that what is signed for one is never good for another.
pub(crate) fn derived(key: &SigningKey, purpose: &str) -> [u8; 32] {
    // HMAC fills its block up with zeros; doing so here makes the key one that cannot be refused.
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key.0);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(b"longhouse ");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use longhouse_domain::clock::from_millis;
    use longhouse_domain::user::User;
    use longhouse_domain::{Role, Timestamp};
    use longhouse_engine::accounts::Secret;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const KEY: SigningKey = SigningKey([3; 32]);

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            from_millis(NOW * 1000)
        }
    }

    fn tokens() -> AccessTokens {
        AccessTokens::new(&KEY, Arc::new(Noon))
    }

    fn signed_in() -> SignedIn {
        let user = User {
            id: UserId(Uuid::from_u128(1)),
            username: "ann".to_owned(),
            role: Role::Member,
            may_use_host: false,
            disabled: false,
            token_version: 4,
            created_at: from_millis(0),
        };
        SignedIn {
            user,
            sign_in: Uuid::from_u128(2),
            refresh: Secret::new("r"),
        }
    }

    fn forged(header: &Value, change: impl FnOnce(&mut Value), key: &[u8]) -> String {
        let mut claims = json!({
            "aud": "longhouse", "typ": "access", "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2),
            "ver": 4, "iat": NOW, "nbf": NOW, "exp": NOW + 900
        });
        change(&mut claims);
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(&claims));
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
        mac.update(signed.as_bytes());
        format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        )
    }

    #[test]
    fn a_token_of_ours_is_read_back() {
        let token = tokens().issue(&signed_in()).unwrap();
        let spoken = tokens().read(&token).unwrap();
        assert_eq!(spoken.user, signed_in().user.id);
        assert_eq!((spoken.sign_in, spoken.version), (Uuid::from_u128(2), 4));
    }

    #[test]
    fn forged_tokens_are_refused() {
        let key = derived(&KEY, "access token");
        let plain = json!({"alg": "HS256", "typ": "JWT"});
        let good = |_: &mut Value| {};
        // The forger of this test can make a good one; what follows is refused for what it says.
        assert!(tokens().read(&forged(&plain, good, &key)).is_some());

        let headers = [
            json!({"alg": "none"}),
            json!({"alg": "None"}),
            json!({"alg": "HS384"}),
            json!({"alg": "RS256"}),
            json!({}),
        ];
        for header in headers {
            assert!(
                tokens().read(&forged(&header, good, &key)).is_none(),
                "{header}"
            );
        }
        let unsigned = forged(&json!({"alg": "none"}), good, &key);
        let unsigned = unsigned.rsplit_once('.').unwrap().0;
        assert!(tokens().read(&format!("{unsigned}.")).is_none());
        assert!(tokens().read(&forged(&plain, good, b"")).is_none());
        assert!(
            tokens()
                .read(&forged(&plain, good, &derived(&KEY, "refresh")))
                .is_none()
        );

        let claims: [(&str, Value); 12] = [
            ("exp", json!("9999999999")),
            ("exp", json!(NOW - 60)),
            ("exp", json!(-1)),
            ("exp", json!(1e300)),
            ("exp", Value::Null),
            ("nbf", json!(NOW + 60)),
            ("iat", json!(NOW + 60)),
            ("aud", json!("elsewhere")),
            ("aud", Value::Null),
            ("typ", json!("refresh")),
            ("sub", json!("' or 1")),
            ("ver", json!("4")),
        ];
        for (name, value) in claims {
            let token = forged(&plain, |claims| claims[name] = value.clone(), &key);
            assert!(tokens().read(&token).is_none(), "{name}: {value}");
        }
        for missing in ["exp", "nbf", "aud", "sub", "sid", "ver", "typ"] {
            let strip = |claims: &mut Value| {
                claims.as_object_mut().unwrap().remove(missing);
            };
            assert!(
                tokens().read(&forged(&plain, strip, &key)).is_none(),
                "{missing}"
            );
        }
        for nonsense in ["", ".", "..", "a.b.c", &"x".repeat(100_000)] {
            assert!(tokens().read(nonsense).is_none());
        }
    }
}
