//! Looking into `entries.data`: the databases agree on text, and differ on everything else.
//!
//! Keys are our own words and stand in the statement itself, because an index on an expression is only used when the
//! expression is the same, and a bound value would make it another.

use sea_orm::IntoSimpleExpr;
use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use serde_json::Value;

use super::Dialect;

/// The value under a key, as text if it is one; the form that identity indexes are built on.
pub(in crate::store) fn json_value(key: &'static str) -> SimpleExpr {
    Expr::cust(format!(r#""entries"."data" ->> '{key}'"#))
}

/// The value under a key as text, numbers and booleans too; NULL where there is none.
pub(in crate::store) fn json_text(key: &'static str) -> SimpleExpr {
    Expr::cust(format!(r#"CAST("entries"."data" ->> '{key}' AS TEXT)"#))
}

/// The JSON under a key, whatever it is; NULL where there is none.
pub(in crate::store) fn json_part(key: &'static str) -> SimpleExpr {
    Expr::cust(format!(r#""entries"."data" -> '{key}'"#))
}

impl Dialect {
    /// Whether an alert goes on: its `resolved` is anything but JSON `true`. The text is that of the index of live alerts.
    pub(in crate::store) fn is_unresolved(self) -> SimpleExpr {
        Expr::cust(match self {
            Self::Sqlite => r#"json_type("entries"."data", '$.resolved') IS NOT 'true'"#,
            Self::Postgres => r#"("entries"."data" -> 'resolved') IS DISTINCT FROM 'true'::jsonb"#,
        })
    }

    /// When an intention is due, as text that is compared byte by byte, as the index of waiting intentions has it.
    pub(in crate::store) fn due_text(self) -> SimpleExpr {
        Expr::cust(match self {
            Self::Sqlite => r#"("entries"."data" ->> 'deliver_at')"#,
            Self::Postgres => r#"("entries"."data" ->> 'deliver_at') COLLATE "C""#,
        })
    }

    /// Whether an action carries all of these tags, exactly.
    pub(in crate::store) fn action_has_tags(self, tags: &[String]) -> SimpleExpr {
        let text = match self {
            Self::Sqlite => {
                r#"NOT EXISTS (
                    SELECT 1
                    FROM json_each(?) AS wanted
                    WHERE NOT EXISTS (
                        SELECT 1
                        FROM json_each("actions"."tags") AS held
                        WHERE held.type = 'text' AND held.value = wanted.value
                    )
                )"#
            }
            Self::Postgres => r#""actions"."tags" @> $1"#,
        };

        Expr::cust_with_values(text, [Value::from(tags)])
    }

    /// Whether an entry carries all of these tags, exactly; the size of the statement does not depend on how many.
    pub(in crate::store) fn entry_has_tags(self, tags: &[String]) -> SimpleExpr {
        let text = match self {
            Self::Sqlite => {
                r#"NOT EXISTS (
                    SELECT 1
                    FROM json_each(?) AS wanted
                    WHERE NOT EXISTS (
                        SELECT 1
                        FROM entry_tags AS held
                        WHERE held.entry_id = "entries"."id" AND held.tag = wanted.value
                    )
                )"#
            }
            Self::Postgres => {
                r#"ARRAY(
                    SELECT held.tag
                    FROM entry_tags AS held
                    WHERE held.entry_id = "entries"."id"
                ) @> ARRAY(SELECT jsonb_array_elements_text($1))"#
            }
        };

        Expr::cust_with_values(text, [Value::from(tags)])
    }

    /// Whether the value under a key is JSON `true`, not `1` and not `"true"`. Never NULL.
    pub(in crate::store) fn json_is_true(self, key: &'static str) -> SimpleExpr {
        Expr::cust(match self {
            Self::Sqlite => format!(r#"json_type("entries"."data", '$.{key}') IS 'true'"#),
            Self::Postgres => {
                format!(r#"COALESCE("entries"."data" -> '{key}' = 'true'::jsonb, FALSE)"#)
            }
        })
    }

    /// A JSON array made of expressions, one row's worth; see [`Dialect::rows_as_json`].
    pub(in crate::store) fn json_row(
        self,
        expressions: impl IntoIterator<Item = SimpleExpr>,
    ) -> SimpleExpr {
        let function = match self {
            Self::Sqlite => "json_array",
            Self::Postgres => "json_build_array",
        };

        Func::cust(function).args(expressions).into()
    }

    /// A column that holds JSON, as a part of a JSON row.
    pub(in crate::store) fn json_column(self, column: impl IntoSimpleExpr) -> SimpleExpr {
        let column = column.into_simple_expr();
        match self {
            Self::Sqlite => Func::cust("json").arg(column).into(),
            Self::Postgres => column,
        }
    }

    /// Makes one row and one column of a query whose column `row` is a JSON array: a driver that hands over a page value
    /// by value costs more than the query does.
    pub(in crate::store) fn rows_as_json(self, query: &str) -> String {
        match self {
            Self::Sqlite => {
                format!(r#"SELECT json_group_array(json("row")) AS "rows" FROM ({query})"#)
            }
            Self::Postgres => format!(
                r#"SELECT COALESCE(json_agg("row"), '[]')::text AS "rows" FROM ({query}) AS "page""#
            ),
        }
    }

    /// Whether the value under a key is an array that holds something.
    pub(in crate::store) fn json_has_items(self, key: &'static str) -> SimpleExpr {
        Expr::cust(match self {
            Self::Sqlite => format!(r#""entries"."data" -> '$.{key}[0]' IS NOT NULL"#),
            Self::Postgres => format!(
                r#"jsonb_typeof("entries"."data" -> '{key}') = 'array'
                   AND "entries"."data" -> '{key}' -> 0 IS NOT NULL"#
            ),
        })
    }
}
