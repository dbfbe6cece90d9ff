//! HTTP: the protocol at `/mcp`, stateless, and two routes about the server's health.

use std::io;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Router, ServiceExt};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower::util::MapRequestLayer;

use super::health;
pub use super::mount::MountPath;
use crate::domain::Owner;
use crate::store::Store;

/// The largest request, in bytes: 4 MiB.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// How requests are let in.
#[derive(Clone, Debug)]
pub struct Access {
    /// Names by which clients may call the server, beside the loopback names; a port is not part of it.
    pub hosts: Vec<String>,
    /// A secret prefix before every path.
    pub mount_path: Option<MountPath>,
    /// Whose data requests are about: there is no authentication, so everyone is this owner.
    pub owner: Owner,
}

/// Serves the protocol until `stop` is cancelled; requests under way are finished.
///
/// # Errors
///
/// [`io::Error`] when the listener fails.
pub async fn serve<H: ServerHandler + Clone>(
    listener: TcpListener,
    handler: H,
    store: Store,
    access: Access,
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = listener.tap_io(|connection| {
        // Without it an answer sent in pieces waits 40 ms for an acknowledgement.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::warn!(%error, "TCP_NODELAY could not be set");
        }
    });
    let mount_path = access.mount_path.clone();
    let router = router(handler, store, access, &stop);
    let ended = stop.cancelled_owned();

    match mount_path {
        None => {
            let service = ServiceExt::<Request>::into_make_service(router);
            axum::serve(listener, service)
                .with_graceful_shutdown(ended)
                .await
        }
        Some(mount_path) => {
            let strip = MapRequestLayer::new(move |request| mount_path.strip(request));
            let service = ServiceExt::<Request>::into_make_service(strip.layer(router));
            axum::serve(listener, service)
                .with_graceful_shutdown(ended)
                .await
        }
    }
}

fn router<H: ServerHandler + Clone>(
    handler: H,
    store: Store,
    access: Access,
    stop: &CancellationToken,
) -> Router {
    let started = Instant::now();
    let protocol = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(NeverSessionManager::default()),
        protocol_settings(&access.hosts, stop),
    );
    let owner = access.owner;
    let identify = from_fn(move |mut request: Request, next: Next| {
        request.extensions_mut().insert(owner.clone());
        async move { next.run(request).await as Response }
    });

    Router::new()
        .route_service("/mcp", protocol)
        .layer(identify)
        .route("/health", get(async move || health::health(started)))
        .route("/ready", get(async move || health::ready(store).await))
}

/// Stateless, JSON answers, and only known names in `Host` and `Origin`, against DNS rebinding.
fn protocol_settings(hosts: &[String], stop: &CancellationToken) -> StreamableHttpServerConfig {
    let loopback = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let hosts: Vec<String> = loopback.into_iter().chain(hosts.iter().cloned()).collect();
    let origins: Vec<String> = hosts
        .iter()
        .flat_map(|host| {
            let host = if host.contains(':') {
                format!("[{host}]")
            } else {
                host.clone()
            };
            [format!("http://{host}:*"), format!("https://{host}:*")]
        })
        .collect();

    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_BODY_BYTES)
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .with_cancellation_token(stop.clone())
}
