//! A small identity provider for tests, which lies on request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use longhouse_server::OidcProvider;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const CLIENT: &str = "longhouse";
pub(crate) const SECRET: &str = "a secret+with/signs";

/// How the provider answers.
#[derive(Clone)]
pub(crate) enum Lie {
    None,
    /// These claims in place of the true ones; null leaves one out.
    Claims(Value),
    /// An unsigned token.
    Unsigned(&'static str),
    /// Signed with the public key as if it were a secret.
    PublicKeyAsSecret,
    /// Signed with a key that it does not publish.
    ForeignKey,
    /// A megabyte in place of a token.
    Huge,
    /// User information of somebody else.
    SomebodyElse,
    /// A description of another issuer.
    OtherIssuer,
}

pub(crate) struct Twin {
    pub(crate) address: SocketAddr,
    said: Arc<Said>,
    server: JoinHandle<()>,
}

struct Said {
    address: SocketAddr,
    now: Mutex<Now>,
}

struct Now {
    lie: Lie,
    key: Key,
    nonce: String,
    challenge: String,
    groups: Vec<String>,
    subject: String,
}

struct Key {
    name: String,
    signing: EncodingKey,
    public: Value,
}

impl Key {
    fn new(name: &str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let signing = EncodingKey::from_ec_der(&pair.serialize_der());
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::ES256).unwrap();
        let mut public = serde_json::to_value(jwk).unwrap();
        public["kid"] = json!(name);
        Self {
            name: name.to_owned(),
            signing,
            public,
        }
    }
}

impl Twin {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let now = Now {
            lie: Lie::None,
            key: Key::new("first"),
            nonce: String::new(),
            challenge: String::new(),
            groups: vec!["staff".to_owned()],
            subject: "s-1".to_owned(),
        };
        let said = Arc::new(Said {
            address,
            now: Mutex::new(now),
        });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(me))
            .with_state(Arc::clone(&said));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            said,
            server,
        }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it, as a provider that is away.
    pub(crate) async fn go_away(&mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }

    pub(crate) fn lie(&self, lie: Lie) {
        self.said.now.lock().unwrap().lie = lie;
    }

    pub(crate) fn expect(&self, nonce: &str, challenge: &str) {
        let mut now = self.said.now.lock().unwrap();
        (now.nonce, now.challenge) = (nonce.to_owned(), challenge.to_owned());
    }

    /// The nonce and the challenge that are expected.
    pub(crate) fn expected(&self) -> (String, String) {
        let now = self.said.now.lock().unwrap();
        (now.nonce.clone(), now.challenge.clone())
    }

    pub(crate) fn groups(&self, groups: &[&str]) {
        self.said.now.lock().unwrap().groups =
            groups.iter().map(|group| (*group).to_owned()).collect();
    }

    /// From now on somebody else is at the provider.
    pub(crate) fn person(&self, subject: &str) {
        self.said.now.lock().unwrap().subject = subject.to_owned();
    }

    pub(crate) fn change_key(&self) {
        self.said.now.lock().unwrap().key = Key::new("second");
    }

    pub(crate) fn settings(&self) -> OidcProvider {
        OidcProvider {
            id: "corp".to_owned(),
            name: "Corp".to_owned(),
            issuer: self.issuer(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(longhouse_engine::accounts::Secret::new(SECRET)),
            scopes: vec!["profile".to_owned()],
            groups_claim: "groups".to_owned(),
            roles: vec![
                ("staff".to_owned(), longhouse_domain::Role::Member),
                ("ops".to_owned(), longhouse_domain::Role::Admin),
            ],
            host_groups: Vec::new(),
            default_role: None,
            create_accounts: true,
            allowed_domains: Vec::new(),
            allowed_groups: Vec::new(),
        }
    }
}

async fn describe(State(said): State<Arc<Said>>) -> Json<Value> {
    let base = format!("http://{}", said.address);
    let issuer = match said.now.lock().unwrap().lie {
        Lie::OtherIssuer => "https://evil.example".to_owned(),
        _ => base.clone(),
    };
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{base}/me"),
        "jwks_uri": format!("{base}/keys"),
        "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
    }))
}

async fn keys(State(said): State<Arc<Said>>) -> Json<Value> {
    let public = said.now.lock().unwrap().key.public.clone();
    Json(json!({"keys": [{"kty": "new-fangled", "kid": "x"}, public]}))
}

async fn token(
    State(said): State<Arc<Said>>,
    headers: HeaderMap,
    body: String,
) -> Result<String, StatusCode> {
    let form: BTreeMap<String, String> = form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let now = said.now.lock().unwrap();
    let basic = STANDARD.encode(format!("{CLIENT}:a+secret%2Bwith%2Fsigns"));
    let known = headers["authorization"] == format!("Basic {basic}");
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    if !known || digest != now.challenge || form["code"] != "good" {
        return Err(StatusCode::BAD_REQUEST);
    }
    let token = id_token(&said.address, &now);
    Ok(json!({"id_token": token, "access_token": "at", "token_type": "Bearer"}).to_string())
}

async fn me(State(said): State<Arc<Said>>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["authorization"], "Bearer at");
    let now = said.now.lock().unwrap();
    let subject = match now.lie {
        Lie::SomebodyElse => "somebody-else",
        _ => now.subject.as_str(),
    };
    Json(json!({"sub": subject, "preferred_username": "ann", "groups": now.groups}))
}

#[expect(clippy::disallowed_methods, reason = "the provider's own clock")]
fn id_token(address: &SocketAddr, now: &Now) -> String {
    let seconds = longhouse_domain::Timestamp::now().as_second();
    let mut claims = json!({
        "iss": format!("http://{address}"), "sub": now.subject, "aud": CLIENT, "exp": seconds + 300,
        "iat": seconds, "nonce": now.nonce,
    });
    if let Lie::Claims(lies) = &now.lie {
        for (name, value) in lies.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
    }
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(now.key.name.clone());
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    match &now.lie {
        Lie::Huge => "x".repeat(1 << 20),
        Lie::Unsigned(name) => format!("{}.{}.", encode(&json!({"alg": name})), encode(&claims)),
        Lie::PublicKeyAsSecret => {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some(now.key.name.clone());
            let secret = EncodingKey::from_secret(now.key.public["x"].as_str().unwrap().as_bytes());
            jsonwebtoken::encode(&header, &claims, &secret).unwrap()
        }
        Lie::ForeignKey => {
            jsonwebtoken::encode(&header, &claims, &Key::new("foreign").signing).unwrap()
        }
        _ => jsonwebtoken::encode(&header, &claims, &now.key.signing).unwrap(),
    }
}
