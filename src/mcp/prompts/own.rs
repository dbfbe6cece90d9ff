//! Prompts an owner keeps as entries with the source `custom-prompt`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rmcp::model::{JsonObject, Prompt, PromptArgument};

use super::{Refusal, argument, require, template};
use crate::domain::Entry;
use crate::mcp::Server;
use crate::service::Caller;

/// What the names of an owner's prompts begin with.
const PREFIX: &str = "user/";

/// The longest name, in characters; an entry with a longer key is no prompt.
const LONGEST: usize = 128;

/// What may stand in a name as it is; clients type names.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An entry as a prompt.
pub(super) struct OwnPrompt<'a> {
    name: String,
    description: &'a str,
    template: &'a str,
}

impl<'a> OwnPrompt<'a> {
    /// Takes an entry as a prompt; `None` if its name would be too long.
    pub(super) fn of(entry: &'a Entry) -> Option<Self> {
        let key = entry.logical_key.as_deref().unwrap_or(entry.id.as_str());
        let name = format!("{PREFIX}{}", utf8_percent_encode(key, RESERVED));
        let description = entry.text("description").unwrap_or_default();
        let content = entry.text("content").filter(|content| !content.is_empty());

        (name.chars().count() <= LONGEST).then_some(Self {
            name,
            description,
            template: content.unwrap_or(description),
        })
    }

    pub(super) fn prompt(&self) -> Prompt {
        let arguments: Vec<_> = template::names(self.template)
            .into_iter()
            .map(|name| {
                PromptArgument::new(name)
                    .with_description(format!("Stands for {{{{{name}}}}}."))
                    .with_required(true)
            })
            .collect();
        let arguments = (!arguments.is_empty()).then_some(arguments);

        Prompt::new(self.name.clone(), Some(self.description), arguments)
    }
}

impl Server {
    /// Fills in an owner's prompt; returns its description and its text.
    pub(super) async fn own_text(
        &self,
        caller: &Caller,
        name: &str,
        arguments: &JsonObject,
    ) -> Result<(String, String), Refusal> {
        let entries = self.service.own_prompts(caller).await?;
        let prompt = entries
            .iter()
            .filter_map(OwnPrompt::of)
            .find(|prompt| prompt.name == name);
        let Some(prompt) = prompt else {
            return Err(Refusal::Invalid(format!("unknown prompt `{name}`")));
        };
        require(arguments, &template::names(prompt.template))?;
        let text = template::render(prompt.template, |name| {
            argument(arguments, name).unwrap_or_default()
        });

        Ok((prompt.description.to_owned(), text))
    }
}
