//! Which entries are meant: a filter that reads as a sentence, and the one place that turns it into a condition.

use entity::{entries, entry_tags};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, IntoSimpleExpr};

use super::dialect::{Dialect, json_text, json_value};
use crate::domain::{CHANGELOG, EntryId, EntryType, Language, Tags, Timestamp};

/// What to do with entries whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// Leave out what has expired by then.
    HiddenAt(Timestamp),
    /// Show it too.
    Shown,
}

/// The order of a list; ties are broken by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Last touched first: by the last change, else the creation.
    Touched,
    /// Last created first.
    Created,
    /// Last put into the trash first.
    Deleted,
    /// In none, for what is named by id: an order would have the database walk through all entries in that order.
    Any,
}

/// A set of entries of an owner. All that is named must hold.
///
/// ```text
/// EntryFilter::active().of_types([EntryType::Note]).tagged(&tags).touched_since(since)
/// ```
#[derive(Clone, Debug)]
pub struct EntryFilter {
    trashed: bool,
    conditions: Condition,
    tags: Tags,
    wanted: Vec<Wanted>,
}

/// Conditions whose text depends on the database.
#[derive(Clone, Debug)]
enum Wanted {
    History,
    Unresolved,
}

impl EntryFilter {
    /// Entries that are not in the trash.
    #[must_use]
    pub fn active() -> Self {
        Self::with(entries::Column::Deleted.is_null(), false)
    }

    /// Entries in the trash.
    #[must_use]
    pub fn trashed() -> Self {
        Self::with(entries::Column::Deleted.is_not_null(), true)
    }

    fn with(condition: SimpleExpr, trashed: bool) -> Self {
        Self {
            trashed,
            conditions: Condition::all().add(condition),
            tags: Tags::default(),
            wanted: Vec::new(),
        }
    }

    /// Of one of these types.
    #[must_use]
    pub fn of_types(self, types: impl IntoIterator<Item = EntryType>) -> Self {
        let types: Vec<_> = types.into_iter().collect();

        self.and(is_of_type(&types))
    }

    /// About this source, exactly; the empty source is a source.
    #[must_use]
    pub fn about(self, source: &str) -> Self {
        self.and(entries::Column::Source.eq(source))
    }

    /// About one of these sources.
    #[must_use]
    pub fn about_any<'a>(self, sources: impl IntoIterator<Item = &'a str>) -> Self {
        self.and(entries::Column::Source.is_in(sources))
    }

    /// One of these ids.
    #[must_use]
    pub fn with_ids<'a>(self, ids: impl IntoIterator<Item = &'a EntryId>) -> Self {
        self.and(entries::Column::Id.is_in(ids.into_iter().map(EntryId::as_str)))
    }

    /// None of these ids; none named is no filter.
    #[must_use]
    pub fn without_ids<'a>(self, ids: impl IntoIterator<Item = &'a EntryId>) -> Self {
        self.and(entries::Column::Id.is_not_in(ids.into_iter().map(EntryId::as_str)))
    }

    /// Carrying all of these tags, exactly and case-sensitively; no tags is no filter.
    #[must_use]
    pub fn tagged(mut self, tags: &Tags) -> Self {
        self.tags = Tags::new(self.tags.as_slice().iter().chain(tags.as_slice()).cloned());
        self
    }

    /// Touched then or later.
    #[must_use]
    pub fn touched_since(self, time: Timestamp) -> Self {
        self.and(touched().gte(time.utc()))
    }

    /// Touched then or earlier.
    #[must_use]
    pub fn touched_until(self, time: Timestamp) -> Self {
        self.and(touched().lte(time.utc()))
    }

    /// Created then or later.
    #[must_use]
    pub fn created_since(self, time: Timestamp) -> Self {
        self.and(entries::Column::Created.gte(time.utc()))
    }

    /// Created then or earlier.
    #[must_use]
    pub fn created_until(self, time: Timestamp) -> Self {
        self.and(entries::Column::Created.lte(time.utc()))
    }

    /// Put into the trash then or later.
    #[must_use]
    pub fn deleted_since(self, time: Timestamp) -> Self {
        self.and(entries::Column::Deleted.gte(time.utc()))
    }

    /// Learned from this, exactly.
    #[must_use]
    pub fn learned_from(self, origin: &str) -> Self {
        self.and(json_text("learned_from").eq(origin))
    }

    /// Intentions that wait for their time, put off or not; an adopted one without a state waits. The text is that of their index.
    #[must_use]
    pub fn waiting(self) -> Self {
        let waiting =
            r#"COALESCE("entries"."data" ->> 'state', 'pending') IN ('pending', 'snoozed')"#;

        self.of_types([EntryType::Intention])
            .and(Expr::cust(waiting))
    }

    /// Intentions in this state, exactly.
    #[must_use]
    pub fn in_state(self, state: &str) -> Self {
        // An adopted intention may have none: it waits.
        let stored = Func::coalesce([json_text("state"), Expr::val("pending")]);

        self.and(SimpleExpr::from(stored).eq(state))
    }

    /// Pinned to this version of a schema.
    #[must_use]
    pub fn pinned_to(self, family: &str, version: &str) -> Self {
        self.and(json_value("schema_ref").eq(family))
            .and(json_value("schema_version").eq(version))
    }

    /// Declaring this version of a schema.
    #[must_use]
    pub fn declaring(self, family: &str, version: &str) -> Self {
        self.and(json_value("family").eq(family))
            .and(json_value("version").eq(version))
    }

    /// In this language.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        self.and(entries::Column::Language.eq(language.name()))
    }

    /// Changed at least once, with the history to show it.
    #[must_use]
    pub fn with_history(mut self) -> Self {
        self.wanted.push(Wanted::History);
        self
    }

    /// Not resolved: alerts whose `resolved` is not exactly true.
    #[must_use]
    pub fn unresolved(mut self) -> Self {
        self.wanted.push(Wanted::Unresolved);
        self
    }

    /// With or without what has expired.
    #[must_use]
    pub fn expired(self, expired: Expired) -> Self {
        let Expired::HiddenAt(now) = expired else {
            return self;
        };
        let current = Condition::any()
            .add(entries::Column::Expires.is_null())
            .add(entries::Column::Expires.gt(now.utc()));

        self.and(current)
    }

    pub(super) fn and(mut self, condition: impl Into<Condition>) -> Self {
        self.conditions = self.conditions.add(condition);
        self
    }

    /// The tag to drive a query by, if there is one, and the tags that remain to be tested.
    pub(super) fn split_tags(&self) -> Option<(&str, &[String])> {
        let (first, rest) = self.tags.as_slice().split_first()?;

        Some((first, rest))
    }

    /// Whether the filter is about the trash.
    pub(super) fn is_trashed(&self) -> bool {
        self.trashed
    }

    /// Everything but the tags.
    pub(super) fn condition(&self, dialect: Dialect) -> Condition {
        self.wanted
            .iter()
            .fold(self.conditions.clone(), |condition, wanted| {
                condition.add(match wanted {
                    Wanted::History => dialect.json_has_items(CHANGELOG),
                    Wanted::Unresolved => dialect.is_unresolved(),
                })
            })
    }

    /// Everything, the tags included.
    pub(super) fn condition_with_tags(&self, dialect: Dialect) -> Condition {
        has_tags(dialect, self.tags.as_slice()).fold(self.condition(dialect), Condition::add)
    }
}

/// Whether an entry is of one of these types. They stand in the statement itself: an index on some of them is only used
/// when the planner can see that they are those.
pub(super) fn is_of_type(types: &[EntryType]) -> SimpleExpr {
    let words: Vec<_> = types
        .iter()
        .map(|one| format!("'{}'", one.as_str()))
        .collect();

    Expr::cust(match words.as_slice() {
        [only] => format!(r#""entries"."type" = {only}"#),
        _ => format!(r#""entries"."type" IN ({})"#, words.join(", ")),
    })
}

/// The time of the last touch, as the recency indexes have it.
pub(super) fn touched() -> SimpleExpr {
    Func::coalesce([
        entries::Column::Updated.into_simple_expr(),
        entries::Column::Created.into_simple_expr(),
    ])
    .into()
}

/// Tags that are looked up one by one. A planner weighs every order in which that can happen, so with many it would
/// think for minutes.
const LOOKED_UP: usize = 4;

/// What must hold for an entry to carry all of these tags.
pub(super) fn has_tags(dialect: Dialect, tags: &[String]) -> impl Iterator<Item = SimpleExpr> {
    let (few, rest) = tags.split_at(tags.len().min(LOOKED_UP));
    let rest = (!rest.is_empty()).then(|| dialect.entry_has_tags(rest));

    few.iter().map(|tag| has_tag(tag)).chain(rest)
}

fn has_tag(tag: &str) -> SimpleExpr {
    let found = Query::select()
        .column(entry_tags::Column::Tag)
        .from(entry_tags::Entity)
        .and_where(
            entry_tags::Column::EntryId
                .into_simple_expr()
                .eq(entries::Column::Id.into_simple_expr()),
        )
        .and_where(entry_tags::Column::Tag.eq(tag))
        .take();

    Expr::exists(found)
}
