//! The briefing, and firing what is due.

use super::{Caller, Error, Service};
use crate::domain::briefing::{Briefing, FiredIntention, evaluate};
use crate::domain::{
    Entry, EntryId, EntryType, IntentionState, StateChange, Timestamp, Urgency, from_word,
};
use crate::store::{Access, EntryFilter, Expired};

impl Service {
    /// Works out what needs attention, and fires the intentions whose time has come: of several briefings at once exactly
    /// one gets each.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn briefing(&self, caller: &Caller) -> Result<Briefing, Error> {
        let now = self.now();
        let pending = EntryFilter::active()
            .expired(Expired::HiddenAt(now))
            .waiting()
            .in_state(IntentionState::Pending.as_str());
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let (mut watched, due) = transaction.entries().watched(now).await?;
        watched.pending = transaction.entries().count(&pending).await?;
        transaction.commit().await?;
        if !due.is_empty() {
            (watched.fired, watched.pending) = self.fire(caller, &due, &pending, now).await?;
        }

        Ok(evaluate(now, watched))
    }

    /// Fires the intentions that are still waiting. Returns them, and how many are pending after that, whichever briefing
    /// fired the rest.
    async fn fire(
        &self,
        caller: &Caller,
        due: &[EntryId],
        pending: &EntryFilter,
        now: Timestamp,
    ) -> Result<(Vec<FiredIntention>, u64), Error> {
        let mut fired = Vec::new();
        let transaction = self.write(caller).await?;
        for id in due {
            // Held until the commit: another briefing that saw it as due finds it fired.
            let Some(mut entry) = transaction.entries().find_for_update(id).await? else {
                continue;
            };
            let Some(intention) = due_now(&entry, now) else {
                continue;
            };
            let to_whom = caller.platform.as_deref().unwrap_or("a client");
            StateChange {
                state: IntentionState::Fired,
                reason: Some(format!("delivered to {to_whom} by a briefing")),
                deliver_at: None,
            }
            .apply(&mut entry, now);
            transaction.update(&entry).await?;
            fired.push(intention);
        }
        let pending = transaction.entries().count(pending).await?;
        transaction.commit().await?;

        Ok((fired, pending))
    }
}

/// What a briefing shows of an intention if it is due.
fn due_now(entry: &Entry, now: Timestamp) -> Option<FiredIntention> {
    let state = match entry.text("state") {
        Some(word) => from_word(word)?,
        None => IntentionState::Pending,
    };
    let is_waiting = match state {
        IntentionState::Pending => true,
        IntentionState::Snoozed => entry.data.get("wakes").is_some_and(|wakes| wakes == true),
        _ => false,
    };
    let deliver_at = Timestamp::parse(entry.text("deliver_at")?).ok()?;
    if entry.entry_type != EntryType::Intention || !is_waiting || deliver_at > now {
        return None;
    }

    let goal = entry.text("goal").or_else(|| entry.text("description"));
    Some(FiredIntention {
        id: entry.id.clone(),
        goal: goal.unwrap_or_default().to_owned(),
        source: entry.source.clone(),
        tags: entry.tags.clone(),
        urgency: entry
            .text("urgency")
            .and_then(from_word)
            .unwrap_or(Urgency::Normal),
        deliver_at,
    })
}
