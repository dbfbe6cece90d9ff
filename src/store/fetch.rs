//! Running queries and cutting off what is not wanted.
//!
//! The numbers of LIMIT and OFFSET are written into the statement instead of being bound: a bound limit makes SQLite
//! plan the statement anew each time it is bound, and hides from Postgres that only a few rows are wanted.

use entity::entries;
use sea_orm::sea_query::{SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QuerySelect, QueryTrait, Select};
use serde::de::DeserializeOwned;

use super::StoreError;
use super::convert::{entry_from_row, entry_without_data};
use super::transaction::Session;
use crate::domain::{Entry, PageRequest};

/// How many rows of a query are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// All of them.
    All,
    /// So many at most.
    AtMost(u64),
    /// Those of a page and one more, so that the caller learns whether there are more.
    Page(PageRequest),
}

impl Session {
    /// Runs a query and reads its rows as `M`.
    pub(super) async fn fetch<M: FromQueryResult>(
        &self,
        query: impl QueryTrait<QueryStatement = SelectStatement>,
        rows: Rows,
    ) -> Result<Vec<M>, StoreError> {
        let connection = self.connection();
        let mut statement = query.build(connection.get_database_backend());
        statement.sql.push_str(&rows.clause());

        self.check(M::find_by_statement(statement).all(connection).await)
    }

    /// Runs a query and hands its rows over one by one, so that many do not fill the memory. One that does not read costs
    /// nobody the others.
    pub(super) async fn fetch_each<M: FromQueryResult>(
        &self,
        query: impl QueryTrait<QueryStatement = SelectStatement>,
        mut each: impl FnMut(M) + Send,
    ) -> Result<(), StoreError> {
        let connection = self.connection();
        let statement = query.build(connection.get_database_backend());
        let done = connection.for_each_row(statement, |row| {
            if let Ok(row) = M::from_query_result(&row, "") {
                each(row);
            } else {
                // What the error says would show what is in the row.
                tracing::warn!("a stored row does not read and is left out");
            }
        });

        self.check(done.await)
    }

    /// Runs a query for whole entries. One whose payload does not read costs nobody the others: it comes without it.
    pub(super) async fn fetch_entries(
        &self,
        query: Select<entries::Entity>,
        rows: Rows,
    ) -> Result<Vec<Entry>, StoreError> {
        let connection = self.connection();
        let mut statement = query.build(connection.get_database_backend());
        statement.sql.push_str(&rows.clause());

        let rows = self.check(connection.query_all_raw(statement).await)?;
        let read = rows
            .iter()
            .map(|row| match entries::Model::from_query_result(row, "") {
                Ok(model) => entry_from_row(model),
                Err(error) => entry_without_data(row)
                    .ok_or_else(|| StoreError::from_database(error, self.location())),
            });

        read.collect()
    }

    /// Runs a query for one JSON row of expressions a row, and reads each as `M`, a tuple of theirs.
    pub(super) async fn fetch_json<E: EntityTrait, M: DeserializeOwned>(
        &self,
        query: Select<E>,
        expressions: impl IntoIterator<Item = SimpleExpr>,
        rows: Rows,
    ) -> Result<Vec<M>, StoreError> {
        let row = self.dialect().json_row(expressions);
        let query = query.select_only().column_as(row, "row").into_query();

        self.read_json_page(query, rows).await
    }

    /// Runs a query whose one column `row` is JSON, and reads all of it as `M`.
    pub(super) async fn read_json<M: DeserializeOwned>(
        &self,
        query: SelectStatement,
    ) -> Result<Vec<M>, StoreError> {
        self.read_json_page(query, Rows::All).await
    }

    /// As [`Session::read_json`], for a part of the rows.
    pub(super) async fn read_json_page<M: DeserializeOwned>(
        &self,
        query: SelectStatement,
        rows: Rows,
    ) -> Result<Vec<M>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.get_database_backend().build(&query);
        statement.sql.push_str(&rows.clause());
        statement.sql = self.dialect().rows_as_json(&statement.sql);

        let row = self.check(connection.query_one_raw(statement).await)?;
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        let text: String = self.check(row.try_get("", "rows"))?;

        // What the parser says would show what is in the row.
        serde_json::from_str(&text)
            .map_err(|_| StoreError::corrupt("entries", "a row does not read"))
    }

    /// Runs a query for the first row, if there is one.
    pub(super) async fn fetch_first<M: FromQueryResult>(
        &self,
        query: impl QueryTrait<QueryStatement = SelectStatement>,
    ) -> Result<Option<M>, StoreError> {
        Ok(self.fetch(query, Rows::AtMost(1)).await?.pop())
    }
}

impl Rows {
    fn clause(self) -> String {
        match self {
            Self::All => String::new(),
            Self::AtMost(limit) => format!(" LIMIT {limit}"),
            Self::Page(PageRequest {
                limit, offset: 0, ..
            }) => {
                format!(" LIMIT {}", limit.saturating_add(1))
            }
            Self::Page(PageRequest { limit, offset, .. }) => {
                format!(" LIMIT {} OFFSET {offset}", limit.saturating_add(1))
            }
        }
    }
}
