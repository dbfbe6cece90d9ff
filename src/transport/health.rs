//! Whether the server runs, and whether its store answers.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::domain::{Clock, SystemClock, Timestamp};
use crate::embed::{Monitor, Report};
use crate::store::Store;

/// How long the store may take to answer before the server calls itself not ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the server's health is asked of.
#[derive(Clone)]
pub struct Probed {
    /// Where the memories are.
    pub store: Store,
    /// What turns texts into vectors.
    pub embedding: Monitor,
}

impl From<Store> for Probed {
    /// Without anything that embeds.
    fn from(store: Store) -> Self {
        Self {
            store,
            embedding: Monitor::default(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
    uptime_sec: f64,
    timestamp: Timestamp,
    transport: &'static str,
    embedding: Report,
}

#[derive(Serialize)]
pub(super) struct Readiness {
    status: &'static str,
}

/// Says that the process runs, and how what embeds last fared. Touches neither it nor the store.
pub(super) fn health(started: Instant, embedding: &Monitor) -> Json<Health> {
    let uptime_sec = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;

    Json(Health {
        status: "ok",
        uptime_sec,
        timestamp: SystemClock.now(),
        transport: "streamable-http",
        embedding: embedding.report(),
    })
}

/// Says whether the store answers. Says nothing of where it is: anyone may ask.
pub(super) async fn ready(store: Store) -> (StatusCode, Json<Readiness>) {
    match timeout(PATIENCE, store.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, Json(Readiness { status: "ready" })),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Json(Readiness {
                    status: "unavailable",
                }),
            )
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(Readiness {
                status: "unavailable",
            }),
        ),
    }
}
