//! From what a provider says of somebody to what they may do here. Pure.

use longhouse_domain::Role;
use longhouse_engine::accounts::{Decides, ExternalLogin, NewcomerPolicy};
use serde_json::{Map, Value};

use super::OidcProvider;
use super::id_token::Vouched;

/// What somebody may do, or `None` where they do not get in.
pub(super) fn decide(provider: &OidcProvider, vouched: &Vouched) -> Option<ExternalLogin> {
    let groups = groups(provider, &vouched.claims);
    let in_any = |wanted: &[String]| wanted.iter().any(|group| groups.contains(&group.as_str()));
    if !provider.allowed_groups.is_empty() && !in_any(&provider.allowed_groups) {
        return None;
    }
    if !provider.allowed_domains.is_empty() && !has_domain(provider, &vouched.claims) {
        return None;
    }
    let given = provider
        .roles
        .iter()
        .filter(|(group, _)| groups.contains(&group.as_str()))
        .map(|(_, role)| *role)
        .max_by_key(|role| height(*role));
    let role = match (given, provider.default_role) {
        (Some(role), _) | (None, Some(role)) => role,
        (None, None) if provider.roles.is_empty() => Role::Member,
        (None, None) => return None,
    };
    let mapped = !provider.roles.is_empty() || !provider.host_groups.is_empty();
    Some(ExternalLogin {
        issuer: provider.issuer.clone(),
        subject: vouched.subject.clone(),
        username: username(vouched),
        role,
        may_use_host: in_any(&provider.host_groups),
        decides: if mapped {
            Decides::Provider
        } else {
            Decides::Admins
        },
        newcomers: if provider.create_accounts {
            NewcomerPolicy::Welcome
        } else {
            NewcomerPolicy::Refused
        },
    })
}

/// Whether the provider has to be asked for more than stands in the token.
pub(super) fn lacks(provider: &OidcProvider, vouched: &Vouched) -> bool {
    let wants_groups = !provider.roles.is_empty()
        || !provider.host_groups.is_empty()
        || !provider.allowed_groups.is_empty();
    let claims = &vouched.claims;
    (wants_groups && find(claims, &provider.groups_claim).is_none())
        || (!provider.allowed_domains.is_empty() && !claims.contains_key("email"))
        || !claims.contains_key("preferred_username")
}

fn height(role: Role) -> u8 {
    match role {
        Role::Viewer => 0,
        Role::Member => 1,
        Role::Admin => 2,
    }
}

fn groups<'a>(provider: &OidcProvider, claims: &'a Map<String, Value>) -> Vec<&'a str> {
    match find(claims, &provider.groups_claim) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A claim by its name; a name with dots leads into nested objects where there is no claim of the whole name.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(claim) = claims.get(name) {
        return Some(claim);
    }
    let (outer, inner) = name.split_once('.')?;
    find(claims.get(outer)?.as_object()?, inner)
}

/// Whether somebody's address of mail is in one of the domains, and the provider has seen that it is theirs.
fn has_domain(provider: &OidcProvider, claims: &Map<String, Value>) -> bool {
    let verified = claims.get("email_verified") == Some(&Value::Bool(true));
    let domain = claims
        .get("email")
        .and_then(Value::as_str)
        .and_then(|email| email.rsplit_once('@'))
        .map(|(_, domain)| domain);
    verified
        && domain.is_some_and(|domain| {
            provider
                .allowed_domains
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(domain))
        })
}

fn username(vouched: &Vouched) -> String {
    let claim = |name: &str| vouched.claims.get(name).and_then(Value::as_str);
    claim("preferred_username")
        .or_else(|| claim("email").and_then(|email| email.split('@').next()))
        .filter(|name| !name.is_empty())
        .unwrap_or(&vouched.subject)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn provider() -> OidcProvider {
        OidcProvider {
            id: "corp".to_owned(),
            name: "Corp".to_owned(),
            issuer: "https://id.example.com".to_owned(),
            client_id: "longhouse".to_owned(),
            client_secret: None,
            scopes: Vec::new(),
            groups_claim: "groups".to_owned(),
            roles: vec![
                ("staff".to_owned(), Role::Member),
                ("ops".to_owned(), Role::Admin),
            ],
            host_groups: vec!["builders".to_owned()],
            default_role: None,
            create_accounts: true,
            allowed_domains: Vec::new(),
            allowed_groups: Vec::new(),
        }
    }

    fn vouched(claims: Value) -> Vouched {
        Vouched {
            subject: "s-1".to_owned(),
            claims: claims.as_object().unwrap().clone(),
        }
    }

    #[test]
    fn of_several_groups_the_highest_role_counts_and_strangers_stay_outside() {
        let role = |claims: Value| decide(&provider(), &vouched(claims)).map(|login| login.role);
        assert_eq!(role(json!({"groups": ["ops", "staff"]})), Some(Role::Admin));
        assert_eq!(role(json!({"groups": "staff"})), Some(Role::Member));
        for none in [
            json!({}),
            json!({"groups": ["Ops"]}),
            json!({"groups": [1, null]}),
            json!({"groups": {"ops": 1}}),
        ] {
            assert_eq!(role(none), None);
        }
        let host = decide(
            &provider(),
            &vouched(json!({"groups": ["staff", "builders"]})),
        )
        .unwrap();
        assert!(host.may_use_host && host.decides == Decides::Provider);
        let nested = OidcProvider {
            groups_claim: "realm.roles".to_owned(),
            ..provider()
        };
        let found = decide(&nested, &vouched(json!({"realm": {"roles": ["ops"]}}))).unwrap();
        assert_eq!(found.role, Role::Admin);
    }

    #[test]
    fn a_domain_counts_only_where_the_address_was_verified() {
        let provider = OidcProvider {
            allowed_domains: vec!["example.com".to_owned()],
            roles: Vec::new(),
            host_groups: Vec::new(),
            ..provider()
        };
        let admitted = |claims: Value| decide(&provider, &vouched(claims)).is_some();
        assert!(admitted(
            json!({"email": "ann@Example.com", "email_verified": true})
        ));
        for bad in [
            json!({"email": "ann@example.com"}),
            json!({"email": "ann@example.com", "email_verified": "true"}),
            json!({"email": "ann@example.com.evil", "email_verified": true}),
            json!({"email": "example.com", "email_verified": true}),
        ] {
            assert!(!admitted(bad.clone()), "{bad}");
        }
    }
}
