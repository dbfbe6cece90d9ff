//! Which language an entry is in, and the alert for one the server cannot analyse.

use serde_json::json;

use super::{Caller, NewAlert, Service};
use crate::domain::{
    AlertType, Changes, Data, Detection, Entry, Language, Level, Tags, Unmapped, detect_entry,
    telling_text,
};

/// Name under which the server itself reports.
pub(super) const SERVER: &str = "awareness";

/// Brings a new entry into the language that was given, else into the one it seems to be in. Returns that one if it has
/// no analysis.
pub(super) fn settle(entry: &mut Entry, given: Option<Language>) -> Option<Unmapped> {
    if let Some(language) = given {
        entry.language = language;
        entry.is_language_given = true;
        return None;
    }
    let (language, unmapped) = resolve(entry);
    entry.language = language;

    unmapped
}

/// As [`settle`], for an entry whose text was `before`: its language follows the text, unless it was given.
pub(super) fn follow(entry: &mut Entry, before: &str, changes: &mut Changes) -> Option<Unmapped> {
    if entry.is_language_given || telling_text(entry) == before {
        return None;
    }
    let (language, unmapped) = resolve(entry);
    set(entry, language, changes);

    unmapped
}

/// Sets the language of an entry that was found.
pub(super) fn set(entry: &mut Entry, language: Language, changes: &mut Changes) {
    if language != entry.language {
        changes.note("language", entry.language.name());
        entry.language = language;
    }
}

fn resolve(entry: &Entry) -> (Language, Option<Unmapped>) {
    match detect_entry(entry) {
        Detection::Mapped(language) => (language, None),
        Detection::Unmapped(unmapped) => (Language::SIMPLE, Some(unmapped)),
        Detection::Unsure => (Language::SIMPLE, None),
    }
}

impl Service {
    /// Raises the alert for a language without an analysis, one a language; a failure is logged and fails nothing.
    pub(super) async fn note_language(&self, caller: &Caller, unmapped: Option<Unmapped>) {
        let Some(Unmapped { code, name }) = unmapped else {
            return;
        };
        let alert = NewAlert {
            source: SERVER.to_owned(),
            tags: Tags::new(["language", "unsupported"]),
            alert_id: format!("unsupported-language-{code}"),
            level: Level::Info,
            alert_type: AlertType::Structural,
            message: format!(
                "{name} has no word analysis here: its entries are found by whole words only"
            ),
            resolved: false,
            extra: Data::from_iter([("detected_iso".to_owned(), json!(code))]),
        };
        if let Err(error) = self.report_alert(caller, alert).await {
            tracing::warn!(%error, "the unsupported-language alert was not raised");
        }
    }
}
