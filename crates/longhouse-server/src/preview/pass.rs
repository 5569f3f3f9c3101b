//! The pass that a browser shows at a preview: a cookie of that preview's origin alone, for one person, one session, one port.
//!
//! It says who somebody is and nothing about what they may: that is asked anew with every request. The platform's own cookies and tokens
//! never come here.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use longhouse_domain::UserId;
use longhouse_engine::accounts::{Credential, HeldBy, Identity};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::names::Place;
use crate::auth::derived;
use crate::settings::{Scheme, SigningKey};

/// How long a pass is good. The next visit after that fetches another, without a question.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

const AUDIENCE: &str = "longhouse preview";

/// What a pass says. Times are seconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    sub: Uuid,
    /// The user's token version.
    ver: i64,
    /// The sign-in, or the API token, with which it was fetched.
    sid: Option<Uuid>,
    tid: Option<Uuid>,
    /// The session.
    ses: Uuid,
    port: u16,
    exp: i64,
}

/// Whom a pass is for; whether that still holds is for the accounts to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) user: UserId,
    pub(super) version: i64,
    pub(super) by: HeldBy,
}

/// Makes passes and reads them.
pub(crate) struct Passes {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Passes {
    pub(crate) fn new(key: &SigningKey) -> Self {
        let secret = derived(key, "preview pass");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        // The time is compared below, with the clock that was handed in.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(&secret),
            decoding: DecodingKey::from_secret(&secret),
            validation,
        }
    }

    /// A pass for somebody, at this place, from `now` on. Who came by the control socket has shown nothing that could be taken back.
    pub(super) fn issue(&self, identity: &Identity, place: Place, now: i64) -> Option<String> {
        let (sid, tid) = match &identity.by {
            Credential::SignIn(id) => (Some(*id), None),
            Credential::ApiToken(grant) => (None, Some(grant.id)),
            Credential::ControlSocket => return None,
        };
        let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            sub: identity.user.id.0,
            ver: identity.user.token_version,
            sid,
            tid,
            ses: place.session.0,
            port: place.port,
            exp: now.saturating_add(lifetime),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).ok()
    }

    /// Whom a pass is for; `None` for anything but one of ours, for this place, in its time.
    pub(super) fn read(&self, pass: &str, place: Place, now: i64) -> Option<Holder> {
        let claims = jsonwebtoken::decode::<Claims>(pass, &self.decoding, &self.validation)
            .ok()?
            .claims;
        let by = match (claims.sid, claims.tid) {
            (Some(id), None) => HeldBy::SignIn(id),
            (None, Some(id)) => HeldBy::ApiToken(id),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        let here = claims.ses == place.session.0 && claims.port == place.port;
        (here && claims.exp > now).then_some(Holder {
            user: UserId(claims.sub),
            version: claims.ver,
            by,
        })
    }
}

/// The cookie's name. Under TLS the prefix keeps other hosts of the same domain from planting one.
pub(super) fn cookie_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Http => "longhouse_preview",
        Scheme::Https => "__Host-longhouse_preview",
    }
}

/// The pass among a request's cookies. Where there are two, none is believed.
pub(super) fn shown(headers: &HeaderMap, scheme: Scheme) -> Option<&str> {
    let mut found = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == cookie_name(scheme));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// The header that gives a browser its pass. Links from elsewhere may lead to a preview, other pages may not ask it anything.
pub(super) fn cookie(pass: &str, scheme: Scheme) -> Option<HeaderValue> {
    let secure = match scheme {
        Scheme::Http => "",
        Scheme::Https => "; Secure",
    };
    let (name, age) = (cookie_name(scheme), LIFETIME.as_secs());
    let text = format!("{name}={pass}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use longhouse_domain::clock::from_millis;
    use longhouse_domain::user::User;
    use longhouse_domain::{Role, SessionId};

    use super::*;

    fn somebody(by: Credential) -> Identity {
        let user = User {
            id: UserId(Uuid::from_u128(1)),
            username: "ann".to_owned(),
            role: Role::Member,
            may_use_host: true,
            disabled: false,
            token_version: 4,
            created_at: from_millis(0),
        };
        Identity { user, by }
    }

    #[test]
    fn a_pass_is_good_at_its_place_in_its_time_and_nowhere_else() {
        let passes = Passes::new(&SigningKey([1; 32]));
        let place = Place {
            session: SessionId(Uuid::from_u128(2)),
            port: 3000,
        };
        let sign_in = Uuid::from_u128(3);
        let ann = somebody(Credential::SignIn(sign_in));
        let pass = passes.issue(&ann, place, 1_000).unwrap();
        let holder = passes.read(&pass, place, 1_000).unwrap();
        assert_eq!((holder.user, holder.version), (ann.user.id, 4));
        assert_eq!(holder.by, HeldBy::SignIn(sign_in));
        let other_port = Place {
            port: 3001,
            ..place
        };
        let other_session = Place {
            session: SessionId(Uuid::from_u128(9)),
            ..place
        };
        assert!(passes.read(&pass, other_port, 1_000).is_none());
        assert!(passes.read(&pass, other_session, 1_000).is_none());
        let end = 1_000 + i64::try_from(LIFETIME.as_secs()).unwrap();
        assert!(passes.read(&pass, place, end).is_none());
        let others = Passes::new(&SigningKey([2; 32]));
        assert!(others.read(&pass, place, 1_000).is_none());
        assert!(passes.read(&format!("{pass}x"), place, 1_000).is_none());
        assert!(
            passes
                .issue(&somebody(Credential::ControlSocket), place, 0)
                .is_none()
        );
    }

    #[test]
    fn of_two_passes_none_is_believed() {
        let shown = |line: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(line));
            super::shown(&headers, Scheme::Http).map(str::to_owned)
        };
        assert_eq!(shown("a=b; longhouse_preview=x").as_deref(), Some("x"));
        assert_eq!(shown("longhouse_preview=x; longhouse_preview=y"), None);
        assert_eq!(shown("__Host-longhouse_preview=x"), None);
    }
}
