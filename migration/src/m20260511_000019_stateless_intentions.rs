//! Lets an adopted intention without a state wait like a pending one: the index of waiting intentions holds it too.

use sea_orm_migration::prelude::*;

use crate::sql;

pub(crate) struct StatelessIntentions;

crate::step::step!(
    StatelessIntentions,
    "m20260511_000019_stateless_intentions",
    adds "intentions without a state to the index of those that wait",
    down drops "them from that index; no row"
);

#[async_trait::async_trait]
impl MigrationTrait for StatelessIntentions {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace_index(manager, "COALESCE(data ->> 'state', 'pending')").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace_index(manager, "(data ->> 'state')").await
    }
}

async fn replace_index(manager: &SchemaManager<'_>, state: &str) -> Result<(), DbErr> {
    let by_text = if sql::is_postgres(manager) {
        r#"(data ->> 'deliver_at') COLLATE "C""#
    } else {
        "(data ->> 'deliver_at')"
    };
    let index = format!(
        r"CREATE INDEX idx_entries_waiting_intentions
          ON entries (owner_id, {by_text})
          WHERE type = 'intention' AND deleted IS NULL AND {state} IN ('pending', 'snoozed')"
    );

    sql::run(
        manager,
        &["DROP INDEX idx_entries_waiting_intentions", &index],
    )
    .await
}
