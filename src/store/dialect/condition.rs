//! What a database's error means: the codes of both, told apart by cause.

use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::store::Fault;

/// What is behind an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Condition {
    /// Someone else is writing; trying again can help.
    Busy,
    /// The store cannot serve.
    Faulty(Fault),
    /// Something else.
    Other,
}

/// Finds out what an error means.
pub(in crate::store) fn condition_of(error: &DbErr) -> Condition {
    let source = match error {
        DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout) => return Condition::Busy,
        DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::ConnectionClosed) => {
            return Condition::Faulty(Fault::Unreachable);
        }
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => source.as_ref(),
        _ => return Condition::Other,
    };

    match source {
        sqlx::Error::PoolTimedOut => Condition::Busy,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed => {
            Condition::Faulty(Fault::Unreachable)
        }
        sqlx::Error::Database(database) => match database.code() {
            Some(code) => condition_of_code(&code),
            None => Condition::Other,
        },
        _ => Condition::Other,
    }
}

/// `SQLITE_READONLY_DBMOVED`: the file was renamed or removed while it was open.
const READ_ONLY_BECAUSE_MOVED: u32 = 1032;

/// SQLite's extended result codes are numbers (<https://www.sqlite.org/rescode.html>), the low byte being the primary
/// code; Postgres' are five characters (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn condition_of_code(code: &str) -> Condition {
    if code.len() == 5 {
        return condition_of_sql_state(code);
    }

    let Ok(code) = code.parse::<u32>() else {
        return Condition::Other;
    };
    if code == READ_ONLY_BECAUSE_MOVED {
        return Condition::Faulty(Fault::Unreachable);
    }

    match code & 0xff {
        5 | 6 => Condition::Busy,
        8 => Condition::Faulty(Fault::ReadOnly),
        13 => Condition::Faulty(Fault::Full),
        10 => Condition::Faulty(Fault::Disk),
        14 => Condition::Faulty(Fault::Unreachable),
        11 | 26 => Condition::Faulty(Fault::Damaged),
        _ => Condition::Other,
    }
}

fn condition_of_sql_state(state: &str) -> Condition {
    match state {
        "40001" | "40P01" | "55P03" => Condition::Busy,
        "25006" => Condition::Faulty(Fault::ReadOnly),
        "53100" | "53200" => Condition::Faulty(Fault::Full),
        "28000" | "28P01" => Condition::Faulty(Fault::Refused),
        "3D000" | "53300" | "57P01" | "57P02" | "57P03" => Condition::Faulty(Fault::Unreachable),
        state if state.starts_with("08") => Condition::Faulty(Fault::Unreachable),
        "XX001" | "XX002" => Condition::Faulty(Fault::Damaged),
        _ => Condition::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_tell_the_same_conditions() {
        for (code, condition) in [
            ("5", Condition::Busy),
            ("517", Condition::Busy),
            ("40P01", Condition::Busy),
            ("264", Condition::Faulty(Fault::ReadOnly)),
            ("1032", Condition::Faulty(Fault::Unreachable)),
            ("778", Condition::Faulty(Fault::Disk)),
            ("25006", Condition::Faulty(Fault::ReadOnly)),
            ("13", Condition::Faulty(Fault::Full)),
            ("53100", Condition::Faulty(Fault::Full)),
            ("14", Condition::Faulty(Fault::Unreachable)),
            ("08006", Condition::Faulty(Fault::Unreachable)),
            ("26", Condition::Faulty(Fault::Damaged)),
            ("1", Condition::Other),
            ("42601", Condition::Other),
        ] {
            assert_eq!(condition_of_code(code), condition, "{code}");
        }
    }
}
