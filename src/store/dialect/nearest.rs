//! The nearest vectors by an index in the database: pgvector's HNSW on Postgres, an index a model over the rows of all
//! owners. SQLite has none, nor has a server without the extension.

use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use super::connections::Connections;
use super::open::{exec_error, query_error};
use crate::domain::text_hash;

/// Numbers a vector may have to be indexed, at most.
const MOST_DIMENSIONS: usize = 4_000;

/// Vectors an index looks at before it gives up, at most: those of other owners, and those a filter leaves out, count too.
const LOOKED_AT: u32 = 500_000;

/// What that may take, in units of the server's `work_mem`.
const MEMORY: u32 = 16;

/// Vectors an index keeps in view, at most, which is the most it can.
const IN_VIEW: u64 = 1_000;

/// What the names of all such indexes begin with.
const PREFIX: &str = "idx_embeddings_nearest_";

/// The index of a model's vectors.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct NearestIndex<'a> {
    pub(in crate::store) model: &'a str,
    pub(in crate::store) dimensions: usize,
}

impl Connections {
    /// Whether there is the column that indexes of vectors are made of.
    pub(in crate::store) async fn has_nearest(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<bool, DbErr> {
        let Self::Postgres { has_nearest, .. } = self else {
            return Ok(false);
        };
        let found = has_nearest.get_or_try_init(|| async {
            let query = "SELECT EXISTS (
                SELECT 1
                FROM pg_attribute
                WHERE attrelid = to_regclass('embeddings') AND attname = 'nearest' AND NOT attisdropped
            ) AS found";
            is_true(connection, Statement::from_string(DbBackend::Postgres, query)).await
        });

        found.await.copied()
    }

    /// Makes an index of vectors, unless somebody else is at it; writers are not held up. One that was left half made is
    /// made anew.
    pub(in crate::store) async fn make_nearest(
        &self,
        index: NearestIndex<'_>,
    ) -> Result<(), DbErr> {
        let Some(mut connection) = self.work_on_indexes().await? else {
            return Ok(());
        };
        for statement in index.making() {
            run(&mut connection, statement).await?;
        }

        connection.close().await.map_err(exec_error)
    }

    /// Drops the indexes of other models' vectors, unless somebody else is at it; nobody is held up.
    pub(in crate::store) async fn drop_nearest_of_others(&self, model: &str) -> Result<(), DbErr> {
        let Some(mut connection) = self.work_on_indexes().await? else {
            return Ok(());
        };
        let others = "SELECT index.relname::text
            FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
            WHERE indrelid = to_regclass('embeddings')
                AND starts_with(index.relname, $1) AND NOT starts_with(index.relname, $2)";
        let others = sqlx::query_scalar(others)
            .bind(PREFIX)
            .bind(prefix_of(model));
        let others: Vec<String> = others
            .fetch_all(&mut connection)
            .await
            .map_err(query_error)?;
        for name in others {
            let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
            run(&mut connection, drop).await?;
        }

        connection.close().await.map_err(exec_error)
    }

    /// A connection for work on indexes, if nobody else is at it: it ends with the work, and the lock with it.
    async fn work_on_indexes(&self) -> Result<Option<PgConnection>, DbErr> {
        let Self::Postgres { pool, .. } = self else {
            return Ok(None);
        };
        let options = pool.connect_options();
        let connected = PgConnection::connect_with(&options).await;
        let mut connection = connected.map_err(query_error)?;
        let lock = "SELECT pg_try_advisory_lock(hashtext('awareness nearest'))";
        let locked = sqlx::query_scalar(lock).fetch_one(&mut connection).await;
        let is_alone: bool = locked.map_err(query_error)?;

        Ok(is_alone.then_some(connection))
    }
}

impl NearestIndex<'_> {
    /// Whether vectors of so many numbers can be indexed.
    pub(in crate::store) fn is_possible(self) -> bool {
        (1..=MOST_DIMENSIONS).contains(&self.dimensions)
    }

    /// Whether the index is there and holds every vector of the model.
    pub(in crate::store) async fn is_complete(
        self,
        connection: &impl ConnectionTrait,
    ) -> Result<bool, DbErr> {
        let query = "SELECT EXISTS (
                SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND indisvalid
            ) AND NOT EXISTS (
                SELECT 1 FROM embeddings WHERE model = $2 AND dimensions = $3 AND nearest IS NULL
            ) AS found";
        let dimensions = i32::try_from(self.dimensions).unwrap_or(i32::MAX);
        let values: [Value; 3] = [self.name().into(), self.model.into(), dimensions.into()];

        is_true(
            connection,
            Statement::from_sql_and_values(DbBackend::Postgres, query, values),
        )
        .await
    }

    /// Fills in rows that were there before the column, given as `{id, nearest}`; returns how many.
    pub(in crate::store) async fn fill(
        connection: &impl ConnectionTrait,
        rows: serde_json::Value,
    ) -> Result<u64, DbErr> {
        let statement = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "UPDATE embeddings
             SET nearest = CAST(filled.nearest AS halfvec)
             FROM jsonb_to_recordset($1) AS filled (id BIGINT, nearest TEXT)
             WHERE embeddings.id = filled.id AND embeddings.nearest IS NULL",
            [rows.into()],
        );

        Ok(connection.execute_raw(statement).await?.rows_affected())
    }

    /// Has the rest of the transaction look for so many of the nearest.
    pub(in crate::store) async fn look_for(
        connection: &impl ConnectionTrait,
        limit: u64,
    ) -> Result<(), DbErr> {
        let in_view = limit.clamp(40, IN_VIEW);
        let statement = Statement::from_string(
            DbBackend::Postgres,
            format!(
                "SELECT
                     set_config('hnsw.iterative_scan', 'relaxed_order', true),
                     set_config('hnsw.ef_search', '{in_view}', true),
                     set_config('hnsw.max_scan_tuples', '{LOOKED_AT}', true),
                     set_config('hnsw.scan_mem_multiplier', '{MEMORY}', true)"
            ),
        );
        connection.query_one_raw(statement).await?;

        Ok(())
    }

    /// That a row can be found by its vector.
    pub(in crate::store) fn is_filled() -> SimpleExpr {
        Expr::cust(r#""embeddings"."nearest" IS NOT NULL"#)
    }

    /// That a row was there before the column.
    pub(in crate::store) fn is_unfilled() -> SimpleExpr {
        Expr::cust(r#""embeddings"."nearest" IS NULL"#)
    }

    /// That a row is of the index: its model and dimensions, which stand in the statement itself, because a planner that
    /// does not see them does not know that the index serves.
    pub(in crate::store) fn holds(self) -> SimpleExpr {
        Expr::cust(self.predicate())
    }

    /// How far a vector is from that of the row, by cosine: from 0 to 2. The nearest first, by index.
    pub(in crate::store) fn distance(self, vector: &[f32]) -> SimpleExpr {
        let dimensions = self.dimensions;
        let distance = format!(
            r#""embeddings"."nearest"::halfvec({dimensions}) <=> CAST($1 AS halfvec({dimensions}))"#
        );

        Expr::cust_with_values(distance, [Value::from(text_of(vector))])
    }

    /// As [`NearestIndex::distance`], written so that no index serves it: for few rows that are named by something else.
    pub(in crate::store) fn exact_distance(self, vector: &[f32]) -> SimpleExpr {
        self.distance(vector).add(Expr::cust("0"))
    }

    fn predicate(self) -> String {
        let model = quoted(self.model);

        format!(
            r#""embeddings"."model" = {model} AND "embeddings"."dimensions" = {}"#,
            self.dimensions
        )
    }

    fn name(self) -> String {
        format!("{}{}", prefix_of(self.model), self.dimensions)
    }

    /// Statements that each are a transaction of their own.
    fn making(self) -> [String; 2] {
        let (name, dimensions) = (self.name(), self.dimensions);
        let predicate = self.predicate();

        [
            format!(
                "DO $$ BEGIN
                     IF EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid) THEN
                         DROP INDEX {name};
                     END IF;
                 END $$"
            ),
            format!(
                r"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON embeddings
                   USING hnsw ((nearest::halfvec({dimensions})) halfvec_cosine_ops) WHERE {predicate}"
            ),
        ]
    }
}

/// What the names of a model's indexes begin with.
fn prefix_of(model: &str) -> String {
    let model: String = text_hash(model).chars().take(16).collect();

    format!("{PREFIX}{model}_")
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), DbErr> {
    let done = sqlx::raw_sql(AssertSqlSafe(statement));

    done.execute(connection).await.map(drop).map_err(exec_error)
}

/// What the column of a vector is set to.
pub(in crate::store) fn nearest_value(vector: &[f32]) -> SimpleExpr {
    Expr::val(text_of(vector)).cast_as("halfvec")
}

/// A vector as pgvector reads it.
pub(in crate::store) fn text_of(vector: &[f32]) -> String {
    let numbers: Vec<_> = vector.iter().map(|number| format!("{number:.6}")).collect();

    format!("[{}]", numbers.join(","))
}

/// A text as Postgres reads it in a statement.
fn quoted(text: &str) -> String {
    let value = Value::from(text);

    sea_orm::sea_query::QueryBuilder::value_to_string(
        &sea_orm::sea_query::PostgresQueryBuilder,
        &value,
    )
}

async fn is_true(connection: &impl ConnectionTrait, statement: Statement) -> Result<bool, DbErr> {
    let row = connection.query_one_raw(statement).await?;

    row.map_or(Ok(false), |row| row.try_get("", "found"))
}
