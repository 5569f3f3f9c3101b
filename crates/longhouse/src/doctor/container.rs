//! Checks of what sessions in containers need: the engine, and the image that they are made from.

use longhouse_runtime::docker::{Examination, examine};

use super::Patient;
use super::report::Finding;
use crate::serve::engine_address;

/// What Linux calls a socket that one may not open.
const DENIED: &str = "Permission denied";

/// The engine, and the image where there is an engine.
pub(super) async fn findings(patient: &Patient<'_>) -> Vec<Finding> {
    let name = "container engine";
    let settings = &patient.configuration.settings;
    let address = match engine_address(settings) {
        Ok(Some(address)) => address,
        Ok(None) => return vec![Finding::ok(name, "switched off by docker_host")],
        Err(error) => {
            let mend = "correct docker_host (or DOCKER_HOST), or leave it out";
            return vec![Finding::warn(name, format!("docker_host: {error}"), mend)];
        }
    };
    match examine(address, &settings.docker.image).await {
        Examination::Absent { detail } => {
            let detail = format!("{detail}; sessions on this machine need none");
            vec![Finding::ok(name, detail)]
        }
        Examination::Away { detail } => {
            let mend = if detail.contains(DENIED) {
                "let the server's user use the socket (usermod -aG docker USER, then log in anew); it is as good as being root"
            } else {
                "start the engine, or correct docker_host; sessions on this machine need none"
            };
            vec![Finding::warn(name, detail, mend)]
        }
        Examination::Well { version, has_image } => {
            let engine = Finding::ok(name, format!("version {version} answers"));
            vec![engine, image(settings.docker.image.as_str(), has_image)]
        }
    }
}

fn image(image: &str, is_there: bool) -> Finding {
    let name = "container image";
    if is_there {
        return Finding::ok(name, format!("{image} is there"));
    }
    Finding::warn(
        name,
        format!(
            "{image} (docker.image) is not in the engine: new sessions are not made in containers by themselves"
        ),
        "build it with `cargo xtask images`, pull it, or name another one in docker.image",
    )
}
