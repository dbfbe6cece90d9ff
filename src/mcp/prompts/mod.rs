//! Prompts: five of the server's own, and those an owner keeps as entries.
//!
//! To add one: a value in [`builtin::PROMPTS`], and its text in `builtin.rs`.

mod builtin;
mod own;
mod template;

use rmcp::model::{
    CacheScope, GetPromptRequestParams, GetPromptResponse, GetPromptResult, JsonObject,
    ListPromptsResult, PaginatedRequestParams, Prompt, PromptMessage, Role,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::Server;
use super::cursor::Cursor;
use super::envelope::ToolError;
use crate::service::Error;

/// How long a client may keep the list of prompts, in milliseconds: not at all, because an owner's own change with their entries.
const PROMPTS_TTL_MS: u64 = 0;

/// Prompts in one part of the list.
const PAGE: usize = 100;

/// Why a prompt cannot be given.
pub(super) enum Refusal {
    /// The request is wrong; the text says how.
    Invalid(String),
    /// The product refuses.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Refusal> for ErrorData {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(message) => Self::invalid_params(message, None),
            Refusal::Error(error) => ToolError::from(error).into_protocol_error(),
        }
    }
}

impl Server {
    pub(super) async fn prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let caller = self.caller(context)?;
        let after = Cursor::read(request.and_then(|request| request.cursor))?;
        let own = self
            .service
            .own_prompts(&caller)
            .await
            .map_err(Refusal::from)?;
        let own = own.iter().filter_map(own::OwnPrompt::of);
        let mut prompts: Vec<Prompt> = builtin::PROMPTS
            .iter()
            .map(builtin::Builtin::prompt)
            .chain(own.map(|prompt| prompt.prompt()))
            .collect();
        prompts.sort_by(|a, b| a.name.cmp(&b.name));
        prompts.dedup_by(|a, b| a.name == b.name);

        let (page, next) = Cursor::cut(prompts, after, PAGE, |prompt| &prompt.name);
        let mut result = ListPromptsResult::with_all_items(page)
            .with_ttl_ms(PROMPTS_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        result.next_cursor = next;

        Ok(result)
    }

    pub(super) async fn prompt(
        &self,
        request: GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let caller = self.caller(context)?;
        let arguments = request.arguments.unwrap_or_default();
        let (description, text) = match builtin::find(&request.name) {
            Some(prompt) => {
                let text = self.builtin_text(&caller, prompt, &arguments).await?;
                (prompt.description.to_owned(), text)
            }
            None => self.own_text(&caller, &request.name, &arguments).await?,
        };
        let message = PromptMessage::new_text(Role::User, text);

        Ok(GetPromptResult::new(vec![message])
            .with_description(description)
            .into())
    }
}

/// An argument as text: clients send texts, some send numbers.
fn argument(arguments: &JsonObject, name: &str) -> Option<String> {
    match arguments.get(name)? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Refuses when arguments are missing, and names them.
fn require(arguments: &JsonObject, names: &[&str]) -> Result<(), Refusal> {
    let missing: Vec<_> = names
        .iter()
        .copied()
        .filter(|name| argument(arguments, name).is_none_or(|text| text.is_empty()))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }

    Err(Refusal::Invalid(format!(
        "missing arguments: {}",
        missing.join(", ")
    )))
}
