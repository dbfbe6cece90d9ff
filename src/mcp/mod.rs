//! The Model Context Protocol: tools, arguments, answers and errors. A handler here parses, calls the service and
//! answers; it holds no rule and no SQL.
//!
//! To add a tool: a method with `#[tool]` in the file of its family under `tools`, an argument struct whose doc
//! comments are written for the model that reads them, and a reply that implements `reply::Reply`.

mod arguments;
mod briefing_form;
mod caller;
mod envelope;
mod forms;
mod handler;
mod hits;
mod parse;
mod reply;
mod tools;
mod uri;

use std::sync::Arc;

use rmcp::handler::server::router::tool::ToolRouter;

use crate::domain::Owner;
use crate::service::Service;

/// What a client is told about this server, once.
const INSTRUCTIONS: &str = include_str!("instructions.md");

/// Where the owner of a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A client that started this process: the default owner.
    Local(Owner),
    /// HTTP: the owner is put on each request by the layer that authenticated it, and is never assumed.
    PerRequest,
}

/// The protocol handler. Cheap to clone: one is made for each HTTP request.
#[derive(Clone)]
pub struct Server {
    service: Service,
    identity: Identity,
    tools: Arc<ToolRouter<Self>>,
}

impl Server {
    /// Puts the protocol on a service.
    #[must_use]
    pub fn new(service: Service, identity: Identity) -> Self {
        Self {
            service,
            identity,
            tools: Arc::new(tools::router()),
        }
    }
}
