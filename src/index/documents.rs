//! What is held of each document beside its words and its vector.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::Slot;
use super::filter::DocumentFilter;
use crate::domain::{Document, EntryId, EntryType, Language, Timestamp};

/// All documents of an owner.
///
/// What every search goes through is kept apart from what only some need.
#[derive(Debug, Default)]
pub(super) struct Documents {
    held: Vec<Held>,
    /// How many words each has, weighted; of a slot out of use, infinitely many, so that none of them counts.
    lengths: Vec<f32>,
    named: Vec<Named>,
    slots: HashMap<Name, Slot>,
    /// How many documents there are of each language.
    languages: Vec<(Language, usize)>,
    sources: Names,
    tags: Names,
    /// The documents of each source by time, as neighbours of each other; those out of use among them.
    by_source: HashMap<u32, Timeline>,
    total_length: u64,
}

/// A document in its slot.
#[derive(Debug)]
pub(super) struct Held {
    created: i64,
    pub(super) touched: i64,
    expires: i64,
    source: u32,
    entry_type: EntryType,
}

/// The rest of it.
#[derive(Debug)]
struct Named {
    name: Name,
    tags: Box<[u32]>,
    language: Language,
}

/// An id in little room: most are UUIDs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Uuid([u8; 16]),
    Other(Box<str>),
}

/// Texts that many documents share, numbered.
#[derive(Debug, Default)]
struct Names(HashMap<Box<str>, u32>);

#[derive(Debug, Default)]
struct Timeline {
    slots: Vec<Slot>,
    is_sorted: bool,
}

/// Which documents a filter lets through, by slot.
pub(super) struct Allowed(Vec<bool>);

impl Documents {
    /// Has room for so many more documents.
    pub(super) fn reserve(&mut self, documents: usize) {
        self.held.reserve_exact(documents);
        self.lengths.reserve_exact(documents);
        self.named.reserve_exact(documents);
        self.slots.reserve(documents);
    }

    /// Takes a document in; returns its slot, and the one it had before.
    pub(super) fn put(&mut self, document: &Document) -> (Slot, Option<Slot>) {
        let replaced = self.remove(&document.id);
        let slot = slot_at(self.held.len());
        let source = self.sources.number(&document.source);
        let tags = document.tags.as_slice().iter();
        let named = Named {
            name: Name::of(&document.id),
            tags: tags.map(|tag| self.tags.number(tag)).collect(),
            language: document.language,
        };
        let held = Held {
            created: document.created.unix_microseconds(),
            touched: document.touched.unix_microseconds(),
            expires: document
                .expires
                .map_or(i64::MAX, Timestamp::unix_microseconds),
            source,
            entry_type: document.entry_type,
        };
        self.total_length += u64::from(document.length);
        match self
            .languages
            .iter_mut()
            .find(|(language, _)| *language == named.language)
        {
            Some((_, count)) => *count += 1,
            None => self.languages.push((named.language, 1)),
        }
        self.slots.insert(named.name.clone(), slot);
        let timeline = self.by_source.entry(source).or_default();
        timeline.slots.push(slot);
        timeline.is_sorted = false;
        self.held.push(held);
        self.lengths.push(exact(document.length));
        self.named.push(named);

        (slot, replaced)
    }

    /// Takes a document out of use; returns the slot it had.
    pub(super) fn remove(&mut self, id: &EntryId) -> Option<Slot> {
        let slot = self.slots.remove(&Name::of(id))?;
        let length = self.lengths.get_mut(slot as usize)?;
        self.total_length -= whole(std::mem::replace(length, f32::INFINITY));
        let language = self.named.get(slot as usize).map(|named| named.language);
        for (_, count) in self
            .languages
            .iter_mut()
            .filter(|(of, _)| Some(*of) == language)
        {
            *count -= 1;
        }

        Some(slot)
    }

    pub(super) fn slot_of(&self, id: &EntryId) -> Option<Slot> {
        self.slots.get(&Name::of(id)).copied()
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Held> {
        self.length_of(slot)
            .and_then(|_| self.held.get(slot as usize))
    }

    /// How many words a document has, weighted.
    pub(super) fn length_of(&self, slot: Slot) -> Option<f32> {
        let length = self.lengths.get(slot as usize).copied();

        length.filter(|length| length.is_finite())
    }

    /// The lengths of all slots; those out of use are infinitely long.
    pub(super) fn lengths(&self) -> &[f32] {
        &self.lengths
    }

    /// Orders documents as their ids are ordered, without writing the ids out.
    pub(super) fn by_id(&self, one: Slot, other: Slot) -> Ordering {
        let name = |slot| self.named.get(slot as usize).map(|named| &named.name);
        match (name(one), name(other)) {
            // The written form keeps the order of the bytes.
            (Some(Name::Uuid(one)), Some(Name::Uuid(other))) => one.cmp(other),
            (one, other) => one.map(Name::to_id).cmp(&other.map(Name::to_id)),
        }
    }

    pub(super) fn id_of(&self, slot: Slot) -> Option<EntryId> {
        let named = self.named.get(slot as usize)?;

        self.get(slot).map(|_| named.name.to_id())
    }

    pub(super) fn language_of(&self, slot: Slot) -> Option<Language> {
        self.named.get(slot as usize).map(|named| named.language)
    }

    /// How many slots there are, those out of use among them.
    pub(super) fn slots(&self) -> usize {
        self.held.len()
    }

    /// How many documents there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The languages documents are in, most frequent first.
    pub(super) fn languages(&self) -> Vec<Language> {
        let mut languages = self.languages.clone();
        languages.retain(|(_, count)| *count > 0);
        languages.sort_by_key(|(language, count)| (Reverse(*count), language.name()));

        languages
            .into_iter()
            .map(|(language, _)| language)
            .collect()
    }

    /// Words of an average document.
    #[expect(clippy::cast_precision_loss, reason = "a mean of small numbers")]
    pub(super) fn average_length(&self) -> f32 {
        (self.total_length as f32 / self.len().max(1) as f32).max(1.0)
    }

    /// The documents before and after one in time, about the same source.
    pub(super) fn neighbours(&self, slot: Slot) -> [Option<Slot>; 2] {
        let Some(held) = self.get(slot) else {
            return [None, None];
        };
        let Some(timeline) = self.by_source.get(&held.source) else {
            return [None, None];
        };
        let at = timeline
            .slots
            .partition_point(|other| self.time_of(*other) < self.time_of(slot));
        let is_live = |other: &&Slot| self.get(**other).is_some();
        let (before, after) = timeline.slots.split_at_checked(at).unwrap_or_default();

        [
            before.iter().rev().find(is_live).copied(),
            after.iter().skip(1).find(is_live).copied(),
        ]
    }

    /// Puts the documents of each source in the order of time.
    pub(super) fn settle(&mut self) {
        let held = &self.held;
        for timeline in self
            .by_source
            .values_mut()
            .filter(|timeline| !timeline.is_sorted)
        {
            timeline
                .slots
                .sort_by_key(|slot| (held.get(*slot as usize).map(|held| held.created), *slot));
            timeline.is_sorted = true;
        }
    }

    pub(super) fn shrink(&mut self) {
        self.held.shrink_to_fit();
        self.lengths.shrink_to_fit();
        self.named.shrink_to_fit();
        self.slots.shrink_to_fit();
        for timeline in self.by_source.values_mut() {
            timeline.slots.shrink_to_fit();
        }
    }

    /// Closes the gaps; returns the new slot of each old one.
    pub(super) fn compact(&mut self) -> Vec<Option<Slot>> {
        let mut next = 0;
        let places: Vec<Option<Slot>> = self
            .lengths
            .iter()
            .map(|length| {
                length.is_finite().then(|| {
                    next += 1;
                    slot_at(next - 1)
                })
            })
            .collect();
        let mut lives = places.iter().map(Option::is_some);
        self.named.retain(|_| lives.next().unwrap_or_default());
        let mut lives = places.iter().map(Option::is_some);
        self.held.retain(|_| lives.next().unwrap_or_default());
        self.lengths.retain(|length| length.is_finite());
        let new_place = |slot: Slot| places.get(slot as usize).copied().flatten();
        for slot in self.slots.values_mut() {
            *slot = new_place(*slot).unwrap_or(*slot);
        }
        for timeline in self.by_source.values_mut() {
            timeline.slots = timeline
                .slots
                .iter()
                .filter_map(|slot| new_place(*slot))
                .collect();
        }
        self.by_source
            .retain(|_, timeline| !timeline.slots.is_empty());

        places
    }

    /// Which documents a filter lets through; `None` if none can be, because nothing has such a source or tag.
    pub(super) fn allowed(&self, filter: &DocumentFilter) -> Option<Allowed> {
        let source = match &filter.source {
            Some(source) => Some(self.sources.get(source)?),
            None => None,
        };
        let tags = filter.tags.as_slice().iter();
        let tags: Vec<u32> = tags.map(|tag| self.tags.get(tag)).collect::<Option<_>>()?;
        let touched = range(filter.since, filter.until);
        let created = range(filter.created_since, filter.created_until);
        let current_at = filter
            .current_at
            .map_or(i64::MIN, Timestamp::unix_microseconds);

        let types = filter
            .types
            .iter()
            .fold(0, |types, one| types | bit_of(*one));
        let types = if types == 0 { u16::MAX } else { types };

        let is_allowed = |held: &Held| {
            types & bit_of(held.entry_type) != 0
                && source.is_none_or(|source| source == held.source)
                && touched.contains(&held.touched)
                && created.contains(&held.created)
                && held.expires > current_at
        };
        let mut allowed: Vec<bool> = self
            .held
            .iter()
            .zip(&self.lengths)
            .map(|(held, length)| length.is_finite() && is_allowed(held))
            .collect();
        if filter.language.is_some() || !tags.is_empty() {
            let is_named = |named: &Named| {
                filter
                    .language
                    .is_none_or(|language| language == named.language)
                    && tags.iter().all(|tag| named.tags.contains(tag))
            };
            for (allowed, named) in allowed.iter_mut().zip(&self.named) {
                *allowed = *allowed && is_named(named);
            }
        }

        Some(Allowed(allowed))
    }

    pub(super) fn bytes(&self) -> usize {
        /// What a name or a place in a map takes, about.
        const EACH: usize = 64;

        self.held.capacity() * (size_of::<Held>() + size_of::<f32>())
            + self.named.capacity() * size_of::<Named>()
            + (self.slots.capacity() + self.sources.0.capacity() + self.tags.0.capacity()) * EACH
    }

    fn time_of(&self, slot: Slot) -> (i64, Slot) {
        let created = self.held.get(slot as usize).map_or(0, |held| held.created);

        (created, slot)
    }
}

impl Allowed {
    pub(super) fn slots(&self) -> &[bool] {
        &self.0
    }

    pub(super) fn has(&self, slot: Slot) -> bool {
        self.0.get(slot as usize).copied().unwrap_or_default()
    }
}

impl Name {
    fn of(id: &EntryId) -> Self {
        let text = id.as_str();
        match uuid::Uuid::try_parse(text) {
            // Only what reads the same when it is written again.
            Ok(uuid)
                if uuid
                    .hyphenated()
                    .encode_lower(&mut uuid::Uuid::encode_buffer())
                    == text =>
            {
                Self::Uuid(uuid.into_bytes())
            }
            _ => Self::Other(text.into()),
        }
    }

    fn to_id(&self) -> EntryId {
        match self {
            Self::Uuid(bytes) => EntryId::from(uuid::Uuid::from_bytes(*bytes).to_string()),
            Self::Other(text) => EntryId::from(text.as_ref()),
        }
    }
}

impl Names {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.0.get(text) {
            return *number;
        }
        let number = slot_at(self.0.len());
        self.0.insert(text.into(), number);

        number
    }

    fn get(&self, text: &str) -> Option<u32> {
        self.0.get(text).copied()
    }
}

fn range(since: Option<Timestamp>, until: Option<Timestamp>) -> RangeInclusive<i64> {
    let since = since.map_or(i64::MIN, Timestamp::unix_microseconds);

    since..=until.map_or(i64::MAX, Timestamp::unix_microseconds)
}

/// A type in a set of types.
fn bit_of(entry_type: EntryType) -> u16 {
    1 << entry_type as u16
}

/// A length to calculate with.
#[expect(clippy::cast_precision_loss, reason = "a document has few words")]
fn exact(length: u32) -> f32 {
    length as f32
}

/// The length it was.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it was a whole number"
)]
fn whole(length: f32) -> u64 {
    length as u64
}

/// A place as a slot; there are never more than [`super::MOST_SLOTS`].
pub(super) fn slot_at(place: usize) -> Slot {
    Slot::try_from(place).unwrap_or(Slot::MAX)
}
