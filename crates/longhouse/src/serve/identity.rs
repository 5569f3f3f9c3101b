//! The identity providers of the settings, with their secrets read and the certificates by which they are recognised.

use std::sync::Arc;

use anyhow::Context as _;
use longhouse_domain::Role;
use longhouse_engine::accounts::Secret;
use longhouse_server::OidcProvider;
use rustls::{ClientConfig, RootCertStore};

use crate::config::{OidcSettings, Settings};
use crate::environment::Environment;

/// The providers.
pub(super) fn providers(
    settings: &Settings,
    environment: &Environment,
) -> anyhow::Result<Vec<OidcProvider>> {
    let provider = |(id, provider): (&String, &OidcSettings)| {
        let secret = secret(provider, environment).with_context(|| format!("oidc.{id}"))?;
        let mapped = [
            (Role::Admin, &provider.admin_groups),
            (Role::Member, &provider.member_groups),
            (Role::Viewer, &provider.viewer_groups),
        ];
        Ok(OidcProvider {
            id: id.clone(),
            name: provider.name.clone().unwrap_or_else(|| id.clone()),
            issuer: provider.issuer.clone(),
            client_id: provider.client_id.clone(),
            client_secret: secret,
            scopes: provider.scopes.clone(),
            groups_claim: provider.groups_claim.clone(),
            roles: mapped
                .into_iter()
                .flat_map(|(role, groups)| groups.iter().map(move |group| (group.clone(), role)))
                .collect(),
            host_groups: provider.host_groups.clone(),
            default_role: provider.default_role,
            create_accounts: provider.create_accounts,
            allowed_domains: provider.allowed_domains.clone(),
            allowed_groups: provider.allowed_groups.clone(),
        })
    };
    settings.oidc.iter().map(provider).collect()
}

fn secret(provider: &OidcSettings, environment: &Environment) -> anyhow::Result<Option<Secret>> {
    if let Some(name) = &provider.client_secret_env {
        let value = environment
            .get(name)
            .with_context(|| format!("client_secret_env: {name} is not set"))?;
        return Ok(Some(Secret::new(value)));
    }
    let Some(path) = &provider.client_secret_file else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("client_secret_file: cannot read {}", path.display()))?;
    Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
}

/// How providers are recognised: by what the system trusts. Nothing is read where there is no provider.
pub(super) fn tls(settings: &Settings) -> anyhow::Result<Option<Arc<ClientConfig>>> {
    if settings.oidc.is_empty() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS cannot be used")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(Arc::new(config)))
}
