//! The Model Context Protocol: tools, arguments, answers and errors. A handler here parses, calls the service and
//! answers; it holds no rule and no SQL.
//!
//! To add a tool: a method with `#[tool]` in the file of its family under `tools`, an argument struct whose doc
//! comments are written for the model that reads them, and a reply that implements `reply::Reply`.

mod arguments;
mod briefing_form;
mod caller;
mod completion;
mod confirmation;
mod cursor;
mod envelope;
mod forms;
mod handler;
mod hits;
mod icons;
mod parse;
mod profile;
mod prompts;
mod reply;
mod resources;
mod subscriptions;
mod tools;
mod uri;

use std::sync::Arc;

pub use icons::icon_file;
pub use profile::{Profile, ProfileError};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::model::ServerConfig;

use crate::domain::Owner;
use crate::service::Service;

/// What a client is told about this server, once.
const INSTRUCTIONS: &str = include_str!("instructions.md");

/// How long a client may keep a list that changes with the version only, in milliseconds.
const LISTS_TTL_MS: u64 = 3_600_000;

/// Where the owner of a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A client that started this process: the default owner.
    Local(Owner),
    /// HTTP: the owner is put on each request by the layer that authenticated it, and is never assumed.
    PerRequest,
}

/// What of the protocol is served, and how the server presents itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The tools clients are shown.
    pub profile: Profile,
    /// Where the server is reached from outside, without a slash at the end; none if that is not known.
    pub public_url: Option<String>,
}

/// The protocol handler. Cheap to clone: one is made for each HTTP request.
#[derive(Clone)]
pub struct Server {
    service: Service,
    identity: Identity,
    tools: Arc<ToolRouter<Self>>,
    info: Arc<ServerConfig>,
    older: subscriptions::OlderSubscriptions,
}

impl Server {
    /// Puts the protocol on a service, with all tools.
    #[must_use]
    pub fn new(service: Service, identity: Identity) -> Self {
        Self::with_options(service, identity, &Options::default())
    }

    /// Puts the protocol on a service.
    #[must_use]
    pub fn with_options(service: Service, identity: Identity, options: &Options) -> Self {
        Self {
            service,
            identity,
            tools: Arc::new(tools::router(&options.profile)),
            info: Arc::new(handler::info(options)),
            older: subscriptions::OlderSubscriptions::default(),
        }
    }
}
