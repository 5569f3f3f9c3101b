//! The conversation with the authority: an account, an order, a proof for each name, the certificate.

use std::sync::Arc;

use instant_acme::{
    Account, AccountBuilder, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount,
    NewOrder, OrderStatus, RetryPolicy,
};
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::kept::Kept;
use super::{AcmeError, AcmeSettings, Challenge};
use crate::tls::Certificates;

/// What an authority says of an account that it does not know (RFC 8555, section 6.7).
const NO_SUCH_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Gets a certificate: its key and then its chain, as PEM.
pub(super) async fn order(
    settings: &AcmeSettings,
    kept: &Kept,
    certificates: &Certificates,
) -> Result<String, AcmeError> {
    let account = account(settings, kept).await?;
    let names: Vec<Identifier> = settings
        .domains
        .iter()
        .map(|name| identifier(name))
        .collect();
    let mut order = match account.new_order(&NewOrder::new(&names)).await {
        Ok(order) => order,
        Err(Error::Api(problem)) if problem.r#type.as_deref() == Some(NO_SUCH_ACCOUNT) => {
            kept.forget_account()?;
            return Err(Error::Api(problem).into());
        }
        Err(error) => return Err(error.into()),
    };
    prove(settings, certificates, &mut order).await?;
    match order.poll_ready(&RetryPolicy::default()).await? {
        OrderStatus::Ready | OrderStatus::Valid => {}
        _ => return Err(AcmeError::NotProved(settings.domains.join(", "))),
    }
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&RetryPolicy::default()).await?;
    Ok(format!("{key}\n{chain}"))
}

fn identifier(name: &str) -> Identifier {
    match name.parse() {
        Ok(address) => Identifier::Ip(address),
        Err(_) => Identifier::Dns(name.to_owned()),
    }
}

/// Our account there, made where there is none. That the terms are accepted was asked of the configuration.
async fn account(settings: &AcmeSettings, kept: &Kept) -> Result<Account, AcmeError> {
    let builder = || -> Result<AccountBuilder, Error> {
        match &settings.directory_ca {
            Some(path) => Account::builder_with_root(path),
            None => Account::builder(),
        }
    };
    if let Some(credentials) = kept.account()? {
        return Ok(builder()?.from_credentials(credentials).await?);
    }
    let contact = settings
        .email
        .as_ref()
        .map(|email| format!("mailto:{email}"));
    let contact: Vec<&str> = contact.as_deref().into_iter().collect();
    let new = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let made = builder()?
        .create(&new, settings.directory.clone(), None)
        .await?;
    kept.keep_account(&made.1)?;
    Ok(made.0)
}

/// Lays out a proof for each name, and tells the authority to look.
async fn prove(
    settings: &AcmeSettings,
    certificates: &Certificates,
    order: &mut instant_acme::Order,
) -> Result<(), AcmeError> {
    let kind = match settings.challenge {
        Challenge::Http01 => ChallengeType::Http01,
        Challenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
    };
    let mut authorizations = order.authorizations();
    while let Some(found) = authorizations.next().await {
        let mut authorization = found?;
        let name = authorization.identifier().to_string();
        match authorization.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            _ => return Err(AcmeError::NotProved(name)),
        }
        let mut challenge = authorization
            .challenge(kind.clone())
            .ok_or_else(|| AcmeError::NoChallenge(settings.challenge, name.clone()))?;
        let answer = challenge.key_authorization();
        match settings.challenge {
            Challenge::Http01 => {
                certificates.prove_by_answer(challenge.token.clone(), answer.as_str().to_owned());
            }
            Challenge::TlsAlpn01 => {
                let proof = proof(&name, answer.digest().as_ref())
                    .map_err(|error| AcmeError::Proof(error.to_string()))?;
                certificates.prove_by_certificate(name, Arc::new(proof));
            }
        }
        challenge.set_ready().await?;
    }
    Ok(())
}

/// The self-signed certificate of RFC 8737, which holds the name and the digest and is shown to the authority alone.
fn proof(
    name: &str,
    digest: &[u8],
) -> Result<CertifiedKey, Box<dyn std::error::Error + Send + Sync>> {
    let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()])?;
    parameters.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(digest)];
    let key = rcgen::KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok(CertifiedKey::new(
        vec![certificate.der().clone()],
        any_ecdsa_type(&secret)?,
    ))
}
