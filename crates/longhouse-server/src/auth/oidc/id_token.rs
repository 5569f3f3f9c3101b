//! What a provider says of somebody, checked. Pure: keys, expectations and the time come in.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The algorithms that we take, where the provider says that it uses them. None of them lets a public key pass for a secret.
const ALGORITHMS: [(&str, Algorithm); 3] = [
    ("RS256", Algorithm::RS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

/// How far two clocks may be apart, in seconds.
const LEEWAY_SECONDS: i64 = 60;

/// Longest subject, in bytes, as the standard bounds it.
const LONGEST_SUBJECT: usize = 255;

/// What the token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// What the provider says that it signs with.
    pub(super) algorithms: &'a [String],
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vouched {
    pub(super) subject: String,
    /// Everything else.
    pub(super) claims: Map<String, Value>,
}

/// Why a token is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenFault {
    /// It is signed with a key that is not in the set at hand; there may be a newer set.
    #[error("the key is unknown")]
    UnknownKey,
    /// It will not do.
    #[error("{0}")]
    Bad(&'static str),
}

/// What a token says before anybody has looked whether it will do.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Claims {
    /// What is left of it once it has been checked.
    pub(super) fn vouched(self) -> Vouched {
        Vouched {
            subject: self.sub,
            claims: self.rest,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Checks a token.
pub(super) fn verify(
    token: &str,
    keys: &[Jwk],
    expected: &Expected<'_>,
) -> Result<Vouched, TokenFault> {
    let header =
        jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Bad("it is no token"))?;
    let known = ALGORITHMS.iter().any(|(name, algorithm)| {
        *algorithm == header.alg && expected.algorithms.iter().any(|a| a == name)
    });
    if !known {
        return Err(TokenFault::Bad(
            "its algorithm is not one of the provider's",
        ));
    }
    let key = find_key(keys, header.alg, header.kid.as_deref())?;
    let key = DecodingKey::from_jwk(key).map_err(|_| TokenFault::Bad("the key cannot be used"))?;
    let mut validation = Validation::new(header.alg);
    // What it says is compared below, with the clock that was handed in.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|_| TokenFault::Bad("its signature or its claims are wrong"))?
        .claims;
    check(&claims, expected)?;
    Ok(claims.vouched())
}

fn find_key<'a>(
    keys: &'a [Jwk],
    algorithm: Algorithm,
    named: Option<&str>,
) -> Result<&'a Jwk, TokenFault> {
    let mut fitting = keys.iter().filter(|key| fits(key, algorithm));
    match named {
        Some(name) => fitting
            .find(|key| key.common.key_id.as_deref() == Some(name))
            .ok_or(TokenFault::UnknownKey),
        // A token without a key's name is good where there is no choice.
        None => match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(TokenFault::UnknownKey),
            (Some(_), Some(_)) => Err(TokenFault::Bad("it does not name its key")),
        },
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let signs = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    signs
        && match &key.algorithm {
            AlgorithmParameters::RSA(_) => algorithm == Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(curve) => {
                algorithm == Algorithm::ES256 && curve.curve == EllipticCurve::P256
            }
            AlgorithmParameters::OctetKeyPair(pair) => {
                algorithm == Algorithm::EdDSA && pair.curve == EllipticCurve::Ed25519
            }
            _ => false,
        }
}

/// Holds what a token says, whose signature is good, against what it must say.
pub(super) fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), TokenFault> {
    let audience = match &claims.aud {
        Audience::One(one) => std::slice::from_ref(one),
        Audience::Several(several) => several,
    };
    let for_us = audience.iter().any(|one| one == expected.client_id);
    let party = claims.azp.as_deref();
    let rules = [
        (claims.iss == expected.issuer, "it is another issuer's"),
        (for_us, "it is meant for somebody else"),
        (
            party.map_or(audience.len() == 1, |party| party == expected.client_id),
            "it was given to somebody else",
        ),
        (
            claims.exp.saturating_add(LEEWAY_SECONDS) > expected.now,
            "its time is over",
        ),
        (
            claims.iat <= expected.now.saturating_add(LEEWAY_SECONDS)
                && claims
                    .nbf
                    .is_none_or(|begin| begin <= expected.now.saturating_add(LEEWAY_SECONDS)),
            "it comes from the future",
        ),
        (
            claims.nonce.as_deref() == Some(expected.nonce),
            "it belongs to another attempt",
        ),
        (
            (1..=LONGEST_SUBJECT).contains(&claims.sub.len()),
            "it names nobody",
        ),
    ];
    match rules.iter().find(|(holds, _)| !holds) {
        Some((_, fault)) => Err(TokenFault::Bad(fault)),
        None => Ok(()),
    }
}
