//! Checks of what keeps others out: the master key, the audit log, the certificate, the kernel's guard of links.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::Clock as _;
use longhouse_server::{Acme, Certificate, Certificates};
use longhouse_store::StoreUrl;

use super::Patient;
use super::report::Finding;
use crate::config::Encryption;
use crate::master_key;
use crate::reach::open_store;
use crate::serve::lock::DataDirLock;
use crate::serve::store_url;
use crate::serve::transport::acme_settings;

/// A certificate that ends sooner should have been renewed: the usual ones live for 90 days and are renewed after 60.
const SOON: Duration = Duration::from_secs(30 * 24 * 3600);

/// Where the kernel says whether a user can make a hard link to another user's file.
const HARD_LINKS: &str = "/proc/sys/fs/protected_hardlinks";

pub(super) fn master_key(patient: &Patient<'_>) -> Finding {
    let name = "master key";
    let (settings, environment) = (
        &patient.configuration.settings,
        &patient.context.environment,
    );
    let Some(path) = master_key::file(settings, &patient.places, environment) else {
        let source = master_key::source(settings, &patient.places, environment);
        return Finding::ok(name, format!("from {}", source.describe()));
    };
    let shown = path.display();
    match std::fs::metadata(&path) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            let detail = format!("{shown} can be read by others");
            Finding::fail(
                name,
                detail,
                format!("chmod 600 {shown}, then `longhouse secrets rotate-master`"),
            )
        }
        Ok(_) => Finding::ok(name, shown.to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let has_data = patient.places.database_file().exists() || patient.server.is_some();
            let (detail, mend) = (
                format!("{shown} is missing"),
                "put it back: what is secret in the database is sealed under it",
            );
            if has_data {
                Finding::fail(name, detail, mend)
            } else {
                Finding::ok(name, format!("{shown} will be made at the first start"))
            }
        }
        Err(error) => Finding::fail(
            name,
            format!("{shown}: {error}"),
            "make it readable for you",
        ),
    }
}

pub(super) async fn audit_log(patient: &Patient<'_>) -> Finding {
    let name = "audit log";
    let (settings, places) = (&patient.configuration.settings, &patient.places);
    if patient.server.is_some() {
        let detail = "kept by the running server; `longhouse audit verify` checks it";
        return Finding::ok(name, detail);
    }
    let url = store_url(settings, places);
    if matches!(&url, Ok(StoreUrl::Sqlite(path)) if !path.exists()) {
        return Finding::ok(name, "begins with the first start");
    }
    let Ok(_lock) = DataDirLock::take(&places.data_dir, &places.lock_file()) else {
        return Finding::ok(name, "somebody is at work in the data directory");
    };
    let (store, _) = match open_store(settings, places, patient.context).await {
        Ok(opened) => opened,
        Err(error) => {
            let mend = "mend the database or the master key first";
            return Finding::fail(name, format!("cannot be checked: {error:#}"), mend);
        }
    };
    let verified = store.verify_audit().await;
    store.close().await;
    match verified {
        Ok(report) => match report.fault {
            None => Finding::ok(name, format!("whole, up to record {}", report.head)),
            Some(fault) => Finding::fail(
                name,
                format!("at record {}: {}", fault.seq, fault.what),
                "somebody changed it: keep a copy as it is, and look who could write to the database",
            ),
        },
        Err(error) => Finding::fail(name, error.to_string(), "look at the database"),
    }
}

pub(super) fn certificate(patient: &Patient<'_>) -> Finding {
    let name = "certificate";
    let settings = &patient.configuration.settings;
    let (shown, mend) = match settings.encryption() {
        Encryption::Elsewhere => {
            return Finding::ok(name, "none: this server does not encrypt by itself");
        }
        Encryption::Files(files) => match files.load() {
            Ok(shown) => (shown, "renew it; the server takes up new files by itself"),
            Err(error) => {
                let detail = format!("{}: {error}", files.certificate.display());
                return Finding::fail(name, detail, "correct tls_cert and tls_key, or the files");
            }
        },
        Encryption::Acme => {
            let certificates = Certificates::default();
            let acme = acme_settings(settings, &patient.places);
            let opened = Acme::open(acme, certificates.clone(), Arc::new(patient.context.clock));
            match (opened, certificates.current()) {
                (Err(error), _) => {
                    return Finding::fail(name, error.to_string(), "look at that directory");
                }
                (Ok(_), None) => {
                    let detail = "there is none yet; the running server gets one";
                    return Finding::warn(name, detail, "look into the server's log for why not");
                }
                (Ok(_), Some(shown)) => (
                    shown,
                    "look into the server's log for why it is not renewed",
                ),
            }
        }
    };
    judged(patient, &shown, mend)
}

/// Whether it is good now, for a while yet, and for the name that people use.
fn judged(patient: &Patient<'_>, shown: &Certificate, mend: &str) -> Finding {
    let name = "certificate";
    let now = patient.context.clock.now();
    let until = format!("good until {}", shown.not_after);
    if shown.not_after <= now {
        return Finding::fail(name, format!("ended at {}", shown.not_after), mend);
    }
    if shown.not_before > now {
        let detail = format!("good only from {}", shown.not_before);
        return Finding::fail(name, detail, "look at the clock, or at the certificate");
    }
    if let Some(host) = public_name(patient)
        && !shown.is_for(&host)
    {
        let detail = format!("{until}, but not for {host}, as public_url has it");
        return Finding::fail(name, detail, "get one for that name, or correct public_url");
    }
    if now.duration_until(shown.not_after)
        < jiff::SignedDuration::try_from(SOON).unwrap_or_default()
    {
        return Finding::warn(name, until, mend);
    }
    Finding::ok(name, until)
}

/// The name in `public_url`.
fn public_name(patient: &Patient<'_>) -> Option<String> {
    let url = patient.configuration.settings.public_url.as_deref()?;
    let address: http::Uri = url.parse().ok()?;
    let host = address.host()?.trim_matches(['[', ']']);
    Some(host.to_owned())
}

pub(super) fn links() -> Finding {
    let name = "hard links";
    match std::fs::read_to_string(HARD_LINKS)
        .as_deref()
        .map(str::trim)
    {
        Ok("0") => Finding::warn(
            name,
            "every user of this machine can make a link to a file that is not theirs",
            "sysctl -w fs.protected_hardlinks=1, and in /etc/sysctl.d",
        ),
        Ok(_) => Finding::ok(name, "users can link to their own files only"),
        Err(error) => Finding::ok(name, format!("the kernel does not say: {error}")),
    }
}
