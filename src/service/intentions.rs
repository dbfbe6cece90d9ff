//! What is to be done, perhaps at a time.

use serde_json::{Value, json};

use super::knowledge::{learned_from, relate};
use super::{Caller, Entries, Error, Invalid, Service, Shape, Written};
use crate::domain::{
    Data, EntryId, EntryType, IntentionState, Language, PageRequest, StateChange, Tags, Timestamp,
    Urgency,
};
use crate::store::{EntryFilter, Expired};

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

/// Which intentions are wanted; all that is named must hold.
#[derive(Clone, Debug, Default)]
pub struct IntentionQuery {
    /// In this state.
    pub state: Option<IntentionState>,
    /// About this, exactly.
    pub source: Option<String>,
    /// With all of these tags.
    pub tags: Tags,
    /// Whole entries or summaries.
    pub shape: Shape,
    /// Which part.
    pub page: PageRequest,
}

impl Service {
    /// Remembers something to do, as pending; always a new entry.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn remind(&self, caller: &Caller, intention: NewIntention) -> Result<Written, Error> {
        let mut entry = self.new_entry(EntryType::Intention, &intention.source, &intention.tags);
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

        self.insert_described(caller, entry, intention.language)
            .await
    }

    /// Finds intentions, last touched first, and logs what it returns as read.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_intentions(
        &self,
        caller: &Caller,
        query: &IntentionQuery,
    ) -> Result<Entries, Error> {
        let mut filter = EntryFilter::active()
            .of_types([EntryType::Intention])
            .expired(Expired::HiddenAt(self.now()))
            .tagged(&query.tags);
        if let Some(state) = query.state {
            filter = filter.in_state(state.as_str());
        }
        if let Some(source) = &query.source {
            filter = filter.about(source);
        }

        self.list_and_log(caller, &filter, query.shape, query.page, "get_intentions")
            .await
    }

    /// Brings an intention to another state; any may follow any.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a new time is given to a state that does not wait; [`Error::NotFound`].
    pub async fn update_intention(
        &self,
        caller: &Caller,
        id: &EntryId,
        change: StateChange,
    ) -> Result<(), Error> {
        let waits = matches!(
            change.state,
            IntentionState::Pending | IntentionState::Snoozed
        );
        if let Some(time) = change.deliver_at.filter(|_| !waits) {
            return Err(Invalid::new(
                "deliver_at",
                time,
                "a new time goes with the states pending and snoozed only",
            )
            .into());
        }

        let transaction = self.write(caller).await?;
        let held = transaction.entries().find_for_update(id).await?;
        let Some(mut entry) = held.filter(|entry| entry.entry_type == EntryType::Intention) else {
            return Err(Error::NotFound {
                param: "entry_id",
                value: id.to_string(),
                message: "no such intention".to_owned(),
            });
        };
        change.apply(&mut entry, self.now());
        transaction.update(&entry).await?;
        transaction.commit().await?;

        Ok(())
    }
}
