//! Which language a new entry is in, and the alert for one the server cannot analyse.

use serde_json::json;

use super::{Caller, NewAlert, Service};
use crate::domain::{AlertType, Data, Detection, Language, Level, Tags, detect};

/// Name under which the server itself reports.
pub(super) const SERVER: &str = "awareness";

/// The language of a new entry, and what was found that has no analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) language: Language,
    pub(super) unmapped: Option<(&'static str, &'static str)>,
}

/// Takes the language that was given, else detects it.
pub(super) fn resolve(given: Option<Language>, texts: &[&str]) -> Resolved {
    if let Some(language) = given {
        return Resolved {
            language,
            unmapped: None,
        };
    }

    match detect(&texts.join(" ")) {
        Detection::Mapped(language) => Resolved {
            language,
            unmapped: None,
        },
        Detection::Unmapped { code, name } => Resolved {
            language: Language::SIMPLE,
            unmapped: Some((code, name)),
        },
        Detection::Unsure => Resolved {
            language: Language::SIMPLE,
            unmapped: None,
        },
    }
}

impl Service {
    /// Raises the alert for a language without an analysis, one a language; a failure is logged and fails nothing.
    pub(super) async fn note_language(&self, caller: &Caller, resolved: Resolved) {
        let Some((code, name)) = resolved.unmapped else {
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
