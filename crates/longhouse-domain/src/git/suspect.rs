//! What looks like a secret: names of files that commonly hold one, and the shapes of keys and tokens in their content. A guess, made so that
//! nothing of the kind is committed by itself; a person who means it commits it by hand.
//!
//! What was found is named by its sort, never shown.

mod token;

use super::sort::{directory, name};

/// A private key as text begins with this, after what sort of key it is.
const KEY_BEGINS: &[u8] = b"-----BEGIN ";
const KEY_ENDS: &[u8] = b"PRIVATE KEY";

/// The longest sort of key that may stand between the two.
const KEY_SORT: usize = 24;

/// Why a file is not committed by itself, judged by its path; in words that go on after "it".
#[must_use]
pub fn suspicious_name(path: &str) -> Option<&'static str> {
    let name = name(path).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let beside = super::sort::name(directory(path));
    let environment = name == ".env" || name.starts_with(".env.") || extension == "env";
    if environment && !is_example(&name) {
        return Some("is a file of environment variables");
    }
    match name.as_str() {
        "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" | "id_ecdsa_sk" | "id_ed25519_sk" => {
            return Some("has the name of a private SSH key");
        }
        ".netrc" | "_netrc" | ".git-credentials" | ".pgpass" | ".htpasswd" | ".pypirc"
        | ".vault-token" | "kubeconfig" => return Some("has the name of a file of credentials"),
        "credentials" if beside == ".aws" => return Some("has the name of a file of credentials"),
        "config.json" if beside == ".docker" => {
            return Some("has the name of a file of credentials");
        }
        _ => {}
    }
    matches!(
        extension,
        "p12" | "pfx" | "jks" | "keystore" | "kdbx" | "ppk"
    )
    .then_some("is a store of keys")
}

/// Whether an environment's file is there to be copied, and so holds none of the values.
fn is_example(name: &str) -> bool {
    let examples = [
        "example", "sample", "template", "dist", "defaults", "schema",
    ];
    name.split('.').any(|part| examples.contains(&part))
}

/// Why a file is not committed by itself, judged by its content; in words that go on after "it".
#[must_use]
pub fn suspicious_content(content: &[u8]) -> Option<&'static str> {
    if has_private_key(content) {
        return Some("holds a private key");
    }
    token::find(content)
}

fn has_private_key(content: &[u8]) -> bool {
    let mut rest = content;
    while let Some(at) = position(rest, KEY_BEGINS) {
        rest = &rest[at + KEY_BEGINS.len()..];
        let sort = &rest[..rest.len().min(KEY_SORT + KEY_ENDS.len())];
        if let Some(ends) = position(sort, KEY_ENDS) {
            let upper = |byte: &u8| byte.is_ascii_uppercase() || *byte == b' ';
            // What follows tells a key from a text about keys.
            let body = rest[ends + KEY_ENDS.len()..]
                .iter()
                .skip_while(|b| b"- BLOCK\\rn\r\n\t\"'".contains(b));
            if sort[..ends].iter().all(upper)
                && body.take(40).filter(|b| is_body(**b)).count() == 40
            {
                return true;
            }
        }
    }
    false
}

/// Signs of a key's text, its headers and line ends included.
fn is_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=:,-\\ \r\n".contains(&byte)
}

fn position(content: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    let first = *wanted.first()?;
    while let Some(at) = content[from..].iter().position(|byte| *byte == first) {
        if content[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_that_commonly_hold_secrets_are_known_by_name() {
        for path in [
            ".env",
            "web/.env.production",
            "prod.env",
            ".ssh/id_ed25519",
            "a/.netrc",
            ".git-credentials",
            ".aws/credentials",
            ".docker/config.json",
            "release.JKS",
        ] {
            assert!(suspicious_name(path).is_some(), "{path}");
        }
        for path in [
            ".env.example",
            "web/.env.local.sample",
            "id_ed25519.pub",
            "credentials",
            "config.json",
            "environment.ts",
            "src/env.rs",
        ] {
            assert_eq!(suspicious_name(path), None, "{path}");
        }
    }

    #[test]
    fn private_keys_are_found_and_texts_about_them_are_not() {
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA";
        for key in [
            format!("-----BEGIN PRIVATE KEY-----\n{body}\n"),
            format!("x\r\n-----BEGIN OPENSSH PRIVATE KEY-----\r\n{body}\r\n"),
            format!("{{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n{body}\\n\"}}"),
            format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{body}"),
            format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{body}"),
        ] {
            assert!(suspicious_content(key.as_bytes()).is_some(), "{key}");
        }
        for harmless in [
            format!("-----BEGIN PUBLIC KEY-----\n{body}\n"),
            format!("-----BEGIN CERTIFICATE-----\n{body}\n"),
            "text.contains(\"-----BEGIN PRIVATE KEY-----\") || other".to_owned(),
            "-----BEGIN ".to_owned(),
        ] {
            assert_eq!(suspicious_content(harmless.as_bytes()), None, "{harmless}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(content in prop::collection::vec(any::<u8>(), 0..300), path in ".{0,60}") {
            let _judged = (suspicious_content(&content), suspicious_name(&path));
        }

        #[test]
        fn a_key_is_found_wherever_it_stands(before in "[ -~\\n]{0,80}", after in "[ -~\\n]{0,80}") {
            let key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY\n";
            let content = format!("{before}\n{key}{after}");
            prop_assert!(suspicious_content(content.as_bytes()).is_some());
        }
    }
}
