//! `longhouse serve`: puts the parts together, in this order, and takes them apart again.
//!
//! lock the data directory → clear what a killed server left → listen (callers wait in the backlog) → open the store →
//! reconcile every session → serve → connect to the sessions → on a signal: tell everybody, end; sessions go on.

mod containers;
pub(crate) mod embedded;
mod emptied;
mod identity;
pub(crate) mod keys;
pub(crate) mod lock;
mod logging;
mod memory;
mod record;
mod signals;
pub(crate) mod transport;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use longhouse_domain::session::Multiplexer;
use longhouse_engine::accounts::{AccountError, Secret};
use longhouse_engine::secrets::Vault;
use longhouse_engine::{Engine, EngineSettings};
use longhouse_runtime::Runtime;
use longhouse_runtime::host::{HostRuntime, HostSettings, choose_secrets_dir};
use longhouse_server::{AppState, LocalSocket, ServerSettings, SigningKey};
use longhouse_store::{Store, StoreUrl};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::{Configuration, MultiplexerSetting, Settings};
use crate::failure::{Code, Failure};
use crate::places::{Places, make_private};
use crate::{Context, backup, master_key, output, programs};

pub(crate) use containers::engine_address;
use lock::{DataDirLock, Holder};
use signals::Signals;
use transport::Transport;

/// This build's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How often what running sessions use goes into their history.
const SAMPLE_EVERY: Duration = Duration::from_secs(60);

/// How long everything may take to end after a signal.
const FAREWELL: Duration = Duration::from_secs(10);

/// The name of the first account that `LONGHOUSE_ADMIN_PASSWORD` makes.
const FIRST_ADMIN: &str = "admin";

/// Serves until a signal.
pub(crate) fn run(configuration: &Configuration, context: &Context) -> Result<u8, Failure> {
    let settings = &configuration.settings;
    logging::start(settings).map_err(|error| Failure::new(Code::Usage, error))?;
    memory::keep_private();
    memory::hold_on_to_little();
    for warning in &configuration.warnings {
        tracing::warn!("{warning}");
    }
    let places = Places::new(settings);
    let mut ground = Ground::prepare(settings, &places)?;
    let open_files = raise_descriptor_limit();
    let host = host_runtime(settings, &places, context, open_files)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    let result = runtime.block_on(serve(settings, &places, context, &mut ground, host));
    // Whatever still blocks a thread has had its time.
    runtime.shutdown_background();
    Ok(result.map(|()| 0)?)
}

/// What must be ours before anything is asked of anybody.
struct Ground {
    lock: DataDirLock,
    transport: Transport,
}

impl Ground {
    fn prepare(settings: &Settings, places: &Places) -> anyhow::Result<Self> {
        make_private(&places.data_dir)?;
        let mut lock = DataDirLock::take(&places.data_dir, &places.lock_file())?;
        introduce(&mut lock, None)?;
        backup::refuse_unfinished(places)?;
        let keys_dir = places.keys_dir();
        for dir in [&places.run_dir, &keys_dir] {
            make_private(dir)?;
        }
        keys::remove_unfinished(&[places.data_dir.clone(), keys_dir.clone()])
            .context("cannot clear what an earlier server left unfinished")?;
        let transport = Transport::prepare(settings, places)?;
        Ok(Self { lock, transport })
    }
}

fn introduce(lock: &mut DataDirLock, url: Option<String>) -> anyhow::Result<()> {
    let us = Holder {
        pid: std::process::id(),
        version: VERSION.to_owned(),
        url,
    };
    lock.introduce(&us).context("cannot write the lock file")
}

/// Every viewer and every session takes a descriptor; the usual soft limit is for programs of another age. Sessions get
/// back what stood there before: the answer.
fn raise_descriptor_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    limit.current
}

fn host_runtime(
    settings: &Settings,
    places: &Places,
    context: &Context,
    open_files: Option<u64>,
) -> anyhow::Result<HostRuntime> {
    let environment = &context.environment;
    let source_env: BTreeMap<String, String> = environment
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let host = HostSettings {
        data_dir: places.data_dir.clone(),
        run_dir: places.run_dir.clone(),
        secrets_dir: choose_secrets_dir(&places.data_dir, &places.run_dir),
        allowed_dirs: settings.host.allowed_dirs.clone(),
        sessiond: embedded::sessiond(environment)?,
        source_env,
        pass_env: settings.host.pass_env.clone(),
        tmux: programs::find("tmux", environment),
        ring_bytes: Some(settings.terminal.ring_bytes.into()),
        scrollback_lines: Some(settings.terminal.scrollback_lines),
        open_files,
    };
    HostRuntime::new(host).context("sessions cannot run on this machine")
}

async fn serve(
    settings: &Settings,
    places: &Places,
    context: &Context,
    ground: &mut Ground,
    host: HostRuntime,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let signals = Signals::listen().context("cannot listen to signals")?;
    let watching = tokio::spawn(signals.watch(stop.clone()));
    let (engine, signing_key) = tokio::select! {
        started = start_engine(settings, places, context, host) => started?,
        () = stop.cancelled() => return Ok(()),
    };
    let server = server_settings(settings, context, &ground.transport, signing_key)?;
    let result = serve_engine(settings, places, context, ground, &engine, server, &stop).await;
    stop.cancel();
    record::stop(&engine).await;
    if tokio::time::timeout(FAREWELL, engine.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some tasks did not end in time");
    }
    watching.abort();
    result
}

async fn start_engine(
    settings: &Settings,
    places: &Places,
    context: &Context,
    host: HostRuntime,
) -> anyhow::Result<(Engine, SigningKey)> {
    let clock = Arc::new(context.clock);
    let url = store_url(settings, places)?;
    emptied::refuse(&url, places)?;
    let store = Store::open(&url)
        .await
        .context("cannot open the database")?;
    let master_key = master_key::source(settings, places, &context.environment);
    let vault = Vault::open(store.clone(), master_key, clock.clone())
        .await
        .context("cannot open the secrets")?;
    master_key::clear_unused(settings, places, &context.environment)
        .context("cannot clear what an earlier rotation left")?;
    let store = store.with_audit_key(keys::audit_key(&vault).await?);
    let signing_key = keys::signing_key(&vault, &places.keys_dir()).await?;
    let tmux = programs::find("tmux", &context.environment).is_some();
    let default_multiplexer = match settings.host.multiplexer {
        MultiplexerSetting::Auto if tmux => Multiplexer::Tmux,
        MultiplexerSetting::Tmux => Multiplexer::Tmux,
        MultiplexerSetting::Auto | MultiplexerSetting::None => Multiplexer::None,
    };
    if default_multiplexer == Multiplexer::Tmux && !tmux {
        tracing::warn!(
            "host.multiplexer is tmux, but tmux is not installed: sessions cannot start"
        );
    }
    let engine = EngineSettings {
        agents: settings.agents(),
        default_multiplexer,
        tmux_installed: tmux,
        default_image: settings.docker.image.clone(),
        git_transports: settings.git.transports(),
        repository_ports: settings.git.repository_ports,
        publish: settings.docker.publish(),
        disk_mb: settings.docker.disk_mb(),
        max_sessions: settings.max_sessions,
        keep_volumes: settings.docker.keep_volumes(),
        max_sessions_per_user: settings.max_sessions_per_user,
        allowed_dirs: settings.host.allowed_dirs.clone(),
        stop_grace: settings.stop_grace,
        sample_every: SAMPLE_EVERY,
        recordings: settings.recordings.kept_in(places.recordings()),
        audit_archive: Some(places.audit_archive()),
        version: VERSION,
    };
    let docker = containers::runtime(settings, places, &host)?;
    let mut runtimes: Vec<Arc<dyn Runtime>> = vec![Arc::new(host)];
    if let Some(docker) = docker {
        runtimes.push(Arc::new(docker));
    }
    let engine = Engine::take_up(engine, store, vault, runtimes, clock)
        .await
        .context("cannot take up the sessions")?;
    Ok((engine, signing_key))
}

/// The database that the settings mean.
pub(crate) fn store_url(settings: &Settings, places: &Places) -> anyhow::Result<StoreUrl> {
    match &settings.database_url {
        Some(url) => url.parse().context("database_url"),
        None => Ok(StoreUrl::Sqlite(places.database_file())),
    }
}

async fn serve_engine(
    settings: &Settings,
    places: &Places,
    context: &Context,
    ground: &mut Ground,
    engine: &Engine,
    server: ServerSettings,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let url = settings
        .public_url
        .clone()
        .unwrap_or_else(|| ground.transport.url(settings));
    record::start(engine, settings, ground.transport.address()).await?;
    make_first_admin(context, engine).await?;

    let clock = Arc::new(context.clock);
    let state = AppState::new(engine.clone(), clock, server, stop.clone());
    // Bound before anybody is told that the server is ready.
    let control_socket =
        LocalSocket::bind(places.control_socket()).context("cannot make the control socket")?;
    let mut serving = JoinSet::new();
    ground
        .transport
        .serve(settings, places, &state, &mut serving)?;
    let served = longhouse_server::serve_local(control_socket, state);
    serving.spawn(async { served.await.context("the control socket failed") });
    introduce(&mut ground.lock, Some(url.clone()))?;
    tracing::info!(%url, version = VERSION, "ready");
    announce(&url, settings, engine).await?;
    // Whoever waited for the server is answered before the sessions are.
    engine.connect();
    memory::give_back();

    // Neither ends before the signal; one that does has failed, and the server without it is of no use.
    let first = tokio::select! {
        Some(ended) = serving.join_next() => ended.context("a part of the server broke")?,
        () = stop.cancelled() => Ok(()),
    };
    stop.cancel();
    first?;
    let rest = async {
        while let Some(ended) = serving.join_next().await {
            ended.context("a part of the server broke")??;
        }
        Ok(())
    };
    match tokio::time::timeout(FAREWELL, rest).await {
        Ok(ended) => ended,
        Err(_) => {
            tracing::warn!("some connections did not end in time");
            Ok(())
        }
    }
}

fn server_settings(
    settings: &Settings,
    context: &Context,
    transport: &Transport,
    signing_key: SigningKey,
) -> anyhow::Result<ServerSettings> {
    let mut allowed_hosts = settings.allowed_hosts.clone();
    allowed_hosts.extend(transport.names(settings));
    Ok(ServerSettings {
        scheme: settings.scheme(),
        public_url: settings.public_url.clone(),
        allowed_hosts,
        preview_host: settings.preview_host.clone(),
        allowed_origins: settings.allowed_origins.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        plain_http: settings.plain_http(),
        limits: transport::limits(settings),
        password_login: settings.password_login,
        oidc: identity::providers(settings, &context.environment)?,
        provider_tls: identity::tls(settings)?,
        ..ServerSettings::new(transport.address(), signing_key, VERSION)
    })
}

async fn make_first_admin(context: &Context, engine: &Engine) -> anyhow::Result<()> {
    let Some(password) = context.environment.get("LONGHOUSE_ADMIN_PASSWORD") else {
        return Ok(());
    };
    let made = engine
        .accounts()
        .ensure_admin(
            FIRST_ADMIN,
            Secret::new(password),
            &record::first_admin(engine),
        )
        .await
        .map_err(|error| describe_account_error(error).context("LONGHOUSE_ADMIN_PASSWORD"))?;
    if made.is_some() {
        tracing::info!(user = FIRST_ADMIN, "made the first account");
    }
    Ok(())
}

/// The error with what is wrong with each field.
pub(crate) fn describe_account_error(error: AccountError) -> anyhow::Error {
    match error {
        AccountError::Invalid(problems) => {
            let problems = problems
                .iter()
                .map(|problem| format!("{} {}", problem.field, problem.message));
            anyhow::anyhow!("{}", problems.collect::<Vec<_>>().join("; "))
        }
        other => other.into(),
    }
}

/// Tells the person at the console where to go. The set-up link is printed and never logged: logs are kept and shared.
async fn announce(url: &str, settings: &Settings, engine: &Engine) -> anyhow::Result<()> {
    output::print(&format!("Longhouse {VERSION} is ready at {url}\n"))?;
    if !settings.password_login {
        return Ok(());
    }
    let token = engine
        .accounts()
        .setup_token()
        .await
        .map_err(describe_account_error)?;
    if let Some(token) = token {
        let url = url.trim_end_matches('/');
        output::print(&format!(
            "\nThis is the first start. Make your account here (the link works once):\n  {url}/setup?token={}\n\n",
            token.reveal()
        ))?;
    }
    Ok(())
}
