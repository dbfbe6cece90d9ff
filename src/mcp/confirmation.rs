//! Asking a person before a bulk deletion, by the protocol's own means where the client has them.
//!
//! The client is asked with an `InputRequiredResult` and repeats the call with the answer; nothing is kept here in between.
//! What was counted goes to the client as the request's state and comes back with the answer, so that a confirmed call
//! deletes what the person was told or nothing. The state is not signed: it can only make the call stricter. A client
//! without that means is held by `confirm` alone.

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ElicitRequest, ElicitRequestParams, ElicitResult,
    ElicitationAction, ElicitationSchema, InputRequest, InputRequests, InputRequiredResult,
    ProtocolVersion,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;

use super::Server;
use super::tools::bulk_target_of;
use crate::service::{Confirmation, Trashed};

/// Name of the question.
const QUESTION: &str = "confirm";

impl Server {
    /// Asks before a confirmed bulk deletion, or takes the answer into the arguments: accepted, only the number that was
    /// asked about is deleted; declined, nothing is.
    pub(super) async fn ask_before_deleting(
        &self,
        request: &mut CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<CallToolResponse>, ErrorData> {
        let Some(arguments) = &mut request.arguments else {
            return Ok(None);
        };
        let is_confirmed = arguments.get("confirm") == Some(&Value::Bool(true));
        if request.name != "delete_entry" || !is_confirmed || !can_ask(context) {
            return Ok(None);
        }
        let Ok(target) = bulk_target_of(arguments) else {
            // One entry, or what the tool itself will refuse.
            return Ok(None);
        };

        let answer = request.input_responses.as_ref();
        if let Some(answer) = answer.and_then(|answers| answers.get(QUESTION)) {
            let counted: Option<u64> = request
                .request_state
                .as_ref()
                .and_then(|state| state.parse().ok());
            match counted.filter(|_| is_accepted(answer)) {
                Some(counted) => {
                    arguments.entry("expected_count").or_insert(counted.into());
                }
                None => {
                    arguments.insert("confirm".to_owned(), false.into());
                }
            }
            return Ok(None);
        }

        let caller = self.caller(context)?;
        let counted = self
            .service
            .delete_many(&caller, &target, Confirmation::DryRun)
            .await;
        match counted {
            Ok(Trashed::Would(count)) if count > 0 => Ok(Some(question(count).into())),
            // Nothing to ask about, or what the tool itself will refuse.
            _ => Ok(None),
        }
    }
}

fn can_ask(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    let repeats_requests =
        version.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str());

    repeats_requests
        && context
            .client_capabilities()
            .is_some_and(|capabilities| capabilities.elicitation.is_some())
}

fn is_accepted(answer: &Value) -> bool {
    serde_json::from_value::<ElicitResult>(answer.clone())
        .is_ok_and(|answer| answer.action == ElicitationAction::Accept)
}

fn question(count: u64) -> InputRequiredResult {
    let entries = if count == 1 {
        "1 entry"
    } else {
        &format!("{count} entries")
    };
    let form = ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: format!("Move {entries} to the trash? They can be restored for 30 days."),
        requested_schema: ElicitationSchema::new(std::collections::BTreeMap::new()),
    };
    let requests = InputRequests::from([(
        QUESTION.to_owned(),
        InputRequest::Elicitation(ElicitRequest::new(form)),
    )]);

    InputRequiredResult::new(Some(requests), Some(count.to_string()))
}
