//! The owner predicate, in one place: no statement on an owner's table is built anywhere else.
//!
//! On SQLite it is the only lock. On Postgres row-level security stands behind it.

use entity::{
    actions, embeddings, entries, entry_counts, entry_links, entry_tags, entry_words, read_counts,
    reads,
};
use sea_orm::sea_query::{BinOper, Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DeleteMany, EntityTrait, QueryFilter, Select, UpdateMany};

use crate::domain::Owner;

/// A table whose rows belong to owners.
pub(super) trait Owned: EntityTrait {
    /// The column that says whose a row is.
    const OWNER: Self::Column;
}

macro_rules! owned {
    ($($table:ident),+) => {
        $(impl Owned for $table::Entity {
            const OWNER: Self::Column = $table::Column::OwnerId;
        })+
    };
}

owned!(
    actions,
    embeddings,
    entries,
    entry_counts,
    entry_links,
    entry_tags,
    entry_words,
    read_counts,
    reads
);

/// Whose row it is.
pub(super) fn owned_by<E: Owned>(owner: &Owner) -> Condition {
    Condition::all().add(E::OWNER.eq(owner.as_str()))
}

/// Starts a query on the owner's rows.
pub(super) fn find<E: Owned>(owner: &Owner) -> Select<E> {
    E::find().filter(owned_by::<E>(owner))
}

/// Starts a query on rows of the owner that are few and named by something else, such as their ids. The predicate is
/// written so that no index serves it: a planner that does not know how many rows an owner has would take that index, and
/// go through all of them.
pub(super) fn find_named<E: Owned>(owner: &Owner) -> Select<E> {
    let owner_of = E::OWNER
        .into_expr()
        .binary(BinOper::Custom("||"), Expr::val(""));

    E::find().filter(owner_of.eq(owner.as_str()))
}

/// Starts a query on the owner's rows and on what is shared with everyone.
pub(super) fn find_with_shared<E: Owned>(owner: &Owner) -> Select<E> {
    let system = Owner::system();

    E::find().filter(E::OWNER.is_in([owner.as_str(), system.as_str()]))
}

/// Starts a change of the owner's rows.
pub(super) fn update<E: Owned>(owner: &Owner) -> UpdateMany<E> {
    E::update_many().filter(owned_by::<E>(owner))
}

/// Starts the removal of the owner's rows.
pub(super) fn delete<E: Owned>(owner: &Owner) -> DeleteMany<E> {
    E::delete_many().filter(owned_by::<E>(owner))
}
