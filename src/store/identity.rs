//! What makes an entry the same entry when it is written again.

use entity::entries;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition};

use super::dialect::json_value;
use super::filter::is_of_type;
use crate::domain::{Entry, EntryType};

/// The identity of an active entry, beside its owner. Each has a unique index behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The key a caller chose, within a source, whatever the type.
    LogicalKey {
        /// The source.
        source: String,
        /// The key.
        key: String,
    },
    /// The one status of a source.
    Status {
        /// The source.
        source: String,
    },
    /// An alert by the name its reporter gave it.
    Alert {
        /// The source.
        source: String,
        /// `data.alert_id`.
        alert_id: String,
    },
    /// A schema by its family and version, whatever its source.
    Schema {
        /// `data.family`.
        family: String,
        /// `data.version`.
        version: String,
    },
    /// A preference by what it is about.
    Preference {
        /// `data.key`.
        key: String,
        /// `data.scope`.
        scope: String,
    },
}

impl Identity {
    /// Lists the identities an entry would hold if it were active.
    #[must_use]
    pub fn of(entry: &Entry) -> Vec<Self> {
        let source = entry.source.clone();
        let text = |key| entry.text(key).map(str::to_owned);
        let by_key = entry.logical_key.clone().map(|key| Self::LogicalKey {
            source: source.clone(),
            key,
        });
        let by_type = match entry.entry_type {
            EntryType::Status => Some(Self::Status { source }),
            EntryType::Alert => text("alert_id").map(|alert_id| Self::Alert { source, alert_id }),
            EntryType::Schema => text("family")
                .zip(text("version"))
                .map(|(family, version)| Self::Schema { family, version }),
            EntryType::Preference => text("key")
                .zip(text("scope"))
                .map(|(key, scope)| Self::Preference { key, scope }),
            _ => None,
        };

        by_key.into_iter().chain(by_type).collect()
    }

    pub(super) fn condition(&self) -> Condition {
        use entries::Column::{LogicalKey, Source};
        let of_type = |entry_type: EntryType| is_of_type(&[entry_type]);

        match self {
            Self::LogicalKey { source, key } => Condition::all()
                .add(Source.eq(source))
                .add(LogicalKey.eq(key)),
            Self::Status { source } => Condition::all()
                .add(of_type(EntryType::Status))
                .add(Source.eq(source)),
            Self::Alert { source, alert_id } => Condition::all()
                .add(of_type(EntryType::Alert))
                .add(Source.eq(source))
                .add(json_value("alert_id").eq(alert_id.as_str())),
            Self::Schema { family, version } => Condition::all()
                .add(of_type(EntryType::Schema))
                .add(json_value("family").eq(family.as_str()))
                .add(json_value("version").eq(version.as_str())),
            Self::Preference { key, scope } => Condition::all()
                .add(of_type(EntryType::Preference))
                .add(json_value("key").eq(key.as_str()))
                .add(json_value("scope").eq(scope.as_str())),
        }
    }

    /// What an insert does when the identity is taken: nothing. Target and predicate are those of the unique index.
    pub(super) fn on_conflict(&self) -> OnConflict {
        let mut conflict = match self {
            Self::LogicalKey { .. } => OnConflict::columns([
                entries::Column::OwnerId,
                entries::Column::Source,
                entries::Column::LogicalKey,
            ])
            .target_and_where(Expr::cust("logical_key IS NOT NULL"))
            .to_owned(),
            Self::Status { .. } => OnConflict::columns([
                entries::Column::OwnerId,
                entries::Column::Source,
                entries::Column::EntryType,
            ])
            .target_and_where(Expr::cust("type = 'status'"))
            .to_owned(),
            Self::Alert { .. } => {
                OnConflict::columns([entries::Column::OwnerId, entries::Column::Source])
                    .expr(Expr::cust("(data ->> 'alert_id')"))
                    .target_and_where(Expr::cust("type = 'alert'"))
                    .to_owned()
            }
            Self::Schema { .. } => on_two_texts("family", "version", "schema"),
            Self::Preference { .. } => on_two_texts("key", "scope", "preference"),
        };

        conflict
            .target_and_where(Expr::cust("deleted IS NULL"))
            .do_nothing()
            .to_owned()
    }
}

/// The conflict on the index of entries of a type that two texts of the payload identify.
fn on_two_texts(first: &str, second: &str, entry_type: &str) -> OnConflict {
    OnConflict::columns([entries::Column::OwnerId])
        .exprs([first, second].map(|key| Expr::cust(format!("(data ->> '{key}')"))))
        .target_and_where(Expr::cust(format!("type = '{entry_type}'")))
        .to_owned()
}
