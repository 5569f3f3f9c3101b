//! A door for the target in `fuzz/`: what a provider says of somebody. It exists only in a build with `--cfg fuzzing`.

use jsonwebtoken::jwk::Jwk;
use longhouse_domain::Role;

use super::OidcProvider;
use super::id_token::{Claims, Expected, Vouched, check, verify};
use super::rights::{decide, lacks};

/// A key whose other half signs nothing here: the example of RFC 7515.
const KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

/// A token that is well formed and signed by nobody, once for each algorithm that is taken.
const UNSIGNED: [&str; 3] = [
    "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
    "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
    "eyJhbGciOiJFZERTQSJ9.e30.AAAA",
];

/// The same bytes as a token, as a key of the provider's and as the claims of a token whose signature is good. Without the key
/// nobody makes a token that is believed, and no claims are more than the rules allow.
pub(crate) fn id_token(word: &[u8]) {
    let algorithms = ["RS256", "ES256", "EdDSA"].map(str::to_owned);
    let expected = Expected {
        issuer: "https://id.example.com",
        client_id: "longhouse",
        nonce: "n",
        algorithms: &algorithms,
        now: 1_000_000,
    };
    let key: Jwk = serde_json::from_str(KEY).expect("a key");
    if let Ok(token) = std::str::from_utf8(word) {
        let believed = verify(token, &[key], &expected);
        assert!(believed.is_err(), "a forged token is believed");
    }
    if let Ok(foreign) = serde_json::from_slice::<Jwk>(word) {
        for token in UNSIGNED {
            let believed = verify(token, std::slice::from_ref(&foreign), &expected);
            assert!(believed.is_err(), "an unsigned token is believed");
        }
    }
    if let Ok(claims) = serde_json::from_slice::<Claims>(word)
        && check(&claims, &expected).is_ok()
    {
        admit(&claims.vouched());
    }
}

fn admit(vouched: &Vouched) {
    let provider = provider();
    let _ = lacks(&provider, vouched);
    if let Some(login) = decide(&provider, vouched) {
        let said = serde_json::Value::from(vouched.claims.clone()).to_string();
        assert!(login.role != Role::Admin || said.contains("ops"), "{said}");
    }
}

fn provider() -> OidcProvider {
    OidcProvider {
        id: "corp".to_owned(),
        name: "Corp".to_owned(),
        issuer: "https://id.example.com".to_owned(),
        client_id: "longhouse".to_owned(),
        client_secret: None,
        scopes: Vec::new(),
        groups_claim: "realm.groups".to_owned(),
        roles: vec![("ops".to_owned(), Role::Admin)],
        host_groups: Vec::new(),
        default_role: Some(Role::Viewer),
        create_accounts: true,
        allowed_domains: vec!["example.com".to_owned()],
        allowed_groups: Vec::new(),
    }
}
