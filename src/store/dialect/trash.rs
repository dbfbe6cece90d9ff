//! Putting the expiry of an entry aside while it is in the trash, and bringing it back, in one statement for many rows.

use sea_orm::sea_query::{Expr, SimpleExpr};

use super::Dialect;

impl Dialect {
    /// The data of an entry on its way to the trash, with its expiry under `_original_expires`, or without that key.
    pub(in crate::store) fn data_with_expiry_aside(self) -> SimpleExpr {
        Expr::cust(match self {
            Self::Sqlite => {
                r"CASE WHEN expires IS NULL
                      THEN json_remove(data, '$._original_expires')
                      ELSE json_set(data, '$._original_expires', expires)
                  END"
            }
            Self::Postgres => {
                r#"CASE WHEN expires IS NULL
                       THEN data - '_original_expires'
                       ELSE jsonb_set(
                           data,
                           '{_original_expires}',
                           to_jsonb(to_char(
                               expires AT TIME ZONE 'UTC',
                               'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'
                           ))
                       )
                   END"#
            }
        })
    }

    /// The data of an entry that comes back.
    pub(in crate::store) fn data_without_expiry_aside(self) -> SimpleExpr {
        Expr::cust(match self {
            Self::Sqlite => "json_remove(data, '$._original_expires')",
            Self::Postgres => "data - '_original_expires'",
        })
    }

    /// The expiry of an entry that comes back.
    pub(in crate::store) fn expiry_aside(self) -> SimpleExpr {
        Expr::cust(match self {
            Self::Sqlite => "data ->> '$._original_expires'",
            Self::Postgres => "CAST(data ->> '_original_expires' AS TIMESTAMPTZ)",
        })
    }
}
