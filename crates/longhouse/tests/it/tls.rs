//! HTTPS from start to command line, as an administrator sets it up.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::House;

fn write_pair(certificate: &Path, key: &Path) {
    let pair = rcgen::KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let parameters = rcgen::CertificateParams::new(names).unwrap();
    let signed = parameters.self_signed(&pair).unwrap();
    std::fs::write(certificate, signed.pem()).unwrap();
    std::fs::write(key, pair.serialize_pem()).unwrap();
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn the_command_line_speaks_to_a_server_over_https_whose_authority_it_was_told() {
    let mut house = House::started();
    let token = house.client().await.token.unwrap();
    assert!(house.stop().success());

    let (certificate, key) = (house.home().join("cert.pem"), house.home().join("key.pem"));
    write_pair(&certificate, &key);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let plain = house.variables.clone();
    house.variables.extend([
        ("LONGHOUSE_TLS_CERT".to_owned(), text(&certificate)),
        ("LONGHOUSE_TLS_KEY".to_owned(), text(&key)),
    ]);
    house.start();
    let url = house.url().to_owned();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");

    house.variables = plain;
    house.variables.push(("LONGHOUSE_TOKEN".to_owned(), token));
    let ca = text(&certificate);
    let list = ["--url", &url, "session", "ls", "--json"];
    let shown = house.succeed(&[&list[..], &["--ca", &ca]].concat());
    assert!(
        serde_json::from_str::<serde_json::Value>(&shown).is_ok(),
        "{shown}"
    );

    let stranger = house.run(&list);
    let error = String::from_utf8_lossy(&stranger.stderr);
    assert_eq!(stranger.status.code(), Some(3), "{error}");
    assert!(error.contains("certificate"), "{error}");
    let (other, other_key) = (
        house.home().join("other.pem"),
        house.home().join("other-key.pem"),
    );
    write_pair(&other, &other_key);
    let wrong = house.run(&[&list[..], &["--ca", &text(&other)]].concat());
    assert_eq!(wrong.status.code(), Some(3));
}

#[test]
fn a_certificate_that_cannot_be_used_ends_the_start() {
    let house = House::new();
    let (certificate, key) = (house.home().join("cert.pem"), house.home().join("key.pem"));
    write_pair(&certificate, &key);
    let start = |certificate: &Path, key: &Path| {
        let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
        let flags = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tls-cert",
            certificate,
            "--tls-key",
            key,
        ];
        let refused = house.run(&flags);
        assert!(!refused.status.success());
        String::from_utf8_lossy(&refused.stderr).into_owned()
    };
    let missing = start(&certificate, &house.home().join("nothing.pem"));
    assert!(missing.contains("nothing.pem"), "{missing}");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = start(&certificate, &key);
    assert!(exposed.contains("chmod 600"), "{exposed}");
    let (other, other_key) = (
        house.home().join("other.pem"),
        house.home().join("other-key.pem"),
    );
    write_pair(&other, &other_key);
    let mismatch = start(&certificate, &other_key);
    assert!(mismatch.contains("does not belong"), "{mismatch}");
}
