//! Completion: what a person may mean by the first letters of an argument.

use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::envelope::ToolError;
use super::{Server, uri};
use crate::service::{Caller, Error};

/// What an argument is, wherever it stands.
enum Kind {
    Source,
    Tag,
    SchemaRef,
    SchemaVersion,
    Hours,
}

impl Kind {
    fn of(reference: &Reference, argument: &str) -> Option<Self> {
        Some(match (reference, argument) {
            (Reference::Prompt(prompt), "repo_name") if prompt.name == "project_context" => {
                Self::Tag
            }
            (Reference::Prompt(prompt), "source") if prompt.name == "system_status" => Self::Source,
            (Reference::Prompt(prompt), "hours") if prompt.name == "catchup" => Self::Hours,
            (Reference::Resource(resource), argument) => match (resource.uri.as_str(), argument) {
                (uri::ALERTS_OF | uri::STATUS_OF, "source") => Self::Source,
                (uri::KNOWLEDGE_TAGGED, "tag") => Self::Tag,
                (uri::SCHEMA, "schema_ref") => Self::SchemaRef,
                (uri::SCHEMA, "schema_version") => Self::SchemaVersion,
                _ => return None,
            },
            _ => return None,
        })
    }
}

impl Server {
    pub(super) async fn completion(
        &self,
        request: CompleteRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let caller = self.caller(context)?;
        let Some(kind) = Kind::of(&request.r#ref, &request.argument.name) else {
            return Ok(CompleteResult::default());
        };
        let family = request
            .context
            .as_ref()
            .and_then(|context| context.get_argument("schema_ref").cloned());
        let values = self
            .candidates(&caller, kind, family)
            .await
            .map_err(|error| ToolError::from(error).into_protocol_error())?;

        let begun = request.argument.value.to_lowercase();
        let mut values: Vec<_> = values
            .into_iter()
            .filter(|value| value.to_lowercase().starts_with(&begun))
            .collect();
        let total = u32::try_from(values.len()).ok();
        let has_more = values.len() > CompletionInfo::MAX_VALUES;
        values.truncate(CompletionInfo::MAX_VALUES);
        let info = CompletionInfo::with_pagination(values, total, has_more)
            .map_err(|error| ErrorData::internal_error(error, None))?;

        Ok(CompleteResult::new(info))
    }

    async fn candidates(
        &self,
        caller: &Caller,
        kind: Kind,
        family: Option<String>,
    ) -> Result<Vec<String>, Error> {
        Ok(match kind {
            Kind::Source => self.service.statistics(caller).await?.sources,
            Kind::Tag => {
                let tags = self.service.tags(caller).await?;
                tags.into_iter().map(|tag| tag.tag).collect()
            }
            Kind::SchemaRef => {
                let names = self.service.schema_names(caller).await?;
                let mut families: Vec<_> = names.into_iter().map(|(family, _)| family).collect();
                families.dedup();
                families
            }
            Kind::SchemaVersion => {
                let names = self.service.schema_names(caller).await?;
                let mut versions: Vec<_> = names
                    .into_iter()
                    .filter(|(of, _)| family.as_ref().is_none_or(|family| family == of))
                    .map(|(_, version)| version)
                    .collect();
                versions.sort_unstable();
                versions.dedup();
                versions
            }
            Kind::Hours => ["1", "8", "24", "48", "72", "168"]
                .map(str::to_owned)
                .to_vec(),
        })
    }
}
