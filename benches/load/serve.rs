//! The product's own server in this process, with one trivial tool beside the product's, on the same transport and
//! through the same handler.

use awareness::domain::Owner;
use awareness::mcp::{Identity, Server};
use awareness::service::Service;
use awareness::store::Store;
use awareness::transport::http;
use migration::DatabaseUrl;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::OWNER;

/// The name of the tool that does nothing.
pub(crate) const TRIVIAL: &str = "trivial";

#[derive(Clone)]
struct WithTrivialTool(Server);

impl ServerHandler for WithTrivialTool {
    fn get_info(&self) -> ServerConfig {
        self.0.get_info()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name == TRIVIAL {
            return Ok(CallToolResult::success(vec![ContentBlock::text("ok")]).into());
        }

        self.0.call_tool(request, context).await
    }
}

/// A running server.
pub(crate) struct Running {
    pub(crate) port: u16,
    pub(crate) service: Service,
    stop: CancellationToken,
    ended: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(url: &DatabaseUrl) -> Self {
        let store = Store::open(url).await.unwrap();
        let service = Service::new(store.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let handler = WithTrivialTool(Server::new(service.clone(), Identity::PerRequest));
        let access = http::Access {
            hosts: Vec::new(),
            mount_path: None,
            callers: http::Callers::Everyone(Owner::new(OWNER).unwrap()),
        };
        let stopped = stop.clone();
        let ended = tokio::spawn(async move {
            http::serve(listener, handler, store, access, stopped)
                .await
                .unwrap();
        });

        Self {
            port,
            service,
            stop,
            ended,
        }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.ended.await.unwrap();
        self.service.shut_down().await;
    }
}
