//! What may be seen of the server without being known: its icons, and that it tells of no provider of tokens.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use crate::mcp::icon_file;

/// The icon as browsers ask for it, 32 pixels wide; drawn from the same shapes as the others.
const FAVICON: &[u8] = include_bytes!("favicon.ico");

/// A day: icons change with the version only.
const KEEP: &str = "public, max-age=86400";

pub(super) fn pages() -> Router {
    Router::new()
        .route(
            "/favicon.ico",
            get(async || picture("image/x-icon", FAVICON)),
        )
        .route(
            "/icons/{*name}",
            get(async |Path(name): Path<String>| match icon_file(&name) {
                Some(svg) => picture("image/svg+xml", svg),
                None => StatusCode::NOT_FOUND.into_response(),
            }),
        )
        .route("/icons/", any(StatusCode::NOT_FOUND))
        // Clients look here for a provider of tokens (RFC 9728); asking for a token instead would send them in circles.
        .route("/.well-known/{*name}", any(StatusCode::NOT_FOUND))
}

fn picture(media_type: &'static str, picture: impl IntoResponse) -> Response {
    let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, KEEP)];

    (headers, picture).into_response()
}
