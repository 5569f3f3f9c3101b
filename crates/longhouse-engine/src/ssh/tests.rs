//! Keys as OpenSSH writes them, and what is signed with them.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use longhouse_domain::SecretText;
use longhouse_domain::ssh::wire::Reader;
use ssh_key::PrivateKey;
use ssh_key::private::KeypairData;
use tempfile::TempDir;

use super::read::{UnusableKey, read};
use super::sign::{Signer, has_signed};

/// Keys made by OpenSSH, in a directory of their own.
struct Keys(TempDir);

impl Keys {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn keygen(&self, arguments: &[&str], name: &str) -> String {
        let path = self.0.path().join(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-C", "sample"])
            .args(arguments)
            .arg("-f")
            .arg(&path)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        std::fs::read_to_string(path).unwrap()
    }

    fn make(&self, kind: &str, bits: &str) -> String {
        let name = format!("{kind}-{bits}");
        self.keygen(&["-t", kind, "-b", bits, "-N", ""], &name)
    }

    /// The same key in another format, or with a passphrase.
    fn rewritten(&self, key: &str, arguments: &[&str]) -> String {
        std::fs::write(self.0.path().join("again"), key).unwrap();
        let path = self.0.path().join("again");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        self.keygen(&[&["-p", "-P", ""], arguments].concat(), "again")
    }
}

fn refused(text: &str) -> UnusableKey {
    read(text, None).unwrap_err()
}

fn public_of(key: &PrivateKey) -> Vec<u8> {
    key.public_key().to_bytes().unwrap()
}

#[test]
fn every_common_key_is_read_and_signs() {
    let keys = Keys::new();
    for (kind, bits) in [
        ("ed25519", "256"),
        ("ecdsa", "256"),
        ("ecdsa", "384"),
        ("rsa", "2048"),
    ] {
        let key = read(&keys.make(kind, bits), None).unwrap();
        let signer = Signer::new(&key).unwrap();
        for flags in [2, 4] {
            let signature = signer.sign(b"data", flags).unwrap();
            let public = public_of(&key);
            assert!(has_signed(&public, b"data", &signature), "{kind} {bits}");
            assert!(!has_signed(&public, b"other", &signature));
            let cut = &signature[..signature.len() - 1];
            assert!(!has_signed(&public, b"data", cut));
        }
    }
}

#[test]
fn an_rsa_key_is_one_key_in_every_format_and_never_signs_with_sha_1() {
    let keys = Keys::new();
    let rsa = keys.make("rsa", "2048");
    let [pem, pkcs8] =
        ["PEM", "PKCS8"].map(|format| keys.rewritten(&rsa, &["-m", format, "-N", ""]));
    assert!(pem.contains("BEGIN RSA PRIVATE KEY") && pkcs8.contains("BEGIN PRIVATE KEY"));
    let public = public_of(&read(&rsa, None).unwrap());
    for text in [&pem, &pkcs8] {
        assert_eq!(public_of(&read(text, None).unwrap()), public);
    }
    let signer = Signer::new(&read(&pem, None).unwrap()).unwrap();
    let name = |flags| {
        let signature = signer.sign(b"data", flags)?;
        assert!(has_signed(&public, b"data", &signature));
        Some(Reader::new(&signature).string()?.to_vec())
    };
    assert_eq!(name(2).as_deref(), Some(&b"rsa-sha2-256"[..]));
    assert_eq!(name(4).as_deref(), Some(&b"rsa-sha2-512"[..]));
    assert_eq!(name(0), None);
}

#[test]
fn a_key_that_lost_its_line_ends_is_still_read() {
    let key = Keys::new().make("ed25519", "256");
    let public = public_of(&read(&key, None).unwrap());
    let crlf = key.replace('\n', "\r\n");
    let spaces = format!("  {}  ", key.replace('\n', " "));
    let indented = key.replace('\n', "\n    ");
    for text in [crlf, spaces, indented, key.trim().to_owned()] {
        assert_eq!(public_of(&read(&text, None).unwrap()), public, "{text:?}");
    }
}

#[test]
fn a_passphrase_opens_its_key_and_no_other_does() {
    let keys = Keys::new();
    let plain = keys.make("ed25519", "256");
    let locked = keys.rewritten(&plain, &["-N", "correct horse"]);
    let with = |passphrase: &str| read(&locked, Some(&SecretText::new(passphrase)));
    assert_eq!(refused(&locked), UnusableKey::PassphraseNeeded);
    assert_eq!(with("").unwrap_err(), UnusableKey::PassphraseNeeded);
    assert_eq!(with("wrong").unwrap_err(), UnusableKey::WrongPassphrase);
    let opened = with("correct horse").unwrap();
    assert_eq!(public_of(&opened), public_of(&read(&plain, None).unwrap()));
    // What is sealed is not encrypted once more.
    assert!(!opened.is_encrypted());
}

#[test]
fn a_passphrase_that_costs_too_much_is_not_tried() {
    let keys = Keys::new();
    let locked = keys.rewritten(&keys.make("ed25519", "256"), &["-N", "x", "-a", "1001"]);
    let tried = read(&locked, Some(&SecretText::new("x")));
    assert_eq!(tried.unwrap_err(), UnusableKey::TooManyRounds);
}

#[test]
fn what_is_no_usable_key_is_called_what_it_is() {
    let keys = Keys::new();
    let key = keys.make("ed25519", "256");
    let public = std::fs::read_to_string(keys.0.path().join("ed25519-256.pub")).unwrap();
    let locked = keys.rewritten(&keys.make("rsa", "2048"), &["-m", "PEM", "-N", "secret"]);
    let elliptic = "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----";
    assert_eq!(refused(&public), UnusableKey::PublicHalf);
    assert_eq!(
        refused("PuTTY-User-Key-File-3: ssh-ed25519\n"),
        UnusableKey::Putty
    );
    assert_eq!(refused(&locked), UnusableKey::OldFormat);
    assert_eq!(refused(elliptic), UnusableKey::OldFormat);
    assert_eq!(refused(&key[..key.len() / 2]), UnusableKey::Damaged);
    assert_eq!(
        refused(&key.replacen("AAAA", "AAAB", 1)),
        UnusableKey::Damaged
    );
    assert_eq!(
        refused(&keys.make("rsa", "1024")),
        UnusableKey::WeakRsa(1024)
    );
    let unsupported = UnusableKey::Type("ecdsa-sha2-nistp521".to_owned());
    // Some have a number with zeros in front, which stands there without them.
    for _ in 0..8 {
        assert_eq!(refused(&Keys::new().make("ecdsa", "521")), unsupported);
    }
    assert_eq!(refused(&"x".repeat(40_000)), UnusableKey::TooLong);
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    for nothing in ["", "hello", certificate] {
        assert_eq!(refused(nothing), UnusableKey::NotAKey, "{nothing:?}");
    }
}

#[test]
fn halves_that_do_not_fit_are_no_key() {
    let keys = Keys::new();
    let ours = read(&keys.make("ed25519", "256"), None).unwrap();
    let theirs = read(&keys.keygen(&["-t", "ed25519", "-N", ""], "theirs"), None).unwrap();
    let KeypairData::Ed25519(mut pair) = ours.key_data().clone() else {
        panic!("another type")
    };
    pair.public = *theirs.public_key().key_data().ed25519().unwrap();
    let mixed = PrivateKey::new(KeypairData::Ed25519(pair), "").unwrap();
    assert_eq!(Signer::new(&mixed).err(), Some(UnusableKey::Damaged));
}
