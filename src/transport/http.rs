//! HTTP: the protocol at `/mcp`, stateless, two routes about the server's health, and pages everyone may see.

use std::io;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, WWW_AUTHENTICATE};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router, ServiceExt};
use http_body_util::BodyExt as _;
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower::util::MapRequestLayer;

use super::health::{self, Probed};
pub use super::mount::MountPath;
use super::pages::pages;
use super::token::{TokenError, TokenKey};
use crate::domain::{Clock as _, Owner, SystemClock};

/// The largest request, in bytes: 4 MiB.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// How much of a larger request is read and thrown away, in bytes, so that a client that sends all before it listens learns
/// why it was refused (RFC 9112, section 9.6): 64 MiB.
const MAX_DISCARDED_BYTES: usize = 16 * MAX_BODY_BYTES;

/// How requests are let in.
#[derive(Clone, Debug)]
pub struct Access {
    /// Names by which clients may call the server, beside the loopback names; a port is not part of it.
    pub hosts: Vec<String>,
    /// A secret prefix before every path.
    pub mount_path: Option<MountPath>,
    /// Who may call, and whose data a request is about.
    pub callers: Callers,
}

/// Who may call.
#[derive(Clone, Debug)]
pub enum Callers {
    /// Anyone who reaches the port, as this owner.
    Everyone(Owner),
    /// Whoever has a token, as the owner it names.
    TokenHolders(TokenKey),
}

/// Serves the protocol, and pages that everyone may see, until `stop` is cancelled; requests under way are finished.
///
/// # Errors
///
/// [`io::Error`] when the listener fails.
pub async fn serve<H: ServerHandler + Clone>(
    listener: TcpListener,
    handler: H,
    probed: impl Into<Probed>,
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
    let router = router(handler, probed.into(), access, &stop);
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
    probed: Probed,
    access: Access,
    stop: &CancellationToken,
) -> Router {
    let started = Instant::now();
    let Probed { store, embedding } = probed;
    let protocol = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(NeverSessionManager::default()),
        protocol_settings(&access.hosts, stop),
    );
    let callers = access.callers;
    let identify = from_fn(move |request: Request, next: Next| {
        let identified = identify(&callers, request);
        async move {
            match identified {
                Ok(request) => next.run(request).await,
                Err(refusal) => refuse(refusal),
            }
        }
    });

    // Behind the layer: the protocol, and whatever does not exist, so that a stranger cannot tell the two apart.
    Router::new()
        .route_service("/mcp", protocol)
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(from_fn(refuse_large))
        .layer(identify)
        .route(
            "/health",
            get(async move || health::health(started, &embedding)),
        )
        .route("/ready", get(async move || health::ready(store).await))
        .merge(pages())
}

/// Puts the owner on a request, for the length of that request.
fn identify(callers: &Callers, mut request: Request) -> Result<Request, TokenError> {
    let owner = match callers {
        Callers::Everyone(owner) => owner.clone(),
        Callers::TokenHolders(key) => {
            let header = request.headers().get(AUTHORIZATION);
            let header = header.and_then(|value| value.to_str().ok());
            key.owner_of(header, SystemClock.now())?
        }
    };
    request.extensions_mut().insert(owner);

    Ok(request)
}

/// Refuses a request that says it is too large; one that does not say so is refused while it is read.
async fn refuse_large(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_none_or(|length| length <= MAX_BODY_BYTES) {
        return next.run(request).await;
    }

    let mut body = request.into_body();
    let mut discarded = 0;
    while discarded < MAX_DISCARDED_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        discarded += frame.data_ref().map_or(0, Bytes::len);
    }
    let body = Json(serde_json::json!({
        "error": format!("a request has {MAX_BODY_BYTES} bytes at most"),
    }));

    (StatusCode::PAYLOAD_TOO_LARGE, body).into_response()
}

fn refuse(refusal: TokenError) -> Response {
    let body = Json(serde_json::json!({"error": refusal.to_string()}));

    (
        StatusCode::UNAUTHORIZED,
        [(WWW_AUTHENTICATE, "Bearer")],
        body,
    )
        .into_response()
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
