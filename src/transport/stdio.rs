//! A client that started this process: JSON-RPC on standard input and output, until the input ends.

use rmcp::{ServerHandler, ServiceExt};

/// The conversation could not begin or broke off.
#[derive(Debug, thiserror::Error)]
#[error("the client on standard input broke off: {0}")]
pub struct StdioError(String);

/// Serves one client until it closes standard input.
///
/// # Errors
///
/// [`StdioError`] when the handshake fails; a client that just goes away is no error.
pub async fn serve(handler: impl ServerHandler) -> Result<(), StdioError> {
    use rmcp::service::ServerInitializeError;

    let running = match handler.serve(rmcp::transport::stdio()).await {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(StdioError(error.to_string())),
    };
    running
        .waiting()
        .await
        .map_err(|error| StdioError(error.to_string()))?;

    Ok(())
}
