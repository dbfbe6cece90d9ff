//! The protocol's handler without a wire: quick to call, and a panic in it is a panic of the caller.

use awareness::domain::Owner;
use awareness::mcp::{Identity, Server};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientConfig, ErrorData,
    NumberOrString,
};
use rmcp::service::{RequestContext, RunningService};
use rmcp::{RoleClient, RoleServer, ServerHandler as _, ServiceExt as _};

use super::{DEFAULT_OWNER, Product};

/// The handler of the default owner, after a handshake with a client that then stays silent.
pub(crate) struct Direct {
    server: RunningService<RoleServer, Server>,
    _client: RunningService<RoleClient, ClientConfig>,
}

impl Product {
    pub(crate) async fn direct(&self) -> Direct {
        let identity = Identity::Local(Owner::new(DEFAULT_OWNER).unwrap());
        let server = Server::new(self.service.clone(), identity);
        let (near, far) = tokio::io::duplex(1 << 20);
        let serving = Box::pin(server.serve(far));
        let client = Box::pin(ClientConfig::default().serve(near));
        let (server, client) = tokio::join!(serving, client);

        Direct {
            server: server.unwrap(),
            _client: client.unwrap(),
        }
    }
}

impl Direct {
    /// Calls a tool, whatever comes of it.
    pub(crate) async fn call(
        &self,
        request: CallToolRequestParams,
    ) -> Result<CallToolResult, ErrorData> {
        let context = RequestContext::new(NumberOrString::Number(1), self.server.peer().clone());
        match self.server.service().call_tool(request, context).await? {
            CallToolResponse::Complete(result) => Ok(result),
            other => panic!("not complete: {other:?}"),
        }
    }
}
