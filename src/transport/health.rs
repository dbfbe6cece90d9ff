//! Whether the server runs, and whether its store answers.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::domain::{Clock, SystemClock, Timestamp};
use crate::store::Store;

/// How long the store may take to answer before the server calls itself not ready.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
    uptime_sec: f64,
    timestamp: Timestamp,
    transport: &'static str,
}

#[derive(Serialize)]
pub(super) struct Readiness {
    status: &'static str,
}

/// Says that the process runs. Does not touch the store.
pub(super) fn health(started: Instant) -> Json<Health> {
    let uptime_sec = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;

    Json(Health {
        status: "ok",
        uptime_sec,
        timestamp: SystemClock.now(),
        transport: "streamable-http",
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
