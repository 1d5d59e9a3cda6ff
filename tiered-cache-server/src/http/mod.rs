//! Metrics, health, and the status page.

mod bounded;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use parking_lot::Mutex;
use tokio::net::TcpListener;

use self::bounded::Bounded;
use crate::latency::exposition;
use crate::samples::Samples;
use crate::shared::Shared;

/// The pause between two samples.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct Page {
    shared: Arc<Shared>,
    prometheus: PrometheusHandle,
    samples: Arc<Mutex<Samples>>,
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
        .route("/", get(page_itself))
        .route("/metrics", get(render))
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/samples", get(samples))
        .with_state(page);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(Bounded::new(listener), routes).await {
            tracing::error!(%error, "the pages are not served any more");
        }
    });
    Ok(bound)
}

/// The page, which may fetch nothing from elsewhere.
async fn page_itself() -> impl IntoResponse {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                  connect-src 'self'; img-src data:; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Html(include_str!("../page.html")))
}

async fn sample(page: Page) {
    loop {
        page.samples.lock().take(&page.shared);
        page.prometheus.run_upkeep();
        tokio::time::sleep(EVERY).await;
    }
}

async fn render(State(page): State<Page>) -> impl IntoResponse {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    let mut text = page.prometheus.render();
    text.push_str(&exposition(&page.shared.latencies.totals()));
    (kind, text)
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
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let text = serde_json::to_string(&page.samples.lock().report(&page.shared));
    match text {
        Ok(text) => Ok((kind, text)),
        Err(error) => {
            tracing::error!(%error, "the samples cannot be written as JSON");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
