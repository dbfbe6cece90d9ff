//! Tells every node of a Postgres server that something an owner watches has changed. On SQLite the step does nothing:
//! there the process that writes tells its own listeners.
//!
//! The message goes with the commit, on the channel `awareness_changes`: hashes of owner and source and the type, so that
//! whoever may listen on the server learns no name. Types nobody watches are left out, because a commit that tells waits for
//! others that do.

use sea_orm_migration::prelude::*;

use crate::sql;

pub(crate) struct Changes;

crate::step::step!(
    Changes,
    "m20260427_000017_changes",
    adds "word of changes to every node (Postgres)",
    down drops "that word; no row"
);

#[async_trait::async_trait]
impl MigrationTrait for Changes {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            sql::run(manager, &UP).await?;
        }

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            sql::run(manager, &DOWN).await?;
        }

        Ok(())
    }
}

const UP: [&str; 4] = [
    r"CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
          changed entries;
      BEGIN
          FOREACH changed IN ARRAY ARRAY[
              CASE WHEN TG_OP <> 'INSERT' THEN OLD END,
              CASE WHEN TG_OP <> 'DELETE' THEN NEW END
          ]
          LOOP
              IF changed.source = 'custom-prompt'
                  OR changed.type IN ('status', 'alert', 'suppression', 'pattern', 'intention')
              THEN
                  PERFORM pg_notify('awareness_changes', concat_ws(
                      ':',
                      left(encode(sha256(convert_to(changed.owner_id, 'UTF8')), 'hex'), 16),
                      CASE WHEN changed.source = 'custom-prompt' THEN 'prompt' ELSE changed.type END,
                      left(encode(sha256(convert_to(changed.source, 'UTF8')), 'hex'), 16)
                  ));
              END IF;
          END LOOP;
          RETURN NULL;
      END
      $$",
    r"CREATE TRIGGER entries_tell_insert
      AFTER INSERT ON entries
      FOR EACH ROW
      WHEN (NEW.source = 'custom-prompt' OR NEW.type IN ('status', 'alert', 'suppression', 'pattern', 'intention'))
      EXECUTE FUNCTION tell_change()",
    r"CREATE TRIGGER entries_tell_update
      AFTER UPDATE ON entries
      FOR EACH ROW
      WHEN (
          OLD.source = 'custom-prompt' OR NEW.source = 'custom-prompt'
          OR NEW.type IN ('status', 'alert', 'suppression', 'pattern', 'intention')
      )
      EXECUTE FUNCTION tell_change()",
    r"CREATE TRIGGER entries_tell_delete
      AFTER DELETE ON entries
      FOR EACH ROW
      WHEN (OLD.source = 'custom-prompt' OR OLD.type IN ('status', 'alert', 'suppression', 'pattern', 'intention'))
      EXECUTE FUNCTION tell_change()",
];

const DOWN: [&str; 4] = [
    "DROP TRIGGER entries_tell_delete ON entries",
    "DROP TRIGGER entries_tell_update ON entries",
    "DROP TRIGGER entries_tell_insert ON entries",
    "DROP FUNCTION tell_change()",
];
