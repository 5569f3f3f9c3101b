//! What `longhouse doctor` says of keys, certificates, the audit log, and an engine that is not there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use sqlx::Connection as _;

use crate::support::House;

/// What is found of one thing: its state, and all that is said of it.
fn finding(house: &House, name: &str) -> (String, String) {
    let output = house.run(&["doctor", "--json"]);
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let found = findings.iter().find(|finding| finding["name"] == name);
    let found = found.unwrap_or_else(|| panic!("nothing is said of {name}: {findings:?}"));
    let failed = findings.iter().any(|finding| finding["state"] == "fail");
    assert_eq!(output.status.code(), Some(i32::from(failed)));
    (
        found["state"].as_str().unwrap().to_owned(),
        found.to_string(),
    )
}

#[track_caller]
pub(crate) fn says(house: &House, name: &str, state: &str, words: &str) {
    let (found, said) = finding(house, name);
    assert_eq!(found, state, "{said}");
    assert!(said.contains(words), "{said}");
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn the_master_key_and_the_audit_log_are_looked_at() {
    let mut house = House::new();
    says(&house, "master key", "ok", "will be made");
    says(&house, "audit log", "ok", "begins");
    house.start();
    says(&house, "audit log", "ok", "audit verify");
    says(&house, "master key", "ok", "master.key");
    house.stop();
    says(&house, "audit log", "ok", "whole, up to record");

    let key = house.data_dir().join("keys/master.key");
    set_mode(&key, 0o640);
    says(&house, "master key", "fail", "chmod 600");
    set_mode(&key, 0o600);
    let aside = house.home().join("aside");
    std::fs::rename(&key, &aside).unwrap();
    says(&house, "master key", "fail", "put it back");
    says(&house, "audit log", "fail", "cannot be checked");
    assert!(!key.exists(), "looking makes no key");
    std::fs::rename(&aside, &key).unwrap();

    let database = format!(
        "sqlite://{}",
        house.data_dir().join("longhouse.db").display()
    );
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&database).await.unwrap();
    let forge = "update audit_log set actor_name = 'somebody else' where seq = 1";
    sqlx::query(forge).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    says(&house, "audit log", "fail", "record 1");

    house
        .variables
        .push(("LONGHOUSE_MASTER_KEY".to_owned(), "x".to_owned()));
    says(&house, "master key", "ok", "LONGHOUSE_MASTER_KEY");
}

/// A certificate for a name, good from and until so many days from now.
fn write_pair(house: &House, name: &str, from: i64, until: i64) {
    let pair = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    let day = |days: i64| {
        let moment = jiff::Zoned::now() + jiff::Span::new().days(days);
        rcgen::date_time_ymd(
            i32::from(moment.year()),
            moment.month().unsigned_abs(),
            moment.day().unsigned_abs(),
        )
    };
    (parameters.not_before, parameters.not_after) = (day(from), day(until));
    let signed = parameters.self_signed(&pair).unwrap();
    std::fs::write(house.home().join("cert.pem"), signed.pem()).unwrap();
    let key = house.home().join("key.pem");
    std::fs::write(&key, pair.serialize_pem()).unwrap();
    set_mode(&key, 0o600);
}

#[test]
fn a_certificate_that_ends_soon_or_fits_neither_name_nor_key_is_pointed_out() {
    let mut house = House::new();
    says(&house, "certificate", "ok", "does not encrypt");
    for (name, value) in [
        (
            "LONGHOUSE_TLS_CERT",
            house.home().join("cert.pem").to_str().unwrap(),
        ),
        (
            "LONGHOUSE_TLS_KEY",
            house.home().join("key.pem").to_str().unwrap(),
        ),
        ("LONGHOUSE_PUBLIC_URL", "https://box.example:8443"),
    ] {
        house.variables.push((name.to_owned(), value.to_owned()));
    }
    says(&house, "certificate", "fail", "cannot read");
    for (name, from, until, state, words) in [
        ("box.example", -10, 80, "ok", "good until"),
        ("box.example", -80, 10, "warn", "renew"),
        ("box.example", -80, -10, "fail", "ended at"),
        ("box.example", 10, 80, "fail", "clock"),
        ("other.example", -10, 80, "fail", "public_url"),
    ] {
        write_pair(&house, name, from, until);
        says(&house, "certificate", state, words);
    }
    write_pair(&house, "box.example", -10, 80);
    let key = house.home().join("key.pem");
    set_mode(&key, 0o644);
    says(&house, "certificate", "fail", "chmod 600");
    set_mode(&key, 0o600);
    std::fs::write(&key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    says(&house, "certificate", "fail", "does not belong");
}

#[test]
fn the_kernels_guard_of_links_is_told_as_it_is() {
    let house = House::new();
    let kernel = std::fs::read_to_string("/proc/sys/fs/protected_hardlinks");
    let open = kernel.is_ok_and(|kernel| kernel.trim() == "0");
    let state = if open { "warn" } else { "ok" };
    assert_eq!(finding(&house, "hard links").0, state);
}

#[test]
fn an_engine_that_is_not_there_is_told_from_one_that_is_not_wanted() {
    let mut house = House::new();
    let set = |house: &mut House, address: &str| {
        house
            .variables
            .retain(|(name, _)| name != "LONGHOUSE_DOCKER_HOST");
        let variable = ("LONGHOUSE_DOCKER_HOST".to_owned(), address.to_owned());
        house.variables.push(variable);
    };
    let name = "container engine";
    set(&mut house, "off");
    says(&house, name, "ok", "switched off");
    set(&mut house, "tcp://10.0.0.1:2375");
    says(&house, name, "warn", "docker_host");
    let nowhere = house.home().join("engine.sock");
    set(&mut house, &format!("unix://{}", nowhere.display()));
    says(&house, name, "warn", "start the engine");
}
