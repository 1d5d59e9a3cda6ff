//! `tiered-cache-server`: the two-level cache as a process that speaks the Redis protocol.
//!
//! The README beside this crate says how to use it.

mod cli;
mod client;
mod commands;
mod group;
mod http;
mod latency;
mod reply;
mod request;
mod samples;
mod server;
mod session;
mod settings;
mod shared;
mod stream;
mod table;
mod upstream;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tiered_cache::{MemoryRemote, RedisRemote, TieredCache};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::Asked;
use crate::settings::{LogFormat, RemoteKind, Settings};
use crate::shared::Shared;

fn main() -> ExitCode {
    let asked = cli::load(std::env::args_os(), variable);
    let ended = match asked {
        Ok(Asked::Print(text)) => std::io::stdout()
            .write_all(text.as_bytes())
            .context("the settings cannot be printed"),
        Ok(Asked::Run(settings)) => start(*settings),
        Err(error) => match error.downcast::<clap::Error>() {
            Ok(error) => error.exit(),
            Err(error) => Err(error),
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tiered-cache-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A variable of the environment, if it is set.
fn variable(name: &str) -> Result<Option<String>> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(error).with_context(|| name.to_owned()),
    }
}

fn start(settings: Settings) -> Result<()> {
    log(&settings)?;
    server::raise_file_limit(settings.maxclients);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("a runtime cannot be started")?;
    let ended = runtime.block_on(run(settings));
    runtime.shutdown_background();
    ended
}

fn log(settings: &Settings) -> Result<()> {
    let filter: Targets = settings
        .log
        .parse()
        .with_context(|| format!("log: `{}`", settings.log))?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Json => registry.with(layer.json()).try_init(),
        LogFormat::Text => registry
            .with(layer.with_ansi(std::io::stderr().is_terminal()))
            .try_init(),
    }
    .context("the log cannot be set up")
}

async fn run(settings: Settings) -> Result<()> {
    // Before anything is open, so that none of them is missed.
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;

    let home = settings.home.clone();
    let builder = TieredCache::builder(&home).config(settings.cache.clone());
    let (builder, raw) = match settings.remote.kind() {
        RemoteKind::None => (builder.local_only(), None),
        RemoteKind::Memory => (builder.remote(MemoryRemote::new()), None),
        RemoteKind::Redis => {
            let connection = settings.remote.connection(&settings.redis);
            let remote = RedisRemote::from_config(connection.clone()).context("remote")?;
            let raw = RedisRemote::from_config(connection).context("remote")?;
            (builder.remote(remote), Some(raw))
        }
    };
    let cache = builder
        .open()
        .await
        .with_context(|| format!("the home {} cannot be opened", home.display()))?;
    let drain = settings.drain_timeout;
    let shared = Arc::new(Shared::new(settings, cache.clone(), raw));
    let listeners = server::Listeners::bind(&shared).await?;
    if !shared.settings.metrics.is_empty() {
        let address = http::start(&shared, &shared.settings.metrics).await?;
        tracing::info!(%address, "metrics and status page");
    }
    tracing::info!(
        home = %home.display(),
        listen = listeners.addresses().join(","),
        unixsocket = %shared.settings.unixsocket.display(),
        remote = %shared.settings.remote,
        "ready for clients"
    );
    if shared.kind() == RemoteKind::None {
        tracing::info!(
            "there is no remote: a durable local store (--remote redis://… for a cache)"
        );
    }
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: ending"),
            _ = interrupt.recv() => tracing::info!("SIGINT: ending"),
        }
    };
    server::run(&shared, listeners, stop).await?;
    // A second signal: nobody wants to wait for the remote.
    let before = tokio::select! {
        flushed = cache.flush(drain) => flushed.map_or(0, |report| report.flushed),
        _ = terminate.recv() => 0,
        _ = interrupt.recv() => 0,
    };
    let report = cache
        .close(Duration::ZERO)
        .await
        .context("the cache cannot be closed cleanly")?;
    let flushed = before + report.flushed;
    if report.complete {
        tracing::info!(
            flushed,
            dead_letters = report.dead_letters,
            "ended: the remote has everything"
        );
    } else {
        tracing::warn!(
            flushed,
            remaining = report.remaining,
            dead_letters = report.dead_letters,
            oldest_ms = report.oldest.unwrap_or_default().as_millis(),
            "ended before the remote had everything: what is left is stored, and the next start goes \
             on with it"
        );
    }
    Ok(())
}
