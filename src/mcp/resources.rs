//! Resources: what an owner has, at addresses. Each has a tool that gives the same, and logs reads as that tool does.

use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResponse,
    ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde::Serialize;
use serde_json::json;

use super::briefing_form::BriefingForm;
use super::envelope::{self, ToolError};
use super::forms::FullEntry;
use super::uri::{self, Address};
use super::{LISTS_TTL_MS, Server};
use crate::domain::{Entry, EntryId, Page, PageRequest, Tags};
use crate::service::{AlertQuery, Caller, Entries, Error, KnowledgeQuery, OVERVIEW};

/// How long a client may keep what it has read, in milliseconds: not at all, because other clients change it at any time.
const CONTENT_TTL_MS: u64 = 0;

const JSON: &str = "application/json";

/// What was read: JSON, and a note when there is more.
pub(super) struct Content {
    json: String,
    note: Option<String>,
}

impl Server {
    pub(super) fn resources() -> ListResourcesResult {
        let resources = [
            (uri::ALERTS, "alerts", "Live alerts, last touched first."),
            (
                uri::BRIEFING,
                "briefing",
                "What needs attention now. Reading it delivers due reminders.",
            ),
            (
                uri::KNOWLEDGE,
                "knowledge",
                "Notes, patterns, contexts and preferences, last touched first.",
            ),
            (uri::SUPPRESSIONS, "suppressions", "Suppressions in force."),
        ]
        .map(|(uri, name, description)| {
            Resource::new(uri, name)
                .with_description(description)
                .with_mime_type(JSON)
        });

        ListResourcesResult::with_all_items(resources.to_vec())
            .with_ttl_ms(LISTS_TTL_MS)
            .with_cache_scope(CacheScope::Public)
    }

    pub(super) fn resource_templates() -> ListResourceTemplatesResult {
        let templates = [
            (
                uri::ALERTS_OF,
                "alerts of a source",
                "Live alerts of one source.",
            ),
            (uri::ENTRY, "entry", "One entry."),
            (
                uri::KNOWLEDGE_TAGGED,
                "knowledge by tag",
                "Knowledge with one tag.",
            ),
            (
                uri::SCHEMA,
                "schema",
                "A schema of records, your own or a shared one.",
            ),
            (
                uri::STATUS_OF,
                "status of a source",
                "The last report of one source.",
            ),
        ]
        .map(|(uri, name, description)| {
            ResourceTemplate::new(uri, name)
                .with_description(description)
                .with_mime_type(JSON)
        });

        ListResourceTemplatesResult::with_all_items(templates.to_vec())
            .with_ttl_ms(LISTS_TTL_MS)
            .with_cache_scope(CacheScope::Public)
    }

    pub(super) async fn resource(
        &self,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let caller = self.caller(context)?;
        let Some(address) = Address::parse(uri) else {
            return Err(ErrorData::resource_not_found(
                format!("no resource {uri}"),
                Some(json!({"uri": uri})),
            ));
        };
        let found = match self.content(&caller, address).await {
            Ok(found) => found,
            Err(error) => Content::refusal(error)?,
        };

        Ok(found.into_result(uri).into())
    }

    async fn content(&self, caller: &Caller, address: Address) -> Result<Content, ToolError> {
        Ok(match address {
            Address::Briefing => {
                let briefing = self.service.briefing(caller).await?;
                Content::of(&BriefingForm::from(briefing))
            }
            Address::Alerts => self.alerts(caller, None).await?,
            Address::AlertsOf(source) => self.alerts(caller, Some(source)).await?,
            Address::StatusOf(source) => {
                let status = self.service.get_status(caller, &source).await?;
                Content::of(&FullEntry::from(status))
            }
            Address::Knowledge => self.knowledge(caller, Tags::default()).await?,
            Address::KnowledgeTagged(tag) => self.knowledge(caller, Tags::new([tag])).await?,
            Address::Suppressions => {
                let suppressions = self.service.get_suppressions(caller).await?;
                let forms: Vec<_> = suppressions.into_iter().map(FullEntry::from).collect();
                Content::of(&forms)
            }
            Address::Entry(id) => {
                let id = EntryId::from(id);
                let entry = self
                    .service
                    .read_entry(caller, &id, "get_knowledge")
                    .await?;
                Content::of(&FullEntry::from(entry))
            }
            Address::Schema(family, version) => {
                let schema = self.service.read_schema(caller, &family, &version).await?;
                Content::of(&FullEntry::from(schema))
            }
        })
    }

    async fn alerts(&self, caller: &Caller, source: Option<String>) -> Result<Content, Error> {
        let query = AlertQuery {
            source,
            page: PageRequest::first(OVERVIEW),
            ..AlertQuery::default()
        };
        let alerts = self.service.get_alerts(caller, &query).await?;

        Ok(Content::of_page(alerts, "get_alerts"))
    }

    async fn knowledge(&self, caller: &Caller, tags: Tags) -> Result<Content, Error> {
        let query = KnowledgeQuery {
            tags,
            page: PageRequest::first(OVERVIEW),
            ..KnowledgeQuery::default()
        };
        let found = self
            .service
            .get_knowledge(caller, &query, "get_knowledge")
            .await?;

        Ok(Content::of_page(found.entries, "get_knowledge"))
    }
}

impl Content {
    fn of(form: &impl Serialize) -> Self {
        let json = serde_json::to_string(form).unwrap_or_else(|error| {
            tracing::error!(%error, "a resource could not be serialised");
            "null".to_owned()
        });

        Self { json, note: None }
    }

    fn of_page(entries: Entries, tool: &str) -> Self {
        let page: Page<Entry> = match entries {
            Entries::Full(page) => page,
            // Not asked for: resources are whole entries.
            Entries::List(_) => return Self::of(&[(); 0]),
        };
        let note = page.has_more.then(|| {
            format!(
                "These are the {} last touched; there are more: use {tool} with offset.",
                page.items.len()
            )
        });
        let forms: Vec<_> = page.items.into_iter().map(FullEntry::from).collect();

        Self {
            note,
            ..Self::of(&forms)
        }
    }

    /// A refusal as content, as clients know it; only a fault of ours is an error of the protocol.
    fn refusal(error: ToolError) -> Result<Self, ErrorData> {
        let json = envelope::text_of(error)?;

        Ok(Self { json, note: None })
    }

    fn into_result(self, uri: &str) -> ReadResourceResult {
        let json = ResourceContents::text(self.json, uri).with_mime_type(JSON);
        let note = self
            .note
            .map(|note| ResourceContents::text(note, uri).with_mime_type("text/plain"));

        ReadResourceResult::new([json].into_iter().chain(note).collect())
            .with_ttl_ms(CONTENT_TTL_MS)
            .with_cache_scope(CacheScope::Private)
    }
}
