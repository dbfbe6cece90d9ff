//! Statements shared by the steps. Not a place for anything that knows a table.

use chrono::{DateTime, SubsecRound as _, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value, sea_query};
use sea_orm_migration::SchemaManager;

/// Runs statements that read the same on both databases.
pub(crate) async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }

    Ok(())
}

/// Runs one statement with bound values; `$1` is understood by both databases.
pub(crate) async fn run_with(
    manager: &SchemaManager<'_>,
    statement: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<(), DbErr> {
    let statement =
        Statement::from_sql_and_values(manager.get_database_backend(), statement, values);
    manager.get_connection().execute_raw(statement).await?;

    Ok(())
}

/// Reads rows of text columns, for messages that list what is in the way.
pub(crate) async fn text_rows(
    manager: &SchemaManager<'_>,
    query: &str,
    columns: &[&str],
) -> Result<Vec<Vec<String>>, DbErr> {
    let statement = Statement::from_string(manager.get_database_backend(), query);
    let rows = manager.get_connection().query_all_raw(statement).await?;

    rows.iter()
        .map(|row| {
            columns
                .iter()
                .map(|column| row.try_get("", column))
                .collect()
        })
        .collect()
}

/// Quotes a text for DDL, which takes no bound values, with the query builder's own rules.
pub(crate) fn quote(manager: &SchemaManager<'_>, text: &str) -> String {
    let value = Value::from(text);
    match manager.get_database_backend() {
        DbBackend::Sqlite => {
            sea_query::QueryBuilder::value_to_string(&sea_query::SqliteQueryBuilder, &value)
        }
        _ => sea_query::QueryBuilder::value_to_string(&sea_query::PostgresQueryBuilder, &value),
    }
}

/// The present, to the microsecond, which is what both databases keep.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the migrations that reads the clock"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Whether the step runs on Postgres.
pub(crate) fn is_postgres(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DbBackend::Postgres
}

/// Lets the rest of this transaction see the rows of every owner.
///
/// An ordinary role under forced row-level security sees no rows, so a data step would silently do nothing. The
/// setting is local to the transaction; on SQLite there is nothing to lift.
pub(crate) async fn see_all_owners(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if is_postgres(manager) {
        run(
            manager,
            &["SELECT set_config('app.maintenance', 'on', true)"],
        )
        .await?;
    }

    Ok(())
}
