//! Lets the entries that refer to an entry be found from it.
//!
//! `entry_links` holds one row for each text in the array `data.related_ids` of an entry, kept by triggers. The payload
//! stays the truth; the table is derived from it. It does not refer to the related entry, which may not exist.

use sea_orm_migration::{prelude::*, schema::text};

use crate::{m20260209_000006_row_level_security as row_level_security, sql};

pub(crate) struct Links;

crate::step::step!(
    Links,
    "m20260420_000016_links",
    adds "the links between entries, to be followed backwards",
    down drops "the table of links, which is derived; no entry"
);

#[async_trait::async_trait]
impl MigrationTrait for Links {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table()).await?;
        let index =
            "CREATE INDEX idx_entry_links_related ON entry_links (owner_id, related_id, entry_id)";
        sql::run(manager, &[index]).await?;

        if sql::is_postgres(manager) {
            row_level_security::protect(manager, "entry_links").await?;
            sql::see_all_owners(manager).await?;
            sql::run(manager, &POSTGRES).await
        } else {
            sql::run(manager, &SQLITE).await
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            let down = [
                "DROP TRIGGER entries_keep_links_update ON entries",
                "DROP TRIGGER entries_keep_links ON entries",
                "DROP FUNCTION keep_entry_links()",
            ];
            sql::run(manager, &down).await?;
        } else {
            let down = [
                "DROP TRIGGER entries_keep_links_update",
                "DROP TRIGGER entries_keep_links_insert",
            ];
            sql::run(manager, &down).await?;
        }

        sql::run(manager, &["DROP TABLE entry_links"]).await
    }
}

fn table() -> TableCreateStatement {
    Table::create()
        .table("entry_links")
        .col(text("entry_id"))
        .col(text("related_id"))
        .col(text("owner_id").check(Expr::cust("owner_id <> ''")))
        .primary_key(Index::create().col("entry_id").col("related_id"))
        .foreign_key(
            ForeignKey::create()
                .from("entry_links", "entry_id")
                .to("entries", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

const SQLITE: [&str; 3] = [
    r"CREATE TRIGGER entries_keep_links_insert
      AFTER INSERT ON entries
      WHEN json_type(NEW.data, '$.related_ids') = 'array'
      BEGIN
          INSERT INTO entry_links (entry_id, related_id, owner_id)
          SELECT NEW.id, value, NEW.owner_id
          FROM json_each(NEW.data, '$.related_ids')
          WHERE type = 'text'
          ON CONFLICT DO NOTHING;
      END",
    r"CREATE TRIGGER entries_keep_links_update
      AFTER UPDATE OF id, owner_id, data ON entries
      WHEN OLD.data -> '$.related_ids' IS NOT NEW.data -> '$.related_ids'
          OR OLD.owner_id IS NOT NEW.owner_id
          OR OLD.id IS NOT NEW.id
      BEGIN
          DELETE FROM entry_links WHERE entry_id = OLD.id;
          INSERT INTO entry_links (entry_id, related_id, owner_id)
          SELECT NEW.id, value, NEW.owner_id
          FROM json_each(NEW.data, '$.related_ids')
          WHERE type = 'text' AND json_type(NEW.data, '$.related_ids') = 'array'
          ON CONFLICT DO NOTHING;
      END",
    r"INSERT INTO entry_links (entry_id, related_id, owner_id)
      SELECT entries.id, related.value, owner_id
      FROM entries, json_each(entries.data, '$.related_ids') AS related
      WHERE related.type = 'text' AND json_type(entries.data, '$.related_ids') = 'array'
      ON CONFLICT DO NOTHING",
];

const POSTGRES: [&str; 4] = [
    r"CREATE FUNCTION keep_entry_links() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
          IF TG_OP = 'UPDATE' THEN
              DELETE FROM entry_links WHERE entry_id = OLD.id;
          END IF;
          IF jsonb_typeof(NEW.data -> 'related_ids') = 'array' THEN
              INSERT INTO entry_links (entry_id, related_id, owner_id)
              SELECT NEW.id, related #>> '{}', NEW.owner_id
              FROM jsonb_array_elements(NEW.data -> 'related_ids') AS related
              WHERE jsonb_typeof(related) = 'string'
              ON CONFLICT DO NOTHING;
          END IF;
          RETURN NULL;
      END
      $$",
    r"CREATE TRIGGER entries_keep_links
      AFTER INSERT ON entries
      FOR EACH ROW
      WHEN (NEW.data ? 'related_ids')
      EXECUTE FUNCTION keep_entry_links()",
    r"CREATE TRIGGER entries_keep_links_update
      AFTER UPDATE ON entries
      FOR EACH ROW
      WHEN (
          OLD.data -> 'related_ids' IS DISTINCT FROM NEW.data -> 'related_ids'
          OR OLD.owner_id IS DISTINCT FROM NEW.owner_id
          OR OLD.id IS DISTINCT FROM NEW.id
      )
      EXECUTE FUNCTION keep_entry_links()",
    r"INSERT INTO entry_links (entry_id, related_id, owner_id)
      SELECT entries.id, related #>> '{}', owner_id
      FROM entries
      CROSS JOIN LATERAL jsonb_array_elements(
          CASE WHEN jsonb_typeof(data -> 'related_ids') = 'array' THEN data -> 'related_ids' ELSE '[]' END
      ) AS related
      WHERE jsonb_typeof(related) = 'string'
      ON CONFLICT DO NOTHING",
];
