//! Makes a session's container and starts it: each step can be done twice, and all of them are undone where one fails.

use std::collections::BTreeMap;
use std::io;

use bollard::query_parameters::{CreateContainerOptionsBuilder, StartContainerOptions};
use longhouse_domain::container::ContainerSpec;
use longhouse_domain::lifecycle::RuntimeHandle;
use longhouse_link::spec::{SessiondSpec, WAY_OUT_PORT};

use super::client::CallError;
use super::container::{self, HOME, LINK_DIR, Recipe, SECRETS_DIR, STATE_DIR};
use super::image::{self, unavailable, words};
use super::observe::Handle;
use super::{Docker, DockerRuntime, network, ownership, remove, volumes};
use crate::disk::secrets;
use crate::{Plan, ProvisionError};

/// Marks every process of the session; sessiond's programs carry it on the host too.
const SESSION_MARK: &str = "LONGHOUSE_SESSION_ID";

/// Where programs are looked for where the image does not say.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The shell that every Linux image with a shell has.
const SHELL: &str = "/bin/sh";

/// See [`crate::Runtime::provision`].
pub(super) async fn provision(
    runtime: &DockerRuntime,
    plan: &Plan,
) -> Result<RuntimeHandle, ProvisionError> {
    let docker = &runtime.docker;
    let spec = container_spec(plan)?;
    let failed = |error: CallError| explain(error, "the container cannot be made");
    let (image, ()) = tokio::try_join!(image::inspect(&docker.client, &spec.image), async {
        let cleared = remove::containers(docker, plan.session).await;
        cleared.map_err(failed)
    },)?;
    let is_new = !docker.layout.volumes_are_owned(plan.session);
    let sessiond = docker.sessiond_spec(plan, image.env);
    let disk = |error: io::Error| {
        ProvisionError::Failed(format!("the session's place cannot be made: {error}"))
    };
    let session = plan.session;
    runtime
        .blocking(move |docker| {
            docker.layout.make(session)?;
            drop(docker.secrets.make(session)?);
            docker
                .layout
                .write_spec(session, &serde_json::to_vec(&sessiond)?)
        })
        .await
        .map_err(disk)?;
    match start(docker, plan, spec, &image.id).await {
        Ok(handle) => Ok(handle),
        Err(error) => {
            undo(runtime, plan, is_new).await;
            Err(explain(error, "the container cannot be started"))
        }
    }
}

/// What the plan says of the container.
pub(super) fn container_spec(plan: &Plan) -> Result<&ContainerSpec, ProvisionError> {
    plan.container.as_ref().ok_or_else(|| {
        ProvisionError::Failed("the session was not planned for a container".to_owned())
    })
}

async fn start(
    docker: &Docker,
    plan: &Plan,
    spec: &ContainerSpec,
    image: &str,
) -> Result<RuntimeHandle, CallError> {
    let _network_stays = docker.using_networks.read().await;
    let network = network::name(docker, spec.network, plan.owner);
    let (link_dir, secrets_dir) = (
        docker.layout.link_dir(plan.session),
        docker.secrets.dir(plan.session),
    );
    let recipe = Recipe {
        session: plan.session,
        owner: plan.owner,
        server: docker.layout.server(),
        start: plan.start,
        spec,
        network: &network,
        sessiond: &docker.sessiond,
        link_dir: &link_dir,
        secrets_dir: &secrets_dir,
    };
    tokio::try_join!(
        network::ensure(docker, spec.network, plan.owner),
        volumes::ensure(docker, &recipe),
    )?;
    let create = Box::pin(docker.client.have_done(|docker| {
        let name = container::name(plan.session);
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let body = recipe.body();
        async move { docker.create_container(Some(options), body).await }
    }));
    let (created, bearer) = match docker.layout.volumes_are_owned(plan.session) {
        true => (create.await?, None),
        false => {
            let (created, bearer) =
                ownership::make_and_give(docker, &recipe, image, create).await?;
            let noted = docker.layout.note_volumes_owned(plan.session);
            noted.map_err(|error| CallError::Refused(error.to_string()))?;
            (created, Some(bearer))
        }
    };
    let id = &created.id;
    let start = docker.client.have_done(|docker| async move {
        let options = None::<StartContainerOptions>;
        docker.start_container(id, options).await
    });
    tokio::try_join!(start, async {
        match &bearer {
            Some(bearer) => ownership::dismiss(docker, bearer, image).await,
            None => Ok(()),
        }
    })?;
    Ok(Handle::new(docker, created.id, spec.image.to_string()).into())
}

/// Takes a failed attempt back; what was there before it stays.
async fn undo(runtime: &DockerRuntime, plan: &Plan, is_new: bool) {
    let docker = &runtime.docker;
    let undone = async {
        remove::containers(docker, plan.session).await?;
        if is_new {
            volumes::remove(docker, plan.session).await?;
            let session = plan.session;
            runtime
                .blocking(move |docker| docker.layout.remove_all_but_link(session))
                .await?;
        }
        network::remove_unused(docker).await?;
        Ok::<_, io::Error>(())
    };
    if let Err(error) = undone.await {
        tracing::warn!(session = %plan.session, %error, "a failed start left something behind");
    }
}

fn explain(error: CallError, what: &str) -> ProvisionError {
    match error {
        CallError::Away(_) | CallError::Silent(_) => unavailable(error),
        other => ProvisionError::Failed(format!("{what}: {}", words(&other.to_string()))),
    }
}

impl Docker {
    /// What sessiond is told: the image's environment, ours over it, the session's over both.
    fn sessiond_spec(&self, plan: &Plan, image: BTreeMap<String, String>) -> SessiondSpec {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut env = BTreeMap::from([own("PATH", PATH), own("SHELL", SHELL)]);
        env.extend(image);
        env.extend([
            own("HOME", HOME),
            own("USER", "agent"),
            own("LOGNAME", "agent"),
        ]);
        let way_out = plan.container.as_ref().and_then(ContainerSpec::way_out);
        if way_out.is_some() {
            env.extend(way_out_environment());
        }
        env.extend(plan.env.clone());
        env.extend([
            own(SESSION_MARK, &plan.session.to_string()),
            own(secrets::VARIABLE, SECRETS_DIR),
        ]);
        let shell = env
            .get("SHELL")
            .cloned()
            .unwrap_or_else(|| SHELL.to_owned());
        let mut spec = SessiondSpec::new(
            plan.session,
            format!("{LINK_DIR}/link.sock").into(),
            STATE_DIR.into(),
            env,
            shell,
        );
        spec.login_shell = false;
        spec.way_out_port = way_out.map(|_| WAY_OUT_PORT);
        spec.own_home = Some(HOME.into());
        spec.first_offset = plan.first_offset;
        spec.lends_key = plan.lends_key;
        spec.lends_token = plan.lends_token;
        spec.ring_bytes = self.ring_bytes.unwrap_or(spec.ring_bytes);
        spec.scrollback_lines = self.scrollback_lines.unwrap_or(spec.scrollback_lines);
        spec
    }
}

/// By which programs find the session's proxy. Some read the small names, some the large ones.
fn way_out_environment() -> impl Iterator<Item = (String, String)> {
    let proxy = format!("http://127.0.0.1:{WAY_OUT_PORT}");
    let here = "localhost,127.0.0.1,::1".to_owned();
    let both = |name: &str, value: &str| {
        [name.to_owned(), name.to_ascii_lowercase()].map(|name| (name, value.to_owned()))
    };
    let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    let proxies: Vec<_> = proxies.iter().flat_map(|name| both(name, &proxy)).collect();
    // Node.js reads them only if told to. How ssh gets out, sessiond says.
    let node = ("NODE_USE_ENV_PROXY".to_owned(), "1".to_owned());
    proxies
        .into_iter()
        .chain(both("NO_PROXY", &here))
        .chain([node])
}
