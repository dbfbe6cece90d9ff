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

        let was_pending = self.fire(caller, &due, now, &mut watched.fired).await?;
        watched.pending = watched.pending.saturating_sub(was_pending);

        Ok(evaluate(now, watched))
    }

    /// Fires the intentions that are still waiting; returns how many of them were pending.
    async fn fire(
        &self,
        caller: &Caller,
        due: &[EntryId],
        now: Timestamp,
        fired: &mut Vec<FiredIntention>,
    ) -> Result<u64, Error> {
        if due.is_empty() {
            return Ok(0);
        }

        let mut were_pending = 0;
        let transaction = self.store.begin(&caller.owner, Access::Write).await?;
        for id in due {
            // Held until the commit: another briefing that saw it as due finds it fired.
            let Some(mut entry) = transaction.entries().find_for_update(id).await? else {
                continue;
            };
            let Some((intention, was_pending)) = due_now(&entry, now) else {
                continue;
            };
            let to_whom = caller.platform.as_deref().unwrap_or("a client");
            StateChange {
                state: IntentionState::Fired,
                reason: Some(format!("delivered to {to_whom} by a briefing")),
                deliver_at: None,
            }
            .apply(&mut entry, now);
            transaction.entries().update(&entry).await?;
            were_pending += u64::from(was_pending);
            fired.push(intention);
        }
        transaction.commit().await?;

        Ok(were_pending)
    }
}

/// What a briefing shows of an intention if it is due, and whether it was pending, not put off.
fn due_now(entry: &Entry, now: Timestamp) -> Option<(FiredIntention, bool)> {
    let state = from_word(entry.text("state")?)?;
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
    let intention = FiredIntention {
        id: entry.id.clone(),
        goal: goal.unwrap_or_default().to_owned(),
        source: entry.source.clone(),
        tags: entry.tags.clone(),
        urgency: entry
            .text("urgency")
            .and_then(from_word)
            .unwrap_or(Urgency::Normal),
        deliver_at,
    };

    Some((intention, state == IntentionState::Pending))
}
