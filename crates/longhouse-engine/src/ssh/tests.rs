//! Keys as OpenSSH writes them, and what is signed with them.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longhouse_domain::SecretText;
use longhouse_domain::ssh::wire::{Reader, Writer};
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

/// The key whose number is so many bytes `0x11` and whose public half is this point, laid out as OpenSSH does.
fn of_ones(curve: &str, bytes: usize, x: &str, y: &str) -> String {
    let number = |hex: &str| -> Vec<u8> {
        let bytes = hex.as_bytes().chunks(2);
        bytes
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    };
    let point = [vec![4], number(x), number(y)].concat();
    let kind = format!("ecdsa-sha2-{curve}");
    let public = Writer::new().string(kind.as_bytes());
    let public = public.string(curve.as_bytes()).string(&point).done();
    let private = Writer::new().u32(7).u32(7).string(kind.as_bytes());
    let private = private.string(curve.as_bytes()).string(&point);
    let mut private = private.number(&vec![0x11; bytes]).string(b"sample").done();
    let filling = private.len().next_multiple_of(8) - private.len();
    private.extend((1..).take(filling));
    let whole = Writer::new().string(b"none").string(b"none").string(b"");
    let whole = whole.u32(1).string(&public).string(&private).done();
    let whole = [&b"openssh-key-v1\0"[..], &whole].concat();
    let letters = STANDARD.encode(whole);
    let lines: Vec<_> = letters
        .as_bytes()
        .chunks(70)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let label = "OPENSSH PRIVATE KEY";
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

#[test]
fn a_key_whose_number_begins_with_zeros_is_read_and_signs() {
    let keys = Keys::new();
    for (curve, bytes, x, y) in [
        (
            "nistp256",
            30,
            "F8059111A299E3694799588D9580B9F8DE160F1706A7C6AF682AC9DBF30E13AB",
            "9C66B03D79A44808D1235F39354C447877F9912A8C5B0D48A0083B684DD75316",
        ),
        (
            "nistp384",
            47,
            "D17742934CA9AEB935395EF97169BDF0DE3C8758379099AB6D01C608E60F51E562E87782EFFDEF3CCA18BADAF7BA339C",
            "223DD606B703F9E55C2C17AF56D983313DE3497E4B35D2B2CD4463B5B77F042D08818F82FA74666A2086A745C1506206",
        ),
    ] {
        let plain = of_ones(curve, bytes, x, y);
        // As OpenSSH itself writes it, plain and with each kind of cipher.
        let ciphers = ["aes256-ctr", "aes256-gcm@openssh.com"];
        let locked = ciphers.map(|cipher| keys.rewritten(&plain, &["-N", "open", "-Z", cipher]));
        let again = keys.rewritten(&plain, &["-N", ""]);
        for (text, passphrase) in [
            (&plain, None),
            (&again, None),
            (&locked[0], Some("open")),
            (&locked[1], Some("open")),
        ] {
            let passphrase = passphrase.map(SecretText::new);
            let key = read(text, passphrase.as_ref()).unwrap();
            let signed = Signer::new(&key).unwrap().sign(b"data", 0).unwrap();
            assert!(has_signed(&public_of(&key), b"data", &signed), "{curve}");
            // What is kept is read again.
            let kept = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
            assert_eq!(public_of(&read(&kept, None).unwrap()), public_of(&key));
        }
        let wrong = SecretText::new("shut");
        let refused = locked.map(|text| read(&text, Some(&wrong)).unwrap_err());
        assert_eq!(refused, [const { UnusableKey::WrongPassphrase }; 2]);
        // A number that is too short for another reason is no key.
        let other = of_ones(curve, bytes, y, x);
        assert_eq!(read(&other, None).unwrap_err(), UnusableKey::Damaged);
    }
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
