//! Data of a known shape: schemas, and records that fit them.

use serde_json::Value;
use tokio::sync::oneshot;

use super::knowledge::{learned_from, relate, set_details, set_tags, taken};
use super::{Caller, Error, Invalid, Service, Upserted, Written, language};
use crate::domain::{
    Changes, Data, Entry, EntryId, EntryType, Language, Owner, RecordSchema, Tags, Violations,
};
use crate::store::{Access, EntryFilter, Identity, Transaction};

/// The most blocking records a refusal names.
const MOST_NAMED: u64 = 10;

/// The shape of records.
#[derive(Clone, Debug)]
pub struct NewSchema {
    /// Where it belongs.
    pub source: String,
    /// What it describes.
    pub description: String,
    /// Labels.
    pub tags: Tags,
    /// Name of the schema.
    pub family: String,
    /// Which version of it; holds no `:`.
    pub version: String,
    /// The body: JSON Schema, draft 2020-12.
    pub schema: Data,
    /// Where it comes from; default `conversation`.
    pub learned_from: Option<String>,
    /// Its language; detected if not given.
    pub language: Option<Language>,
}

/// Data of a known shape.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Where it belongs.
    pub source: String,
    /// What it is.
    pub description: String,
    /// Labels.
    pub tags: Tags,
    /// What a later call updates it by.
    pub logical_key: String,
    /// Family of its schema.
    pub schema_ref: String,
    /// Version of its schema.
    pub schema_version: String,
    /// The data, any JSON.
    pub content: Value,
    /// Where it comes from; default `conversation`.
    pub learned_from: Option<String>,
    /// Its language; detected if not given.
    pub language: Option<Language>,
    /// Entries it belongs with.
    pub related_ids: Option<Vec<EntryId>>,
}

impl Service {
    /// Registers a schema; a family has each version once, whatever the source.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], [`Error::InvalidSchema`], [`Error::SchemaExists`].
    pub async fn register_schema(
        &self,
        caller: &Caller,
        schema: NewSchema,
    ) -> Result<Written, Error> {
        check_name(&schema)?;
        let body = Value::Object(schema.schema);
        let body = check_body(body).await?;

        let mut entry = self.new_entry(EntryType::Schema, &schema.source, &schema.tags);
        let logical_key = format!("{}:{}", schema.family, schema.version);
        entry.logical_key = Some(logical_key.clone());
        let by_key = Identity::LogicalKey {
            source: entry.source.clone(),
            key: logical_key.clone(),
        };
        let by_version = Identity::Schema {
            family: schema.family.clone(),
            version: schema.version.clone(),
        };
        entry.data = Data::from_iter([
            ("family".to_owned(), schema.family.into()),
            ("version".to_owned(), schema.version.into()),
            ("schema".to_owned(), body),
            ("description".to_owned(), schema.description.into()),
            (
                "learned_from".to_owned(),
                learned_from(schema.learned_from.as_ref()),
            ),
        ]);
        let unmapped = language::settle(&mut entry, schema.language);

        Invalid::check_keys(&entry)?;

        let transaction = self.write(caller).await?;
        let holder = transaction.entries().find_by_identity(&by_key).await?;
        if let Some(other) = holder.filter(|holder| holder.entry_type != EntryType::Schema) {
            return Err(taken(&by_key, &other).into());
        }
        if let Some(existing) = transaction.insert_or_find(&entry, &by_version).await? {
            return Err(Error::SchemaExists {
                logical_key,
                existing_id: existing.id,
            });
        }
        transaction.commit().await?;
        self.tidy_up();
        self.note_language(caller, unmapped).await;

        Ok(Written {
            id: entry.id,
            expires: None,
        })
    }

    /// Stores data that fits its schema. The record that holds the key is updated, pin included, and what was replaced
    /// goes into its history.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], [`Error::SchemaNotFound`], [`Error::ValidationFailed`], [`Error::ValidationError`],
    /// [`Error::Taken`] when the key belongs to an entry of another type.
    pub async fn create_record(
        &self,
        caller: &Caller,
        record: NewRecord,
    ) -> Result<Upserted, Error> {
        if record.logical_key.is_empty() {
            return Err(Invalid::new("logical_key", "", "a record needs a logical key").into());
        }
        let mut entry = self.new_entry(EntryType::Record, &record.source, &record.tags);
        entry.logical_key = Some(record.logical_key.clone());
        entry.data = Data::from_iter([
            ("schema_ref".to_owned(), record.schema_ref.clone().into()),
            (
                "schema_version".to_owned(),
                record.schema_version.clone().into(),
            ),
            ("content".to_owned(), record.content.clone()),
            ("description".to_owned(), record.description.clone().into()),
            (
                "learned_from".to_owned(),
                learned_from(record.learned_from.as_ref()),
            ),
        ]);
        relate(&mut entry, record.related_ids.as_deref());
        let unmapped = language::settle(&mut entry, record.language);

        Invalid::check_keys(&entry)?;

        let transaction = self.write(caller).await?;
        validate(
            &transaction,
            &caller.owner,
            &record.schema_ref,
            &record.schema_version,
            &record.content,
        )
        .await?;
        let (outcome, unmapped) = transaction
            .insert_or_update(&entry, unmapped, |held, changes| {
                record.apply(held, changes);
            })
            .await?;
        transaction.commit().await?;
        self.tidy_up();
        self.note_language(caller, unmapped).await;

        Ok(outcome)
    }
}

impl NewRecord {
    /// Brings an existing record to what was sent; what was not sent stays.
    fn apply(&self, held: &mut Entry, changes: &mut Changes) {
        set_tags(held, &self.tags, changes);
        for (key, text) in [
            ("description", &self.description),
            ("schema_ref", &self.schema_ref),
            ("schema_version", &self.schema_version),
        ] {
            changes.set(&mut held.data, key, text.as_str());
        }
        set_content(&mut held.data, self.content.clone(), changes);
        set_details(
            held,
            self.learned_from.as_deref(),
            self.language,
            self.related_ids.as_deref(),
            changes,
        );
    }
}

/// Checks the body of a schema and gives it back.
async fn check_body(body: Value) -> Result<Value, Error> {
    let checked = apart(move || RecordSchema::compile(&body).map(|_| body)).await;

    checked.ok_or_else(given_up)?.map_err(Error::InvalidSchema)
}

/// Family and version together name a schema, so neither may be blank, and the version not hold what separates them.
fn check_name(schema: &NewSchema) -> Result<(), Invalid> {
    for (param, value) in [("family", &schema.family), ("version", &schema.version)] {
        if value.trim().is_empty() {
            return Err(Invalid::without_value(
                Some(param),
                format!("{param} is empty"),
            ));
        }
    }
    if schema.version.contains(':') {
        return Err(Invalid::new(
            "version",
            schema.version.as_str(),
            "a version cannot hold `:`",
        ));
    }

    Ok(())
}

/// Sets the content of a record, where null is a value like any other.
pub(super) fn set_content(data: &mut Data, content: Value, changes: &mut Changes) {
    if data.get("content") != Some(&content) {
        let old = data.insert("content".to_owned(), content);
        changes.note("content", old.unwrap_or_default());
    }
}

/// Checks content against the schema it is pinned to, and holds that schema until the transaction ends.
pub(super) async fn validate(
    transaction: &Transaction,
    owner: &Owner,
    family: &str,
    version: &str,
    content: &Value,
) -> Result<(), Error> {
    let schema = transaction.entries().hold_schema(family, version).await?;
    let Some(mut schema) = schema else {
        return Err(schema_not_found(owner, family, version));
    };
    let body = schema.data.remove("schema").unwrap_or_default();
    let content = content.clone();
    let checked =
        apart(move || RecordSchema::compile(&body).map(|schema| schema.validate(&content)));

    checked
        .await
        .ok_or_else(given_up)?
        .map_err(|error| Error::ValidationError(error.to_string()))?
        .map_err(|violations| match violations {
            Violations::Found { listed, total } => Error::ValidationFailed {
                family: family.to_owned(),
                version: version.to_owned(),
                violations: listed,
                total,
            },
            Violations::Failed(reason) => Error::ValidationError(reason),
        })
}

/// Runs the validator on a thread of its own: it is work, and its stack grows with schema and value together. `None` when
/// it could not run to its end.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    let started = std::thread::Builder::new()
        .name("validator".to_owned())
        .stack_size(RecordSchema::STACK_BYTES)
        .spawn(move || {
            // Nobody waits any more: the call was given up.
            let _ = sender.send(work());
        });

    started.ok()?;
    receiver.await.ok()
}

fn given_up() -> Error {
    Error::ValidationError("the validator did not run to its end: try again".to_owned())
}

pub(super) fn schema_not_found(owner: &Owner, family: &str, version: &str) -> Error {
    Error::SchemaNotFound {
        family: family.to_owned(),
        version: version.to_owned(),
        searched_owners: [owner.to_string(), Owner::system().to_string()],
    }
}

/// Refuses when active records outside the entries `leaving` the store need one of the schemas among them.
pub(super) async fn guard_schemas(
    transaction: &Transaction,
    leaving: &EntryFilter,
    access: Access,
) -> Result<(), Error> {
    let entries = transaction.entries();
    let schemas = leaving.clone().of_types([EntryType::Schema]);
    for id in entries.list_oldest_ids(&schemas, u64::MAX >> 1).await? {
        let schema = match access {
            // Held, so that no record comes to need it meanwhile.
            Access::Write => entries.find_for_update(&id).await?,
            Access::Read | Access::Glance => entries.find(&id, &EntryFilter::active()).await?,
        };
        let Some(schema) = schema else {
            continue;
        };
        let pin = |filter: EntryFilter| {
            filter.of_types([EntryType::Record]).pinned_to(
                schema.text("family").unwrap_or_default(),
                schema.text("version").unwrap_or_default(),
            )
        };
        let total = entries.count(&pin(EntryFilter::active())).await?;
        let leaving_too = entries.count(&pin(leaving.clone())).await?;
        if total > leaving_too {
            let records = entries
                .list_oldest_ids(&pin(EntryFilter::active()), MOST_NAMED)
                .await?;
            return Err(Error::SchemaInUse { records, total });
        }
    }

    Ok(())
}
