//! The one binary: reads the command line, the environment and the configuration, and hands over to a command.
//!
//! What Longhouse does is not decided here; the crates below this one know nothing of files, flags and signals.

mod attach;
mod audit;
mod backup;
mod cli;
mod client;
mod clock;
mod config;
mod doctor;
mod environment;
mod failure;
mod hidden;
mod master_key;
mod output;
mod places;
mod private_file;
mod programs;
mod reach;
mod record;
mod secrets;
mod serve;
mod session;
mod text;
mod token;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use client::Client;
use clock::SystemClock;
use environment::Environment;
use failure::Failure;

/// What a command may know of the process it runs in.
#[derive(Debug)]
pub(crate) struct Context {
    /// The environment, read once.
    pub(crate) environment: Environment,
    /// The working directory.
    pub(crate) directory: PathBuf,
    /// The time.
    pub(crate) clock: SystemClock,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::say(&format!("longhouse: {:#}", failure.error));
            ExitCode::from(failure.code as u8)
        }
    }
}

fn run(cli: &Cli) -> Result<u8, Failure> {
    let directory = std::env::current_dir()
        .map_err(|error| anyhow::anyhow!("the working directory is gone: {error}"))?;
    let context = Context {
        environment: Environment::of_this_process(),
        directory,
        clock: SystemClock,
    };
    let client = || Client::new(&cli.place, &context.environment, &context.directory);
    match &cli.command {
        Command::Attach(arguments) => {
            let target = attach::Target::parse(arguments)?;
            attach::require_terminal()?;
            let client = client()?;
            asking(attach::run(target, &client))
        }
        Command::Session(command) => {
            let client = client()?;
            asking(session::run(command, &client, &context))
        }
        Command::Config(command) => configuration(command, cli, &context),
        Command::Doctor(arguments) => {
            let loaded = load(flags(&cli.place), &context)?;
            asking(doctor::run(arguments, &loaded, &context))
        }
        Command::Token(command) => asking(token::run(command, &client()?)),
        Command::User(command) => asking(user::run(command, &cli.place, &context)),
        Command::Audit(command) => asking(audit::run(command, &cli.place, &context)),
        Command::Secrets(command) => asking(secrets::run(command, &cli.place, &context)),
        Command::Backup(arguments) => {
            let loaded = load(flags(&cli.place), &context)?;
            asking(backup::backup(arguments, &loaded.settings, &context))
        }
        Command::Restore(arguments) => {
            let loaded = load(flags(&cli.place), &context)?;
            asking(backup::restore(arguments, &loaded.settings, &context))
        }
        Command::Serve(arguments) => {
            let flags = config::Flags {
                listen: arguments.listen.clone(),
                tls_cert: arguments.tls_cert.clone(),
                tls_key: arguments.tls_key.clone(),
                redirect_listen: arguments.redirect_listen.clone(),
                insecure: arguments.insecure.then_some(true),
                ..flags(&cli.place)
            };
            serve::run(&load(flags, &context)?, &context)
        }
        Command::Openapi => {
            output::print(&longhouse_server::openapi_json())?;
            Ok(0)
        }
    }
}

/// Runs a command that asks the server. One thread is plenty.
fn asking(command: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let result = runtime.block_on(command);
    // A thread may still be waiting for a key; the end of the process takes it along.
    runtime.shutdown_background();
    result
}

fn flags(place: &cli::Place) -> config::Flags {
    config::Flags {
        config: place.config.clone(),
        data_dir: place.data_dir.clone(),
        ..config::Flags::default()
    }
}

fn load(flags: config::Flags, context: &Context) -> Result<config::Configuration, Failure> {
    Ok(config::load(
        &flags,
        &context.environment,
        &context.directory,
    )?)
}

fn configuration(command: &cli::Config, cli: &Cli, context: &Context) -> Result<u8, Failure> {
    let loaded = load(flags(&cli.place), context)?;
    for warning in &loaded.warnings {
        output::say(&format!("warning: {warning}"));
    }
    match command {
        cli::Config::Show => output::print(&config::show(&loaded))?,
        cli::Config::Check => {
            let source = loaded.file.as_ref().map_or_else(
                || "no longhouse.toml was found; the defaults".to_owned(),
                |file| file.display().to_string(),
            );
            output::print(&format!("{source}: can be used\n"))?;
        }
    }
    Ok(0)
}
