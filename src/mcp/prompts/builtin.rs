//! The prompts every owner has.

use std::fmt::Write as _;

use rmcp::model::{JsonObject, Prompt, PromptArgument};
use serde_json::Value;

use super::{Refusal, argument, require};
use crate::domain::{Entry, EntryType, Page};
use crate::mcp::Server;
use crate::service::{About, CONVENTION_TAG, Caller, Error, SystemOverview, has_history};

/// A prompt of the server's own.
pub(super) struct Builtin {
    kind: Kind,
    name: &'static str,
    title: &'static str,
    pub(super) description: &'static str,
    /// Name, description, whether it must be given.
    arguments: &'static [(&'static str, &'static str, bool)],
}

#[derive(Clone, Copy)]
enum Kind {
    AgentInstructions,
    Catchup,
    ProjectContext,
    SystemStatus,
    WriteGuide,
}

pub(super) const PROMPTS: [Builtin; 5] = [
    Builtin {
        kind: Kind::AgentInstructions,
        name: "agent_instructions",
        title: "How to use this memory",
        description: "How to use this store, from the conventions its owner keeps in it. Get it once when a conversation starts.",
        arguments: &[],
    },
    Builtin {
        kind: Kind::Catchup,
        name: "catchup",
        title: "What changed",
        description: "What changed in the last hours: new and updated knowledge, alerts.",
        arguments: &[(
            "hours",
            "How many hours to look back, a whole number; default 24.",
            false,
        )],
    },
    Builtin {
        kind: Kind::ProjectContext,
        name: "project_context",
        title: "All about a project",
        description: "Everything known about a project: alerts, then knowledge by type.",
        arguments: &[(
            "repo_name",
            "Name of the project, as it is used as a tag.",
            true,
        )],
    },
    Builtin {
        kind: Kind::SystemStatus,
        name: "system_status",
        title: "How a system is",
        description: "How one system is: its last report, alerts, and patterns that explain them.",
        arguments: &[("source", "Name of the system, as it reports.", true)],
    },
    Builtin {
        kind: Kind::WriteGuide,
        name: "write_guide",
        title: "Before you write",
        description: "The sources, tags and types in use. Get it before storing, so that names do not drift apart.",
        arguments: &[],
    },
];

/// Characters of a description shown of a project's entry, and of a changed entry.
const PROJECT_TEXT: usize = 200;
const CATCHUP_TEXT: usize = 150;

/// Tags shown before writing.
const TAGS_SHOWN: usize = 30;

/// Where an entry without a number comes among conventions.
const UNNUMBERED: u64 = 99;

pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    PROMPTS.iter().find(|prompt| prompt.name == name)
}

impl Builtin {
    pub(super) fn prompt(&self) -> Prompt {
        let arguments: Vec<_> = self
            .arguments
            .iter()
            .map(|(name, description, required)| {
                PromptArgument::new(*name)
                    .with_description(*description)
                    .with_required(*required)
            })
            .collect();
        let arguments = (!arguments.is_empty()).then_some(arguments);

        Prompt::new(self.name, Some(self.description), arguments).with_title(self.title)
    }
}

impl Server {
    pub(super) async fn builtin_text(
        &self,
        caller: &Caller,
        prompt: &Builtin,
        arguments: &JsonObject,
    ) -> Result<String, Refusal> {
        let required: Vec<&str> = prompt
            .arguments
            .iter()
            .filter(|(_, _, required)| *required)
            .map(|(name, _, _)| *name)
            .collect();
        require(arguments, &required)?;
        let text = |name| argument(arguments, name).unwrap_or_default();

        Ok(match prompt.kind {
            Kind::AgentInstructions => instructions(self.service.conventions(caller).await?),
            Kind::Catchup => {
                let hours =
                    hours(&argument(arguments, "hours").unwrap_or_else(|| "24".to_owned()))?;
                catchup(hours, &self.service.about_last(caller, hours).await?)
            }
            Kind::ProjectContext => {
                let name = text("repo_name");
                project(&name, &self.service.about_tag(caller, &name).await?)
            }
            Kind::SystemStatus => {
                let source = text("source");
                system(
                    &source,
                    &self.service.system_overview(caller, &source).await?,
                )
            }
            Kind::WriteGuide => self.write_guide(caller).await?,
        })
    }

    async fn write_guide(&self, caller: &Caller) -> Result<String, Error> {
        let statistics = self.service.statistics(caller).await?;
        let tags = self.service.tags(caller).await?;
        let total: u64 = statistics.entries.iter().map(|(_, count)| count).sum();

        let mut text = Text::titled("Before you write");
        text.line(&format!("{total} entries are stored."));
        text.heading("Types");
        for (entry_type, count) in statistics.entries.iter().filter(|(_, count)| *count > 0) {
            text.bullet(&format!("{entry_type}: {count}"));
        }
        text.heading(&format!("Sources ({})", statistics.sources.len()));
        for source in &statistics.sources {
            text.bullet(&format!("`{source}`"));
        }
        text.heading(&format!("Tags ({})", tags.len()));
        for tag in tags.iter().take(TAGS_SHOWN) {
            text.bullet(&format!("`{}` ({})", tag.tag, tag.count));
        }
        if tags.len() > TAGS_SHOWN {
            text.bullet(&format!("and {} more", tags.len() - TAGS_SHOWN));
        }
        text.heading("Which tool");
        for line in [
            "`remember`: the default, for facts that stay; give a `logical_key` to a living document, so that it is updated and not repeated",
            "`learn_pattern`: only rules of the form \"when this, expect that\", with conditions and effect",
            "`add_context`: what passes; it expires",
            "`set_preference`: wishes about how to be served; the same key and scope replaces the value",
        ] {
            text.bullet(line);
        }

        Ok(text.finish())
    }
}

fn hours(text: &str) -> Result<i64, Refusal> {
    /// A hundred years.
    const MOST: i64 = 876_000;

    text.trim()
        .parse()
        .ok()
        .filter(|hours| (1..=MOST).contains(hours))
        .ok_or_else(|| Refusal::Invalid(format!("hours must be a whole number from 1 to {MOST}")))
}

fn instructions(conventions: Page<Entry>) -> String {
    if conventions.items.is_empty() {
        return format!(
            "No conventions are stored yet. To add one, store a note with `remember`, source `awareness-prompt` and the \
             tag `{CONVENTION_TAG}`, described as `Awareness prompt Entry 1 (Name): what to do`. Until then: look before \
             you answer, store what is worth keeping, use few and existing tags."
        );
    }

    let has_more = conventions.has_more;
    let mut entries = conventions.items;
    entries.sort_by_key(number_of);
    let mut text = Text::titled("How to use this memory");
    for entry in &entries {
        let description = entry.text("description").unwrap_or_default();
        match named_convention(description) {
            Some((name, rest)) => {
                text.heading(name);
                text.line(rest);
            }
            None => text.paragraph(description),
        }
        if let Some(content) = entry.text("content").filter(|content| !content.is_empty()) {
            text.paragraph(content);
        }
    }
    text.more(has_more);

    text.finish()
}

/// The number after the word `Entry`.
fn number_of(entry: &Entry) -> u64 {
    let description = entry.text("description").unwrap_or_default();

    description
        .split_once("Entry ")
        .map(|(_, rest)| rest.trim_start())
        .and_then(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
        .unwrap_or(UNNUMBERED)
}

/// Name and text of `Awareness prompt Entry <n> (<Name>): <text>`.
fn named_convention(description: &str) -> Option<(&str, &str)> {
    let rest = description.trim().strip_prefix("Awareness prompt Entry ")?;
    let rest = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    let (name, text) = rest.trim_start().strip_prefix('(')?.split_once("):")?;

    Some((name.trim(), text.trim()))
}

fn project(name: &str, about: &About) -> String {
    if about.alerts.items.is_empty() && about.knowledge.items.is_empty() {
        return format!("Nothing is stored about the project {name}.");
    }

    let mut text = Text::titled(&format!("Project {name}"));
    text.alerts(&about.alerts);
    let mut types: Vec<EntryType> = Vec::new();
    for entry in &about.knowledge.items {
        if !types.contains(&entry.entry_type) {
            types.push(entry.entry_type);
        }
    }
    for entry_type in types {
        let entries: Vec<_> = about
            .knowledge
            .items
            .iter()
            .filter(|entry| entry.entry_type == entry_type)
            .collect();
        text.heading(&format!("{entry_type} ({})", entries.len()));
        for entry in entries {
            let description = described(entry, PROJECT_TEXT);
            text.bullet(&format!("[{}] {description}", entry.source));
        }
    }
    text.more(about.knowledge.has_more);

    text.finish()
}

fn catchup(hours: i64, about: &About) -> String {
    if about.alerts.items.is_empty() && about.knowledge.items.is_empty() {
        return format!("Nothing changed in the last {hours} hours.");
    }

    let mut text = Text::titled(&format!("The last {hours} hours"));
    if !about.alerts.items.is_empty() {
        text.heading(&format!("Alerts ({})", about.alerts.items.len()));
        for alert in &about.alerts.items {
            text.bullet(&format!(
                "{} in {}: {}",
                level(alert),
                alert.source,
                message(alert)
            ));
        }
        text.more(about.alerts.has_more);
    }
    if !about.knowledge.items.is_empty() {
        text.heading(&format!("Knowledge ({})", about.knowledge.items.len()));
        let mut sources: Vec<&str> = about
            .knowledge
            .items
            .iter()
            .map(|entry| entry.source.as_str())
            .collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let entries: Vec<_> = about
                .knowledge
                .items
                .iter()
                .filter(|entry| entry.source == source)
                .collect();
            text.subheading(&format!("{source} ({})", entries.len()));
            for entry in entries {
                let mark = if has_history(entry) {
                    "[updated]"
                } else {
                    "[new]"
                };
                text.bullet(&format!("{} {mark}", described(entry, CATCHUP_TEXT)));
            }
        }
        text.more(about.knowledge.has_more);
    }

    text.finish()
}

fn system(source: &str, overview: &SystemOverview) -> String {
    if overview.status.is_none() && overview.alerts.items.is_empty() {
        return format!("Nothing is known of {source}: it has not reported and has no alerts.");
    }

    let mut text = Text::titled(&format!("How {source} is"));
    if let Some(status) = &overview.status {
        text.heading("Status");
        if let Some(Value::Object(metrics)) = status.data.get("metrics") {
            for (name, value) in metrics {
                text.bullet(&format!("{name}: {}", shown(value)));
            }
        }
        if let Some(description) = status.text("description") {
            text.paragraph(description);
        }
        text.line(&format!("Last report: {}", status.touched()));
        if let Some(seconds) = overview.stale_for {
            text.line(&format!("Stale: it has not reported for {seconds} s."));
        }
    }
    text.alerts(&overview.alerts);
    if !overview.patterns.items.is_empty() {
        text.heading(&format!("Patterns ({})", overview.patterns.items.len()));
        for pattern in &overview.patterns.items {
            let conditions = pattern
                .data
                .get("conditions")
                .map_or_else(|| "{}".to_owned(), ToString::to_string);
            let effect = pattern.text("effect").unwrap_or_default();
            let everywhere = if pattern.source.is_empty() {
                " (everywhere)"
            } else {
                ""
            };
            text.bullet(&format!(
                "{}{everywhere}: when {conditions}, expect {effect}",
                described(pattern, PROJECT_TEXT)
            ));
        }
        text.more(overview.patterns.has_more);
    }

    text.finish()
}

fn described(entry: &Entry, longest: usize) -> String {
    match entry.text("description").unwrap_or_default() {
        "" => "(no description)".to_owned(),
        text if text.chars().count() <= longest => text.to_owned(),
        text => text.chars().take(longest).chain("...".chars()).collect(),
    }
}

fn level(alert: &Entry) -> &str {
    alert.text("level").unwrap_or("unknown")
}

fn message(alert: &Entry) -> &str {
    alert.text("message").unwrap_or_default()
}

/// A value as a person writes it: text without quotes, anything else as JSON.
fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Markdown, put together part by part.
struct Text(String);

impl Text {
    fn titled(title: &str) -> Self {
        Self(format!("# {title}\n"))
    }

    fn heading(&mut self, heading: &str) {
        self.push(&format!("\n## {heading}\n"));
    }

    fn subheading(&mut self, heading: &str) {
        self.push(&format!("\n### {heading}\n"));
    }

    fn line(&mut self, line: &str) {
        self.push(&format!("{line}\n"));
    }

    fn paragraph(&mut self, text: &str) {
        self.push(&format!("\n{text}\n"));
    }

    fn bullet(&mut self, text: &str) {
        self.push(&format!("- {text}\n"));
    }

    fn alerts(&mut self, alerts: &Page<Entry>) {
        if alerts.items.is_empty() {
            return;
        }
        self.heading(&format!("Alerts ({})", alerts.items.len()));
        for alert in &alerts.items {
            self.bullet(&format!("{}: {}", level(alert), message(alert)));
        }
        self.more(alerts.has_more);
    }

    fn more(&mut self, has_more: bool) {
        if has_more {
            self.line("There is more; these are the last touched.");
        }
    }

    fn push(&mut self, text: &str) {
        // Writing to a text cannot fail.
        let _ = self.0.write_str(text);
    }

    fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convention_is_named_in_parentheses_after_its_number() {
        assert_eq!(
            named_convention("Awareness prompt Entry 3 (Tags): use few.\nAnd old ones."),
            Some(("Tags", "use few.\nAnd old ones."))
        );
        assert_eq!(named_convention("Entry 3: use few tags"), None);
    }

    #[test]
    fn hours_are_whole_and_at_least_one() {
        for text in ["abc", "0", "-3", "1.5", ""] {
            assert!(hours(text).is_err(), "{text}");
        }
        assert!(matches!(hours("48"), Ok(48)));
    }
}
