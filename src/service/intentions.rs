//! What is to be done, perhaps at a time.

use serde_json::{Value, json};

use super::knowledge::{learned_from, relate};
use super::{Caller, Error, Service, Written, language};
use crate::domain::{Data, EntryId, EntryType, IntentionState, Language, Tags, Timestamp, Urgency};

/// Something to do.
#[derive(Clone, Debug)]
pub struct NewIntention {
    /// What is to be done.
    pub goal: String,
    /// What it is about.
    pub source: String,
    /// Labels.
    pub tags: Tags,
    /// When it is due; never by itself if not given.
    pub deliver_at: Option<Timestamp>,
    /// What to heed.
    pub constraints: Option<String>,
    /// How soon it matters once due.
    pub urgency: Urgency,
    /// How often; kept for clients, without effect here.
    pub recurrence: Option<String>,
    /// Where it comes from; default `conversation`.
    pub learned_from: Option<String>,
    /// Its language; detected if not given.
    pub language: Option<Language>,
    /// Entries it belongs with.
    pub related_ids: Option<Vec<EntryId>>,
}

impl Service {
    /// Remembers something to do, as pending; always a new entry.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn remind(&self, caller: &Caller, intention: NewIntention) -> Result<Written, Error> {
        let resolved = language::resolve(intention.language, &[&intention.goal]);
        let mut entry = self.new_entry(
            EntryType::Intention,
            &intention.source,
            &intention.tags,
            resolved.language,
        );
        let deliver_at = intention.deliver_at.map_or(Value::Null, Value::from);
        entry.data = Data::from_iter([
            ("goal".to_owned(), intention.goal.into()),
            ("state".to_owned(), IntentionState::Pending.as_str().into()),
            ("deliver_at".to_owned(), deliver_at),
            ("constraints".to_owned(), json!(intention.constraints)),
            ("urgency".to_owned(), intention.urgency.as_str().into()),
            ("recurrence".to_owned(), json!(intention.recurrence)),
            (
                "learned_from".to_owned(),
                learned_from(intention.learned_from.as_ref()),
            ),
        ]);
        relate(&mut entry, intention.related_ids.as_deref());

        self.insert_described(caller, entry, resolved).await
    }
}
