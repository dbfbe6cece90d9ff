//! How rows tell which change they were part of, for those who follow changes.
//!
//! On SQLite there is one writer, so a counter tells the order in which changes become visible. On Postgres nothing that
//! is written can tell that; rows hold the id of their transaction, and a reader knows below which id all transactions had
//! ended when it looked (the `xmin` of its snapshot).

use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};

use super::Dialect;

impl Dialect {
    /// The mark of the changes of this transaction.
    pub(in crate::store) async fn next_change(
        self,
        connection: &impl ConnectionTrait,
    ) -> Result<SimpleExpr, DbErr> {
        match self {
            Self::Sqlite => {
                let counted = "UPDATE change_counter SET value = value + 1 RETURNING value";
                let value: i64 = row(connection, counted).await?.try_get("", "value")?;
                Ok(Expr::val(value))
            }
            Self::Postgres => Ok(Expr::cust("pg_current_xact_id()::text::bigint")),
        }
    }

    /// The mark of what this transaction sees, and a text that is the same as long as it sees the same. On Postgres the
    /// mark alone does not tell: it stays where it is while the oldest transaction of the server goes on.
    pub(in crate::store) async fn seen_changes(
        self,
        connection: &impl ConnectionTrait,
    ) -> Result<(i64, String), DbErr> {
        let seen = match self {
            Self::Sqlite => "SELECT value, CAST(value AS TEXT) AS seen FROM change_counter",
            Self::Postgres => {
                "SELECT pg_snapshot_xmin(snapshot)::text::bigint AS value, snapshot::text AS seen
                 FROM (SELECT pg_current_snapshot() AS snapshot) AS present"
            }
        };
        let row = row(connection, seen).await?;

        Ok((row.try_get("", "value")?, row.try_get("", "seen")?))
    }

    /// Whether a row may have changed since a mark. On Postgres it may have been seen already.
    pub(in crate::store) fn changed_since(self, column: SimpleExpr, mark: i64) -> SimpleExpr {
        match self {
            Self::Sqlite => column.gt(mark),
            Self::Postgres => column.gte(mark),
        }
    }
}

async fn row(connection: &impl ConnectionTrait, query: &str) -> Result<QueryResult, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), query);
    let row = connection.query_one_raw(statement).await?;

    row.ok_or_else(|| DbErr::RecordNotFound("the counter of changes".to_owned()))
}
