//! Who calls: taken from the request, never from a session.

use axum::http::request::Parts;
use rmcp::handler::server::common::FromContextPart;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::{Identity, Server};
use crate::domain::Owner;
use crate::service::Caller;

impl Server {
    pub(super) fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        let parts = context.extensions.get::<Parts>();
        let owner = match &self.identity {
            Identity::Local(owner) => Some(owner.clone()),
            Identity::PerRequest => {
                parts.and_then(|parts| parts.extensions.get::<Owner>().cloned())
            }
        };
        let Some(owner) = owner else {
            tracing::error!("a request reached the tools without an owner");
            return Err(ErrorData::internal_error("the request has no owner", None));
        };

        // Over HTTP only the request itself can say who the client is: there is no session to remember it.
        let client = match &self.identity {
            Identity::Local(_) => context.client_info(),
            Identity::PerRequest => context.meta.client_info(),
        };

        Ok(Caller {
            owner,
            platform: client
                .map(|client| client.name)
                .filter(|name| !name.contains('\0')),
        })
    }
}

impl FromContextPart<ToolCallContext<'_, Server>> for Caller {
    fn from_context_part(context: &mut ToolCallContext<'_, Server>) -> Result<Self, ErrorData> {
        context.service.caller(&context.request_context)
    }
}
