//! Who may reach the server, as a person writes it down.

use super::*;
use crate::config::tests::{load_with, message};
use crate::config::{Configuration, Flags};

const PAIR: &str = "tls_cert = \"cert.pem\"\ntls_key = \"/etc/key.pem\"\n";

fn load(file: &str) -> Configuration {
    load_with(file, &[], &Flags::default()).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn listening_to_the_network_needs_encryption_a_proxy_or_a_word() {
    for listen in [
        "0.0.0.0:7070",
        "[::]:7070",
        "192.0.2.7:7070",
        "[2001:db8::1]:7070",
        "[::ffff:192.0.2.7]:7070",
        "[::ffff:0.0.0.0]:7070",
    ] {
        let open = format!("listen = \"{listen}\"\n");
        assert!(message(&open, &[]).contains("--insecure"), "{listen}");
        for enough in [
            "trusted_proxies = [\"10.0.0.0/8\"]",
            PAIR,
            "acme_domains = [\"a.example\"]\nacme_accept_terms = true",
            "insecure = true",
        ] {
            load(&format!("{open}{enough}"));
        }
        let flags = Flags {
            insecure: Some(true),
            ..Flags::default()
        };
        assert!(load_with(&open, &[], &flags).is_ok(), "{listen}");
    }
    for listen in [
        "127.0.0.1:7070",
        "127.8.8.8:7070",
        "[::1]:7070",
        "[::ffff:127.0.0.1]:7070",
    ] {
        load(&format!("listen = \"{listen}\"\n"));
    }
}

#[test]
fn behind_a_proxy_elsewhere_only_the_proxy_is_heard() {
    let plain = |file: &str| load(file).settings.plain_http();
    let open = "listen = \"0.0.0.0:7070\"\n";
    assert_eq!(
        plain(&format!("{open}trusted_proxies = [\"10.0.0.1\"]")),
        PlainHttp::FromProxies
    );
    assert_eq!(
        plain(&format!("{open}insecure = true")),
        PlainHttp::FromAnybody
    );
    assert_eq!(plain(&format!("{open}{PAIR}")), PlainHttp::FromAnybody);
    assert_eq!(plain(""), PlainHttp::FromAnybody);
}

#[test]
fn certificates_come_from_one_place_and_make_the_scheme() {
    let settings = load(PAIR).settings;
    let Encryption::Files(files) = settings.encryption() else {
        panic!("{:?}", settings.encryption());
    };
    assert!(files.certificate.is_absolute() && files.certificate.ends_with("cert.pem"));
    assert_eq!(settings.scheme(), Scheme::Https);
    assert_eq!(load("").settings.scheme(), Scheme::Http);
    assert_eq!(
        load("public_url = \"https://a.example\"").settings.scheme(),
        Scheme::Https
    );
}

#[test]
fn what_does_not_hold_together_is_said() {
    for (file, says) in [
        ("tls_cert = \"c\"", "go together"),
        ("tls_key = \"k\"", "go together"),
        (
            &format!("{PAIR}acme_domains = [\"a.example\"]"),
            "choose one",
        ),
        ("redirect_listen = \"0.0.0.0:80\"", "leads to HTTPS"),
        ("acme_domains = [\"a.example\"]", "acme_accept_terms"),
        (
            "acme_domains = [\"*.a.example\"]\nacme_accept_terms = true",
            "wildcard",
        ),
        (
            "acme_domains = [\"a\"]\nacme_accept_terms = true\nacme_directory = \"http://a\"",
            "https://",
        ),
        (
            "trusted_proxies = [\"proxy\"]",
            "neither an address nor a range",
        ),
        ("trusted_proxies = [\"0.0.0.0/0\"]", "nearly everybody"),
        (
            &format!("{PAIR}public_url = \"http://a.example\""),
            "serves HTTPS",
        ),
        ("public_url = \"a.example\"", "should look like"),
        ("[limits]\nsockets = 0", "at least 1"),
    ] {
        assert!(
            message(file, &[]).contains(says),
            "{file}: {}",
            message(file, &[])
        );
    }
}

#[test]
fn previews_have_their_names_below_one_host() {
    for good in ["*.preview.example.org", "*.p.example:8443", "*.localhost"] {
        let file = format!("preview_host = \"{good}\"");
        assert_eq!(load(&file).settings.preview_host.as_deref(), Some(good));
    }
    for bad in [
        "preview.example.org",
        "*",
        "*.",
        "*.*.example",
        "https://*.p.example",
        "*.p.example/",
        "*.p..example",
        "*.p.example:0",
        "*.p.example:x",
    ] {
        let said = message(&format!("preview_host = \"{bad}\""), &[]);
        assert!(said.contains("*.preview.example.org"), "{bad}: {said}");
    }
}
