//! Metrics, health, and the status page.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use parking_lot::Mutex;
use serde::Serialize;
use tiered_cache::Stats;
use tokio::net::TcpListener;

use crate::shared::Shared;

/// The pause between two samples.
const EVERY: Duration = Duration::from_secs(1);

/// Five minutes of them.
const SAMPLES: usize = 300;

#[derive(Clone)]
struct Page {
    shared: Arc<Shared>,
    prometheus: PrometheusHandle,
    samples: Arc<Mutex<VecDeque<Sample>>>,
}

/// The figures of one moment: counts since the start, and the state.
#[derive(Clone, Debug, Serialize)]
struct Sample {
    at_ms: u64,
    commands: u64,
    forwarded: u64,
    clients: usize,
    hits: u64,
    negative_hits: u64,
    stale_hits: u64,
    misses: u64,
    writes: u64,
    flushed: u64,
    dirty_keys: u64,
    dirty_bytes: u64,
    lag_ms: u64,
    remote_read_us: u64,
    flush_us: u64,
    dead_letters: u64,
    breaker_open: bool,
    lanes: Vec<String>,
    disk_bytes: u64,
}

impl Sample {
    fn take(shared: &Shared) -> Self {
        let stats: Stats = shared.cache.stats();
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Self {
            at_ms: ms(SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()),
            commands: shared.counters.commands.load(Ordering::Relaxed),
            forwarded: shared.counters.forwarded.load(Ordering::Relaxed),
            clients: shared.clients.count(),
            hits: stats.hits,
            negative_hits: stats.negative_hits,
            stale_hits: stats.stale_hits,
            misses: stats.misses,
            writes: stats.sets + stats.deletes,
            flushed: stats.flushed,
            dirty_keys: stats.dirty_keys,
            dirty_bytes: stats.dirty_bytes,
            lag_ms: ms(stats.oldest_dirty.unwrap_or_default()),
            remote_read_us: us(stats.remote_read_latency),
            flush_us: us(stats.flush_latency),
            dead_letters: stats.dead_letters,
            breaker_open: stats.breaker_open,
            lanes: stats
                .lanes
                .iter()
                .map(|lane| format!("{:?}", lane.state))
                .collect(),
            disk_bytes: stats.disk_bytes,
        }
    }

    /// Hands on what the cache does not do itself.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; there are not 2^53 clients"
    )]
    fn publish(&self) {
        metrics::counter!("tiered_cache_server_commands_total").absolute(self.commands);
        metrics::counter!("tiered_cache_server_forwarded_total").absolute(self.forwarded);
        metrics::gauge!("tiered_cache_server_clients").set(self.clients as f64);
    }
}

/// Serves the pages, and takes the samples, as tasks of their own. The answer is the address.
///
/// # Errors
/// The address cannot be listened on, or another recorder of metrics is there.
pub(crate) async fn start(shared: &Arc<Shared>, address: &str) -> Result<String> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("metrics: {address}"))?;
    let bound = listener.local_addr()?.to_string();
    let page = Page {
        shared: Arc::clone(shared),
        prometheus: PrometheusBuilder::new().install_recorder()?,
        samples: Arc::default(),
    };
    tokio::spawn(sample(page.clone()));
    let routes = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/metrics", get(render))
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/samples", get(samples))
        .with_state(page);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "the pages are not served any more");
        }
    });
    Ok(bound)
}

async fn sample(page: Page) {
    loop {
        let sample = Sample::take(&page.shared);
        sample.publish();
        page.prometheus.run_upkeep();
        {
            let mut samples = page.samples.lock();
            if samples.len() == SAMPLES {
                samples.pop_front();
            }
            samples.push_back(sample);
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn render(State(page): State<Page>) -> impl IntoResponse {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, page.prometheus.render())
}

/// Whether commands can be served: not while it ends, and not while the remote is not asked.
async fn ready(State(page): State<Page>) -> (StatusCode, &'static str) {
    if page.shared.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n");
    }
    if page.shared.cache.stats().breaker_open {
        return (StatusCode::SERVICE_UNAVAILABLE, "the remote is away\n");
    }
    (StatusCode::OK, "ready\n")
}

async fn samples(State(page): State<Page>) -> Result<impl IntoResponse, StatusCode> {
    let samples: Vec<Sample> = page.samples.lock().iter().cloned().collect();
    let kind = [(header::CONTENT_TYPE, "application/json")];
    match serde_json::to_string(&samples) {
        Ok(text) => Ok((kind, text)),
        Err(error) => {
            tracing::error!(%error, "the samples cannot be written as JSON");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
