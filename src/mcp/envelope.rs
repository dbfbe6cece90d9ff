//! Refusals as a model can read and act on them: one JSON object, in the text of the result.

use rmcp::ErrorData;
use rmcp::handler::server::tool::IntoCallToolResult;
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::{EntryId, EntryType};
use crate::service::{Error, Invalid};

/// A refused call.
#[derive(Debug)]
pub(super) struct ToolError(Error);

#[derive(Serialize)]
struct Envelope {
    status: &'static str,
    error: Body,
}

#[derive(Default, Serialize)]
struct Body {
    code: &'static str,
    message: String,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_url: Option<&'static str>,
    #[serde(flatten)]
    extras: Map<String, Value>,
}

impl<E: Into<Error>> From<E> for ToolError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoCallToolResult for ToolError {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        match self.0 {
            Error::Internal(error) => Err(internal(&error)),
            error => Ok(refusal(error).into()),
        }
    }
}

impl ToolError {
    /// The refusal as an error of the protocol, where there is no result to put it into.
    pub(super) fn into_protocol_error(self) -> ErrorData {
        match self.0 {
            Error::Internal(error) => internal(&error),
            Error::Invalid(invalid) => ErrorData::invalid_params(invalid.message, None),
            error => ErrorData::internal_error(error.to_string(), None),
        }
    }
}

/// The refusal as a result. Its text is the bare envelope; no structured content, which would have to fit the tool's
/// output schema.
fn refusal(error: Error) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(envelope(error))])
}

/// The bare envelope of a refusal, as JSON text.
///
/// # Errors
///
/// A fault of ours has none: it is an error of the protocol.
pub(super) fn text_of(ToolError(error): ToolError) -> Result<String, ErrorData> {
    match error {
        Error::Internal(error) => Err(internal(&error)),
        error => Ok(envelope(error)),
    }
}

fn envelope(error: Error) -> String {
    let envelope = Envelope {
        status: "error",
        error: body(error),
    };

    serde_json::to_string(&envelope).unwrap_or_else(|_| {
        // Every part is plain JSON; this cannot happen and must not panic if it does.
        r#"{"status":"error","error":{"code":"internal","message":"","retryable":false}}"#
            .to_owned()
    })
}

/// A fault of ours: the caller gets a reference, the log gets the cause.
fn internal(error: &(dyn std::error::Error + 'static)) -> ErrorData {
    #[expect(
        clippy::disallowed_methods,
        reason = "a reference for the log, not an id that is stored"
    )]
    let reference = Uuid::new_v4();
    let causes: Vec<String> = std::iter::successors(Some(error), |cause| cause.source())
        .map(ToString::to_string)
        .collect();
    tracing::error!(%reference, cause = causes.join(": "), "a tool call failed");

    ErrorData::internal_error(
        format!("internal error, reference {reference}: the server's log says more"),
        None,
    )
}

fn body(error: Error) -> Body {
    let message = error.to_string();
    let (code, extras) = match error {
        Error::Invalid(invalid) => return invalid_parameter(*invalid),
        Error::NotFound { param, value, .. } => {
            return Body {
                code: "not_found",
                message,
                param: Some(param.to_owned()),
                value: Some(value.into()),
                ..Body::default()
            };
        }
        Error::Immutable { entry_type, .. } => {
            let code = match entry_type {
                EntryType::Schema => "schema_immutable",
                _ => "entry_immutable",
            };
            (code, json!({"entry_type": entry_type.as_str()}))
        }
        Error::Taken(taken) => (
            "conflict",
            json!({
                "existing_id": taken.existing_id.as_str(),
                "existing_type": taken.existing_type.as_str(),
            }),
        ),
        Error::Raced => {
            return Body {
                code: "conflict",
                message,
                retryable: true,
                ..Body::default()
            };
        }
        Error::CountChanged { expected, actual } => {
            ("conflict", json!({"expected": expected, "actual": actual}))
        }
        Error::NoProvider | Error::Unavailable(_) | Error::Internal(_) => {
            return Body {
                code: "unavailable",
                message,
                retryable: true,
                ..Body::default()
            };
        }
        about_schemas => schema_extras(about_schemas),
    };
    let Value::Object(extras) = extras else {
        return Body {
            code,
            message,
            ..Body::default()
        };
    };

    Body {
        code,
        message,
        extras,
        ..Body::default()
    }
}

fn schema_extras(error: Error) -> (&'static str, Value) {
    match error {
        Error::InvalidSchema(schema) => (
            "invalid_schema",
            json!({"schema_error_path": schema.schema_error_path}),
        ),
        Error::SchemaExists {
            logical_key,
            existing_id,
        } => (
            "schema_already_exists",
            json!({"logical_key": logical_key, "existing_id": existing_id.as_str()}),
        ),
        Error::SchemaNotFound {
            family,
            version,
            searched_owners,
        } => (
            "schema_not_found",
            json!({
                "schema_ref": family,
                "schema_version": version,
                "searched_owners": searched_owners,
            }),
        ),
        Error::ValidationFailed {
            family,
            version,
            violations,
            total,
        } => {
            let mut extras = json!({
                "schema_ref": family,
                "schema_version": version,
                "validation_errors": violations,
            });
            if let (true, Value::Object(members)) = (total > violations.len(), &mut extras) {
                members.insert("truncated".to_owned(), true.into());
                members.insert("total_errors".to_owned(), total.into());
            }
            ("validation_failed", extras)
        }
        Error::SchemaInUse { records, total } => {
            let ids: Vec<_> = records.iter().map(EntryId::as_str).collect();
            (
                "schema_in_use",
                json!({"referencing_records": ids, "total_count": total}),
            )
        }
        _ => ("validation_error", Value::Null),
    }
}

fn invalid_parameter(invalid: Invalid) -> Body {
    Body {
        code: "invalid_parameter",
        message: invalid.message,
        param: invalid.param,
        value: invalid.value,
        valid: invalid.valid,
        suggestion: invalid.suggestion,
        help_url: invalid.help_url,
        ..Body::default()
    }
}
